import { closeSync, fstatSync, openSync, readdirSync, readSync, statSync, writeSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { AuditPeerError, OptionTypeError } from '../core/errors.js'
import { endStream, type FullStream, settle } from './pino-sink.js'
import type { AuditSink } from './types.js'

const NOTHING = Buffer.alloc(0)

export interface FileSinkOptions {
  readonly path: string
  /** Access rights of a new file. Default 0o600: the log says who did what. */
  readonly mode?: number | undefined
  /** Have the disk confirm each batch: a power failure then costs no more than a killed process. Default false. */
  readonly fsync?: boolean | undefined
  /** Rotation by pino-roll (optional peer): its options `frequency`, `size`, `limit`, `dateFormat`, `symlink`, `extension`. */
  readonly rotate?: Readonly<Record<string, unknown>> | undefined
}

/**
 * Newline-delimited JSON in a file, written by pino's destination, with `rotate` by pino-roll. Resolves a batch when the
 * system has it, so a process may be killed then; a disk that is full or gone is tried again, and nothing is written
 * twice for that.
 */
export function fileSink(options: string | FileSinkOptions): AuditSink {
  const { path, mode = 0o600, fsync = false, rotate } = typeof options === 'string' ? { path: options } : options
  if (typeof path !== 'string' || path === '') throw new OptionTypeError('fileSink.path', 'a file path', typeof path)
  let stream: FullStream | null = null
  /** The stream holds a batch it has not written yet, or could not. */
  let isHolding = false
  let hasFailed = false

  return {
    name: 'file',
    async open() {
      await mkdir(dirname(path), { recursive: true })
      const current = rotate === undefined ? path : newestOf(path)
      if (current !== null) endTornLine(current)
      const opened =
        rotate === undefined ? await openDestination(path, mode, fsync) : await openRolling(path, mode, fsync, rotate)
      // Without a listener an 'error' would end the process; those of a write are seen by the write.
      opened.on?.('error', () => {})
      stream = opened
    },
    async lastLine() {
      const current = rotate === undefined ? path : newestOf(path)
      return current === null ? null : readLastLine(current)
    },
    write: (lines) => writeBytes(Buffer.from(`${lines.join('\n')}\n`)),
    writeBytes,
    writeSync(bytes) {
      const target = stream as FullStream
      if (target.destroyed === true) return
      if (hasFailed) {
        // sonic-boom's flushSync, which pino calls on exit too, does not return while the disk is full.
        target.destroy?.()
        throw new Error('The disk does not take records')
      }
      target.write(bytes)
      target.flushSync?.()
    },
    async close() {
      if (stream === null || stream.destroyed === true) return
      // What could not be written until now is counted as lost by the journal; ending would try it once more, for ever.
      if (hasFailed) stream.destroy?.()
      else await endStream(stream)
    }
  }

  async function writeBytes(bytes: Uint8Array): Promise<void> {
    const target = stream as FullStream
    const written = settle(target, 'drain')
    // What failed is still in the stream's buffer; any write has it tried again.
    target.write(isHolding ? NOTHING : bytes)
    isHolding = true
    try {
      await written
      isHolding = false
      hasFailed = false
    } catch (error) {
      hasFailed = true
      throw error
    }
  }
}

async function openDestination(path: string, mode: number, fsync: boolean): Promise<FullStream> {
  const { destination } = await importPino()
  return untilOpen(
    destination({
      dest: path,
      append: true,
      sync: false,
      mode,
      fsync,
      contentMode: 'buffer'
    } as object) as unknown as SonicStream
  )
}

async function openRolling(
  path: string,
  mode: number,
  fsync: boolean,
  rotate: Readonly<Record<string, unknown>>
): Promise<FullStream> {
  const roll = await importRoll()
  return untilOpen(await roll({ ...rotate, file: path, mkdir: true, mode, fsync, sync: false, contentMode: 'buffer' }))
}

/** pino's destination and pino-roll are sonic-boom streams; their file descriptor is -1 until the file is open. */
type SonicStream = FullStream & { readonly fd: number }

async function untilOpen(stream: SonicStream): Promise<SonicStream> {
  if (stream.fd < 0) await settle(stream, 'ready')
  return stream
}

async function importPino(): Promise<typeof import('pino').default> {
  try {
    return (await import('pino')).default
  } catch (cause) {
    throw new AuditPeerError('fileSink', 'pino', { cause })
  }
}

async function importRoll(): Promise<typeof import('pino-roll').default> {
  try {
    return (await import('pino-roll')).default
  } catch (cause) {
    throw new AuditPeerError('fileSink.rotate', 'pino-roll', { cause })
  }
}

// Rotated files are called name.<date>.<count>.ext; the one written last is the one that counts.
function newestOf(path: string): string | null {
  const extension = extname(path)
  const stem = `${basename(path, extension)}.`
  let newest: { file: string; mtimeMs: number } | null = null
  for (const name of readDirectory(dirname(path))) {
    if (!name.startsWith(stem)) continue
    const file = join(dirname(path), name)
    const { mtimeMs, size } = statSync(file)
    if (size > 0 && (newest === null || mtimeMs >= newest.mtimeMs)) newest = { file, mtimeMs }
  }
  return newest?.file ?? null
}

function readDirectory(path: string): string[] {
  try {
    return readdirSync(path).sort()
  } catch {
    return []
  }
}

/** A killed process may leave half a line: it gets its own line end, so that the next record begins on a line. */
function endTornLine(path: string): void {
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

function readLastLine(path: string): string | null {
  const lines = readTail(path, TAIL_LENGTH)?.split('\n') ?? []
  // Torn lines are passed over; the chain goes on from the last whole one.
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
