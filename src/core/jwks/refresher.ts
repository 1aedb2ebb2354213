import { createDeferred, type Deferred } from '../deferred.js'
import type { Logger } from '../logger.js'
import { createRateWindow } from '../rate-window.js'
import { type Attempt, createAttempts } from './attempt.js'
import { isDemand, type KeyRefreshEvent, keyRefreshChannel, type RefreshCause } from './events.js'
import { createKeySetHolder, type KeySetHolder } from './key-set-holder.js'
import { createKeySetUpdates, type Outcome, type RefreshCondition, type UpdateSettings } from './key-set-updates.js'
import { createOutageReporter } from './outage-reporter.js'
import { MAX_BACKOFF_MS } from './refresh-policy.js'
import { failed, type KeySource } from './source.js'
import { type Counters, createCounters } from './types.js'

export interface RefresherSettings extends UpdateSettings {
  readonly source: KeySource
  /** How events name the instance: its FAPI host. */
  readonly instance: string | null
  readonly logger: Logger
  /** Grows with every authenticated request: how traffic is noticed without a call from the hot path. */
  readonly activity: () => number
}

export interface RefreshState extends RefreshCondition {
  /** The fetch under way; resolves when it has landed, well or not, at its deadline at the latest. */
  flight: Promise<void> | null
  /** How many fetches have started, and the number of the last one by which the endpoint confirmed the set in hand. */
  started: number
  confirmed: number
  /** When the next demanded fetch starts; `Infinity`: none is demanded. */
  scheduledAtMs: number
}

/** Keeps the key set in hand the newest one. All fetching goes through here: one at a time, within the rate. */
export interface Refresher {
  readonly held: KeySetHolder
  readonly counters: Counters
  readonly state: Readonly<RefreshState>
  /** Nothing usable is in memory: waits for the fetch under way, or for one that starts now unless backing off. */
  obtain(): Promise<void>
  /** Fetch at `atMs`, or as soon after it as the rate allows; gives the start. */
  schedule(cause: RefreshCause, atMs: number): number
  /** Resolves when the fetch under way, or else the next one, has landed. */
  nextLanding(): Promise<void>
  /** When the next fetch starts as things stand; `Infinity`: nothing is planned. */
  nextStartMs(nowMs: number): number
  start(cause: RefreshCause): Promise<void>
  onChange(listener: () => void): void
  close(): void
}

/** All causes together, in any minute: a last line that holds whatever the other bounds add up to. */
const MAX_FETCHES_PER_MINUTE = 12
/** While nobody asks: how often to look whether somebody does again. No I/O. */
const IDLE_TICK_MS = 5000
/** Timers are relative and clocks get set: no wake-up is planned further ahead than this. */
const MAX_SLEEP_MS = 60_000
/** An answer that another process of the group has got may be this old. */
const MAX_SHARED_AGE_MS = 15_000

