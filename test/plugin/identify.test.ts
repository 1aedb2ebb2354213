import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { requireAuth } from '../../src/index.js'
import { createApp } from '../fixtures/app.js'

t.test('identify tells by one id who is signed in', async (t) => {
  const { clerk, fastify } = await createApp(t, {
    plugin: { acceptsToken: 'any' },
    routes(fastify) {
      fastify.get('/', (request) => ({ identity: fastify.clerk.identify(request) }))
    }
  })
  const url = await fastify.listen({ port: 0 })
  const identityOf = async (headers: Record<string, string>) =>
    ((await (await fetch(url, { headers })).json()) as { identity: unknown }).identity
  const { machineTokens: tokens } = clerk
  for (const [headers, expected] of [
    [clerk.bearer({ userId: 'user_1' }), { kind: 'user', id: 'user_1' }],
    [{ cookie: clerk.cookies({ userId: 'user_2' }) }, { kind: 'user', id: 'user_2' }],
    [clerk.bearer(tokens.createApiKey({ subject: 'user_3' })), { kind: 'user', id: 'user_3' }],
    [clerk.bearer(tokens.createApiKey({ subject: 'org_1' })), { kind: 'organization', id: 'org_1' }],
    [clerk.bearer(tokens.createApiKey({ subject: 'mch_2' })), { kind: 'machine', id: 'mch_2' }],
    [clerk.bearer(tokens.createM2MToken({ machineId: 'mch_1' })), { kind: 'machine', id: 'mch_1' }],
    [clerk.bearer(tokens.createOAuthToken({ userId: 'user_4' })), { kind: 'user', id: 'user_4' }],
    [{}, null],
    [clerk.bearer('ak_unknown'), null],
    [clerk.bearer({ claims: { sts: 'pending' } }), null],
    [clerk.bearer({ expiresInSeconds: -60 }), null]
  ] as const) {
    t.strictSame(await identityOf({ ...headers }), expected, JSON.stringify(expected))
  }
})

t.test(
  'it never throws: before authentication, without it, in an error handler, and for what is no request',
  async (t) => {
    const seen: unknown[] = []
    const note = (fastify: FastifyInstance, request: unknown) => void seen.push(fastify.clerk.identify(request))
    const { clerk, fastify } = await createApp(t, {
      server: {
        // Reads before any hook: a logger would.
        genReqId: (raw) => {
          seen.push(raw.url)
          return '1'
        }
      },
      routes(fastify) {
        fastify.get('/off', { config: { clerk: false } }, (request) => {
          note(fastify, request)
          return ''
        })
        fastify.setErrorHandler((_error, request, reply) => {
          note(fastify, request)
          return reply.code(401).send()
        })
        fastify.get('/guarded', { onRequest: requireAuth }, () => '')
      }
    })
    await fastify.inject({ url: '/off', headers: clerk.bearer() })
    await fastify.inject('/guarded')
    t.same(seen, ['/off', null, '/guarded', null])
    const trap = () => {
      throw new Error('not for you')
    }
    const hostile = new Proxy({}, { get: trap, has: trap, ownKeys: trap })
    for (const value of [undefined, null, 0, '', 'request', Symbol('x'), {}, [], () => {}, hostile, fastify]) {
      t.equal(fastify.clerk.identify(value), null)
    }
  }
)
