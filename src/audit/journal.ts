import { countRepeats } from '../core/counted-log.js'
import { logLine } from '../core/log-lines.js'
import type { Logger } from '../core/logger.js'
import { type SetTimer, setUnrefTimer, whileAwaited, withinTime } from '../core/timers.js'
import { createAnchors } from './anchors.js'
import type { Chain } from './chain.js'
import { createDelivery } from './delivery.js'
import { RecordBuffer } from './record-buffer.js'
import type { AuditHealth, AuditSink } from './types.js'
import { createWaitingRoom } from './waiting-room.js'

/** The queue between requests and a sink: numbers records, bounds their count, and has them delivered in batches. */
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

/** Longest time that the newest records of other writers stay uncited, in which their removal would go unseen. */
const ANCHOR_INTERVAL_MS = 1_000

export function createJournal(options: JournalOptions): Journal {
  const { sink, writer, chain, batchSize, maxQueued, now, logger } = options
  const log = countRepeats(logger)
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
  const delivery = createDelivery({ sink, batchSize, logger, setTimer, waiting: () => records.length })
  let seq = 0
  let running: Promise<void> | null = null
  let cancelTimer: (() => void) | null = null
  let isFlushing = false
  let isClosed = false
  let gap: { count: number; fromMs: number } | null = null
  const waitingRoom = createWaitingRoom(options.maxWaitInMs, setTimer)
  const nextAnchors = chain === null || sink.newestOfOthers === undefined ? null : createAnchors(sink, writer)
  let cancelAnchors: (() => void) | null = null
  let dropped = 0

  function begin(): RecordBuffer | null {
    if (isClosed) delivery.lose(1, 'audit-closed')
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
    return records.length + delivery.queued
  }

  function drop(): void {
    if (gap === null) {
      gap = { count: 0, fromMs: now() }
      logLine(log, 'audit-full', { sink: sink.name, queued: queued() })
    }
    gap.count++
    dropped++
  }

  // Records the hole in the log itself, so that a reader sees when records were dropped, and how many.
  function addGap(): void {
    const { count, fromMs } = gap as { count: number; fromMs: number }
    gap = null
    beginWith(starts.gap).text(`"dropped":${count},"fromMs":${fromMs},"toMs":${now()}`)
    commit()
    logLine(log, 'audit-has-room', { sink: sink.name, dropped: count })
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
      const batch = records.take()
      if (await delivery.deliver(batch)) records.recycle(batch)
      waitingRoom.admit(maxQueued - queued())
    } while (records.length >= batchSize || (isFlushing && records.length > 0))
  }

  function hasRoom(isCertain: boolean): boolean {
    return options.whenFull === 'drop' || queued() < (isCertain ? maxQueued : maxQueued * 2)
  }

  async function flush(): Promise<void> {
    isFlushing = true
    try {
      while (queued() > 0) {
        startWriting()
        delivery.retryNow()
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
    delivery.stop()
    while (records.length > 0) records.take()
    if (left > 0) delivery.lose(left, 'audit-close-timeout')
    await sink.close()
  }

  function closeSync(): void {
    if (isClosed || sink.writeSync === undefined) return
    let left = queued()
    isClosed = true
    const batches = delivery.stop()
    while (records.length > 0) batches.push(records.take())
    try {
      for (const { bytes, length } of batches) {
        sink.writeSync(bytes)
        left -= length
      }
    } catch (error) {
      delivery.lose(left, 'audit-exit', error)
    }
  }

  function health(): AuditHealth {
    return {
      sink: sink.name,
      ok: delivery.lastError === null && gap === null,
      queued: queued(),
      accepted: seq,
      written: delivery.written,
      dropped,
      lost: delivery.lost,
      waiting: waitingRoom.length,
      turnedAway: waitingRoom.turnedAway,
      lastError: delivery.lastError
    }
  }

  if (nextAnchors !== null) anchorLater()
  return { begin, commit, hasRoom, waitForRoom: waitingRoom.enter, flush, close, closeSync, health }
}

/** Waits for the work, at most `ms`. The timer keeps the process alive: while a database is away nothing else would. */
function within(ms: number, work: Promise<void>): Promise<void> {
  return whileAwaited(withinTime(work, ms, undefined, setUnrefTimer))
}
