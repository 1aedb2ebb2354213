import { SIGNED_IN, toGuardHook } from './guard-hook.js'
import { isAuthenticated, refuse } from './refusal.js'
import type { GuardHook, GuardSettings } from './types.js'

/**
 * The hook behind `fastify.requireAuth`: lets CORS preflights pass, and requests that are authenticated by any type of token that
 * the route accepts.
 *
 * - signed out: 401 `FST_CLERK_UNAUTHORIZED` with `WWW-Authenticate: Bearer` (RFC 6750 section 3) and Clerk's reason in
 *   `error.reason`. Where a composed guard lets the request pass after all, the header stays on the response, which
 *   RFC 9110 section 11.6.1 allows.
 * - cannot be told for now, as keys or an answer of Clerk could not be had: 503 `FST_CLERK_KEYS_UNAVAILABLE` with `Retry-After`
 * - the route has `config.clerk: false`: 500 `FST_CLERK_NOT_EVALUATED`; no plugin: 500 `FST_CLERK_NOT_REGISTERED`
 *
 * All of them go through the application's error handler.
 */
export function createRequireAuth(settings: GuardSettings): GuardHook {
  return toGuardHook(SIGNED_IN, settings, (request, reply) => {
    const auth = settings.readAuth(request)
    return isAuthenticated(auth) ? null : refuse(settings, auth, request, reply)
  })
}
