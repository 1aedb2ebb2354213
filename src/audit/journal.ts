import type { Logger } from '../core/logger.js'
import { type SetTimer, setUnrefTimer, whileAwaited, withinTime } from '../core/timers.js'
import { createAnchors } from './anchors.js'
import type { Chain } from './chain.js'
import { type Batch, linesOf, NO_BATCH, RecordBuffer } from './record-buffer.js'
import { errorCode, isFinal } from './sink-error.js'
import type { AuditHealth, AuditSink } from './types.js'
import { createWaitingRoom } from './waiting-room.js'

/**
 * The queue between requests and a sink. Numbers records, bounds their count, and writes them in batches with retries.
 */
export interface Journal {
  /**
   * Begins a record. The caller writes its fields, without braces, to the returned buffer and calls `commit`, all in
   * one turn. Null: no room; the record is counted as dropped, or as lost once the journal is closed.
   */
  begin(): RecordBuffer | null
  commit(): void
  /**
   * Whether the queue has room for a request's record. `isCertain`: the request will have a record. For other requests
   * the queue may be twice as long, because most of them write none.
   */
  hasRoom(isCertain: boolean): boolean
  /** Calls back with true when there is room, with false after `maxWaitMs` or when the journal closes. */
  waitForRoom(isCertain: boolean, callback: (hasRoom: boolean) => void): void
  /** Resolves when every record accepted so far is written, or counted as lost at `close`. */
  flush(): Promise<void>
  close(): Promise<void>
  /** For a process that is exiting: hands the queued records to the sink without waiting. */
  closeSync(): void
  health(): AuditHealth
}

export interface JournalOptions {
  readonly sink: AuditSink
  /** Names this process in its records. */
  readonly writer: string
  readonly chain: Chain | null
  readonly flushIntervalInMs: number
  readonly batchSize: number
  readonly maxQueued: number
  readonly whenFull: 'wait' | 'drop'
  readonly maxWaitInMs: number
  readonly closeTimeoutInMs: number
  readonly now: () => number
  readonly logger: Logger
  /** Default: real time, without keeping the process alive. */
  readonly setTimer?: SetTimer
}

const FIRST_RETRY_MS = 100
const LONGEST_RETRY_MS = 5_000
/** Longest time that the newest records of other writers stay uncited, in which their removal would go unseen. */
const ANCHOR_INTERVAL_MS = 1_000

