import { randomBytes } from 'node:crypto'
import { lstat, open, rename, rm } from 'node:fs/promises'
import type { KeySetSnapshotStore } from '../options/jwks.js'
import { openRegularFile } from '../regular-file.js'
import { maxSnapshotLength } from './snapshot.js'

/**
 * Processes on one machine, or on a shared disk, take turns by a file beside the snapshot, whose age says whether the
 * turn is over.
 */
const TURN_SUFFIX = '.turn'

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
    },
    async claim(ms) {
      const turn = path + TURN_SUFFIX
      const stats = await lstat(turn).catch(ignoreMissing)
      if (stats !== null) {
        // A file from the far future counts for nothing: whoever can write here must not keep others from fetching.
        if (Math.abs(Date.now() - stats.mtimeMs) < ms) return false
        await rm(turn, { force: true })
      }
      const file = await open(turn, 'wx', 0o600).catch(ignoreExisting)
      await file?.close()
      return file !== null
    }
  }
}

/** Another process has made the file meanwhile. */
function ignoreExisting(error: NodeJS.ErrnoException): null {
  if (error.code === 'EEXIST') return null
  throw error
}

function ignoreMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null
  throw error
}
