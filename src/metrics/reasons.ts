import type { MachineFailureReason } from '../core/machine/outcome.js'
import type { VerificationFailureReason } from '../core/token/outcome.js'

// A new reason of the verifier does not compile until it is listed here.
const VERIFICATION: Readonly<Record<VerificationFailureReason | MachineFailureReason, true>> = {
  'token-expired': true,
  'token-invalid': true,
  'token-invalid-algorithm': true,
  'token-invalid-authorized-parties': true,
  'token-invalid-issuer': true,
  'token-invalid-signature': true,
  'token-not-active-yet': true,
  'token-iat-in-the-future': true,
  'token-verification-failed': true,
  'token-type-mismatch': true,
  'session-revoked': true,
  'token-revoked': true,
  'revocation-bus-away': true,
  'secret-key-invalid': true,
  'unexpected-error': true,
  'jwk-remote-failed-to-load': true,
  'jwk-failed-to-resolve': true,
  'jwk-kid-mismatch': true
}

/** Of the state machine (state/README.md section 9.2). */
const STATES: readonly string[] = [
  'session-token-and-uat-missing',
  'session-token-missing',
  'session-token-but-no-client-uat',
  'client-uat-but-no-session-token',
  'session-token-iat-before-client-uat',
  'session-token-iat-in-the-future',
  'session-token-nbf',
  'session-token-expired',
  'dev-browser-missing',
  'dev-browser-sync',
  'satellite-needs-syncing',
  'primary-responds-to-syncing',
  'primary-domain-cross-origin-sync',
  'active-organization-mismatch'
]

/**
 * Reasons with a label value of their own: all reasons that Clerk's SDK and this plugin know. Other reasons share one value:
 * Clerk chooses the codes of failed refreshes, and a value for each would let a counter grow without bound.
 */
export const REASONS: readonly string[] = Object.freeze([...Object.keys(VERIFICATION), ...STATES])

const OTHER = 'other'
export const NONE = 'none'

const known: ReadonlySet<string> = new Set(REASONS)

/**
 * The label value of a reason: itself, `none` without a reason, `other` for a reason that is not listed. All failures of
 * a session refresh have one value.
 */
export function reasonLabel(reason: string | null): string {
  if (reason === null || reason === '') return NONE
  if (known.has(reason)) return reason
  return reason.startsWith('session-token-expired-refresh-') ? 'session-token-expired' : OTHER
}
