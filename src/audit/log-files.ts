import { closeSync, fstatSync, openSync, readdirSync, readSync, statSync, writeSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { parseRecordStart } from './chain.js'

/** The files of a log: one file, or with rotation all files that `pino-roll` has made for its name. */
export interface LogFiles {
  /** The file that is being written; null if there is no file yet. */
  newest(): string | null
  all(): string[]
}

export function findLogFiles(path: string, isRotated: boolean): LogFiles {
  if (!isRotated) return { newest: () => path, all: () => [path] }
  return { newest: () => newestOf(path), all: () => rotatedOf(path) }
}

/** The rotated files, whose names are `name.<date>.<count>.ext`. */
function rotatedOf(path: string): string[] {
  const stem = `${basename(path, extname(path))}.`
  try {
    const names = readdirSync(dirname(path)).filter((name) => name.startsWith(stem))
    return names.sort().map((name) => join(dirname(path), name))
  } catch {
    return []
  }
}

function newestOf(path: string): string | null {
  let newest: { file: string; mtimeMs: number } | null = null
  for (const file of rotatedOf(path)) {
    const stats = statSync(file, { throwIfNoEntry: false })
    if (stats === undefined || stats.size === 0) continue
    if (newest === null || stats.mtimeMs >= newest.mtimeMs) newest = { file, mtimeMs: stats.mtimeMs }
  }
  return newest?.file ?? null
}

/** Ends the half line that a killed process may have left, so that the next record begins on a line of its own. */
export function endTornLine(path: string): void {
  const tail = readTail(path, 1)
  if (tail === null || tail === '' || tail === '\n') return
  const file = openSync(path, 'a')
  try {
    writeSync(file, '\n')
  } finally {
    closeSync(file)
  }
}

const TAIL_LENGTH = 256 * 1024

export function readLastLine(path: string): string | null {
  const lines = readTail(path, TAIL_LENGTH)?.split('\n') ?? []
  // Skips half lines: the chain goes on from the last whole line.
  return lines.findLast((line) => line.startsWith('{') && line.endsWith('}')) ?? null
}

function readTail(path: string, length: number): string | null {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch {
    return null
  }
  try {
    const { size } = fstatSync(file)
    const buffer = Buffer.alloc(Math.min(length, size))
    readSync(file, buffer, 0, buffer.length, size - buffer.length)
    return buffer.toString('utf8')
  } finally {
    closeSync(file)
  }
}

const CHUNK_BYTES = 64 * 1024
/** No record is longer: the rest of such a line is skipped. */
const MAX_LINE_LENGTH = 1024 * 1024
const LINE_BREAK = 10

/** How far a file has been read. */
interface Position {
  readonly inode: number
  offset: number
  /** The beginning of a line whose end has not been read yet. */
  rest: Buffer
}

/** Follows the lines that other processes append to the log. */
export interface OthersReader {
  /**
   * Marks where reading begins: at the tail of the newest file, so that writers are found that wrote shortly before this
   * one began. To be called as the log is opened: rotation may put lines into other files from then on.
   */
  begin(): void
  /** The newest record of each writer but this one, among the lines that came since the last call. */
  read(writer: string): Promise<readonly string[]>
}

export function createOthersReader(files: LogFiles): OthersReader {
  const positions = new Map<string, Position>()

  function begin(): void {
    const current = files.newest()
    for (const path of files.all()) {
      const stats = statSync(path, { throwIfNoEntry: false })
      if (stats === undefined) continue
      const offset = path === current ? Math.max(0, stats.size - TAIL_LENGTH) : stats.size
      positions.set(path, { inode: stats.ino, offset, rest: Buffer.alloc(0) })
    }
  }

  async function read(writer: string): Promise<readonly string[]> {
    const newest = new Map<string, string>()
    const note = (line: string): void => {
      const start = parseRecordStart(line)
      if (start !== null && start.writer !== writer) newest.set(start.writer, line)
    }
    const all = files.all()
    for (const path of all) {
      const file = await open(path, 'r').catch(() => null)
      if (file === null) continue
      try {
        const { ino, size } = await file.stat()
        const known = positions.get(path)
        const isSame = known !== undefined && known.inode === ino && known.offset <= size
        const position = isSame ? known : { inode: ino, offset: 0, rest: Buffer.alloc(0) }
        positions.set(path, position)
        await readLines(file, position, size, note)
      } finally {
        await file.close()
      }
    }
    for (const path of positions.keys()) if (!all.includes(path)) positions.delete(path)
    return [...newest.values()]
  }

  return { begin, read }
}

async function readLines(file: FileHandle, position: Position, size: number, note: (line: string) => void) {
  while (position.offset < size) {
    const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, size - position.offset))
    const { bytesRead } = await file.read(chunk, 0, chunk.length, position.offset)
    if (bytesRead === 0) return
    position.offset += bytesRead
    let text = Buffer.concat([position.rest, chunk.subarray(0, bytesRead)])
    for (let end = text.indexOf(LINE_BREAK); end !== -1; end = text.indexOf(LINE_BREAK)) {
      note(text.toString('utf8', 0, end))
      text = text.subarray(end + 1)
    }
    position.rest = text.length > MAX_LINE_LENGTH ? Buffer.alloc(0) : Buffer.from(text)
  }
}
