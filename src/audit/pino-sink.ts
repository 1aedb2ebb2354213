import { OptionTypeError } from '../core/errors.js'
import { describeType } from '../core/options/given.js'
import { setUnrefTimer, whileAwaited, withinTime } from '../core/timers.js'
import type { AuditSink } from './types.js'

/** A stream as `pino.transport()`, `pino.destination()` and `pino.multistream()` return it, or any Node stream. */
export interface PinoStream {
  write(text: string): unknown
}

/** Members that such a stream may have besides. */
export interface FullStream {
  write(text: string | Uint8Array): unknown
  end?(): unknown
  flush?(callback: (error?: Error | null) => void): unknown
  flushSync?(): unknown
  destroy?(): unknown
  on?(event: string, listener: (error: Error) => void): unknown
  once?(event: string, listener: (error: Error) => void): unknown
  off?(event: string, listener: (error: Error) => void): unknown
  readonly destroyed?: boolean
}

/**
 * Writes records to any pino stream: `pinoSink(() => pino.transport({ target: 'pino-loki', options }))`.
 *
 * A function is called at registration, and again if its stream dies; its stream is ended on close. A given stream
 * stays the application's and is flushed on close. A transport writes in a thread of its own: a record counts as
 * written when the transport has taken it, and records in the transport's memory are lost if the process is killed.
 */
export function pinoSink(source: PinoStream | (() => PinoStream | Promise<PinoStream>)): AuditSink {
  if (typeof source !== 'function' && typeof source?.write !== 'function') {
    throw new OptionTypeError('pinoSink.source', 'a stream or a function that makes one', describeType(source))
  }
  let stream: FullStream | null = null
  let failure: Error | null = null

  async function openStream(): Promise<FullStream> {
    const opened = (typeof source === 'function' ? await source() : source) as FullStream
    // Without a listener an 'error' would end the process.
    opened.on?.('error', (error: Error) => {
      failure = error
    })
    return opened
  }

  return {
    name: 'pino',
    async open() {
      stream = await openStream()
    },
    async write(lines) {
      if (stream === null || (stream.destroyed === true && typeof source === 'function')) stream = await openStream()
      failure = null
      const isTaken = stream.write(`${lines.join('\n')}\n`)
      // A dead transport says so in an 'error' event of the same turn.
      if (failure !== null || stream.destroyed === true) throw failure ?? new Error('The stream is closed')
      if (isTaken === false) await settle(stream, 'drain')
    },
    writeSync(bytes) {
      if (stream === null || stream.destroyed === true) return
      stream.write(Buffer.from(bytes).toString())
      stream.flushSync?.()
    },
    async close() {
      if (stream === null || stream.destroyed === true) return
      await (typeof source === 'function' ? endStream(stream) : flushStream(stream))
    }
  }
}

/** Resolves on the event, rejects on 'error'. Removes its listeners. */
export function settle(stream: FullStream, event: string): Promise<void> {
  return new Promise((resolve, reject) => {
    if (stream.once === undefined) {
      resolve()
      return
    }
    const finish = () => {
      stream.off?.('error', fail)
      resolve()
    }
    const fail = (error: Error) => {
      stream.off?.(event, finish)
      reject(error)
    }
    stream.once(event, finish)
    stream.once('error', fail)
  })
}

const LONGEST_END_MS = 10_000

/**
 * Ends a stream and resolves when it is closed. 'finish' would be too early: a transport's thread is then still
 * writing. The wait is bounded, and keeps the process alive, which a transport's thread does not.
 */
export async function endStream(stream: FullStream): Promise<void> {
  if (stream.end === undefined) return
  const closed = settle(stream, 'close').catch(() => {})
  stream.end()
  await whileAwaited(withinTime(closed, LONGEST_END_MS, undefined, setUnrefTimer))
}

function flushStream(stream: FullStream): Promise<void> {
  return new Promise((resolve, reject) => {
    if (stream.flush === undefined) resolve()
    else stream.flush((error) => (error ? reject(error) : resolve()))
  })
}
