import t from 'tap'
import { createApp } from '../fixtures/app.js'

// What strangers can make the instance ask Clerk for, and what those who are signed in notice of it.

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
