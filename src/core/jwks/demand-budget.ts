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
 * Fetches that strangers can cause: 2 at once, then one per 5.5 s, so that in a flood, with the time that a fetch takes,
 * new keys are known within 6 s. A flood causes 12 in the first minute and 11 in each later one.
 */
const BURST = 2
const REFILL_MS = 5500
/**
 * Fetches that familiar sessions can cause: 2 at once, then one per 30 s, so 4 in the first minute, 2 in each later
 * one. With those of strangers and a refresh of the set's own they stay below the limit of all fetches in a minute.
 */
const FAMILIAR_BURST = 2
const FAMILIAR_REFILL_MS = 30_000

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
