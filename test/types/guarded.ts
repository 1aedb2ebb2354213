// Compiled, never run: what a handler behind a guard sees.
import Fastify from 'fastify'
import type { ApiKeyAuth, SignedInAuth } from '../../src/core/auth/types.js'
import { getAuth } from '../../src/plugin/get-auth.js'
import { assertSignedIn } from '../../src/plugin/guards/assert-signed-in.js'
import { guarded } from '../../src/plugin/guards/guarded.js'
import { authorize, requireAuth } from '../../src/plugin/guards/guards.js'
import { signedIn } from '../../src/plugin/guards/signed-in.js'
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

interface Note {
  Params: { id: string }
  Body: { text: string }
  Reply: { id: string; by: string }
}
fastify.put<Note>(
  '/notes/:id',
  guarded,
  signedIn(async (request, reply) => {
    holds<Equals<typeof request.auth.userId, string>>()
    holds<Equals<typeof request.body, { text: string }>>()
    reply.header('x-length', request.body.text.length)
    return { id: request.params.id, by: request.auth.userId }
  })
)
fastify.post<{ Body: { n: number } }>(
  '/numbers',
  guarded,
  signedIn(function (request, reply) {
    holds<Equals<typeof request.auth.orgId, string | undefined>>()
    this.log.info(request.body.n.toFixed())
    return reply.send(request.auth.userId)
  })
)
const wrongReply = signedIn(() => ({ id: 1 }))
// @ts-expect-error the reply has another type
fastify.get<{ Reply: { id: string } }>('/typed-reply', guarded, wrongReply)
fastify.get(
  '/any',
  { config: { clerk: { acceptsToken: 'any' } } },
  signedIn((request) => {
    holds<Equals<typeof request.auth.tokenType, 'session_token'>>()
    return request.auth.userId
  })
)

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
h2.get<{ Params: { id: string } }>(
  '/:id',
  guarded,
  signedIn(({ auth, params }) => auth.userId + params.id)
)
secure.get<{ Params: { id: string } }>(
  '/:id',
  guarded,
  signedIn(({ auth, params }) => auth.userId + params.id)
)
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
