import Fastify from 'fastify'
import t from 'tap'
import clerkAuth, { requireAuth } from '../../src/index.js'
import { createLocalClerk } from '../../src/local/index.js'
import { createApp } from '../fixtures/app.js'

// What operators and developers are told, through a socket as they meet it.

for (const [trustProxy, entry] of [
  ['10.0.0.1', 'log-forwarded-header-of-untrusted-peer'],
  [false, 'log-forwarded-header-ignored']
] as const) {
  t.test(`forwarded headers that do not count are told of once, with trustProxy ${trustProxy}`, async (t) => {
    const lines: string[] = []
    const clerk = await createLocalClerk()
    const fastify = Fastify({
      trustProxy,
      logger: { level: 'warn', stream: { write: (line) => void lines.push(line) } }
    })
    t.teardown(() => Promise.all([fastify.close(), clerk.close()]))
    await fastify.register(clerkAuth, clerk.pluginOptions())
    fastify.get('/', () => 1)
    const url = await fastify.listen({ port: 0, host: '127.0.0.1' })
    for (let i = 0; i < 3; i++) {
      await fetch(url, { headers: { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'app.example.com' } })
    }
    const told = lines.map((line) => JSON.parse(line)).filter(({ msg }) => String(msg).includes('forwarded header'))
    t.match(told, [{ header: 'x-forwarded-host', help: new RegExp(`#${entry}$`) }])
    t.equal(told.length, 1)
  })
}

t.test('a challenge that the error handler of the application has set is sent', async (t) => {
  const challenge = 'Bearer resource_metadata="https://api.example.com/.well-known/oauth-protected-resource"'
  const { fastify } = await createApp(t, {
    routes: (fastify) => {
      fastify.setErrorHandler((error, _request, reply) => reply.header('www-authenticate', challenge).send(error))
      fastify.get('/', { onRequest: requireAuth }, () => 1)
    }
  })
  const url = await fastify.listen({ port: 0, host: '127.0.0.1' })
  const response = await fetch(url)
  t.equal(response.status, 401)
  t.equal(response.headers.get('www-authenticate'), challenge)
})

t.test('a token above the length limit is refused with the limit and the cure', async (t) => {
  const { clerk, fastify } = await createApp(t, {
    routes: (fastify) => void fastify.get('/', { onRequest: requireAuth }, () => 1)
  })
  const url = await fastify.listen({ port: 0, host: '127.0.0.1' })
  const authorization = `Bearer ${clerk.signSessionToken({ claims: { big: 'x'.repeat(8000) } })}`
  const { headers } = await fetch(url, { headers: { authorization } })
  t.match(headers.get('x-clerk-auth-message'), /longer than 8192 characters\. Remove custom claims/)
})
