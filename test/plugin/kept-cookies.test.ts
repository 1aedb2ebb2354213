import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import clerkAuth, { authorize } from '../../src/index.js'
import { createLocalClerk } from '../../src/local/index.js'
import { signingKey } from '../fixtures/app.js'

// Answers that bring a session's cookies are nothing for a cache that others share.

const clerk = await createLocalClerk({ instanceType: 'production', signingKey })
t.teardown(() => clerk.close())

/** A public page, behind hooks of the application that let caches keep whatever says nothing else. */
async function build(t: Test): Promise<FastifyInstance> {
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  fastify.addHook('onRequest', async (_request, reply) => void reply.header('cache-control', 'public, max-age=300'))
  await fastify.register(clerkAuth, clerk.pluginOptions())
  fastify.addHook('onSend', async (_request, reply) => {
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'public, max-age=60')
  })
  fastify.get('/', ({ auth }) => ({ userId: auth.userId }))
  return fastify
}

function expired(): { cookie: string } {
  const session = clerk.openSession('user_1')
  const token = clerk.sessionToken(session.id, { issuedAtMs: Date.now() - 3_600_000 })
  return { cookie: clerk.cookies(token, { refresh: session.refreshToken }) }
}

t.test('a refresh: no cache keeps the session that it brings', async (t) => {
  const answer = await (await build(t)).inject({ url: '/', headers: expired() })
  t.same(answer.json(), { userId: 'user_1' })
  t.match(String(answer.headers['set-cookie']), '__session=')
  t.equal(answer.headers['cache-control'], 'no-store')
})

t.test('a handshake that comes back: neither', async (t) => {
  const token = clerk.signSessionToken({ userId: 'user_1' })
  const handshake = clerk.sign({ handshake: [`__session=${token}; Path=/`, '__client_uat=1; Path=/'] })
  const answer = await (await build(t)).inject({ url: '/', headers: { cookie: `__clerk_handshake=${handshake}` } })
  t.same(answer.json(), { userId: 'user_1' })
  t.match(String(answer.headers['set-cookie']), '__session=')
  t.equal(answer.headers['cache-control'], 'no-store')
})

t.test('an answer without cookies of ours is as the application says', async (t) => {
  const fastify = await build(t)
  for (const headers of [{}, clerk.bearer(), { cookie: clerk.cookies() }]) {
    t.equal((await fastify.inject({ url: '/', headers })).headers['cache-control'], 'public, max-age=300')
  }
})

t.test('a hidden route whose cookies are taken back leaves no trace of them', async (t) => {
  for (const before of [undefined, 'public, max-age=300']) {
    const fastify = Fastify()
    t.teardown(() => fastify.close())
    fastify.addHook('onRequest', async (_request, reply) => {
      if (before !== undefined) reply.header('cache-control', before)
    })
    await fastify.register(async (scope) => {
      await scope.register(clerkAuth, clerk.pluginOptions())
      scope.get('/hidden', { onRequest: authorize({ role: 'org:admin' }, { as: 'not-found' }) }, () => 'hidden')
    })
    const { statusCode, headers } = await fastify.inject({ url: '/hidden', headers: expired() })
    t.equal(statusCode, 404)
    t.notOk(headers['set-cookie'])
    t.equal(headers['cache-control'], before)
  }
})
