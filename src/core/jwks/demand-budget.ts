import { createTokenBucket } from '../token-bucket.js'
import type { FamiliarSessions } from './familiar-sessions.js'

/**
 * Bounds the fetches that unknown kids, and bad signatures under known kids, can cause.
 *
 * An attacker can forge every property of a token that is visible before its signature is verified: kid, issuer,
 * expiry, form. The common budget is therefore small. It counts fetches, not requests: the first token causes the fetch
 * that answers all others. Once the burst is spent, a continuous flood causes one fetch per `REFILL_MS`, and that is
 * also the longest time for which a rotation goes unnoticed by sessions never seen here. A token of a session that was
 * verified here before spends from a separate budget, which strangers cannot drain. An attacker with accounts can: see
 * FamiliarSessions.
 */
export interface DemandBudget {
  /**
   * When a fetch for this token may start. `Infinity`: none beyond the fetch that is scheduled at `scheduledAtMs`
   * already.
   */
  grant(nowMs: number, scheduledAtMs: number, sessionId: string | undefined): number
}

/**
 * Fetches that strangers can cause: 2 at once, then one per 12 s. In a flood: 7 in the first minute, 5 in each later
 * one.
 */
const BURST = 2
const REFILL_MS = 12_000
/**
 * Fetches that familiar sessions can cause: 2 at once, then one per 20 s, so 5 in the first minute, 3 in each later
 * one.
 */
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
