// Compiled, never run: what routes see of the plugin's types.
import fastifyAuth from '@fastify/auth'
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import type { ApiKeyAuth, SessionAuth, SignedInAuth, UnauthenticatedMachineAuth } from '../../src/core/auth/types.js'
import { assertSignedIn } from '../../src/plugin/guards/assert-signed-in.js'
import type {} from '../../src/plugin/types.js'
import { type Equals, holds } from './equals.js'

const fastify = Fastify()

fastify.get('/me', { preHandler: fastify.requireAuth }, (request) => {
  holds<Equals<typeof request.auth, SessionAuth>>()
  return { userId: request.auth.userId }
})

fastify.get('/narrowed', { onRequest: [fastify.requireAuth] }, async (request) => {
  assertSignedIn(request.auth)
  holds<Equals<typeof request.auth.userId, string>>()
  return request.auth.userId
})

fastify.get('/by-hand', async (request, reply) => {
  if (!request.auth.isAuthenticated) return reply.code(401).send({ why: request.auth.reason })
  holds<Equals<typeof request.auth.sessionClaims, SignedInAuth['sessionClaims']>>()
  return request.auth.userId
})

fastify.get('/off', { config: { clerk: false } }, (request) => {
  holds<Equals<typeof request.auth.userId, never>>()
  // @ts-expect-error authentication is off here
  return request.auth.has({ role: 'org:admin' })
})

fastify.route({
  method: 'POST',
  url: '/keys',
  config: { clerk: { acceptsToken: 'api_key' } },
  preParsing: fastify.requireAuth,
  preHandler: fastify.authorize<'api_key'>((_has, auth) => auth.scopes.includes('write')),
  handler: (request) => {
    holds<Equals<typeof request.auth, ApiKeyAuth | UnauthenticatedMachineAuth<'api_key'>>>()
  }
})

fastify.get('/several', { config: { clerk: { acceptsToken: ['api_key', 'session_token'] } } }, (request) => {
  holds<Equals<typeof request.auth.tokenType, 'api_key' | 'session_token' | null>>()
})

fastify.get<{ Params: { id: string } }>('/:id', { preHandler: fastify.requireAuth }, (request) => {
  holds<Equals<typeof request.auth, SessionAuth>>()
  return request.params.id
})

// @ts-expect-error no such token type
fastify.get('/unknown', { config: { clerk: { acceptsToken: 'jwt' } } }, () => '')

fastify.get('/audited', { config: { clerk: { audit: { when: 'refused', action: 'invoice.read' } } } }, () => '')

// @ts-expect-error no such choice
fastify.get('/misspelt', { config: { clerk: { audit: { when: 'sometimes' } } } }, () => '')

const helper = (request: FastifyRequest, _reply: FastifyReply): string | null => {
  // @ts-expect-error nobody else sets it
  request.auth = null
  return request.auth.userId
}
fastify.addHook('onRequest', fastify.requireAuth)
fastify.addHook('preParsing', fastify.requireAuth)
fastify.addHook('preHandler', fastify.authorize({ role: 'org:admin' }))
fastify.get('/helped', { config: { clerk: false } }, (request, reply) => helper(request, reply))
fastify.register(fastifyAuth).after(() => {
  fastify.get(
    '/or',
    { preHandler: fastify.auth([fastify.requireAuth, fastify.authorize({ feature: 'docs' })]) },
    () => ''
  )
})
