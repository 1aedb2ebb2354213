// Compiled, never run: what a handler behind a guard sees.
import Fastify from 'fastify'
import type { ApiKeyAuth, SignedInAuth } from '../../src/core/auth/types.js'
import { getAuth } from '../../src/plugin/get-auth.js'
import { assertSignedIn } from '../../src/plugin/guards/assert-signed-in.js'
import { guarded } from '../../src/plugin/guards/guarded.js'
import { authorize, requireAuth } from '../../src/plugin/guards/guards.js'
import type {} from '../../src/plugin/types.js'
import { type Equals, holds } from './equals.js'

const fastify = Fastify()

fastify.get('/me', guarded, (request) => {
  holds<Equals<typeof request.auth, SignedInAuth>>()
  holds<Equals<typeof request.auth.userId, string>>()
  return { userId: request.auth.userId, host: request.hostname }
})

fastify.get('/schema', { ...guarded, schema: { querystring: {} } }, async (request, reply) => {
  holds<Equals<typeof request.auth.sessionClaims, SignedInAuth['sessionClaims']>>()
  return reply.code(200).send(request.auth.userId)
})

fastify.get<{ Params: { id: string } }>('/:id', guarded, (request) => {
  // TypeScript infers nothing from the configuration where other type arguments are given.
  holds<Equals<typeof request.auth.userId, string | null>>()
  assertSignedIn(request.auth)
  holds<Equals<typeof request.auth.userId, string>>()
  return request.params.id
})

fastify.route({
  method: 'POST',
  url: '/things',
  ...guarded,
  handler(request, reply) {
    holds<Equals<typeof request.auth.userId, string>>()
    reply.header('x-user', request.auth.userId)
    return this.clerk.health()
  }
})

fastify.get(
  '/permitted',
  { onRequest: authorize({ role: 'org:admin' }), config: { clerk: { guarded: true } } },
  (request) => {
    holds<Equals<typeof request.auth, SignedInAuth>>()
    return request.auth.userId
  }
)

fastify.get(
  '/keys',
  { onRequest: requireAuth, config: { clerk: { guarded: true, acceptsToken: ['api_key', 'session_token'] } } },
  (request) => {
    holds<Equals<typeof request.auth, ApiKeyAuth | SignedInAuth>>()
    if (request.auth.tokenType === 'session_token') holds<Equals<typeof request.auth, SignedInAuth>>()
  }
)

fastify.get('/not-guarded', { config: { clerk: { guarded: false } } }, (request) => {
  holds<Equals<typeof request.auth.userId, string | null>>()
})

const secure = Fastify({ https: {} })
secure.get('/', guarded, (request) => request.auth.userId.length)
const h2 = Fastify({ http2: true })
const h2s = Fastify({ http2: true, https: {} })
h2.get('/', guarded, (request) => request.auth.userId.length)
h2.get('/get-auth', (request) => getAuth(request).userId)
h2s.get('/get-auth', (request) => getAuth(request, { acceptsToken: 'any' }).tokenType)
secure.get('/get-auth', (request) => getAuth(request).userId)
h2.get('/hook', { onRequest: requireAuth, preHandler: authorize({ feature: 'docs' }) }, () => '')
h2.addHook('onRequest', async (request, reply) => await requireAuth(request, reply))
secure.addHook('preHandler', async (request, reply) => await requireAuth(request, reply))

fastify.get('/refused', guarded, (request) => {
  // @ts-expect-error no such property
  return request.auth.nobody
})
