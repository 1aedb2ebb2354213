import t from 'tap'
import { createApp } from '../fixtures/app.js'

// Calls to Clerk that strangers can cause, and their effect on users who are signed in.

t.test(
  'a nonce that Clerk could not be asked about leaves a good session alone, and is asked about once',
  async (t) => {
    const { clerk, fastify } = await createApp(t, {
      routes(fastify) {
        fastify.get('/', { preHandler: fastify.requireAuth }, () => 'in')
      }
    })
    const get = (cookie: string) => fastify.inject({ url: '/', headers: { accept: 'text/html', cookie } })
    const good = clerk.cookies({ userId: 'user_ada' })
    t.equal((await get(good)).statusCode, 200)
    clerk.faults.next({ kind: 'reset', on: 'handshake-payload', times: 9 })
    for (let i = 0; i < 5; i++) t.equal((await get(`${good}; __clerk_handshake_nonce=abc`)).statusCode, 200)
    const alone = await get('__clerk_handshake_nonce=abc')
    t.equal(alone.statusCode, 503)
    t.equal(alone.headers['retry-after'], '5')
    t.equal(alone.headers['x-clerk-auth-reason'], 'session-token-missing')
    t.equal(clerk.requests.count('handshake-payload'), 1)
  }
)

t.test('one expired token with 1,500 made-up refresh cookies costs a few calls', async (t) => {
  const { clerk, fastify } = await createApp(t, {
    routes(fastify) {
      fastify.get('/', { preHandler: fastify.requireAuth }, () => 'in')
    }
  })
  t.equal((await fastify.inject({ url: '/', headers: clerk.bearer({}) })).statusCode, 200)
  const old = clerk.signSessionToken({ sessionId: 'sess_x', expiresInSeconds: -600 })
  const answers = await Promise.all(
    Array.from({ length: 1500 }, (_, i) => {
      const cookie = `__refresh_${clerk.cookieSuffix}=r${i}`
      return fastify.inject({
        url: '/',
        headers: { authorization: `Bearer ${old}`, 'x-pad': 'p'.repeat(8000), cookie }
      })
    })
  )
  const calls = clerk.requests.count('refresh')
  t.ok(calls >= 1 && calls <= 3, `${calls} calls`)
  t.equal(answers.filter(({ statusCode }) => statusCode === 401).length, calls, 'those that Clerk has answered')
  t.equal(answers.filter(({ statusCode }) => statusCode === 503).length, 1500 - calls)
})

t.test('a rate limit that refreshes have met does not silence an API key', async (t) => {
  const { clerk, fastify } = await createApp(t, {
    plugin: { acceptsToken: 'any' },
    routes(fastify) {
      fastify.get('/', { preHandler: fastify.requireAuth }, () => 'in')
    }
  })
  const apiKey = clerk.machineTokens.createApiKey({ subject: 'user_ada' })
  clerk.faults.next({ kind: 'status', status: 429, retryAfter: 10, on: 'refresh', times: 9 })
  const old = clerk.signSessionToken({ sessionId: 'sess_x', expiresInSeconds: -600 })
  const cookie = `__refresh_${clerk.cookieSuffix}=r`
  const limited = await fastify.inject({ url: '/', headers: { authorization: `Bearer ${old}`, cookie } })
  t.equal(limited.statusCode, 503)
  t.equal(limited.headers['retry-after'], '10')
  t.equal((await fastify.inject({ url: '/', headers: { authorization: `Bearer ${apiKey}` } })).statusCode, 200)
})
