import { createDeferred, type Deferred } from '../deferred.js'
import { logLine } from '../log-lines.js'
import type { Logger } from '../logger.js'
import { createRateWindow } from '../rate-window.js'
import { type Attempt, createAttempts } from './attempt.js'
import { helpOfRefresh, isDemand, type KeyRefreshEvent, keyRefreshChannel, type RefreshCause } from './events.js'
import { createFetchTurns } from './fetch-turns.js'
import { createKeySetHolder, type KeySetHolder } from './key-set-holder.js'
import { createKeySetUpdates, type Outcome, type RefreshCondition, type UpdateSettings } from './key-set-updates.js'
import { createOutageReporter } from './outage-reporter.js'
import { MAX_BACKOFF_MS } from './refresh-policy.js'
import { failed, type KeySource } from './source.js'
import { type Counters, createCounters } from './types.js'

export interface RefresherSettings extends UpdateSettings {
  readonly source: KeySource
  /** FAPI host of the instance, its name in events; null without a publishable key. */
  readonly instance: string | null
  readonly logger: Logger
  /**
   * Grows with every authenticated request. Comparing it at timer ticks shows traffic without a call from the hot path.
   */
  readonly activity: () => number
  /** A clock that nobody sets. */
  readonly steadyNow: () => number
}

export interface RefreshState extends RefreshCondition {
  /** The fetch under way. Resolves when it has ended, whatever its result, at its deadline at the latest. */
  flight: Promise<void> | null
  /** Number of fetches started, and of those the number of the last one whose answer was asked for after its start. */
  started: number
  confirmed: number
  /** When the next fetch starts that a token has demanded; `Infinity` when there is none. */
  scheduledAtMs: number
  /** No fetch starts any more. */
  isClosed: boolean
}

/** Keeps the key set in hand up to date. Every fetch is started here: one at a time, and within the rate limit. */
export interface Refresher {
  readonly held: KeySetHolder
  readonly counters: Counters
  readonly state: Readonly<RefreshState>
  /** For when no usable key is in memory: waits for the fetch under way, or starts one unless a back-off is running. */
  obtain(): Promise<void>
  /** Plans a fetch at `atMs`, or as soon after it as the rate allows, and returns its start. */
  schedule(cause: RefreshCause, atMs: number): number
  /** Resolves when the fetch under way, or else the next one, has ended. */
  nextLanding(): Promise<void>
  /** When the next fetch starts as planned now; `Infinity` when none is planned. */
  nextStartMs(nowMs: number): number
  start(cause: RefreshCause): Promise<void>
  onChange(listener: () => void): void
  close(): void
}

/** Fetches of all causes together in any minute. Holds even where the bounds of single causes add up to more. */
const MAX_FETCHES_PER_MINUTE = 16
/** While no requests come and a refresh is due: how often to check for new requests. The check does no I/O. */
const IDLE_TICK_MS = 5000
/** A timer does not notice that the clock was set, so none is set for longer than this. */
const MAX_SLEEP_MS = 60_000
/** An answer that another process got may be this old, unless a token demands a newer one. */
const MAX_SHARED_AGE_MS = 15_000

