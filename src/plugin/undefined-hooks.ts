import type { FastifyInstance, RouteOptions } from 'fastify'
import { UndefinedHookError } from '../core/errors.js'
import type { Logger } from '../core/logger.js'
import { warnOfRisk } from '../core/risk-warning.js'
import { type EarlyRoutesSetting, isAllowed, LIFECYCLE, nameRoutes, showsGuard } from './early-routes.js'
import { hasGuard } from './guards/guards-of-route.js'
import { isAuthenticateHook, showsAuthentication } from './hook-name.js'
import { hadUndefinedHook, type MadeRoute } from './made-routes.js'
import { type PrintedRoute, readRouteTree } from './route-tree.js'
import { hooksOf, isWithin } from './scopes.js'

// Fastify takes a hook that is given and undefined for no hook. `fastify.requireAuth` is undefined before the plugin has
// loaded, and so is every misspelt name: the route would be open to everybody.

/**
 * Throws for routes with an undefined hook and without a guard, unless their `config.clerk` says that they are public:
 * among those that the plugin covers, and among those that were made before it, anywhere on the server.
 */
export function assertNoneUndefined(
  fastify: FastifyInstance,
  covered: readonly MadeRoute[],
  before: readonly MadeRoute[],
  allowed: EarlyRoutesSetting
): void {
  const early = before.filter(
    ({ scope, route }) => !isWithin(scope, fastify) && !isCovered(scope) && !isAllowed(nameOf(route), allowed)
  )
  const refused = [...early, ...covered].filter(
    ({ scope, route }) =>
      hadUndefinedHook(route) && !hasGuard(route) && !hasGuard(hooksOf(scope)) && !isSaidPublic(route.config?.clerk)
  )
  if (refused.length > 0) throw new UndefinedHookError(nameRoutes(refused.map(({ route }) => nameOf(route))))
}

/**
 * Warns of routes outside of the scope, made before the plugin, whose hooks nobody has noted: one of them may have been
 * `fastify.requireAuth` when that was undefined. An application that means them to be public looks the same.
 */
export function warnOfUnknownHooks(
  fastify: FastifyInstance,
  before: readonly PrintedRoute[],
  allowed: EarlyRoutesSetting,
  logger: Logger
): void {
  const keys = new Set(before.map(({ key }) => key))
  const routes = readRouteTree(fastify.printRoutes({ includeMeta: LIFECYCLE })).filter(
    (route) =>
      keys.has(route.key) && !isAllowed(route, allowed) && !showsAuthentication(route.hooks) && !showsGuard(route.hooks)
  )
  if (routes.length > 0) warnOfRisk(logger, 'earlyRoutes', 'early-routes-unknown', `Routes: ${nameRoutes(routes)}`)
}

function nameOf({ method, url }: RouteOptions): {
  readonly method: string
  readonly url: string
} {
  return { method: String(method), url }
}

/** Whether another registration covers the scope. */
function isCovered(scope: FastifyInstance): boolean {
  return (hooksOf(scope).onRequest ?? []).some(isAuthenticateHook)
}

function isSaidPublic(clerk: unknown): boolean {
  return clerk === false || (typeof clerk === 'object' && clerk !== null && 'public' in clerk && clerk.public === true)
}
