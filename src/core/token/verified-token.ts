import type { SessionClaims, SignedInAuth, SignedOutAuth } from '../auth/types.js'
import type { VerificationKey } from '../jwks/types.js'

/**
 * A session token whose signature and claims have been checked: the entry of the token cache. Key and times are kept with
 * it, so that memory can refuse it later without checking the signature again.
 */
export class VerifiedToken {
  readonly ok = true as const
  readonly token: string
  /** Length of the text that is kept for the token: of the token itself, or of the header that it is a view into. */
  readonly retainedLength: number
  /** The key that signed the token. Memory believes the token as long as this key is trusted. */
  readonly key: VerificationKey
  /** Refused from this instant on: `exp` plus the clock skew, in ms since the epoch. */
  readonly expiresAtMs: number
  /** Refused before this instant: the later of `nbf` and `iat`, less the clock skew, in ms since the epoch. */
  readonly notBeforeMs: number
  /**
   * `iat` in seconds, `Infinity` when absent. A token without `iat` is never too old for `__client_uat`
   * (state/README.md row 13), and the revocation store takes it for older than every revocation.
   */
  readonly issuedAt: number
  /** `iss` without its scheme is the FAPI host of this instance (state/README.md rule 2). */
  readonly isOwnIssuer: boolean
  readonly auth: SignedInAuth
  /** The auth for routes that treat a pending session as signed out; null when the session is not pending. */
  readonly pendingAuth: SignedOutAuth | null
  /**
   * Kept by the revocation store: its epoch when it last found that no revocation covers this token. Equal to the
   * current epoch: not revoked, no look-up needed.
   */
  clearedEpoch = 0

  constructor(fields: {
    token: string
    retainedLength: number
    key: VerificationKey
    expiresAtMs: number
    notBeforeMs: number
    issuedAt: number
    isOwnIssuer: boolean
    auth: SignedInAuth
    pendingAuth: SignedOutAuth | null
  }) {
    this.token = fields.token
    this.retainedLength = fields.retainedLength
    this.key = fields.key
    this.expiresAtMs = fields.expiresAtMs
    this.notBeforeMs = fields.notBeforeMs
    this.issuedAt = fields.issuedAt
    this.isOwnIssuer = fields.isOwnIssuer
    this.auth = fields.auth
    this.pendingAuth = fields.pendingAuth
  }

  get claims(): SessionClaims {
    return this.auth.sessionClaims
  }
}
