import type { FastifyReply, FastifyRequest } from 'fastify'
import { noteVerdict } from '../decision.js'
import { answerAsNothingThere } from '../nothing-there.js'
import type { AuthenticatedSlots } from '../on-request.js'
import { signInRedirect } from '../sign-in-redirect.js'
import { kAuth } from '../symbols.js'
import { type Authorize, createAuthorize } from './authorize.js'
import { type AuthorizeAsync, createAuthorizeAsync } from './authorize-async.js'
import { createRequireAuth } from './require-auth.js'
import type { GuardHook, GuardSettings } from './types.js'

/** Guards learn everything from the request's slots. So one of each serves all servers and instances of a process. */
export const guardSettings: GuardSettings = {
  readAuth: (request) => (request as unknown as AuthenticatedSlots)[kAuth] ?? null,
  signInRedirect: (request, reason) => signInRedirect(request as unknown as FastifyRequest, reason),
  answerAsNothingThere: (request, reply, note) =>
    answerAsNothingThere(request as unknown as FastifyRequest, reply as unknown as FastifyReply, note),
  noteVerdict
}

/**
 * Hook that lets authenticated requests pass: 401 for others, 503 while it cannot be told. The same function as
 * `fastify.requireAuth`, but never undefined, in whatever order plugins and routes are loaded; on a route that the
 * plugin does not cover it answers 500 `FST_CLERK_NOT_REGISTERED`.
 *
 * In a hook of your own, `await requireAuth(request, reply)` resolves, or throws what the hook would answer.
 */
export const requireAuth: GuardHook = createRequireAuth(guardSettings)

/** Makes a hook that lets permitted requests pass. The same function as `fastify.authorize`, see `requireAuth`. */
export const authorize: Authorize = createAuthorize(guardSettings)

/** Makes a hook that asks a function of the application, which may wait for something. */
export const authorizeAsync: AuthorizeAsync = createAuthorizeAsync(guardSettings)

/**
 * What `defaultDeny` puts before the hooks of a route. Not `requireAuth` itself, so that it can be told from a guard of
 * the application and taken out of a copied route.
 */
export const denyByDefault: GuardHook = createRequireAuth(guardSettings)
