import type { SetTimer } from '../timers.js'
import { createAttempts } from './attempt.js'
import { areOfDifferentInstances, type KeyMaterial } from './instance-mismatch.js'
import type { KeySource } from './source.js'

export interface ComparisonSettings {
  /** The keys that tokens are verified with now. */
  readonly keysInHand: () => readonly KeyMaterial[]
  /** Where those keys come from; null: they were given in code. */
  readonly own: KeySource | null
  /** The public key set of the instance that the publishable key names. */
  readonly other: KeySource
  readonly bounds: { readonly timeoutInMs: number; readonly maxKeys: number }
  readonly setTimer: SetTimer
  readonly now: () => number
  readonly onOutcome: (outcome: ComparisonOutcome) => void
}

/** `unknown`: a key set could not be had. */
export type ComparisonOutcome = 'different' | 'same' | 'unknown'

/** Compares two key sets when there is reason to. */
export interface KeySetComparison {
  /** A token has failed. Nothing is compared once a token has verified, or after a result. */
  suspect(): void
  /** As `suspect`, after `delayMs` and only if `isDue` says so then: at a start, before a token has come. */
  plan(delayMs: number, isDue: () => boolean): void
  /** A session token of this instance has verified: a comparison to come is left out. */
  prove(): void
  /** Compares once more, whatever was before. */
  again(): void
  close(): void
}

/** A token that verifies within this time spares the fetch: at a start under forged tokens there are good ones, too. */
export const LOOK_AFTER_MS = 2000
/**
 * A difference counts if it lasts: where an instance replaces all its keys at once, one of the two endpoints may give the
 * old set for a while.
 */
const CONFIRM_AFTER_MS = 60_000
/** After a comparison without a result, because an endpoint cannot be reached. */
const AGAIN_AFTER_MS = 600_000

/**
 * Fetches the two key sets and compares them: two fetches, or three where they differ. Forged tokens cause no more, but
 * while an endpoint is away, one more every ten minutes. No token is judged by the answer.
 */
export function createKeySetComparison(settings: ComparisonSettings): KeySetComparison {
  const { keysInHand, own, bounds, setTimer, now, onOutcome } = settings
  const attemptsOfOwn = own === null ? null : createAttempts(own, bounds, setTimer)
  const attemptsOfOther = createAttempts(settings.other, bounds, setTimer)
  let phase: 'idle' | 'planned' | 'looking' | 'over' = 'idle'
  let isClosed = false
  /** Of the comparison under way: one that was ended has another number. */
  let turn = 0
  let cancel: () => void = () => {}

  async function keysOf(
    attempts: ReturnType<typeof createAttempts>,
    newerThanMs: number
  ): Promise<readonly KeyMaterial[]> {
    const attempt = await attempts.start({ etag: null, newerThanMs })
    return attempt.kind === 'set' ? attempt.set.keys : []
  }

  async function look(): Promise<void> {
    const own = keysInHand()
    const mine = turn
    // The set that another process of the cluster has just fetched will do: a difference is confirmed by fresh ones.
    const other = await keysOf(attemptsOfOther, now() - CONFIRM_AFTER_MS)
    if (mine !== turn) return
    if (own.length === 0 || other.length === 0) giveUp()
    else if (areOfDifferentInstances(own, other)) later(confirm, CONFIRM_AFTER_MS)
    else conclude('same')
  }

  async function confirm(): Promise<void> {
    const mine = turn
    const [own, other] = await Promise.all([
      attemptsOfOwn === null ? keysInHand() : keysOf(attemptsOfOwn, Number.POSITIVE_INFINITY),
      keysOf(attemptsOfOther, Number.POSITIVE_INFINITY)
    ])
    if (mine !== turn) return
    if (own.length === 0 || other.length === 0) giveUp()
    else conclude(areOfDifferentInstances(own, other) ? 'different' : 'same')
  }

  function later(run: () => void, ms: number): void {
    cancel()
    cancel = setTimer(run, ms)
  }

  function start(afterMs: number): void {
    phase = 'looking'
    later(look, afterMs)
  }

  function giveUp(): void {
    later(() => {
      phase = 'idle'
    }, AGAIN_AFTER_MS)
    onOutcome('unknown')
  }

  function conclude(outcome: 'different' | 'same'): void {
    end()
    onOutcome(outcome)
  }

  function end(): void {
    phase = 'over'
    turn++
    cancel()
  }

  return {
    suspect() {
      if (phase === 'idle' || phase === 'planned') start(LOOK_AFTER_MS)
    },
    plan(delayMs, isDue) {
      if (phase !== 'idle') return
      phase = 'planned'
      later(() => {
        if (isDue()) start(0)
        else phase = 'idle'
      }, delayMs)
    },
    prove() {
      if (phase !== 'over') end()
    },
    again() {
      if (isClosed) return
      end()
      start(0)
    },
    close() {
      isClosed = true
      end()
      attemptsOfOwn?.abandon()
      attemptsOfOther.abandon()
    }
  }
}
