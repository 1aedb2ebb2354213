/**
 * Reasons that get a label value of their own: those that Clerk's SDK and this plugin know. A label value of whatever
 * comes (the code of a failed refresh is Clerk's to choose) would let a counter grow without bound.
 */
export const REASONS: readonly string[] = Object.freeze([
  'token-expired',
  'token-invalid',
  'token-invalid-algorithm',
  'token-invalid-authorized-parties',
  'token-invalid-issuer',
  'token-invalid-signature',
  'token-not-active-yet',
  'token-iat-in-the-future',
  'token-verification-failed',
  'token-type-mismatch',
  'session-revoked',
  'secret-key-invalid',
  'jwk-remote-failed-to-load',
  'jwk-failed-to-resolve',
  'jwk-kid-mismatch',
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
  'active-organization-mismatch',
  'unexpected-error'
])

export const OTHER = 'other'
export const NONE = 'none'

const known: ReadonlySet<string> = new Set(REASONS)

/** The label value of a reason: itself, `none`, or `other`. Every way in which a refresh can fail is one. */
export function reasonLabel(reason: string | null): string {
  if (reason === null || reason === '') return NONE
  if (known.has(reason)) return reason
  return reason.startsWith('session-token-expired-refresh-') ? 'session-token-expired' : OTHER
}
