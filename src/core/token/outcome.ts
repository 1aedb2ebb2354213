import type { SessionClaims, SignedInAuth } from '../auth/types.js'
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
  | 'revocation-bus-away'
  | 'secret-key-invalid'
  | 'jwk-remote-failed-to-load'
  | 'jwk-failed-to-resolve'
  | 'jwk-kid-mismatch'

export interface VerificationFailure {
  readonly ok: false
  readonly reason: VerificationFailureReason
  /** Constant text: nothing of the token is in it. */
  readonly message: string
  /** True: the token could not be judged, as keys or revocations could not be had. Answered with 503, not 401. */
  readonly unavailable: boolean
  /** With `unavailable`: seconds after which another attempt makes sense. Else 0. */
  readonly retryAfterSeconds: number
}

export type VerificationOutcome = VerifiedToken | VerificationFailure

/** How `verifyToken` and `createTokenVerifier` judge a session token. */
export interface VerifyOptions {
  /**
   * Whether the token of a session with outstanding tasks is refused, with the reason `session-pending`. Default true, as for
   * routes. Security: with false look at `auth.sessionStatus`, as the user may not have given the second factor.
   */
  readonly treatPendingAsSignedOut?: boolean
}

/** The verdict on a session token, as `verifyToken` and `createTokenVerifier` give it. */
export type VerifyResult =
  | {
      readonly ok: true
      readonly claims: SessionClaims
      /** Frozen. From the second time on that the token is brought, all who bring it get the same object. */
      readonly auth: SignedInAuth
    }
  | {
      readonly ok: false
      /** Clerk's reason string. */
      readonly reason: VerificationFailureReason | 'session-pending'
      readonly message: string
      /** Keys or revocations could not be had, so the token was not judged: seconds after which to try again. Else null. */
      readonly retryAfterSeconds: number | null
    }

/** Says what is wrong and what to do about it. Constant texts: nothing of a token is ever in them. */
const MESSAGES: Readonly<Record<VerificationFailureReason, string>> = {
  'token-expired': 'The session token has expired. Get a fresh one with getToken() and send that.',
  'token-invalid': 'The token is not a well-formed session token.',
  'token-invalid-algorithm': 'The token is signed with an algorithm other than RS256, RS384 or RS512.',
  'token-invalid-authorized-parties':
    'The azp claim of the token is missing or is not in authorizedParties. Add the origin of the application if it is yours.',
  'token-invalid-issuer': 'The iss claim of the token names another Clerk instance.',
  'token-invalid-signature': 'The signature of the token does not verify with the key it names.',
  'token-not-active-yet': 'The token is not active yet. Check the clock of this server.',
  'token-iat-in-the-future': 'The token was issued in the future. Check the clock of this server.',
  'token-verification-failed':
    'The token has a missing or malformed claim, another audience, or an algorithm its key is not for.',
  'token-type-mismatch': 'The token is of another type than the session tokens accepted here.',
  'session-revoked': 'The session was ended after the token had been issued. Sign in again.',
  'revocation-bus-away':
    'It cannot be told whether the token was revoked, as the revocation bus is away. Try again later.',
  'secret-key-invalid': 'The keys cannot be loaded: Clerk refuses the secret key. Check secretKey or CLERK_SECRET_KEY.',
  'jwk-remote-failed-to-load': 'The keys cannot be loaded, so the token cannot be judged. Try again later.',
  'jwk-failed-to-resolve': 'No source of keys is configured. Give secretKey, publishableKey, jwtKey or jwks.',
  'jwk-kid-mismatch': 'The token names a key that this Clerk instance does not have.'
}

const failures = new Map<VerificationFailureReason, VerificationFailure>()
for (const [reason, message] of Object.entries(MESSAGES) as [VerificationFailureReason, string][]) {
  failures.set(reason, Object.freeze({ ok: false, reason, message, unavailable: false, retryAfterSeconds: 0 }))
}

/** The frozen failure of this reason, always the same object: refusing a token allocates nothing. */
export function failureFor(reason: VerificationFailureReason): VerificationFailure {
  return failures.get(reason) as VerificationFailure
}

/** The token could not be judged because keys, or revocations, could not be had. */
export function unavailableFailure(reason: VerificationFailureReason, retryAfterSeconds: number): VerificationFailure {
  return { ok: false, reason, message: MESSAGES[reason], unavailable: true, retryAfterSeconds }
}

/** The outcome, with the cause added to its message if the token is refused as tokens of another instance are. */
export function explainByKeys(outcome: VerificationOutcome, cause: string): VerificationOutcome {
  if (outcome.ok || !isOfForeignKeys(outcome.reason)) return outcome
  return { ...outcome, message: `${outcome.message} ${cause}` }
}

/** Whether tokens of another instance are refused for this reason. */
export function isOfForeignKeys(reason: string | null): boolean {
  return reason !== null && OF_FOREIGN_KEYS.has(reason)
}

const OF_FOREIGN_KEYS: ReadonlySet<string> = new Set<VerificationFailureReason>([
  'jwk-kid-mismatch',
  'token-invalid-signature',
  'token-invalid-issuer'
])

/** What a caller is told of a verification. Only `false` accepts a pending session: a caller without types may give null. */
export function toVerifyResult(outcome: VerificationOutcome, options?: VerifyOptions): VerifyResult {
  if (outcome.ok) {
    if (outcome.pendingAuth !== null && options?.treatPendingAsSignedOut !== false) {
      return { ok: false, reason: 'session-pending', message: outcome.pendingAuth.message, retryAfterSeconds: null }
    }
    return { ok: true, claims: outcome.claims, auth: outcome.auth }
  }
  const { reason, message, unavailable, retryAfterSeconds } = outcome
  return { ok: false, reason, message, retryAfterSeconds: unavailable ? retryAfterSeconds : null }
}
