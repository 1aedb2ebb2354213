import type { SetTimer } from '../timers.js'
import { createAttempts } from './attempt.js'
import {
  areOfDifferentInstances,
  type InstanceMismatch,
  type KeyMaterial,
  type MismatchSearch
} from './instance-mismatch.js'
import type { KeySource } from './source.js'

export interface ComparisonSettings {
  readonly mismatch: InstanceMismatch
  /** The keys that tokens are verified with now. */
  readonly keysInHand: () => readonly KeyMaterial[]
  /** Where those keys come from. */
  readonly own: KeySource
  /** The public key set of the instance that the publishable key names. */
  readonly other: KeySource
  readonly bounds: { readonly timeoutInMs: number; readonly maxKeys: number }
  readonly setTimer: SetTimer
  readonly onFound: (mismatch: InstanceMismatch) => void
}

/** A token that verifies within this time spares the fetch: at a start under forged tokens there are good ones, too. */
const LOOK_AFTER_MS = 2000
/**
 * A difference counts if it lasts: where an instance replaces all its keys at once, one of the two endpoints may give the
 * old set for a while.
 */
const CONFIRM_AFTER_MS = 60_000
/** After a comparison without a result, because an endpoint cannot be reached. */
const AGAIN_AFTER_MS = 600_000

/**
 * Fetches the two key sets and compares them, once there is reason to: two fetches, or three where they differ. Forged tokens
 * cause no more. No token is judged by the answer.
 */
export function createKeySetComparison(settings: ComparisonSettings): MismatchSearch {
  const { mismatch, keysInHand, bounds, setTimer, onFound } = settings
  const attemptsOfOwn = createAttempts(settings.own, bounds, setTimer)
  const attemptsOfOther = createAttempts(settings.other, bounds, setTimer)
  let found: InstanceMismatch | null = null
  let isOver = false
  let isLooking = false
  let cancel: () => void = () => {}

  async function keysOf(attempts: ReturnType<typeof createAttempts>): Promise<readonly KeyMaterial[]> {
    const attempt = await attempts.start({ etag: null, newerThanMs: Number.POSITIVE_INFINITY })
    return attempt.kind === 'set' ? attempt.set.keys : []
  }

  async function look(): Promise<void> {
    const own = keysInHand()
    const other = await keysOf(attemptsOfOther)
    if (isOver) return
    if (own.length === 0 || other.length === 0) later(stopLooking, AGAIN_AFTER_MS)
    else if (areOfDifferentInstances(own, other)) later(confirm, CONFIRM_AFTER_MS)
    else end()
  }

  async function confirm(): Promise<void> {
    const [own, other] = await Promise.all([keysOf(attemptsOfOwn), keysOf(attemptsOfOther)])
    if (isOver) return
    if (own.length === 0 || other.length === 0) {
      later(stopLooking, AGAIN_AFTER_MS)
      return
    }
    end()
    if (!areOfDifferentInstances(own, other)) return
    found = mismatch
    onFound(mismatch)
  }

  function later(run: () => void, ms: number): void {
    cancel = setTimer(run, ms)
  }

  function stopLooking(): void {
    isLooking = false
  }

  function end(): void {
    isOver = true
    cancel()
  }

  return {
    get found() {
      return found
    },
    suspect() {
      if (isOver || isLooking) return
      isLooking = true
      later(look, LOOK_AFTER_MS)
    },
    prove() {
      if (!isOver) end()
    },
    close() {
      end()
      attemptsOfOwn.abandon()
      attemptsOfOther.abandon()
    }
  }
}
