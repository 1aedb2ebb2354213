import type { AuditSink } from './types.js'

/** What `pino.transport()`, `pino.destination()` and `pino.multistream()` return, and any Node stream is. */
export interface PinoStream {
  write(text: string): unknown
  end?(): unknown
  flush?(callback: (error?: Error | null) => void): unknown
  flushSync?(): unknown
  on?(event: string, listener: (...args: never[]) => void): unknown
  once?(event: string, listener: (...args: never[]) => void): unknown
  off?(event: string, listener: (...args: never[]) => void): unknown
  readonly destroyed?: boolean
}

/**
 * Writes records to any pino stream: `pinoSink(() => pino.transport({ target: 'pino-loki', options }))`.
 *
 * A function is called at registration and again should the stream die, and its stream is ended on close; a stream
 * given as such stays the application's and is flushed. A transport has a thread of its own: what it has taken over
 * counts as written, and what it holds in memory is lost with the process.
 */
export function pinoSink(source: PinoStream | (() => PinoStream | Promise<PinoStream>)): AuditSink {
  let stream: PinoStream | null = null
  let failure: Error | null = null

  async function openStream(): Promise<PinoStream> {
    const opened = typeof source === 'function' ? await source() : source
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
    writeSync(lines) {
      if (stream === null || stream.destroyed === true) return
      if (lines.length > 0) stream.write(`${lines.join('\n')}\n`)
      stream.flushSync?.()
    },
    async close() {
      if (stream === null || stream.destroyed === true) return
      if (typeof source === 'function' && stream.end !== undefined) {
        const closed = settle(stream, 'close', 'finish')
        stream.end()
        return closed.catch(() => {})
      }
      await flushStream(stream)
    }
  }
}

/** Resolves on the first of the events, rejects on 'error'; takes its listeners away again. */
export function settle(stream: PinoStream, ...events: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    if (stream.once === undefined) return resolve()
    const finish = () => {
      cleanUp()
      resolve()
    }
    const fail = (error: Error) => {
      cleanUp()
      reject(error)
    }
    function cleanUp(): void {
      for (const event of events) stream.off?.(event, finish)
      stream.off?.('error', fail)
    }
    for (const event of events) stream.once(event, finish)
    stream.once('error', fail)
  })
}

function flushStream(stream: PinoStream): Promise<void> {
  return new Promise((resolve, reject) => {
    if (stream.flush === undefined) return resolve()
    stream.flush((error) => (error ? reject(error) : resolve()))
  })
}
