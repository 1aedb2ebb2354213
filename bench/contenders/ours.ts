import type * as Package from '../../src/index.js'
import type { Trust } from '../traffic/material.js'
import { ALL_REFUSALS, type Contender, routeSchema } from './contender.js'

/** The plugin's options for the instance, with its key or with the endpoints that serve it. */
export function pluginOptions(trust: Trust): Record<string, unknown> {
  const { publishableKey, secretKey, endpoints } = trust
  const common = { publishableKey, secretKey, authorizedParties: [trust.authorizedParty], clockSkewInMs: 1 }
  return endpoints === null
    ? { ...common, jwtKey: trust.jwtKey }
    : { ...common, apiUrl: endpoints.apiUrl, proxyUrl: endpoints.proxyUrl }
}

export function importPackage(root: string): Promise<typeof Package> {
  return import(new URL('index.js', root).href)
}

export interface OursOptions {
  readonly name?: string
  readonly duties?: string
  readonly carriers?: Contender['carriers']
  readonly refuses?: Contender['refuses']
  /** Where the protected route is. Default `/me`. */
  readonly path?: string
  /** Options of the plugin. Default: those of the instance. */
  readonly options?: (trust: Trust) => Record<string, unknown>
}

/** `root` is the compiled source to measure, of this working tree or of another revision. */
export function createOurs(root: string, given: OursOptions = {}): Contender {
  const { path = '/me', options = pluginOptions } = given
  return {
    name: given.name ?? 'fastify-clerk-auth',
    duties: given.duties ?? 'session states, claims, cached verified tokens, jwtKey',
    carriers: given.carriers ?? ['bearer', 'cookie'],
    refuses: given.refuses ?? ALL_REFUSALS,
    packageName: null,
    async register(fastify, trust) {
      const { default: clerkAuth } = await importPackage(root)
      await fastify.register(clerkAuth, options(trust))
      fastify.get(path, { schema: routeSchema, preHandler: fastify.requireAuth }, (request, reply) => {
        reply.send({ userId: (request as unknown as { auth: { userId: string } }).auth.userId })
      })
    }
  }
}

/** The package as it is published: its files have other shapes than the source's, and so other costs. */
export const HERE = new URL('../../../dist/', import.meta.url).href

export const ours = createOurs(HERE)
