import type { SessionClaims, SignedInAuth } from './auth/types.js'
import type { VerificationFailureReason } from './token/outcome.js'

/** What manual verification says of a session token. */
export type VerifyResult =
  | {
      readonly ok: true
      readonly claims: SessionClaims
      /** The same frozen object that requests with this token get. */
      readonly auth: SignedInAuth
    }
  | {
      readonly ok: false
      /** Clerk's reason string. */
      readonly reason: VerificationFailureReason
      readonly message: string
      /** Seconds after which to try again when keys could not be had and nothing is known of the token, else null. */
      readonly retryAfterSeconds: number | null
    }
