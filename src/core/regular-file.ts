import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'

/** Windows has no such flag, and no FIFO that would need it. */
const NON_BLOCKING = constants.O_NONBLOCK ?? 0

/**
 * Opens a file for reading; null for a path that leads to anything else. Without the flag, opening a FIFO that nobody
 * writes to holds a thread of the pool for ever, and `process.exit()` with it. Rejects as `open` does.
 */
export async function openRegularFile(path: string): Promise<FileHandle | null> {
  const file = await open(path, constants.O_RDONLY | NON_BLOCKING)
  const stats = await file.stat()
  if (stats.isFile()) return file
  await file.close()
  return null
}
