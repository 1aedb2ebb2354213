import type { Trust } from '../traffic/material.js'
import { type Contender, routeSchema } from './contender.js'

/** The plugin's options for the instance, with its key or with the endpoints that serve it. */
export function pluginOptions(trust: Trust): Record<string, unknown> {
  const { publishableKey, secretKey, endpoints } = trust
  const common = { publishableKey, secretKey, authorizedParties: [trust.authorizedParty], clockSkewInMs: 1 }
  return endpoints === null
    ? { ...common, jwtKey: trust.jwtKey }
    : { ...common, apiUrl: endpoints.apiUrl, proxyUrl: endpoints.proxyUrl }
}

/** `root` is the compiled source to measure, of this working tree or of another revision. */
export function createOurs(root: string, name = 'fastify-clerk-auth'): Contender {
  return {
    name,
    duties: 'session states, claims, cached verified tokens, jwtKey',
    carriers: ['bearer', 'cookie'],
    judges: true,
    packageName: null,
    async register(fastify, trust) {
      const { default: clerkAuth } = await import(new URL('index.js', root).href)
      await fastify.register(clerkAuth, pluginOptions(trust))
      fastify.get('/me', { schema: routeSchema, preHandler: fastify.requireAuth }, (request, reply) => {
        reply.send({ userId: (request as unknown as { auth: { userId: string } }).auth.userId })
      })
    }
  }
}

export const ours = createOurs(new URL('../../src/', import.meta.url).href)
