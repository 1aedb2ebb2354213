import type { FastifyInstance, RouteOptions } from 'fastify'
import { GuardOutsideError, UndefinedHookError } from '../core/errors.js'
import { type EarlyRoutesSetting, isAllowed, LIFECYCLE, nameRoutes, showsGuard } from './early-routes.js'
import { GUARDED } from './guards/guard-hook.js'
import { authorize, requireAuth } from './guards/guards.js'
import { isAuthenticateHook, showsAuthentication } from './hook-name.js'
import type { MadeRoute } from './made-routes.js'
import { readRouteTree } from './route-tree.js'
import { hooksOf, isWithin, wholeServerOf } from './scopes.js'

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

/**
 * Throws for routes that were made before the plugin, outside of its scope, and with a hook that is there and undefined:
 * `fastify.requireAuth` was so at that time.
 */
export function assertNoneUndefined(
  fastify: FastifyInstance,
  before: readonly MadeRoute[],
  allowed: EarlyRoutesSetting
): void {
  const routes = before.filter(
    ({ scope, route }) => !isWithin(scope, fastify) && hasUndefinedHook(route) && !isCovered(scope)
  )
  const named = routes.map(({ route: { method, url } }) => ({ method: String(method), url }))
  const refused = named.filter((route) => !isAllowed(route, allowed))
  if (refused.length > 0) throw new UndefinedHookError(nameRoutes(refused))
}

function hasUndefinedHook(route: RouteOptions): boolean {
  return GUARDED.some((name) => Object.hasOwn(route, name) && route[name] === undefined)
}

/** Whether another registration covers the scope. */
function isCovered(scope: FastifyInstance): boolean {
  return (hooksOf(scope).onRequest ?? []).some(isAuthenticateHook)
}
