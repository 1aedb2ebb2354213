import type { SetTimer } from '../timers.js'
import { withinTime } from '../timers.js'
import { isDemand, type RefreshCause } from './events.js'
import type { KeySetHolder } from './key-set-holder.js'
import type { Outcome, RefreshCondition } from './key-set-updates.js'
import type { Snapshots } from './snapshot.js'

export interface FetchTurnSettings {
  readonly snapshots: Snapshots | null
  readonly timeoutInMs: number
  readonly now: () => number
  readonly setTimer: SetTimer
  readonly random: () => number
}

export interface FetchTurnParts {
  readonly held: KeySetHolder
  readonly condition: Readonly<RefreshCondition>
  readonly adoptSnapshot: (cause: RefreshCause) => Promise<Outcome | null>
}

/**
 * Where the snapshot store can give turns, one of the processes that share it fetches, and the others wait for its
 * snapshot. Without it, all processes of a fleet would fetch at a deploy and at a rotation, and retry through an outage.
 */
export interface FetchTurns {
  /**
   * Null: this process has to fetch. Otherwise another one has the turn: the outcome of its snapshot, or `in-vain` when
   * none came in time. Never rejects.
   */
  waitForOther(cause: RefreshCause, startedAtMs: number): Promise<Outcome | 'in-vain' | null>
  /** Ends the waiting. */
  close(): void
}

/**
 * While refreshing fails and others have the turn, this process fetches all the same after a random time between half of
 * this and all of it. With a store that never gives it a turn, this is how long after the end of an outage its keys are
 * refreshed.
 */
const OWN_FETCH_INTERVAL_MS = 300_000

/** Causes for which a boot or a request waits. The others look at the snapshot less often. */
function isAwaited(cause: RefreshCause): boolean {
  return cause !== 'refresh-ahead' && cause !== 'retry'
}

export function createFetchTurns(settings: FetchTurnSettings, parts: FetchTurnParts): FetchTurns {
  const { snapshots, timeoutInMs, now, setTimer, random } = settings
  const { held, condition, adoptSnapshot } = parts
  let turnUntilMs = Number.NEGATIVE_INFINITY
  let nextOwnMs = Number.NEGATIVE_INFINITY
  /** Age of the key set in hand when waiting for another process was in vain. A newer set ends the mistrust. */
  let inVainFor: number | null | undefined
  let isClosed = false
  let endPause: () => void = () => {}

  async function waitForOther(cause: RefreshCause, startedAtMs: number): Promise<Outcome | 'in-vain' | null> {
    if (!(await hasTurn(cause, startedAtMs))) {
      const outcome = await pollSnapshot(cause, startedAtMs)
      if (outcome !== null) return outcome
      if (!isDemand(cause)) return waitedInVain()
    }
    nextOwnMs = now() + OWN_FETCH_INTERVAL_MS * (0.5 + 0.5 * random())
    return null
  }

  function waitedInVain(): 'in-vain' {
    inVainFor = held.fetchedAtMs
    return 'in-vain'
  }

  async function hasTurn(cause: RefreshCause, startedAtMs: number): Promise<boolean> {
    if (snapshots === null || !isPatient(cause)) return true
    // An own turn that is not over: the store would say that somebody has it.
    if (now() < turnUntilMs) return true
    const claim = snapshots.claim(timeoutInMs)
    if (!(await withinTime(claim, remainingMs(startedAtMs), true, setTimer))) return false
    turnUntilMs = now() + timeoutInMs
    return true
  }

  /** Whether to wait for others, who may have failed this process before. */
  function isPatient(cause: RefreshCause): boolean {
    // Waiting for the answer to a token is short in any case.
    if (isDemand(cause) || inVainFor === undefined || inVainFor !== held.fetchedAtMs) return true
    const untilOwnMs = nextOwnMs - now()
    // A longer time than the longest is that of a clock which was set back.
    const isOwnFar = untilOwnMs > 0 && untilOwnMs <= OWN_FETCH_INTERVAL_MS
    return condition.failures > 0 && held.isUsable(now()) && isOwnFar
  }

  /**
   * Reads the snapshot again and again: for one deadline, or where a token's request would wait for a fetch afterwards,
   * until a quarter of a deadline has passed since the start.
   */
  async function pollSnapshot(cause: RefreshCause, startedAtMs: number): Promise<Outcome | null> {
    const mostMs = isDemand(cause) ? remainingMs(startedAtMs) : timeoutInMs
    const endMs = now() + mostMs
    let pausedMs = 0
    const firstMs = isAwaited(cause) ? timeoutInMs / 64 : timeoutInMs / 8
    for (let step = firstMs; pausedMs < mostMs && now() < endMs && !isClosed; step *= 2) {
      const pauseMs = Math.min(mostMs - pausedMs, step * (0.5 + 0.5 * random()))
      pausedMs += pauseMs
      await pause(pauseMs)
      const outcome = isClosed ? null : await adoptSnapshot(cause)
      if (outcome !== null) return outcome
    }
    return null
  }

  /** What is left of the quarter of a deadline that the store may take before a fetch. */
  function remainingMs(startedAtMs: number): number {
    return Math.min(timeoutInMs / 4, Math.max(1, startedAtMs + timeoutInMs / 4 - now()))
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = setTimer(resolve, ms)
      endPause = () => {
        cancel()
        resolve()
      }
    })
  }

  return {
    waitForOther,
    close() {
      isClosed = true
      endPause()
    }
  }
}
