import { AsyncLocalStorage } from 'node:async_hooks'
import Fastify from 'fastify'
import t from 'tap'
import clerkAuth from '../../src/index.js'
import { createLocalClerk } from '../../src/local/index.js'

t.test(
  'requests that wait for a verification, their own or a shared one, go on in their own async context',
  async (t) => {
    const clerk = await createLocalClerk()
    t.teardown(() => clerk.close())
    const storage = new AsyncLocalStorage<string>()
    const fastify = Fastify()
    t.teardown(() => fastify.close())
    fastify.addHook('onRequest', (request, _reply, done) => storage.run(request.headers['x-id'] as string, done))
    await fastify.register(clerkAuth, { publishableKey: clerk.publishableKey, jwtKey: clerk.jwtKey })
    fastify.get('/', (request) => ({ context: storage.getStore(), userId: request.auth.userId }))

    const users = ['user_a', 'user_b', 'user_b', 'user_c', 'user_b', 'user_c']
    const tokens = new Map(users.map((userId) => [userId, clerk.signSessionToken({ userId })]))
    const answers = await Promise.all(
      users.map(async (userId, i) => {
        const headers = { 'x-id': `request ${i}`, authorization: `Bearer ${tokens.get(userId)}` }
        return (await fastify.inject({ url: '/', headers })).json()
      })
    )
    t.same(
      answers,
      users.map((userId, i) => ({ context: `request ${i}`, userId }))
    )
    t.match(fastify.clerk.stats(), { pooledVerifications: 2, shared: 3 }, 'in the pool, and shared')
  }
)
