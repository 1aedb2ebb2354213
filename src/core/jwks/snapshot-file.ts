import { open, rename, rm, writeFile } from 'node:fs/promises'
import type { KeySetSnapshotStore } from '../options/jwks.js'
import { maxSnapshotLength } from './snapshot.js'

/** A snapshot in a file: written aside and renamed, so that a reader never sees half of one. */
export function createFileSnapshotStore(path: string, maxBytes: number): KeySetSnapshotStore {
  const limit = maxSnapshotLength(maxBytes)
  let writes = 0
  return {
    async get() {
      const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return null
        throw error
      })
      if (file === null) return null
      try {
        const { size } = await file.stat()
        return size > limit ? '' : await file.readFile('utf8')
      } finally {
        await file.close()
      }
    },
    async set(snapshot) {
      const aside = `${path}.${process.pid}.${++writes}.tmp`
      try {
        await writeFile(aside, snapshot, { mode: 0o600 })
        await rename(aside, path)
      } catch (error) {
        await rm(aside, { force: true }).catch(() => {})
        throw error
      }
    }
  }
}
