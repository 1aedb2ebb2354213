import { subscribe } from 'node:diagnostics_channel'
import type { FastifyInstance, RouteOptions } from 'fastify'
import { GUARDED } from './guards/guard-hook.js'
import { addRouteHook, wholeServerOf } from './scopes.js'

/** A route as the application has written it. */
export interface MadeRoute {
  readonly scope: FastifyInstance
  /** Fastify's own object: other plugins may still change it, until the server is ready. */
  readonly route: RouteOptions
}

// Fastify announces each new server on this channel. From then on its routes are noted, because nothing shows the options
// of a route afterwards: `onRoute` hooks of a plugin see no route that was made before the plugin has loaded.
const routesOf = new WeakMap<object, MadeRoute[]>()

subscribe('fastify.initialization', (message) => {
  const { fastify } = message as { readonly fastify: FastifyInstance }
  const routes: MadeRoute[] = []
  routesOf.set(fastify, routes)
  addRouteHook(fastify, function note(route) {
    noteUndefinedHook(route)
    routes.push({ scope: this, route })
  })
})

/**
 * The routes of the whole server by now. Null for a server that was made before this package was imported, as
 * `@fastify/autoload` does where no other file imports it.
 */
export function madeRoutes(fastify: FastifyInstance): readonly MadeRoute[] | null {
  const routes = routesOf.get(wholeServerOf(fastify))
  return routes === undefined ? null : [...routes]
}

const withUndefinedHook = new WeakSet<object>()

/**
 * Remembers whether a route is made with a hook that is given and undefined. Called as early as possible: a plugin that adds
 * a hook of its own to each route, as a rate limiter does, puts it in the place of the undefined one.
 */
export function noteUndefinedHook(route: RouteOptions): void {
  if (GUARDED.some((name) => Object.hasOwn(route, name) && route[name] === undefined)) withUndefinedHook.add(route)
}

export function hadUndefinedHook(route: RouteOptions): boolean {
  return withUndefinedHook.has(route)
}
