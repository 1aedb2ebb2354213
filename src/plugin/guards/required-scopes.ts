import { AuthorizeParamsError } from '../../core/errors.js'
import type { AuthenticatedAuth } from './types.js'

/** A `scope-token` of RFC 6749 section 3.3: printable ASCII without blanks, quotes and backslashes. */
const SCOPE_TOKEN = /^[\x21\x23-\x5B\x5D-\x7E]+$/

/** Throws, when the guard is made, for scopes that no token can have. */
export function assertScopes(scopes: unknown): asserts scopes is string | readonly string[] {
  const list = Array.isArray(scopes) ? scopes : [scopes]
  if (list.length > 0 && list.every((scope) => typeof scope === 'string' && SCOPE_TOKEN.test(scope))) return
  throw new AuthorizeParamsError('scopes', 'a scope, or a list of scopes, each a word of RFC 6749 section 3.3')
}

/** A copy: changing the list later must not change what was checked. */
export function listScopes(scopes: string | readonly string[] | undefined): readonly string[] {
  if (scopes === undefined) return Object.freeze([])
  return Object.freeze([...new Set(typeof scopes === 'string' ? [scopes] : scopes)])
}

/** Whether the token has all of the scopes. Sessions have none. */
export function hasScopes(auth: AuthenticatedAuth, scopes: readonly string[]): boolean {
  return auth.tokenType !== 'session_token' && scopes.every((scope) => auth.scopes.includes(scope))
}

/** Says which scopes a request would need (RFC 6750 section 3.1). The scopes have been checked: none needs escaping. */
export function insufficientScope(scopes: readonly string[]): string {
  return `Bearer error="insufficient_scope", scope="${scopes.join(' ')}"`
}
