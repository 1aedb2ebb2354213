import Fastify from 'fastify'
import t from 'tap'
import clerkAuth from '../../src/index.js'
import { createLocalClerk } from '../../src/local/index.js'

// How an application tests itself: no account, no network, no server.

const clerk = await createLocalClerk({ templates: { report: { scope: 'report' } } })
t.teardown(() => clerk.close())

const app = Fastify()
await app.register(clerkAuth, { ...clerk.pluginOptions(), acceptsToken: 'any' })
t.teardown(() => app.close())
app.get('/me', { preHandler: app.requireAuth }, (request) => {
  const { auth } = request
  return { type: auth.tokenType, subject: 'userId' in auth ? auth.userId : null }
})
app.get('/report', { preHandler: app.authorize({ permission: 'org:report:read' }) }, async ({ auth }) => ({
  token: await auth.getToken({ template: 'report' })
}))

t.test('nobody: 401', async (t) => {
  t.equal((await app.inject('/me')).statusCode, 401)
})

t.test('a user with a token, and one with the cookies of a browser: 200', async (t) => {
  const withToken = await app.inject({ url: '/me', headers: clerk.bearer({ userId: 'user_ada' }) })
  t.match(withToken.json(), { type: 'session_token', subject: 'user_ada' })
  const withCookies = await app.inject({ url: '/me', headers: { cookie: clerk.cookies({ userId: 'user_grace' }) } })
  t.match(withCookies.json(), { type: 'session_token', subject: 'user_grace' })
})

t.test('permissions decide: 200 and 403', async (t) => {
  const member = { id: 'org_1', role: 'org:member', permissions: ['org:report:read'] }
  const { id } = clerk.openSession('user_ada')
  const permitted = await app.inject({ url: '/report', headers: clerk.bearer({ sessionId: id, org: member }) })
  t.equal(permitted.statusCode, 200)
  t.match(permitted.json(), { token: /^ey/ })
  const others = clerk.bearer({ org: { ...member, permissions: [] } })
  t.equal((await app.inject({ url: '/report', headers: others })).statusCode, 403)
})

t.test('expired tokens and tokens of another instance: 401', async (t) => {
  const expired = clerk.bearer({ expiresInSeconds: -60 })
  t.equal((await app.inject({ url: '/me', headers: expired })).statusCode, 401)
  const other = await createLocalClerk()
  t.equal((await app.inject({ url: '/me', headers: other.bearer() })).statusCode, 401)
})

t.test('an API key until it is revoked', async (t) => {
  const key = clerk.machineTokens.createApiKey({ subject: 'user_ada' })
  const headers = { authorization: `Bearer ${key}` }
  t.match((await app.inject({ url: '/me', headers })).json(), { type: 'api_key', subject: 'user_ada' })
  const second = clerk.machineTokens.createApiKey({ subject: 'user_ada' })
  clerk.machineTokens.revoke(second)
  t.equal((await app.inject({ url: '/me', headers: { authorization: `Bearer ${second}` } })).statusCode, 401)
})

t.test('keys that cannot be had: 503, and no user is called signed out', async (t) => {
  const instance = await createLocalClerk()
  const cold = Fastify()
  t.teardown(() => cold.close())
  instance.faults.next({ kind: 'reset', on: 'jwks', times: Number.POSITIVE_INFINITY })
  await cold.register(clerkAuth, { ...instance.pluginOptions(), jwks: { warmUp: false } })
  cold.get('/me', { preHandler: cold.requireAuth }, () => 'ok')
  const { statusCode, headers } = await cold.inject({ url: '/me', headers: instance.bearer() })
  t.equal(statusCode, 503)
  t.ok(headers['retry-after'])
})
