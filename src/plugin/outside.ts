import type { FastifyInstance } from 'fastify'
import { GuardOutsideError } from '../core/errors.js'
import { LIFECYCLE, nameRoutes, showsGuard } from './early-routes.js'
import { authorize, requireAuth } from './guards/guards.js'
import { showsAuthentication } from './hook-name.js'
import { readRouteTree } from './route-tree.js'
import { wholeServerOf } from './scopes.js'

// The plugin in a scope of its own covers nothing around that scope. Public routes there are as they should be. Routes there
// that were meant to be guarded by it are a slip, mostly a forgotten `fastify-plugin`, and must not be open.

const lent = new WeakSet<object>()

/**
 * Makes `requireAuth` and `authorize` known on the whole server. Fastify takes an undefined hook for none, so a route with
 * `fastify.requireAuth` outside of the scope would be open without them. They lie beneath the server, as its prototype:
 * decorating it with the same names stays possible.
 */
export function lendGuards(fastify: FastifyInstance): void {
  const server = wholeServerOf(fastify)
  const beneath: object = Object.getPrototypeOf(server)
  if (lent.has(beneath)) return
  const guards: object = Object.create(beneath, {
    requireAuth: { value: requireAuth, writable: true },
    authorize: { value: authorize, writable: true }
  })
  lent.add(guards)
  Object.setPrototypeOf(server, guards)
}

/** Whether a scope has this decorator from `lendGuards` alone. */
export function isLent(fastify: FastifyInstance, name: string): boolean {
  let scope: object | null = fastify
  while (scope !== null && !Object.hasOwn(scope, name)) scope = Object.getPrototypeOf(scope)
  return scope !== null && lent.has(scope)
}

/** Throws for guards on routes that no registration of the plugin covers: they would answer 500 to everybody. */
export function assertNoGuardOutside(fastify: FastifyInstance): void {
  const routes = readRouteTree(fastify.printRoutes({ includeMeta: LIFECYCLE })).filter(
    ({ hooks }) => showsGuard(hooks) && !showsAuthentication(hooks)
  )
  if (routes.length > 0) throw new GuardOutsideError(nameRoutes(routes))
}
