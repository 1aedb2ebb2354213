import Fastify from 'fastify'
import t from 'tap'
import clerkAuth from '../../src/index.js'
import { createLocalClerk } from '../../src/local/index.js'
import { signingKey } from '../fixtures/app.js'

// A revocation that arrives while a token waits for its key, over real HTTP: the token was good when its request came.

t.test('a request whose session is revoked while its key is on the way is refused', async (t) => {
  const clerk = await createLocalClerk({ instanceType: 'production', signingKey })
  t.teardown(() => clerk.close())
  await clerk.listen()
  let release = () => {}
  const isReleased = new Promise<void>((resolve) => {
    release = resolve
  })
  let arrived = () => {}
  const isUnderWay = new Promise<void>((resolve) => {
    arrived = resolve
  })
  const fetchSlowly: typeof fetch = async (input, init) => {
    const response = await fetch(input, init)
    arrived()
    await isReleased
    return response
  }
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  await fastify.register(clerkAuth, clerk.pluginOptions({ jwtKey: null, jwks: { warmUp: false }, fetch: fetchSlowly }))
  let ran = 0
  fastify.get('/', { preHandler: fastify.requireAuth }, ({ auth }) => {
    ran++
    return auth.userId
  })
  const url = await fastify.listen({ port: 0, host: '127.0.0.1' })
  const send = (headers: Record<string, string>) => fetch(url, { headers })
  // A token that was issued after the revocation would be good.
  const revoked = clerk.bearer({ userId: 'user_1', sessionId: 'sess_revoked' })
  const gone = clerk.bearer({ userId: 'user_gone' })
  const answers = [send(revoked), send(revoked), send(gone), send(clerk.bearer({ userId: 'user_2' }))]
  await isUnderWay
  while (fastify.clerk.stats().misses < 3) await new Promise((resolve) => setImmediate(resolve))
  await fastify.clerk.revoke({ sessionId: 'sess_revoked' })
  await fastify.clerk.revoke({ userId: 'user_gone' })
  release()
  const statuses = (await Promise.all(answers)).map(({ status }) => status)
  t.strictSame(statuses, [401, 401, 401, 200])
  t.equal(ran, 1, 'no route has run for a revoked session')
  t.ok(fastify.clerk.stats().revoked >= 2)
  t.equal((await send(revoked)).status, 401, 'and so is the next')
})

t.test(
  'a session that is revoked after its refresh is refused, though the refresh is shared for some seconds',
  async (t) => {
    const clerk = await createLocalClerk({ instanceType: 'production', signingKey })
    t.teardown(() => clerk.close())
    const fastify = Fastify()
    t.teardown(() => fastify.close())
    await fastify.register(clerkAuth, clerk.pluginOptions())
    fastify.get('/', { preHandler: fastify.requireAuth }, ({ auth }) => auth.userId)
    const session = clerk.openSession('user_1')
    const expired = clerk.sessionToken(session.id, { issuedAtMs: Date.now() - 3_600_000 })
    const cookie = clerk.cookies(expired, { refresh: session.refreshToken })
    const send = () => fastify.inject({ url: '/', headers: { cookie } })
    const refreshed = await send()
    t.equal(refreshed.statusCode, 200)
    t.ok(refreshed.headers['set-cookie'])
    await fastify.clerk.revoke({ sessionId: session.id })
    const answer = await send()
    t.equal(answer.statusCode, 401)
    t.notOk(answer.headers['set-cookie'])
  }
)

t.test('those who share a verification are refused once the first of them has revoked the session', async (t) => {
  const clerk = await createLocalClerk({ instanceType: 'production', signingKey })
  t.teardown(() => clerk.close())
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  await fastify.register(clerkAuth, clerk.pluginOptions())
  fastify.get('/sign-out', { onRequest: fastify.requireAuth }, ({ auth }) => {
    void fastify.clerk.revoke({ sessionId: auth.sessionId as string })
    return 'out'
  })
  await fastify.ready()
  for (const carrier of ['bearer', 'cookie'] as const) {
    const user = { userId: 'user_1', sessionId: `sess_${carrier}` }
    const headers = carrier === 'bearer' ? clerk.bearer(user) : { cookie: clerk.cookies(user) }
    // Of tokens that arrive together the first is verified at once, and not shared.
    const others = [0, 1, 2, 3].map((n) => clerk.bearer({ sessionId: `sess_${n}_${carrier}` }))
    const answers = await Promise.all(
      [...others, headers, headers, headers, headers].map((each) => fastify.inject({ url: '/sign-out', headers: each }))
    )
    t.strictSame(
      answers.map(({ statusCode }) => statusCode),
      [200, 200, 200, 200, 200, 401, 401, 401],
      carrier
    )
    t.match(answers[5]?.headers, { 'x-clerk-auth-reason': 'session-revoked' })
  }
  t.match(fastify.clerk.stats(), { shared: 6, revoked: 6 })
})
