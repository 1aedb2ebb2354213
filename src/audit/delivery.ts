import { countRepeats } from '../core/counted-log.js'
import { type LOG_LINES, logLine } from '../core/log-lines.js'
import type { Logger } from '../core/logger.js'
import type { SetTimer } from '../core/timers.js'
import { type Batch, linesOf, splitBatch } from './record-buffer.js'
import { errorCode, isFinal } from './sink-error.js'
import type { AuditSink } from './types.js'

/** Hands batches to a sink, one after the other: retries failures, and counts the records written and lost. */
export interface Delivery {
  /** Records taken over and neither written nor lost yet. */
  readonly queued: number
  readonly written: number
  readonly lost: number
  /** Code of the sink's last failure; null once it takes records again. */
  readonly lastError: string | null
  /** Resolves to true when every record of the batch is written or refused for good, to false after `stop`. */
  deliver(batch: Batch): Promise<boolean>
  /** Ends the pause before the next retry. */
  retryNow(): void
  /** Gives up. Returns the records that are neither written nor with the sink. */
  stop(): Batch[]
  /** Counts records as lost, with an error line. */
  lose(count: number, line: keyof typeof LOG_LINES, error?: unknown): void
}

export interface DeliveryOptions {
  readonly sink: AuditSink
  /** Most lines in one call of a sink's `write`. */
  readonly batchSize: number
  readonly logger: Logger
  readonly setTimer: SetTimer
  /** Records that wait for their delivery, for log lines. */
  readonly waiting: () => number
}

const FIRST_RETRY_MS = 100
const LONGEST_RETRY_MS = 5_000

export function createDelivery({ sink, batchSize, logger, setTimer, waiting }: DeliveryOptions): Delivery {
  /** Parts of the batch that are not written yet. The first one is with the sink, or waits for its retry. */
  let parts: Batch[] = []
  const losses = countRepeats(logger)
  let queued = 0
  let written = 0
  let lost = 0
  let lastError: string | null = null
  let isWithSink = false
  let isStopped = false
  let endPause: (() => void) | null = null

  async function deliver(batch: Batch): Promise<boolean> {
    // A sink that takes text gets `batchSize` lines at once. Each part is retried or refused by itself.
    parts = sink.writeBytes === undefined ? splitBatch(batch, batchSize) : [batch]
    queued = batch.length
    for (let part = parts[0]; part !== undefined; part = parts[0]) {
      await writePart(part)
      if (isStopped) return false
      parts.shift()
      queued -= part.length
    }
    return true
  }

  async function writePart(part: Batch): Promise<void> {
    for (let retryMs = FIRST_RETRY_MS; !isStopped; retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS)) {
      try {
        isWithSink = true
        await (sink.writeBytes === undefined ? sink.write(linesOf(part)) : sink.writeBytes(part.bytes))
        // Too late: `stop` has been followed by counting these records as lost.
        if (isStopped) return
        written += part.length
        recovered()
        return
      } catch (error) {
        if (isStopped) return
        if (isFinal(error)) {
          const refused = error.lostCount ?? part.length
          written += part.length - refused
          lose(refused, 'audit-records-refused', error)
          recovered()
          return
        }
        isWithSink = false
        failed(error)
        // Jitter, so that many processes do not return to a database at once.
        await pause(retryMs * (0.5 + Math.random() / 2))
      }
    }
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = setTimer(end, ms)
      endPause = end
      function end(): void {
        cancel()
        endPause = null
        resolve()
      }
    })
  }

  function failed(error: unknown): void {
    const code = errorCode(error)
    if (lastError === null)
      logLine(logger, 'audit-sink-away', { sink: sink.name, error: code, queued: queued + waiting() })
    lastError = code
  }

  function recovered(): void {
    if (lastError === null) return
    lastError = null
    logger.info({ sink: sink.name, queued: waiting() }, 'The audit sink takes records again')
  }

  function lose(count: number, line: keyof typeof LOG_LINES, error?: unknown): void {
    lost += count
    logLine(losses, line, { sink: sink.name, lost: count, ...(error === undefined ? {} : { error: errorCode(error) }) })
  }

  return {
    get queued() {
      return queued
    },
    get written() {
      return written
    },
    get lost() {
      return lost
    },
    get lastError() {
      return lastError
    },
    deliver,
    retryNow: () => endPause?.(),
    stop() {
      const left = isWithSink ? parts.slice(1) : parts
      isStopped = true
      parts = []
      queued = 0
      endPause?.()
      return left
    },
    lose
  }
}
