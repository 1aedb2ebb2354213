import { createTokenBucket } from '../token-bucket.js'

/**
 * A quarter of Clerk's rate limit per secret key (1000 calls in ten seconds in production, 100 in development). Each kind of
 * call that a stranger can cause gets no more: session refreshes, nonces, machine tokens. The last quarter is left for
 * credentials that were good before, and for the application's own calls.
 */
const STRANGERS_IN_TEN_SECONDS = { production: 250, development: 25 }

/** Wait until the next try while all places are taken. A call takes a fraction of it. */
const PLACE_WAIT_MS = 1000

/**
 * Bounds the calls of one kind (backend-api/README.md section 4): how many strangers may cause on average, and how many are
 * under way at once. A credential that was good before needs no budget and has as many places of its own, so that no
 * number of strangers shuts it out.
 */
export interface CallGate {
  /** Takes a place and gives 0, or takes none and gives the ms until it is worth another try. */
  enter(isFamiliar: boolean): number
  /** Gives the place back that `enter` took. */
  leave(isFamiliar: boolean): void
}

export function createCallGate(isDevelopment: boolean, maxConcurrency: number, now: () => number): CallGate {
  const tenSeconds = STRANGERS_IN_TEN_SECONDS[isDevelopment ? 'development' : 'production']
  const budget = createTokenBucket(tenSeconds, 10_000 / tenSeconds)
  let strangers = 0
  let familiars = 0

  return {
    enter(isFamiliar) {
      if ((isFamiliar ? familiars : strangers) >= maxConcurrency) return PLACE_WAIT_MS
      const waitMs = isFamiliar ? 0 : budget.take(now())
      if (waitMs > 0) return waitMs
      if (isFamiliar) familiars++
      else strangers++
      return 0
    },
    leave(isFamiliar) {
      if (isFamiliar) familiars--
      else strangers--
    }
  }
}
