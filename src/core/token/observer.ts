import type { JsonObject } from './decode.js'
import type { VerificationFailureReason, VerificationOutcome } from './outcome.js'

/** Is told by the verifier of each token that memory does not accept. None of its calls is on the hot path. */
export interface VerificationObserver {
  /** When a first look at a token begins; the value is given back to `judged`. */
  begin(): number
  judged(outcome: VerificationOutcome, begunAtMs: number): void
  /** The signature of a token is good; `reason` is the objection of its claims or of the time, null when there is none. */
  concluded(claims: JsonObject, reason: VerificationFailureReason | null, nowMs: number, skewMs: number): void
  /** Memory has answered with a refusal. */
  refused(reason: VerificationFailureReason, claims: JsonObject, nowMs: number, skewMs: number): void
}
