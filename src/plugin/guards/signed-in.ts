import type { Auth, SignedInAuth } from '../../core/auth/types.js'
import { assertSignedIn } from './assert-signed-in.js'

/**
 * A handler that is called for signed-in sessions alone, and sees them as such. Its types come from the route, whatever type
 * arguments that has:
 *
 * ```ts
 * fastify.get<{ Params: { id: string } }>('/notes/:id', guarded, signedIn(({ auth, params }) => [auth.userId, params.id]))
 * ```
 *
 * Throws what `assertSignedIn` does, for other requests. It runs where the handler does, after the body has been read and
 * validated: put a guard before it. Pass it as the third argument, as above: in an application
 * that has the types of `@fastify/websocket`, TypeScript infers nothing for a second one or a `handler` among the options.
 */
export function signedIn<This, Request extends { readonly auth: Auth }, Reply, Result>(
  handler: (this: This, request: Request & { readonly auth: SignedInAuth }, reply: Reply) => Result
): (this: This, request: Request, reply: Reply) => Result {
  return function handleSignedIn(request, reply) {
    const { auth }: { readonly auth: Auth } = request
    assertSignedIn(auth)
    return handler.call(this, request as Request & { readonly auth: SignedInAuth }, reply)
  }
}
