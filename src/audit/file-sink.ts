import { statSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AuditPeerError, OptionValueError } from '../core/errors.js'
import { boolean, record, requiredText, wholeNumber } from '../core/options/readers.js'
import { type OptionTable, readOptions } from '../core/options/table.js'
import { createOthersReader, endTornLine, findLogFiles, readLastLine } from './log-files.js'
import { endStream, type FullStream, settle } from './pino-sink.js'
import type { AuditSink } from './types.js'

const NOTHING = Buffer.alloc(0)

export interface FileSinkOptions {
  /** File that records are appended to; with `rotate` the stem of its names. */
  readonly path: string
  /** Access rights of a new file, 0 to 0o777. Default 0o600: only the owner may read who did what. */
  readonly mode?: number | undefined
  /**
   * Waits for the disk to confirm each batch: a power failure then loses no more than a killed process. Default false.
   */
  readonly fsync?: boolean | undefined
  /**
   * Rotates by pino-roll (optional peer), with its options `frequency`, `size`, `limit`, `dateFormat`, `symlink`,
   * `extension`.
   */
  readonly rotate?: Readonly<Record<string, unknown>> | undefined
}

export const FILE_SINK = {
  path: requiredText('a file path'),
  mode: wholeNumber({ min: 0, max: 0o777, default: 0o600 }),
  fsync: boolean({ default: false }),
  rotate: record<unknown>()
} satisfies OptionTable<FileSinkOptions>

/**
 * Newline-delimited JSON in a file, written by pino's destination, or with `rotate` by pino-roll. A batch is written
 * when the operating system has taken it: killing the process after that loses nothing. When the disk is full or gone,
 * the rest of the batch is retried, so that no record is written twice.
 */
export function fileSink(options: string | FileSinkOptions): AuditSink {
  const given = typeof options === 'string' ? { path: options } : options
  const { path, mode, fsync, rotate } = readOptions(FILE_SINK, given, { path: 'fileSink' })
  const files = findLogFiles(path, rotate !== null)
  const others = createOthersReader(files)
  let stream: FullStream | null = null
  /** Whether the stream's buffer holds a batch, or the rest of one, that is not written yet. */
  let isHolding = false
  let hasFailed = false

  return {
    name: 'file',
    async open() {
      await mkdir(dirname(path), { recursive: true })
      const current = files.newest()
      if (current !== null) {
        assertRegular(current)
        endTornLine(current)
      }
      others.begin()
      const opened =
        rotate === null ? await openDestination(path, mode, fsync) : await openRolling(path, mode, fsync, rotate)
      // Without a listener an 'error' would end the process. `writeBytes` listens for the errors of its own write.
      opened.on?.('error', () => {})
      stream = opened
    },
    async lastLine() {
      const current = files.newest()
      return current === null ? null : readLastLine(current)
    },
    newestOfOthers: others.read,
    write: (lines) => writeBytes(Buffer.from(`${lines.join('\n')}\n`)),
    writeBytes,
    writeSync(bytes) {
      const target = stream as FullStream
      if (target.destroyed === true) return
      if (hasFailed) {
        // sonic-boom's flushSync, which pino also calls on exit, does not return while the disk is full.
        target.destroy?.()
        throw new Error('The disk does not take records')
      }
      target.write(bytes)
      target.flushSync?.()
    },
    async close() {
      if (stream === null || stream.destroyed === true) return
      // The journal counts the unwritten records as lost. Ending the stream would retry them without end.
      if (hasFailed) stream.destroy?.()
      else await endStream(stream)
    }
  }

  async function writeBytes(bytes: Uint8Array): Promise<void> {
    const target = stream as FullStream
    const written = settle(target, 'drain')
    // After a failure the batch is still in the stream's buffer, and an empty write retries it.
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

// Opening a FIFO that nobody reads would never return, nor let the process exit.
function assertRegular(path: string): void {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined || stats.isFile()) return
  throw new OptionValueError(
    'fileSink.path',
    'a regular file; for a terminal or a pipe use pinoSink(pino.destination(1))'
  )
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
