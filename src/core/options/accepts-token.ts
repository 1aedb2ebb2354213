import { AcceptsTokenError, OptionEmptyError } from '../errors.js'
import { MACHINE_TYPES } from '../machine/machine-types.js'
import { MACHINE_TOKEN_TYPES, type MachineTokenType, TOKEN_TYPES, type TokenType } from '../token-types.js'
import type { Given } from './given.js'
import type { AcceptsToken } from './input.js'

export function isTokenType(value: unknown): value is TokenType {
  return (TOKEN_TYPES as readonly unknown[]).includes(value)
}

/**
 * `acceptsToken` of the plugin. Lists are copied, repeated types dropped; an empty one would let nobody in, and is a
 * mistake here as in `config.clerk` of a route.
 */
export function checkAcceptsToken(given: Given, fallback: AcceptsToken): AcceptsToken {
  const { name, value } = given
  if (value === undefined) return fallback
  if (value === 'any' || isTokenType(value)) return value
  if (!Array.isArray(value)) throw new AcceptsTokenError(name)
  if (value.length === 0) throw new OptionEmptyError(name, 'the types of token to accept')
  const types = Array.from(value, (type: unknown) => {
    if (!isTokenType(type)) throw new AcceptsTokenError(name)
    return type
  })
  return Object.freeze([...new Set(types)])
}

/** Whether a type is asked for by name; `any` takes what comes and asks for nothing. */
export function namesTokenType(acceptsToken: AcceptsToken, type: TokenType): boolean {
  return typeof acceptsToken === 'string' ? acceptsToken === type : acceptsToken.includes(type)
}

/** A type asked for by name whose tokens are opaque always, so that nobody but Clerk can judge them; null: none. */
export function namedOpaqueType(acceptsToken: AcceptsToken): MachineTokenType | null {
  const isOpaque = (type: MachineTokenType) => MACHINE_TYPES[type].jwt === null && namesTokenType(acceptsToken, type)
  return MACHINE_TOKEN_TYPES.find(isOpaque) ?? null
}
