import type { MachineAuth, MachineTokenType } from '../auth/types.js'

/** Clerk's reason strings for machine tokens (machine/README.md section 6). */
export type MachineFailureReason =
  | 'token-invalid'
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

export interface VerifiedMachineToken {
  readonly ok: true
  readonly type: MachineTokenType
  readonly auth: MachineAuth
  /** The values of its `aud`; empty: it names no audience; null: its `aud` is malformed. */
  readonly audience: readonly string[] | null
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
