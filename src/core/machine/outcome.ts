import type { MachineAuth, MachineTokenType } from '../auth/types.js'

/** Clerk's reason strings for machine tokens, and one of this package (machine/README.md section 6). */
export type MachineFailureReason =
  | 'token-invalid'
  | 'token-revoked'
  | 'revocation-bus-away'
  | 'token-verification-failed'
  | 'secret-key-invalid'
  | 'unexpected-error'

export interface MachineFailure {
  readonly ok: false
  readonly type: MachineTokenType
  readonly reason: MachineFailureReason
  /** Constant text; nothing of the token is in it. */
  readonly message: string
  /** Set when the token could not be judged (Clerk away, quota spent, too many at once): 503, not 401. */
  readonly retryAfterSeconds: number | null
}

/** A machine token that is good, with all by which a revocation can name it. */
export interface VerifiedMachineToken {
  readonly ok: true
  readonly type: MachineTokenType
  readonly auth: MachineAuth
  /** The values of its `aud`; empty: it names no audience; null: its `aud` is malformed. */
  readonly audience: readonly string[] | null
  /** Null, as the other ids: the token has none. */
  readonly tokenId: string | null
  readonly userId: string | null
  readonly orgId: string | null
  readonly clientId: string | null
  /** Ms since the epoch; `-Infinity`: not known, and so older than any revocation. */
  readonly issuedAtMs: number
  readonly isOpaque: boolean
  /** Kept by the revocation store: its epoch when it last found that no revocation covers this token. */
  clearedEpoch: number
}

/** The targets that were revoked, as far as machine tokens can be of them. */
export interface MachineRevocationCheck {
  /** 0: nothing is revoked, and `coversMachine` is not called. */
  readonly size: number
  coversMachine(token: VerifiedMachineToken): boolean
  /** Whether it cannot be told what is revoked; `size` is then not 0. Absent: never. */
  isBlind?(): boolean
  /** Told of each token that was verified anew. */
  observeMachine(token: VerifiedMachineToken): void
}

export function verifiedMachineToken(
  auth: MachineAuth,
  audience: readonly string[] | null,
  isOpaque: boolean
): VerifiedMachineToken {
  return {
    ok: true,
    type: auth.tokenType,
    auth,
    audience,
    tokenId: auth.id === '' ? null : auth.id,
    userId: auth.tokenType === 'm2m_token' ? null : auth.userId,
    orgId: auth.tokenType === 'api_key' ? auth.orgId : null,
    clientId: auth.tokenType === 'oauth_token' && auth.clientId !== '' ? auth.clientId : null,
    issuedAtMs: auth.issuedAt ?? Number.NEGATIVE_INFINITY,
    isOpaque,
    clearedEpoch: 0
  }
}

export type MachineOutcome = VerifiedMachineToken | MachineFailure

/** The message form that Clerk's clients know (state/README.md section 9.3). */
export function machineFailure(
  type: MachineTokenType,
  reason: MachineFailureReason,
  text: string,
  status: number | null = null,
  retryAfterSeconds: number | null = null
): MachineFailure {
  return {
    ok: false,
    type,
    reason,
    message: `${text} (code=${reason}, status=${status ?? 'n/a'})`,
    retryAfterSeconds
  }
}
