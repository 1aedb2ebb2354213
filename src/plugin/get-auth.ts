import { createInvalidTokenAuth, createUnauthenticatedMachineAuth } from '../core/auth/machine-auth.js'
import { isAuthNotEvaluated } from '../core/auth/not-evaluated.js'
import type { AuthFor } from '../core/auth/request-auth.js'
import { createSignedOutAuth } from '../core/auth/session-auth.js'
import type { Auth, MachineTokenType, SessionAuth, TokenType } from '../core/auth/types.js'
import { NotEvaluatedError, NotRegisteredError } from '../core/errors.js'
import type { GuardRequest } from './guards/types.js'
import { notYetAuthenticated } from './not-yet-authenticated.js'
import type { AuthenticatedSlots } from './on-request.js'
import { kAuth } from './symbols.js'

const MISMATCH = 'token-type-mismatch'
const signedOutByMismatch = createSignedOutAuth(MISMATCH, '', null)
const invalidToken = createInvalidTokenAuth(MISMATCH, '')

/**
 * The auth of a request, for code that comes from `@clerk/fastify`. `acceptsToken` (default `session_token`) narrows
 * what the route accepts: a token of another type counts as not authenticated.
 *
 * Throws `FST_CLERK_NOT_REGISTERED` when the plugin is not registered on the route's scope, `FST_CLERK_NOT_EVALUATED`
 * on a route with `config.clerk: false`. In a hook before the plugin's the auth is signed out, as `request.auth` is, with
 * the reason `not-authenticated-yet`.
 */
export function getAuth(request: GuardRequest): SessionAuth
export function getAuth(request: GuardRequest, options: { readonly acceptsToken: 'any' }): Auth
export function getAuth<const T extends TokenType>(
  request: GuardRequest,
  options: { readonly acceptsToken: T }
): AuthFor<T>
export function getAuth<const T extends readonly TokenType[]>(
  request: GuardRequest,
  options: { readonly acceptsToken: T }
): AuthFor<T>
export function getAuth(
  request: GuardRequest,
  options?: { readonly acceptsToken?: TokenType | 'any' | readonly TokenType[] }
): Auth {
  const auth = (request as unknown as AuthenticatedSlots)[kAuth] ?? beforeAuthentication(request)
  if (isAuthNotEvaluated(auth)) throw new NotEvaluatedError()
  const acceptsToken = options?.acceptsToken ?? 'session_token'
  if (acceptsToken === 'any' || auth.tokenType === acceptsToken) return auth
  if (typeof acceptsToken !== 'string') {
    return auth.tokenType !== null && acceptsToken.includes(auth.tokenType) ? auth : invalidToken
  }
  return acceptsToken === 'session_token' ? signedOutByMismatch : unauthenticated(acceptsToken, auth)
}

/** In a hook before the plugin's, `request.auth` is there, signed out; without the plugin it is not. */
function beforeAuthentication(request: object): Auth {
  if ((request as { auth?: unknown }).auth !== notYetAuthenticated) throw new NotRegisteredError()
  return notYetAuthenticated
}

function unauthenticated(type: MachineTokenType, auth: Auth): Auth {
  const retryAfterSeconds = auth.isAuthenticated ? null : auth.retryAfterSeconds
  return createUnauthenticatedMachineAuth(type, MISMATCH, '', retryAfterSeconds)
}
