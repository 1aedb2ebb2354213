import { AcceptsTokenError, OptionEmptyError } from '../errors.js'
import {
  MACHINE_TOKEN_TYPES,
  type MachineTokenType,
  OPAQUE_TOKEN_TYPES,
  type OpaqueTokenType,
  TOKEN_TYPES,
  type TokenType
} from '../token-types.js'
import type { Given } from './given.js'

/** What a request may authenticate with: one type, several, or `any`. */
export type AcceptsToken = TokenType | 'any' | readonly TokenType[]

export function isTokenType(value: unknown): value is TokenType {
  return (TOKEN_TYPES as readonly unknown[]).includes(value)
}

/**
 * `acceptsToken` of the plugin. Lists are copied and repeated types dropped. An empty list is refused, here and in
 * `config.clerk` of a route, because no request could authenticate.
 */
export function readAcceptsToken({ name, value }: Given): AcceptsToken {
  if (value === undefined) return 'session_token'
  if (value === 'any' || isTokenType(value)) return value
  if (!Array.isArray(value)) throw new AcceptsTokenError(name)
  if (value.length === 0) throw new OptionEmptyError(name, 'the types of token to accept')
  const types = Array.from(value, (type: unknown) => {
    if (!isTokenType(type)) throw new AcceptsTokenError(name)
    return type
  })
  return Object.freeze([...new Set(types)])
}

/** Whether the option names this type. `any` names none. */
export function namesTokenType(acceptsToken: AcceptsToken, type: TokenType): boolean {
  return typeof acceptsToken === 'string' ? acceptsToken === type : acceptsToken.includes(type)
}

/** The types of token that a setting stands for. */
export function typesOf(acceptsToken: AcceptsToken): readonly TokenType[] {
  if (acceptsToken === 'any') return TOKEN_TYPES
  return typeof acceptsToken === 'string' ? [acceptsToken] : acceptsToken
}

/** Whether session tokens are among what is accepted. */
export function acceptsSessions(acceptsToken: AcceptsToken): boolean {
  return acceptsToken === 'any' || namesTokenType(acceptsToken, 'session_token')
}

/** Whether machine tokens are among what is accepted. */
export function acceptsMachines(acceptsToken: AcceptsToken): boolean {
  return acceptsToken === 'any' || MACHINE_TOKEN_TYPES.some((type) => namesTokenType(acceptsToken, type))
}

/** The opposite of `acceptsSessions`, for the compiler. */
export function acceptsMachinesOnly(
  acceptsToken: AcceptsToken
): acceptsToken is MachineTokenType | readonly MachineTokenType[] {
  return !acceptsSessions(acceptsToken)
}

/**
 * What is asked for that only Clerk can judge: a type by name whose tokens are always opaque, or `any`, unless opaque tokens are
 * refused anyway (`machineTokens.jwtOnly`). Null: tokens of all types may be JWTs.
 */
export function opaqueAsked(acceptsToken: AcceptsToken, jwtOnly: boolean): OpaqueTokenType | 'any' | null {
  if (acceptsToken === 'any') return jwtOnly ? null : 'any'
  return OPAQUE_TOKEN_TYPES.find((type) => namesTokenType(acceptsToken, type)) ?? null
}

/** As an error names it, with what goes without Clerk instead. */
export function nameOpaque(opaque: OpaqueTokenType | 'any'): string {
  return opaque === 'any' ? '"any" (for JWTs alone: ["session_token", "m2m_token", "oauth_token"])' : `"${opaque}"`
}
