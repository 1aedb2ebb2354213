import type { VerifiedToken } from './verified-token.js'

/** Why a session token was refused: Clerk's reason strings, so that dashboards and clients keep working. */
export type VerificationFailureReason =
  | 'token-expired'
  | 'token-invalid'
  | 'token-invalid-algorithm'
  | 'token-invalid-authorized-parties'
  | 'token-invalid-issuer'
  | 'token-invalid-signature'
  | 'token-not-active-yet'
  | 'token-iat-in-the-future'
  | 'token-verification-failed'
  | 'token-type-mismatch'
  | 'session-revoked'
  | 'secret-key-invalid'
  | 'jwk-remote-failed-to-load'
  | 'jwk-failed-to-resolve'
  | 'jwk-kid-mismatch'

export interface VerificationFailure {
  readonly ok: false
  readonly reason: VerificationFailureReason
  /** Constant text: nothing of the token is in it. */
  readonly message: string
  /** True when the token could not be judged because keys could not be had: 503, not 401. */
  readonly unavailable: boolean
  /** With `unavailable`: when another attempt makes sense. */
  readonly retryAfterSeconds: number
}

export type VerificationOutcome = VerifiedToken | VerificationFailure
