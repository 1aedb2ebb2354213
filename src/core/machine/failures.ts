import type { MachineTokenType } from '../auth/types.js'
import type { MachineFailure, MachineFailureReason } from './outcome.js'

/** The message form that Clerk's clients know (protocol reference, section 7.4). */
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
