import type { FastifyInstance } from 'fastify'
import { EarlyRoutesError, OptionValueError } from '../core/errors.js'
import { GUARD_NAMES } from './guards/guard-hook.js'
import { isPrinted } from './hook-name.js'
import { type PrintedRoute, readRouteTree } from './route-tree.js'
import { isWholeServer } from './scopes.js'

/** `earlyRoutes`: none, all, or those at these paths. */
export type EarlyRoutesSetting = boolean | readonly string[]

/** A route that was made before the plugin had loaded, and that its hooks cover nevertheless. */
export interface EarlyRoute {
  readonly method: string
  readonly url: string
  /** As `printConstraints` prints them. */
  readonly constraints: string
  /** A guard of this package is among the hooks that run for it. */
  readonly isGuarded: boolean
}

/** Hooks that run for a request before its handler, and the last one. */
export const LIFECYCLE = ['onRequest', 'preParsing', 'preValidation', 'preHandler', 'onResponse']
const MOST_NAMED = 10

/**
 * Routes that the server has by now. `onRoute` hooks do not see them, and `fastify.requireAuth` was `undefined` for
 * them, which Fastify takes for no hook.
 */
export function routesSoFar(fastify: FastifyInstance): readonly PrintedRoute[] {
  return readRouteTree(fastify.printRoutes())
}

/**
 * Which of `before` the scope covers, once the server has put its hooks together. `hookName`: a hook of the plugin in
 * question that runs for every route of the scope. `isAlone`: the scope has got no other route.
 */
export function coveredEarlyRoutes(
  fastify: FastifyInstance,
  before: readonly PrintedRoute[],
  hookName: string,
  isAlone: boolean
): readonly EarlyRoute[] {
  if (before.length === 0) return []
  const now = readRouteTree(fastify.printRoutes({ includeMeta: LIFECYCLE }))
  const hooksNow = new Map(now.map(({ key, hooks }) => [key, hooks]))
  // A router option of the application may print other things than hooks. Then all routes of the prefix are taken for
  // covered, and none for guarded.
  const isLegible = isAlone || now.some(({ hooks }) => isPrinted(hooks, hookName))
  return before.flatMap(({ method, url, constraints, key }) => {
    const hooks = hooksNow.get(key) ?? ''
    const isCovered =
      isWholeServer(fastify) || (isLegible ? isPrinted(hooks, hookName) : url.startsWith(fastify.prefix))
    return isCovered ? [{ method, url, constraints, isGuarded: showsGuard(hooks) }] : []
  })
}

/** Whether a guard is among the hooks of a route, as Fastify prints them. */
export function showsGuard(hooks: string): boolean {
  return GUARD_NAMES.some((name) => isPrinted(hooks, name))
}

/** With `defaultDeny`, early routes are allowed by their names alone: "all" would open what nobody has thought of. */
export function assertNamed(earlyRoutes: EarlyRoutesSetting, defaultDeny: boolean): void {
  if (defaultDeny && earlyRoutes === true) throw new OptionValueError('earlyRoutes', 'a list of paths with defaultDeny')
}

/** Throws for early routes that are open by an oversight: without a visible guard, and not allowed by `earlyRoutes`. */
export function assertAllowed(early: readonly EarlyRoute[], allowed: EarlyRoutesSetting): void {
  const routes = early.filter((route) => !route.isGuarded && !isAllowed(route, allowed))
  if (routes.length > 0) throw new EarlyRoutesError(nameRoutes(routes))
}

/** A route for `OPTIONS` alone answers preflights, as that of `@fastify/cors` does, and is always allowed. */
export function isAllowed(
  { method, url }: { readonly method: string; readonly url: string },
  allowed: EarlyRoutesSetting
): boolean {
  return method === 'OPTIONS' || allowed === true || (allowed !== false && allowed.includes(url))
}

/** Routes as errors name them. Fastify adds a HEAD route to each GET route; that one is not named. */
export function nameRoutes(routes: readonly { readonly method: string; readonly url: string }[]): string {
  const names = routes
    .filter(
      ({ method, url }) => method !== 'HEAD' || !routes.some((other) => other.method === 'GET' && other.url === url)
    )
    .map(({ method, url }) => `${method} ${url}`)
  const more = names.length - MOST_NAMED
  return names.slice(0, MOST_NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '')
}