export function createRefresher(settings: RefresherSettings): Refresher {
  const { source, cache, now, activity, setTimer, steadyNow } = settings
  const held = createKeySetHolder(cache)
  const attempts = createAttempts(source, cache, setTimer)
  const rate = createRateWindow(MAX_FETCHES_PER_MINUTE, 60_000)
  const reporter = createOutageReporter(settings, source.kind)
  const counters = createCounters()

  const state: RefreshState = {
    flight: null,
    started: 0,
    confirmed: 0,
    failures: 0,
    lastError: null,
    retryAtMs: 0,
    dueMs: Number.POSITIVE_INFINITY,
    scheduledAtMs: Number.POSITIVE_INFINITY,
    clockOffsetMs: null,
    isClosed: false
  }
  const updates = createKeySetUpdates(settings, { held, condition: state, counters, rate, reporter })
  const turns = createFetchTurns(
    { ...settings, timeoutInMs: cache.timeoutInMs },
    { held, condition: state, adoptSnapshot: updates.adoptSnapshot }
  )
  let landing: Deferred | null = null
  let cancelTimer: (() => void) | null = null
  let isTimerForDemand = false
  let scheduledCause: RefreshCause = 'unknown-kid'
  let lastStartMs = Number.NEGATIVE_INFINITY
  let activityAtStart = 0

  // ── One attempt ────────────────────────────────────────────────────────────────────────────────────────────────────

  function start(cause: RefreshCause): Promise<void> {
    if (state.flight !== null) return state.flight
    if (state.isClosed) return Promise.resolve()
    state.started++
    lastStartMs = now()
    rate.record(lastStartMs)
    activityAtStart = activity()
    state.scheduledAtMs = Number.POSITIVE_INFINITY
    disarm()
    state.flight = fly(cause)
    return state.flight
  }

  /** One fetch from start to end. Never rejects. */
  async function fly(cause: RefreshCause): Promise<void> {
    const startedAtMs = lastStartMs
    const begunMs = steadyNow()
    try {
      const outcome = await settle(cause, startedAtMs)
      if (state.isClosed) return
      reporter.report(state.failures, state.lastError, held, now())
      if (outcome !== null && keyRefreshChannel.hasSubscribers) {
        const durationMs = Math.round(steadyNow() - begunMs)
        const event: KeyRefreshEvent = {
          instance: settings.instance,
          source: source.kind,
          cause,
          durationMs,
          ...outcome,
          help: helpOfRefresh(outcome.failure)
        }
        keyRefreshChannel.publish(event)
      }
    } catch (error) {
      // A background refresh is not awaited: an error thrown by a listener would end the process.
      logLine(settings.logger, 'key-refresh-bug', { err: error })
    } finally {
      // Also after an error above: otherwise no fetch would ever start again.
      state.flight = null
      landing?.resolve()
      landing = null
      arm()
    }
  }

  /** A snapshot, or where that does not settle the cause, the endpoint; null: the set in hand is good for longer. */
  async function settle(cause: RefreshCause, startedAtMs: number): Promise<Outcome | null> {
    let adopted: Outcome | 'in-vain' | null = await updates.adoptSnapshot(cause)
    if (settings.snapshots?.givesTurns) adopted ??= await turns.waitForOther(cause, startedAtMs)
    if (adopted === 'in-vain') return updates.waitedInVain()
    return adopted ?? applied(await attempt(cause))
  }

  function attempt(cause: RefreshCause): Promise<Attempt> {
    if (state.isClosed) return Promise.resolve(failed('network'))
    counters.fetches++
    if (isDemand(cause)) counters.demandedFetches++
    const sharedSinceMs = Math.max(held.fetchedAtMs ?? 0, lastStartMs - MAX_SHARED_AGE_MS)
    const newerThanMs = isDemand(cause) ? lastStartMs - 1 : sharedSinceMs
    return attempts.start({ etag: held.etag, newerThanMs })
  }

  function applied(result: Attempt): Outcome {
    const outcome = updates.apply(result)
    // A set that another process fetched before this start says nothing about keys published since.
    const isNew = held.fetchedAtMs !== null && held.fetchedAtMs >= lastStartMs
    if (outcome.failure === null && isNew) state.confirmed = state.started
    return outcome
  }

  // ── When ───────────────────────────────────────────────────────────────────────────────────────────────────────────

  function disarm(): void {
    cancelTimer?.()
    cancelTimer = null
  }

  /** Sets the one timer to the first of: retry, demanded fetch, refresh ahead of expiry, end of trust in stale keys. */
  function arm(): void {
    disarm()
    if (state.isClosed || state.flight !== null) return
    const nowMs = now()
    // The end of trust in stale keys is reported, too.
    const trustEndMs = held.staleUntilMs > nowMs ? held.staleUntilMs : Number.POSITIVE_INFINITY
    const wakeMs = Math.min(nextStartMs(nowMs), trustEndMs, nowMs + MAX_SLEEP_MS)
    isTimerForDemand = wakeMs === state.scheduledAtMs
    cancelTimer = setTimer(wake, Math.max(1, Math.ceil(wakeMs - nowMs)))
  }

  function nextStartMs(nowMs: number): number {
    if (state.failures > 0) return state.retryAtMs
    if (held.fetchedAtMs === null) return state.scheduledAtMs
    return Math.min(state.scheduledAtMs, state.dueMs > nowMs ? state.dueMs : nowMs + IDLE_TICK_MS)
  }

  function wake(): void {
    cancelTimer = null
    if (state.isClosed || state.flight !== null) return
    const nowMs = now()
    reporter.report(state.failures, state.lastError, held, nowMs)
    // Retries do not wait for traffic: a server that a load balancer took out for its missing keys gets none.
    if (state.failures > 0) {
      if (!isBackingOff(nowMs)) start('retry')
    } else if (state.scheduledAtMs <= nowMs || isTimerForDemand) {
      // Requests wait for it: its time is over by the timer also where the clock stands still or was set back.
      start(scheduledCause)
    } else if (held.fetchedAtMs !== null && (nowMs >= state.dueMs || nowMs < held.fetchedAtMs)) {
      if ((cache.pollWhenIdle || activity() !== activityAtStart) && rate.nextMs(nowMs) <= nowMs) start('refresh-ahead')
    }
    if (state.flight === null) arm()
  }

  /** If `retryAtMs` is further away than `MAX_BACKOFF_MS`, the wall clock was set back: do not wait. */
  function isBackingOff(nowMs: number): boolean {
    return nowMs < state.retryAtMs && state.retryAtMs - nowMs <= MAX_BACKOFF_MS
  }

  async function obtain(): Promise<void> {
    if (state.isClosed) return
    if (state.flight !== null) return state.flight
    const nowMs = now()
    if (isBackingOff(nowMs)) return
    if (rate.nextMs(nowMs) > nowMs) held.extendToStale()
    else await start('missing-keys')
  }

  function schedule(cause: RefreshCause, atMs: number): number {
    if (state.isClosed || state.flight !== null) return state.flight === null ? Number.POSITIVE_INFINITY : lastStartMs
    const nowMs = now()
    const earliestMs = Math.max(
      nowMs,
      atMs,
      Math.min(lastStartMs, nowMs) + cache.cooldownInMs,
      state.failures > 0 ? state.retryAtMs : 0
    )
    const startMs = earliestMs === Number.POSITIVE_INFINITY ? earliestMs : rate.nextMs(earliestMs)
    if (startMs >= state.scheduledAtMs) return state.scheduledAtMs
    state.scheduledAtMs = startMs
    scheduledCause = cause
    if (startMs <= nowMs) start(cause)
    else arm()
    return startMs
  }

  function nextLanding(): Promise<void> {
    if (state.flight !== null) return state.flight
    if (state.isClosed) return Promise.resolve()
    landing ??= createDeferred()
    return landing.promise
  }

  function close(): void {
    state.isClosed = true
    updates.close()
    turns.close()
    disarm()
    attempts.abandon()
    landing?.resolve()
    landing = null
  }

  return {
    held,
    counters,
    state,
    obtain,
    schedule,
    start,
    nextLanding,
    nextStartMs,
    onChange: updates.onChange,
    close
  }
}
