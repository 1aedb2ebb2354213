import { createTokenBucket } from '../token-bucket.js'
import type { FamiliarSessions } from './familiar-sessions.js'

/**
 * What unknown kids (and bad signatures under known ones) may spend on fetches.
 *
 * Everything that a stranger can see can be forged: kid, issuer, expiry, form. So the common budget is small, and what
 * it bounds is fetches, not requests: whoever asks first causes the fetch that answers everybody. Once the burst is
 * spent, a standing flood becomes a poll every `REFILL_MS`, which is also how long a rotation can then go unnoticed
 * by tokens of sessions never seen here. A token of a session verified here before has a budget apart, which strangers
 * cannot drain; see FamiliarSessions for what an attacker with accounts of his own can do.
 */
export interface DemandBudget {
  /** When a fetch on behalf of this token may start; `Infinity`: a fetch later than `scheduledAtMs` adds nothing. */
  grant(nowMs: number, scheduledAtMs: number, sessionId: string | undefined): number
}

/** Fetches that strangers can cause: this many at once, then one per `REFILL_MS`: 7 in the first minute, 5 in others. */
const BURST = 2
const REFILL_MS = 12_000
/** The same for familiar sessions: at most 5 in the first minute of an attack by account holders, 3 in others. */
const FAMILIAR_BURST = 2
const FAMILIAR_REFILL_MS = 20_000

export function createDemandBudget(familiar: FamiliarSessions, cooldownMs: number): DemandBudget {
  const common = createTokenBucket(BURST, Math.max(REFILL_MS, cooldownMs))
  const reserved = createTokenBucket(FAMILIAR_BURST, Math.max(FAMILIAR_REFILL_MS, cooldownMs))

  return {
    grant(nowMs, scheduledAtMs, sessionId) {
      if (scheduledAtMs <= nowMs + cooldownMs) return Number.POSITIVE_INFINITY
      if (sessionId !== undefined && familiar.mayAsk(sessionId, nowMs) && reserved.take(nowMs) === 0) {
        familiar.asked(sessionId, nowMs)
        return nowMs
      }
      return scheduledAtMs === Number.POSITIVE_INFINITY ? common.reserve(nowMs) : Number.POSITIVE_INFINITY
    }
  }
}
