import { type AuthNotEvaluated, isAuthNotEvaluated } from '../../core/auth/not-evaluated.js'
import type { Auth, SignedInAuth } from '../../core/auth/types.js'
import { NotEvaluatedError } from '../../core/errors.js'
import { toRefusalError } from './refusal.js'

/**
 * Narrows the type of `request.auth` to a signed-in session, behind `requireAuth` or without it:
 *
 * ```ts
 * fastify.get('/me', { preHandler: fastify.requireAuth }, (request) => {
 *   assertSignedIn(request.auth)
 *   return request.auth.userId // string
 * })
 * ```
 *
 * Throws the errors of `requireAuth`: 401 `FST_CLERK_UNAUTHORIZED`, also for a machine token, as it is not a session, or
 * 503 `FST_CLERK_KEYS_UNAVAILABLE`. Their response headers are in `error.headers`, where Fastify's error handler looks.
 */
export function assertSignedIn(auth: Auth | AuthNotEvaluated): asserts auth is SignedInAuth {
  if (isAuthNotEvaluated(auth)) throw new NotEvaluatedError()
  if (auth.isAuthenticated && auth.tokenType === 'session_token') return
  throw auth.isAuthenticated
    ? toRefusalError('token-type-mismatch', null)
    : toRefusalError(auth.reason, auth.retryAfterSeconds)
}
