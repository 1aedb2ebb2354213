import type { Later } from '../later.js'
import type { VerificationOutcome } from './outcome.js'
import { hashOfTail } from './tail.js'
import type { UnverifiedToken } from './unverified-token.js'

/** Tokens under verification, so that an unseen token that many requests bring at once is decoded and verified once. */
export interface InFlight {
  find(text: string): UnverifiedToken | null
  /** Until the outcome is there. Not if too many are alike. */
  add(token: UnverifiedToken, outcome: Later<VerificationOutcome>): void
}

/** While keys cannot be had, thousands of tokens wait: in fewer buckets each would look through a long list to be found. */
const BUCKETS = 512
const MASK = BUCKETS - 1
/** Anybody can make tokens that share a bucket. Those beyond are verified without being shared. */
const MAX_IN_BUCKET = 256

/**
 * Tokens hang on one another within a bucket. A `Map` would do, but for the garbage collector: a `Map` that is added to and
 * deleted from moves to new tables again and again, and an old table refers to its successor. Once a dead one is in the old
 * generation, it keeps all that follow alive, with the tokens in them, until that generation is collected.
 */
export function createInFlight(): InFlight {
  const buckets = new Array<UnverifiedToken | null>(BUCKETS).fill(null)
  const counts = new Uint16Array(BUCKETS)
  let count = 0

  function remove(token: UnverifiedToken): void {
    const bucket = token.tailHash & MASK
    let previous: UnverifiedToken | null = null
    let current = buckets[bucket] ?? null
    while (current !== null && current !== token) {
      previous = current
      current = current.nextInFlight
    }
    if (previous === null) buckets[bucket] = token.nextInFlight
    else previous.nextInFlight = token.nextInFlight
    token.nextInFlight = null
    token.pending = null
    counts[bucket] = (counts[bucket] as number) - 1
    count--
  }

  return {
    find(text) {
      if (count === 0) return null
      const hash = hashOfTail(text)
      let token = buckets[hash & MASK] ?? null
      while (token !== null && token.tailHash !== hash) token = token.nextInFlight
      // Of several with this hash the latest alone is compared: forged tokens may all have it.
      return token?.text === text ? token : null
    },
    add(token, outcome) {
      const hash = hashOfTail(token.text)
      const bucket = hash & MASK
      const others = counts[bucket] as number
      if (others === MAX_IN_BUCKET) return
      token.pending = outcome
      token.tailHash = hash
      token.nextInFlight = buckets[bucket] ?? null
      buckets[bucket] = token
      counts[bucket] = others + 1
      count++
      outcome.whenEnded(() => remove(token))
    }
  }
}
