import { subscribe } from 'node:diagnostics_channel'
import type { FastifyInstance, RouteOptions } from 'fastify'
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
    routes.push({ scope: this, route })
  })
})

/**
 * The routes of the whole server by now. Empty for a server that was made before this package was imported, as
 * `@fastify/autoload` does where no other file imports it.
 */
export function madeRoutes(fastify: FastifyInstance): readonly MadeRoute[] {
  return [...(routesOf.get(wholeServerOf(fastify)) ?? [])]
}
