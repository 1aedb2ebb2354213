import type { TokenType } from '../auth/types.js'
import { AcceptsTokenError } from '../errors.js'
import type { Given } from './given.js'
import type { AcceptsToken } from './input.js'

const TOKEN_TYPES: readonly unknown[] = ['session_token', 'api_key', 'm2m_token', 'oauth_token'] satisfies TokenType[]

function isTokenType(value: unknown): value is TokenType {
  return TOKEN_TYPES.includes(value)
}

/**
 * `acceptsToken` of the plugin, a route or `getAuth`. An empty list is Clerk's way to accept nothing, kept for
 * compatibility. Lists are copied, repeated types dropped.
 */
export function checkAcceptsToken(given: Given, fallback: AcceptsToken): AcceptsToken {
  const { name, value } = given
  if (value === undefined) return fallback
  if (value === 'any' || isTokenType(value)) return value
  if (!Array.isArray(value)) throw new AcceptsTokenError(name)
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
