import { MACHINE_TYPES } from '../machine/machine-types.js'
import { isOfMachine } from '../token/claims.js'
import type { UnverifiedToken } from '../token/unverified-token.js'
import { MACHINE_TOKEN_TYPES, type MachineTokenType } from '../token-types.js'

/** The machine token type that an opaque token's prefix announces. Case-sensitive, whatever follows. */
export function machineTypeOfPrefix(token: string): MachineTokenType | null {
  for (const type of MACHINE_TOKEN_TYPES) if (token.startsWith(MACHINE_TYPES[type].prefix)) return type
  return null
}

/** The machine token type that a JWT says to be of. */
export function machineTypeOfJwt(token: Pick<UnverifiedToken, 'header' | 'claims'>): MachineTokenType | null {
  for (const type of MACHINE_TOKEN_TYPES) if (MACHINE_TYPES[type].jwt?.isNamedBy(token)) return type
  return null
}

/**
 * Machine tokens, template tokens and unknown categories never name a user session (state/README.md row 12,
 * hostile/README.md cases 7 and 8).
 */
export function isSessionToken(token: UnverifiedToken): boolean {
  return !isOfMachine(token.claims) && token.jose.category === 'session'
}
