import type { Later } from '../later.js'
import type { VerificationOutcome } from './outcome.js'
import { hashOfTail } from './tail.js'
import type { UnverifiedToken } from './unverified-token.js'

/** Tokens under verification, so that an unseen token that many requests bring at once is decoded and verified once. */
export interface InFlight {
  find(text: string): UnverifiedToken | null
  /** Until the outcome is there. */
  add(token: UnverifiedToken, outcome: Later<VerificationOutcome>): void
}

const BUCKETS = 64

/**
 * Tokens hang on one another within a bucket. A `Map` would do, but for the garbage collector: a `Map` that is added to and
 * deleted from moves to new tables again and again, and an old table refers to its successor. Once a dead one is in the old
 * generation, it keeps all that follow alive, with the tokens in them, until that generation is collected.
 */
export function createInFlight(): InFlight {
  const buckets = new Array<UnverifiedToken | null>(BUCKETS).fill(null)
  let count = 0

  const bucketOf = (text: string) => hashOfTail(text) & (BUCKETS - 1)

  function remove(token: UnverifiedToken): void {
    const bucket = bucketOf(token.text)
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
    count--
  }

  return {
    find(text) {
      if (count === 0) return null
      let token = buckets[bucketOf(text)] ?? null
      while (token !== null && token.text !== text) token = token.nextInFlight
      return token
    },
    add(token, outcome) {
      const bucket = bucketOf(token.text)
      token.pending = outcome
      token.nextInFlight = buckets[bucket] ?? null
      buckets[bucket] = token
      count++
      outcome.whenEnded(() => remove(token))
    }
  }
}