export function createRefresher(settings: RefresherSettings): Refresher {
  const { source, cache, now, activity, setTimer } = settings
  const held = createKeySetHolder(cache)
  const attempts = createAttempts(source, cache, setTimer)
  const rate = createRateWindow(MAX_FETCHES_PER_MINUTE, 60_000)
  const reporter = createOutageReporter(settings.instance, source.kind, settings.logger)
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
    clockOffsetMs: null
  }
  const updates = createKeySetUpdates(settings, { held, condition: state, counters, rate, reporter })
  let landing: Deferred | null = null
  let cancelTimer: (() => void) | null = null
  let isClosed = false
  let scheduledCause: RefreshCause = 'unknown-kid'
  let lastStartMs = Number.NEGATIVE_INFINITY
  let activityAtStart = 0

  // ── One attempt ────────────────────────────────────────────────────────────────────────────────────────────────────

  function start(cause: RefreshCause): Promise<void> {
    if (state.flight !== null) return state.flight
    if (isClosed) return Promise.resolve()
    state.started++
    lastStartMs = now()
    rate.record(lastStartMs)
    activityAtStart = activity()
    state.scheduledAtMs = Number.POSITIVE_INFINITY
    disarm()
    state.flight = fly(cause)
    return state.flight
  }

  /** From start to landing; never rejects. */
  async function fly(cause: RefreshCause): Promise<void> {
    const startedAtMs = lastStartMs
    try {
      const outcome = (await updates.adoptSnapshot(cause)) ?? applied(await attempt(cause))
      if (isClosed) return
      reporter.report(state.failures, state.lastError, held, now())
      if (keyRefreshChannel.hasSubscribers) {
        const durationMs = now() - startedAtMs
        const event: KeyRefreshEvent = {
          instance: settings.instance,
          source: source.kind,
          cause,
          durationMs,
          ...outcome
        }
        keyRefreshChannel.publish(event)
      }
    } catch (error) {
      // Nobody awaits a background refresh: what a listener throws must not end the process.
      settings.logger.error({ err: error }, 'Refreshing the Clerk key set met a bug')
    } finally {
      // Whatever happens above, the next fetch must not find this one in its way.
      state.flight = null
      landing?.resolve()
      landing = null
      arm()
    }
  }

  function attempt(cause: RefreshCause): Promise<Attempt> {
    if (isClosed) return Promise.resolve(failed('network'))
    counters.fetches++
    if (isDemand(cause)) counters.demandedFetches++
    const sharedSinceMs = Math.max(held.fetchedAtMs ?? 0, lastStartMs - MAX_SHARED_AGE_MS)
    const newerThanMs = isDemand(cause) ? lastStartMs - 1 : sharedSinceMs
    return attempts.start({ etag: held.etag, newerThanMs })
  }

  function applied(result: Attempt): Outcome {
    const outcome = updates.apply(result)
    if (outcome.failure === null) state.confirmed = state.started
    return outcome
  }

  // ── When ───────────────────────────────────────────────────────────────────────────────────────────────────────────

  function disarm(): void {
    cancelTimer?.()
    cancelTimer = null
  }

  /** One timer, for whatever comes first: a retry, a demanded fetch, the refresh ahead of expiry. */
  function arm(): void {
    disarm()
    if (isClosed || state.flight !== null) return
    const nowMs = now()
    // The end of trust in stale keys is a change that is reported, too.
    const trustEndMs = held.staleUntilMs > nowMs ? held.staleUntilMs : Number.POSITIVE_INFINITY
    const wakeMs = Math.min(nextStartMs(nowMs), trustEndMs, nowMs + MAX_SLEEP_MS)
    cancelTimer = setTimer(wake, Math.max(1, Math.ceil(wakeMs - nowMs)))
  }

  function nextStartMs(nowMs: number): number {
    if (state.failures > 0) return state.retryAtMs
    if (held.fetchedAtMs === null) return state.scheduledAtMs
    return Math.min(state.scheduledAtMs, state.dueMs > nowMs ? state.dueMs : nowMs + IDLE_TICK_MS)
  }

  function wake(): void {
    cancelTimer = null
    if (isClosed || state.flight !== null) return
    const nowMs = now()
    reporter.report(state.failures, state.lastError, held, nowMs)
    // Retries go on without traffic: a server taken out of rotation for its missing keys would never see any.
    if (state.failures > 0) {
      if (!isBackingOff(nowMs)) start('retry')
    } else if (state.scheduledAtMs <= nowMs) {
      start(scheduledCause)
    } else if (held.fetchedAtMs !== null && (nowMs >= state.dueMs || nowMs < held.fetchedAtMs)) {
      if ((cache.pollWhenIdle || activity() !== activityAtStart) && rate.nextMs(nowMs) <= nowMs) start('refresh-ahead')
    }
    if (state.flight === null) arm()
  }

  /** A wait that is longer than any we would choose is that of a clock which was set back. */
  function isBackingOff(nowMs: number): boolean {
    return nowMs < state.retryAtMs && state.retryAtMs - nowMs <= MAX_BACKOFF_MS
  }

  async function obtain(): Promise<void> {
    if (isClosed) return
    if (state.flight !== null) return state.flight
    const nowMs = now()
    if (isBackingOff(nowMs)) return
    if (rate.nextMs(nowMs) > nowMs) held.extendToStale()
    else await start('missing-keys')
  }

  function schedule(cause: RefreshCause, atMs: number): number {
    if (isClosed || state.flight !== null) return state.flight === null ? Number.POSITIVE_INFINITY : lastStartMs
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
    if (isClosed) return Promise.resolve()
    landing ??= createDeferred()
    return landing.promise
  }

  function close(): void {
    isClosed = true
    updates.close()
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
