import type { MachineFailureReason } from '../machine/outcome.js'
import type { VerificationFailureReason } from '../token/outcome.js'

/** Reasons that the state machine has of its own (state/README.md section 9.2). The names are Clerk's. */
export type StateReason =
  | 'session-token-and-uat-missing'
  | 'session-token-but-no-client-uat'
  | 'client-uat-but-no-session-token'
  | 'session-token-iat-before-client-uat'
  | 'session-token-nbf'
  | 'session-token-iat-in-the-future'
  | 'session-token-missing'
  | 'dev-browser-sync'
  | 'dev-browser-missing'
  | 'satellite-needs-syncing'
  | 'primary-responds-to-syncing'
  | 'primary-domain-cross-origin-sync'
  | 'active-organization-mismatch'
  | 'token-type-mismatch'
  | 'No token in header'

/** Why an expired session token could not be refreshed; besides these, any code that Clerk answers a refresh with. */
export type RefreshFailureCode =
  | 'non-eligible-non-get'
  | 'non-eligible-no-refresh-cookie'
  | 'missing-api-client'
  | 'expired-session-token-missing-sid-claim'
  | 'invalid-session-token'
  | 'fetch-error'
  | 'unexpected-bapi-error'
  | 'unexpected-sdk-error'

/** Every reason why a request is not signed in. A refresh code may be one of Clerk's, so the last form is open. */
export type RequestReason =
  | StateReason
  | VerificationFailureReason
  | MachineFailureReason
  | `session-token-expired-refresh-${string}`
