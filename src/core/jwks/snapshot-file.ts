import { randomBytes } from 'node:crypto'
import { lstat, open, rename, rm } from 'node:fs/promises'
import type { KeySetSnapshotStore } from '../options/jwks.js'
import { openRegularFile } from '../regular-file.js'
import { maxSnapshotLength } from './snapshot.js'

/**
 * A snapshot in a file: written aside and renamed, so that a reader never sees half of it. The folder may be shared
 * with others: the file aside has a name that nobody can guess, and is made anew, so that neither a link nor a file
 * planted there is written to. Rejects for a path that leads to anything but a regular file.
 */
export function createFileSnapshotStore(path: string, maxBytes: number): KeySetSnapshotStore {
  const limit = maxSnapshotLength(maxBytes)
  return {
    async get() {
      const file = await openRegularFile(path).catch(ignoreMissing)
      if (file === null) return null
      try {
        const { size } = await file.stat()
        return size > limit ? '' : await file.readFile('utf8')
      } finally {
        await file.close()
      }
    },
    async set(snapshot) {
      const stats = await lstat(path).catch(ignoreMissing)
      // A link is replaced by the rename, not followed.
      if (stats !== null && !stats.isFile() && !stats.isSymbolicLink())
        throw new Error('The snapshot path leads to no regular file')
      const aside = `${path}.${randomBytes(12).toString('base64url')}.tmp`
      const file = await open(aside, 'wx', 0o600)
      try {
        await file.writeFile(snapshot).finally(() => file.close())
        await rename(aside, path)
      } catch (error) {
        await rm(aside, { force: true }).catch(() => {})
        throw error
      }
    }
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null
  throw error
}
