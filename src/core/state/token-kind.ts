import { MACHINE_TYPES } from '../machine/machine-types.js'
import { isOfMachine } from '../token/claims.js'
import type { JsonObject } from '../token/decode.js'
import type { UnverifiedToken } from '../token/unverified-token.js'
import { MACHINE_TOKEN_TYPES, type MachineTokenType } from '../token-types.js'

/** The machine token type by a token's prefix, in exactly this case. The rest of the token is not looked at. */
export function machineTypeOfPrefix(token: string): MachineTokenType | null {
  for (const type of MACHINE_TOKEN_TYPES) if (token.startsWith(MACHINE_TYPES[type].prefix)) return type
  return null
}

/** The machine token type that a JWT claims; nothing of it is verified. */
export function machineTypeOfJwt(token: Pick<UnverifiedToken, 'header' | 'claims'>): MachineTokenType | null {
  for (const type of MACHINE_TOKEN_TYPES) if (MACHINE_TYPES[type].jwt?.isNamedBy(token)) return type
  return null
}

/**
 * Whether a JWT may name a user session. Tokens of machines, of JWT templates and of unknown categories may not
 * (state/README.md row 12, hostile/README.md cases 7 and 8).
 */
export function isSessionToken(token: UnverifiedToken): boolean {
  return !isOfMachine(token.claims) && token.jose.category === 'session'
}

/** Whether a token says for which origin it was issued. */
export function namesParty({ azp }: JsonObject): boolean {
  return azp !== undefined && azp !== ''
}
