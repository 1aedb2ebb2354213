import { createDeferred, type Deferred } from '../deferred.js'
import { createRateWindow } from '../rate-window.js'
import { withinTime } from '../timers.js'
import { type Attempt, createAttempts } from './attempt.js'
import { createCounters } from './counters.js'
import { type KeyRefreshEvent, keyRefreshChannel, type RefreshCause } from './events.js'
import { type KeySet, parseKeySetText } from './key-set.js'
import { type Change, createKeySetHolder } from './key-set-holder.js'
import { createOutageReporter } from './outage-reporter.js'
import { backoffMs, MAX_BACKOFF_MS, refreshDueMs } from './refresh-policy.js'
import type { Refresher, RefresherSettings, RefreshState } from './refresh-types.js'
import type { Snapshots } from './snapshot.js'
import { type FetchFailure, failed, type KeySetAnswer } from './source.js'

type Outcome = Pick<KeyRefreshEvent, 'outcome' | 'failure' | 'added' | 'withdrawn'>

/** All causes together, in any minute: a last line that holds whatever the other bounds add up to. */
export const MAX_FETCHES_PER_MINUTE = 12
/** While nobody asks: how often to look whether somebody does again. No I/O. */
const IDLE_TICK_MS = 5000
/** Timers are relative and clocks get set: no wake-up is planned further ahead than this. */
const MAX_SLEEP_MS = 60_000
/** An answer that another process of the group has got may be this old. */
const MAX_SHARED_AGE_MS = 15_000
const UNCHANGED: Change = Object.freeze({ added: Object.freeze([]), withdrawn: Object.freeze([]) })

export function createRefresher(settings: RefresherSettings): Refresher {
  const { source, cache, snapshots, now, activity, setTimer, random } = settings
  const held = createKeySetHolder(cache)
  const attempts = createAttempts(source, cache, setTimer)
  const rate = createRateWindow(MAX_FETCHES_PER_MINUTE, 60_000)
  const reporter = createOutageReporter(settings.instance, source.kind, settings.logger)
  const counters = createCounters()
  const listeners: (() => void)[] = []

  const state: RefreshState = {
    flight: null,
    started: 0,
    confirmed: 0,
    failures: 0,
    lastError: null,
    retryAtMs: 0,
    scheduledAtMs: Number.POSITIVE_INFINITY,
    clockOffsetMs: null
  }
  let landing: Deferred | null = null
  let cancelTimer: (() => void) | null = null
  let isClosed = false
  let dueMs = Number.POSITIVE_INFINITY
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
      const adopted = snapshots === null ? null : await adoptSnapshot(snapshots, cause)
      const outcome = adopted ?? apply(await attempt(cause))
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

  /** A set that another process fetched after ours: as good as a fetch if it is fresh and brings what was asked for. */
  async function adoptSnapshot(from: Snapshots, cause: RefreshCause): Promise<Outcome | null> {
    const kept = await withinTime(from.read(), cache.timeoutInMs / 4, 'failed' as const, setTimer)
    if (kept === 'failed') counters.failedSnapshots++
    if (kept === null || kept === 'failed' || isClosed) return null
    if (held.fetchedAtMs !== null && kept.fetchedAtMs <= held.fetchedAtMs) return null
    if (now() >= kept.fetchedAtMs + cache.cacheMaxAgeInMs + cache.staleIfErrorInMs) return null
    const set = await parseKeySetText(kept.text, cache.maxKeys)
    if (typeof set === 'string') {
      counters.failedSnapshots++
      return null
    }
    counters.adoptedSnapshots++
    const change = install(set, kept)
    if (state.failures > 0) held.extendToStale()
    const isEnough = isDemand(cause) ? change.added.length > 0 || change.withdrawn.length > 0 : now() < dueMs
    if (!isEnough) return null
    recover()
    return { outcome: 'snapshot', failure: null, ...change }
  }

  function apply(attempt: Attempt): Outcome {
    if (isClosed) return { outcome: 'failed', failure: 'network', ...UNCHANGED }
    if (attempt.kind === 'set') {
      state.clockOffsetMs = attempt.answer.clockOffsetMs ?? state.clockOffsetMs
      const change = install(attempt.set, attempt.answer)
      state.confirmed = state.started
      recover()
      keep(attempt.answer)
      const isChange = change.added.length > 0 || change.withdrawn.length > 0
      return { outcome: isChange ? 'changed' : 'unchanged', failure: null, ...change }
    }
    state.clockOffsetMs = attempt.clockOffsetMs ?? state.clockOffsetMs
    if (attempt.kind === 'failure') return fail(attempt.failure, attempt.retryAfterMs)
    if (held.etag === null) return fail('unexpected-not-modified', null)
    counters.notModified++
    held.confirm(attempt)
    state.confirmed = state.started
    plan()
    recover()
    return { outcome: 'unchanged', failure: null, ...UNCHANGED }
  }

  function install(set: KeySet, answer: KeySetAnswer): Change {
    const change = held.install(set, answer)
    plan()
    for (const count of Object.values(set.skipped)) counters.skippedKeys += count
    counters.withdrawnKeys += change.withdrawn.length
    if (change.added.length > 0 || change.withdrawn.length > 0) {
      counters.generations++
      reporter.changed(change)
      for (const listener of listeners) listener()
    }
    return change
  }

  function keep(answer: KeySetAnswer): void {
    source.keep?.(answer)
    snapshots?.write(answer).then((isKept) => {
      if (!isKept) counters.failedSnapshots++
    })
  }

  function recover(): void {
    state.failures = 0
    state.lastError = null
    state.retryAtMs = 0
  }

  function fail(failure: FetchFailure, retryAfterMs: number | null): Outcome {
    counters.failedFetches++
    state.failures++
    state.lastError = failure
    state.retryAtMs = rate.nextMs(now() + backoffMs(state.failures, retryAfterMs, random))
    held.extendToStale()
    return { outcome: 'failed', failure, ...UNCHANGED }
  }

  // ── When ───────────────────────────────────────────────────────────────────────────────────────────────────────────

  function plan(): void {
    const fetchedAtMs = held.fetchedAtMs ?? now()
    dueMs = refreshDueMs(fetchedAtMs, held.freshUntilMs - fetchedAtMs, cache.refreshAheadInMs, random)
  }

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
    return Math.min(state.scheduledAtMs, dueMs > nowMs ? dueMs : nowMs + IDLE_TICK_MS)
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
    } else if (held.fetchedAtMs !== null && (nowMs >= dueMs || nowMs < held.fetchedAtMs)) {
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
    onChange: (listener) => {
      listeners.push(listener)
    },
    close
  }
}

function isDemand(cause: RefreshCause): boolean {
  return cause === 'unknown-kid' || cause === 'bad-signature'
}
