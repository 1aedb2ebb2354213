import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'

/** Windows has no such flag, and no FIFO that would need it. */
const NON_BLOCKING = constants.O_NONBLOCK ?? 0

/**
 * Opens a file for reading, and rejects for a path that leads to anything but a regular file. Without the flag, opening
 * a FIFO that nobody writes to holds a thread of the pool for ever, and `process.exit()` with it.
 */
export async function openRegularFile(path: string): Promise<FileHandle> {
  const file = await open(path, constants.O_RDONLY | NON_BLOCKING)
  const stats = await file.stat()
  if (stats.isFile()) return file
  await file.close()
  throw new Error('The path leads to no regular file')
}
