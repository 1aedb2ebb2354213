import type { JwksSettings } from '../options/jwks.js'
import type { RateWindow } from '../rate-window.js'
import { type SetTimer, withinTime } from '../timers.js'
import type { Attempt } from './attempt.js'
import { isDemand, type KeyRefreshEvent, type RefreshCause } from './events.js'
import { type KeySet, parseKeySetText } from './key-set.js'
import type { Change, KeySetHolder } from './key-set-holder.js'
import type { OutageReporter } from './outage-reporter.js'
import { backoffMs, refreshDueMs } from './refresh-policy.js'
import type { Snapshots } from './snapshot.js'
import type { FetchFailure, KeySetAnswer } from './source.js'
import type { Counters } from './types.js'

/** The result of an attempt to get a key set, as its event reports it. */
export type Outcome = Pick<KeyRefreshEvent, 'outcome' | 'failure' | 'added' | 'withdrawn'>

/** How refreshing goes, judged by the answers so far. */
export interface RefreshCondition {
  failures: number
  lastError: FetchFailure | null
  /** While refreshing fails: when the next attempt is due. Otherwise 0. */
  retryAtMs: number
  /** When the refresh ahead of expiry is due; `Infinity` before the first key set. */
  dueMs: number
  /** Clock of the endpoint minus ours, in ms; null when not known. */
  clockOffsetMs: number | null
}

export interface UpdateSettings {
  readonly cache: Omit<JwksSettings, 'keys' | 'snapshot'>
  readonly snapshots: Snapshots | null
  readonly now: () => number
  readonly setTimer: SetTimer
  readonly random: () => number
}

export interface UpdateParts {
  readonly held: KeySetHolder
  readonly condition: RefreshCondition
  readonly counters: Counters
  readonly rate: RateWindow
  readonly reporter: OutageReporter
}

/** Applies the answers of fetches, and snapshots, to the key set in hand and to the refresh condition. */
export interface KeySetUpdates {
  /** Null when the endpoint has to be asked all the same: there is no snapshot, or it does not settle this cause. */
  adoptSnapshot(cause: RefreshCause): Promise<Outcome | null>
  apply(attempt: Attempt): Outcome
  /**
   * The process whose turn it was to fetch has left no snapshot. A failure where this process has no fresh keys;
   * otherwise null, and the next refresh is planned.
   */
  waitedInVain(): Outcome | null
  onChange(listener: () => void): void
  /** Answers that arrive after this call are dropped. */
  close(): void
}

const UNCHANGED: Change = Object.freeze({ added: Object.freeze([]), withdrawn: Object.freeze([]) })

export function createKeySetUpdates(settings: UpdateSettings, parts: UpdateParts): KeySetUpdates {
  const { cache, snapshots, now, setTimer, random } = settings
  const { held, condition, counters, rate, reporter } = parts
  const listeners: (() => void)[] = []
  /** The set that the entity tag in hand belongs to. Kept for the snapshot: an answer 304 says nothing else. */
  let tagged: KeySetAnswer | null = null
  let isClosed = false

  /**
   * Takes over a set that another process fetched after ours. A demand is settled only by a changed set, any other
   * cause by a fresh one.
   */
  async function adoptSnapshot(cause: RefreshCause): Promise<Outcome | null> {
    if (snapshots === null) return null
    const kept = await withinTime(snapshots.read(), cache.timeoutInMs / 4, 'failed' as const, setTimer)
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
    const isFresh = now() < held.freshUntilMs
    // A fresh snapshot is believed for as long as an answer of the endpoint is. A stale one does not end the outage.
    if (condition.failures > 0 && !isFresh) held.extendToStale()
    const isEnough = isDemand(cause) ? hasChanged(change) : now() < condition.dueMs
    if (!isEnough) return null
    if (isFresh) recover()
    return { outcome: 'snapshot', failure: null, ...change }
  }

  function apply(attempt: Attempt): Outcome {
    if (isClosed) return { outcome: 'failed', failure: 'network', ...UNCHANGED }
    if (attempt.kind === 'set') {
      condition.clockOffsetMs = attempt.answer.clockOffsetMs ?? condition.clockOffsetMs
      const change = install(attempt.set, attempt.answer)
      recover()
      keep(attempt.answer)
      return { outcome: hasChanged(change) ? 'changed' : 'unchanged', failure: null, ...change }
    }
    condition.clockOffsetMs = attempt.clockOffsetMs ?? condition.clockOffsetMs
    if (attempt.kind === 'failure') return failFetch(attempt.failure, attempt.retryAfterMs)
    if (held.etag === null) return failFetch('unexpected-not-modified', null)
    counters.notModified++
    held.confirm(attempt)
    plan()
    recover()
    // Other processes would take the old snapshot for stale, and fetch for themselves.
    if (tagged !== null) keep({ ...tagged, maxAgeMs: attempt.maxAgeMs, fetchedAtMs: attempt.fetchedAtMs })
    return { outcome: 'unchanged', failure: null, ...UNCHANGED }
  }

  function keep(answer: KeySetAnswer): void {
    if (snapshots === null) return
    tagged = answer
    snapshots.write(answer).then((isKept) => {
      if (!isKept) counters.failedSnapshots++
    })
  }

  function waitedInVain(): Outcome | null {
    if (isClosed || condition.failures > 0 || now() >= held.freshUntilMs)
      return fail(condition.lastError ?? 'timeout', null)
    // At random moments until the keys run out: all who waited for the same process have come here together.
    const roomMs = held.freshUntilMs - cache.timeoutInMs - now()
    condition.dueMs = now() + Math.max(1, roomMs * random())
    return null
  }

  function install(set: KeySet, answer: KeySetAnswer): Change {
    const change = held.install(set, answer)
    plan()
    for (const count of Object.values(set.skipped)) counters.skippedKeys += count
    counters.withdrawnKeys += change.withdrawn.length
    if (hasChanged(change)) {
      counters.generations++
      reporter.changed(change)
      for (const listener of listeners) listener()
    }
    return change
  }

  function plan(): void {
    const fetchedAtMs = held.fetchedAtMs ?? now()
    condition.dueMs = refreshDueMs(fetchedAtMs, held.freshUntilMs - fetchedAtMs, cache.refreshAheadInMs, random)
  }

  function recover(): void {
    condition.failures = 0
    condition.lastError = null
    condition.retryAtMs = 0
  }

  function failFetch(failure: FetchFailure, retryAfterMs: number | null): Outcome {
    counters.failedFetches++
    return fail(failure, retryAfterMs)
  }

  function fail(failure: FetchFailure, retryAfterMs: number | null): Outcome {
    condition.failures++
    condition.lastError = failure
    condition.retryAtMs = rate.nextMs(now() + backoffMs(condition.failures, retryAfterMs, random))
    held.extendToStale()
    return { outcome: 'failed', failure, ...UNCHANGED }
  }

  return {
    adoptSnapshot,
    apply,
    waitedInVain,
    onChange: (listener) => {
      listeners.push(listener)
    },
    close: () => {
      isClosed = true
    }
  }
}

function hasChanged({ added, withdrawn }: Change): boolean {
  return added.length > 0 || withdrawn.length > 0
}
