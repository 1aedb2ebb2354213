import { requireAuth } from './guards.js'
import type { GuardHook } from './types.js'

/** Options of a route behind `requireAuth`, whose handler sees the authenticated type of `request.auth`. */
export interface Guarded {
  readonly onRequest: GuardHook
  readonly config: { readonly clerk: { readonly guarded: true } }
}

/**
 * Route options: the guard `requireAuth` in `onRequest`, and `config.clerk.guarded`, by which the handler sees who is
 * signed in without an `if`.
 *
 * ```ts
 * fastify.get('/me', guarded, (request) => ({ userId: request.auth.userId })) // string
 * fastify.post('/me', { ...guarded, schema }, handler)
 * ```
 *
 * Where a route is given type arguments, as in `fastify.get<{ Params: … }>`, TypeScript infers no other, and the type of
 * `request.auth` stays as it is without `guarded`: wrap the handler in `signedIn` there.
 *
 * A route that accepts machine tokens too lets these pass, whatever the type says: give it `acceptsToken: 'session_token'`.
 *
 * With a guard of `authorize`, or a configuration of your own, write the members out:
 * `{ onRequest: authorize(…), config: { clerk: { guarded: true } } }`.
 */
export const guarded: Guarded = Object.freeze({
  onRequest: requireAuth,
  // New for each route: plugins write into the configuration of a route.
  get config(): Guarded['config'] {
    return { clerk: { guarded: true } }
  }
})