export function createJournal(options: JournalOptions): Journal {
  const { sink, writer, chain, batchSize, maxQueued, now, logger } = options
  const setTimer = options.setTimer ?? setUnrefTimer
  // Hard limit: 3 × maxQueued. `hasRoom` admits up to 2 ×; the third is for records that cannot be held back: of
  // requests that an earlier hook refused, and of requests that were under way when the queue filled up. Beyond it
  // records are dropped, or memory would grow without bound.
  const mostQueued = options.whenFull === 'drop' ? maxQueued : maxQueued * 3
  const starts = {
    audit: Buffer.from('{"level":30,"msg":"audit","time":'),
    anchor: Buffer.from('{"level":30,"msg":"audit-anchor","time":'),
    gap: Buffer.from('{"level":40,"msg":"audit-gap","time":'),
    close: Buffer.from('{"level":30,"msg":"audit-close","time":')
  }
  const writerBytes = Buffer.from(`,"writer":"${writer}","seq":`)

  const records = new RecordBuffer()
  let batch: Batch = NO_BATCH
  /** Whether writing `batch` has failed, and it waits here to be written again. */
  let isBatchBack = false
  let seq = 0
  let running: Promise<void> | null = null
  let cancelTimer: (() => void) | null = null
  let wakeRetry: (() => void) | null = null
  let isFlushing = false
  let isClosed = false
  let gap: { dropped: number; fromMs: number } | null = null
  const waitingRoom = createWaitingRoom(options.maxWaitInMs, setTimer)
  const nextAnchors = chain === null || sink.newestOfOthers === undefined ? null : createAnchors(sink, writer)
  let cancelAnchors: (() => void) | null = null
  const counts = { written: 0, dropped: 0, lost: 0 }
  let lastError: string | null = null

  function begin(): RecordBuffer | null {
    if (isClosed) lose(1, 'The audit log is closed; a record came too late')
    else if (queued() >= mostQueued) drop()
    else {
      if (gap !== null) addGap()
      return beginWith(starts.audit)
    }
    return null
  }

  function beginWith(start: Uint8Array): RecordBuffer {
    records.fragment(start)
    records.integer(now())
    records.fragment(writerBytes)
    records.integer(seq++)
    records.text(',')
    return records
  }

  function commit(): void {
    if (chain === null) {
      records.text('}')
    } else {
      records.text(chain.prev())
      records.text(chain.seal(records.open))
    }
    records.end()
    if (running !== null) return
    if (records.length >= batchSize) startWriting()
    else if (cancelTimer === null) cancelTimer = setTimer(startWriting, options.flushIntervalInMs)
  }

  function queued(): number {
    return records.length + batch.length
  }

  function drop(): void {
    if (gap === null) {
      gap = { dropped: 0, fromMs: now() }
      logger.error({ sink: sink.name, queued: queued() }, 'The audit log is full; records are dropped and counted')
    }
    gap.dropped++
    counts.dropped++
  }

  // Records the hole in the log itself, so that a reader sees when records were dropped, and how many.
  function addGap(): void {
    const { dropped, fromMs } = gap as { dropped: number; fromMs: number }
    gap = null
    beginWith(starts.gap).text(`"dropped":${dropped},"fromMs":${fromMs},"toMs":${now()}`)
    commit()
    logger.warn({ sink: sink.name, dropped }, 'The audit log has room again')
  }

  async function anchorOthers(): Promise<void> {
    // The sink may be away. Records that it could not read now are cited the next time.
    const fields = (await nextAnchors?.().catch(() => null)) ?? null
    if (fields === null || isClosed) return
    beginWith(starts.anchor).text(fields)
    commit()
  }

  function anchorLater(): void {
    cancelAnchors = setTimer(() => {
      anchorOthers().then(() => {
        if (!isClosed) anchorLater()
      })
    }, ANCHOR_INTERVAL_MS)
  }

  function startWriting(): void {
    cancelTimer?.()
    cancelTimer = null
    if (running !== null || records.length === 0) return
    running = writeBatches().finally(() => {
      running = null
      // Fewer than `batchSize` are left: start the flush timer again.
      if (records.length > 0 && cancelTimer === null) cancelTimer = setTimer(startWriting, options.flushIntervalInMs)
    })
  }

  async function writeBatches(): Promise<void> {
    do {
      batch = records.take()
      await writeBatch()
      batch = NO_BATCH
      waitingRoom.admit(maxQueued - queued())
    } while (records.length >= batchSize || (isFlushing && records.length > 0))
  }

  async function writeLines(one: Batch): Promise<void> {
    const lines = linesOf(one)
    for (let first = 0; first < lines.length; first += batchSize)
      await sink.write(lines.slice(first, first + batchSize))
  }

  async function writeBatch(): Promise<void> {
    for (let retryMs = FIRST_RETRY_MS; ; retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS)) {
      try {
        isBatchBack = false
        await (sink.writeBytes === undefined ? writeLines(batch) : sink.writeBytes(batch.bytes))
        counts.written += batch.length
        records.recycle(batch)
        recovered()
        return
      } catch (error) {
        if (isFinal(error)) {
          const refused = error.lostCount ?? batch.length
          counts.written += batch.length - refused
          lose(refused, 'The audit sink refused records for what is in them', error)
          recovered()
          return
        }
        isBatchBack = true
        failed(error)
        if (isClosed) return
        // Jitter, so that many processes do not return to a database at once.
        await pause(retryMs * (0.5 + Math.random() / 2))
        if (isClosed && batch.length === 0) return
      }
    }
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = setTimer(resume, ms)
      wakeRetry = resume
      function resume(): void {
        cancel()
        wakeRetry = null
        resolve()
      }
    })
  }

  function failed(error: unknown): void {
    const message = errorCode(error)
    if (lastError === null)
      logger.error(
        { sink: sink.name, error: message, queued: queued() },
        'The audit sink does not take records; they are kept and tried again'
      )
    lastError = message
  }

  function recovered(): void {
    if (lastError === null) return
    lastError = null
    logger.info({ sink: sink.name, queued: records.length }, 'The audit sink takes records again')
  }

  function lose(count: number, message: string, error?: unknown): void {
    counts.lost += count
    logger.error({ sink: sink.name, lost: count, ...(error === undefined ? {} : { error: errorCode(error) }) }, message)
  }

  function hasRoom(isCertain: boolean): boolean {
    return options.whenFull === 'drop' || queued() < (isCertain ? maxQueued : maxQueued * 2)
  }

  async function flush(): Promise<void> {
    isFlushing = true
    try {
      while (queued() > 0) {
        startWriting()
        wakeRetry?.()
        await running
        if (isClosed) return
      }
    } finally {
      isFlushing = false
    }
  }

  async function close(): Promise<void> {
    if (isClosed) return
    // Reading other writers' records from a slow sink must not use up the time for writing this writer's own.
    await within(options.closeTimeoutInMs / 4, anchorOthers())
    if (gap !== null) addGap()
    if (chain !== null && seq > 0) {
      beginWith(starts.close).text('"close":true')
      commit()
    }
    await within(options.closeTimeoutInMs, flush())
    isClosed = true
    cancelAnchors?.()
    cancelTimer?.()
    waitingRoom.close()
    const left = queued()
    while (records.length > 0) records.take()
    batch = NO_BATCH
    wakeRetry?.()
    if (left > 0) lose(left, 'The audit sink did not take all records before the time to close was over')
    await sink.close()
  }

  function closeSync(): void {
    if (isClosed || sink.writeSync === undefined) return
    let left = queued()
    isClosed = true
    try {
      for (let next = isBatchBack ? batch : records.take(); next.length > 0; next = records.take()) {
        sink.writeSync(next.bytes)
        left -= next.length
      }
    } catch (error) {
      lose(left, 'The audit sink did not take the last records of an exiting process', error)
    }
  }

  function health(): AuditHealth {
    return {
      sink: sink.name,
      ok: lastError === null && gap === null,
      queued: queued(),
      accepted: seq,
      written: counts.written,
      dropped: counts.dropped,
      lost: counts.lost,
      waiting: waitingRoom.length,
      turnedAway: waitingRoom.turnedAway,
      lastError
    }
  }

  if (nextAnchors !== null) anchorLater()
  return { begin, commit, hasRoom, waitForRoom: waitingRoom.enter, flush, close, closeSync, health }
}

/** Waits for the work, at most `ms`. The timer keeps the process alive: while a database is away nothing else would. */
function within(ms: number, work: Promise<void>): Promise<void> {
  return whileAwaited(withinTime(work, ms, undefined, setUnrefTimer))
}
