import type { MachineTokenType } from '../token-types.js'
import { MACHINE_TYPES } from './machine-types.js'

/** Which resources a machine token may have been issued for (RFC 8707, RFC 9068 section 4). */
export interface AudienceRule {
  /** Accepted values of `aud`. Empty: not checked. */
  readonly values: readonly string[]
  /** Whether a token that names no audience is refused. Null: as Clerk does, by the type (machine/README.md section 4). */
  readonly isRequired: boolean | null
}

export const ANY_AUDIENCE: AudienceRule = Object.freeze({ values: Object.freeze([]), isRequired: null })

/** `audience`: as `readAudience` returns it. API keys have none, and are not asked for one. */
export function isForAudience(
  type: MachineTokenType,
  audience: readonly string[] | null,
  { values, isRequired }: AudienceRule
): boolean {
  const { namesAudience } = MACHINE_TYPES[type]
  if (namesAudience === 'never') return true
  // With a resolver a route may require an audience of an instance that has none.
  if (values.length === 0) return isRequired !== true
  if (audience === null) return false
  if (audience.length === 0) return !(isRequired ?? namesAudience === 'always')
  return audience.some((value) => values.includes(value))
}
