import Fastify from 'fastify'
import t, { type Test } from 'tap'
import type { RevocationBus } from '../../src/core/revocation/bus.js'
import clerkAuth, { createTokenVerifier, type PluginOptions } from '../../src/index.js'
import { createLocalClerk } from '../../src/local/index.js'

const clerk = await createLocalClerk()
t.teardown(() => clerk.close())

const session = clerk.bearer({ userId: 'user_1', sessionId: 'sess_1' })
const cookie = { cookie: clerk.cookies({ userId: 'user_1', sessionId: 'sess_1' }) }
const key = clerk.bearer(clerk.machineTokens.createApiKey({ subject: 'user_1' }))
const jwt = clerk.bearer(clerk.machineTokens.createOAuthToken({ userId: 'user_1', format: 'jwt' }))

function createBus() {
  const bus = {
    isAway: false,
    asked: 0,
    open: async () => {},
    publish: async () => true,
    health() {
      bus.asked++
      return { kind: 'test', connected: !bus.isAway, disconnectedSinceMs: bus.isAway ? 1 : null }
    },
    close: async () => {}
  }
  return bus satisfies RevocationBus
}

async function setUp(t: Test, whenBusIsAway: 'local' | 'refuse') {
  const bus = createBus()
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  const options = { acceptsToken: 'any', revocation: { bus, whenBusIsAway } } as const satisfies Partial<PluginOptions>
  await fastify.register(clerkAuth, clerk.pluginOptions(options))
  fastify.get('/me', { onRequest: fastify.requireAuth }, () => 'ok')
  fastify.get('/open', (request) => ({ isAuthenticated: request.auth.isAuthenticated }))
  await fastify.ready()
  const get = (headers: Record<string, string> = {}, url = '/me') => fastify.inject({ url, headers })
  return { bus, fastify, get }
}

t.test('refuse: while the bus is away nobody is signed in, and nobody is signed out', async (t) => {
  const { bus, fastify, get } = await setUp(t, 'refuse')
  for (const isCached of [false, true]) {
    for (const headers of [session, cookie, key, jwt]) t.equal((await get(headers)).statusCode, 200, `${isCached}`)
  }
  t.match(fastify.clerk.health(), { ready: true, degraded: false })
  bus.isAway = true
  const unseen = clerk.bearer({ userId: 'user_2', sessionId: 'sess_2' })
  for (const headers of [session, cookie, key, jwt, unseen]) {
    for (let i = 0; i < 2; i++) {
      const answer = await get(headers)
      t.equal(answer.statusCode, 503)
      t.equal(answer.json().code, 'FST_CLERK_KEYS_UNAVAILABLE')
      t.equal(answer.headers['retry-after'], '5')
      t.equal(answer.headers['x-clerk-auth-reason'], 'revocation-bus-away')
      t.equal(answer.headers['set-cookie'], undefined)
      t.equal(answer.headers.location, undefined)
    }
  }
  t.match(await fastify.clerk.verifyToken(session.authorization.slice(7)), {
    ok: false,
    reason: 'revocation-bus-away',
    retryAfterSeconds: 5
  })
  t.match(fastify.clerk.health(), { ready: false, degraded: true })
  t.equal((await get({}, '/me')).statusCode, 401, 'no token is no matter of the bus')
  t.equal((await get(clerk.bearer({ expiresInSeconds: -60 }))).statusCode, 401, 'nor is a bad one')
  t.same((await get(session, '/open')).json(), { isAuthenticated: false })
  await fastify.clerk.revoke({ sessionId: 'sess_2' })
  t.equal((await get(unseen)).statusCode, 401, 'a known revocation is a verdict')
  bus.isAway = false
  for (const headers of [session, cookie, key, jwt]) t.equal((await get(headers)).statusCode, 200)
  t.match(fastify.clerk.health(), { ready: true, degraded: false })
})

t.test('local: the same requests go on, and none of them asks the bus', async (t) => {
  const { bus, fastify, get } = await setUp(t, 'local')
  bus.isAway = true
  for (const headers of [session, cookie, key, jwt]) await get(headers)
  await fastify.clerk.revoke({ userId: 'user_9' })
  bus.asked = 0
  for (const headers of [session, cookie, key, jwt]) t.equal((await get(headers)).statusCode, 200)
  t.equal(bus.asked, 0)
  t.match(fastify.clerk.health(), { ready: true, degraded: true })
})

t.test('without Fastify it is the same', async (t) => {
  const bus = createBus()
  const verifier = createTokenVerifier({
    publishableKey: clerk.publishableKey,
    jwtKey: clerk.jwtKey,
    revocation: { bus, whenBusIsAway: 'refuse' }
  })
  t.teardown(() => verifier.close())
  const token = session.authorization.slice(7)
  t.match(await verifier.verify(token), { ok: true })
  bus.isAway = true
  t.match(await verifier.verify(token), { ok: false, reason: 'revocation-bus-away', retryAfterSeconds: 5 })
})

t.test('refuse without a bus would never refuse: it does not boot', async (t) => {
  const refusal = { code: 'FST_CLERK_OPTION_VALUE', message: /revocation\.whenBusIsAway/ }
  for (const whenBusIsAway of ['refuse', 'never' as 'refuse'] as const) {
    const options = { publishableKey: clerk.publishableKey, revocation: { whenBusIsAway } }
    t.throws(() => createTokenVerifier(options), refusal, whenBusIsAway)
  }
})
