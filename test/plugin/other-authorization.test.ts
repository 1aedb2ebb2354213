import Fastify from 'fastify'
import t from 'tap'
import clerkAuth, { requireAuth } from '../../src/index.js'
import { createLocalClerk } from '../../src/local/index.js'
import { signingKey } from '../fixtures/app.js'

async function createServer(instanceType: 'production' | 'development') {
  const clerk = await createLocalClerk({ signingKey, instanceType })
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(clerkAuth, clerk.pluginOptions())
  app.get('/me', { onRequest: requireAuth }, (request) => request.auth.userId)
  return { clerk, app }
}

t.test("a platform's bearer token goes before the cookies, and is refused", async (t) => {
  const { clerk, app } = await createServer('production')
  const headers = { authorization: 'Bearer of.a.platform', cookie: clerk.cookies({ userId: 'user_ada' }) }
  const refused = await app.inject({ url: '/me', headers })
  t.equal(refused.statusCode, 401)
  t.equal(refused.headers['x-clerk-auth-reason'], 'token-invalid')
  t.equal((await app.inject({ url: '/me', headers: { ...headers, authorization: 'Basic eDp5' } })).body, 'user_ada')
})

t.test('a token under another scheme is not read, and the refusal says so', async (t) => {
  for (const instanceType of ['production', 'development'] as const) {
    const { clerk, app } = await createServer(instanceType)
    const messageFor = async (headers: Record<string, string>) => {
      const response = await app.inject({ url: '/me', headers })
      t.equal(response.statusCode, 401)
      return response.json().message as string
    }
    for (const scheme of ['Token', 'JWT', 'Basic']) {
      const message = await messageFor({ authorization: `${scheme} ${clerk.signSessionToken()}` })
      t.match(message, /not read, as its scheme is not Bearer\. .*Authorization: Bearer/, `${instanceType}, ${scheme}`)
    }
    t.notMatch(await messageFor({}), /scheme/, 'no header came')
    t.notMatch(await messageFor({ authorization: 'Bearer x.y.z' }), /scheme/, 'the header was read')
    const cookie = clerk.cookies({ expiresInSeconds: -60 })
    t.notMatch(await messageFor({ authorization: 'Basic eDp5', cookie }), /scheme/, 'the cookies are the cause')
  }
})
