import type { TokenType } from '../auth/types.js'
import { AcceptsTokenError, OptionEmptyError } from '../errors.js'
import type { Given } from './given.js'
import type { AcceptsToken } from './input.js'

const TOKEN_TYPES: readonly unknown[] = ['session_token', 'api_key', 'm2m_token', 'oauth_token'] satisfies TokenType[]

export function isTokenType(value: unknown): value is TokenType {
  return TOKEN_TYPES.includes(value)
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
