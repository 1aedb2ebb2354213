import { type AuthNotEvaluated, isAuthNotEvaluated } from '../../core/auth/not-evaluated.js'
import type { Auth, SignedInAuth } from '../../core/auth/types.js'
import { NotEvaluatedError } from '../../core/errors.js'
import { toRefusalError } from './refusal.js'

/**
 * Narrows `request.auth` to a signed-in session, in handlers behind `requireAuth` and anywhere else:
 *
 * ```ts
 * fastify.get('/me', { preHandler: fastify.requireAuth }, (request) => {
 *   assertSignedIn(request.auth)
 *   return request.auth.userId // string
 * })
 * ```
 *
 * Throws what `requireAuth` answers: 401 `FST_CLERK_UNAUTHORIZED`, also for a machine token, which is no session, or
 * 503 `FST_CLERK_KEYS_UNAVAILABLE`, with the response headers in `error.headers`, as Fastify's error handler takes them.
 */
export function assertSignedIn(auth: Auth | AuthNotEvaluated): asserts auth is SignedInAuth {
  if (isAuthNotEvaluated(auth)) throw new NotEvaluatedError()
  if (auth.isAuthenticated && auth.tokenType === 'session_token') return
  throw auth.isAuthenticated
    ? toRefusalError('token-type-mismatch', null)
    : toRefusalError(auth.reason, auth.retryAfterSeconds)
}
