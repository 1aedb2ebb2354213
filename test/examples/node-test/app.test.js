import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createLocalClerk } from 'fastify-clerk-auth/local'
import { buildApp } from './app.js'

const clerk = await createLocalClerk()
const app = await buildApp(clerk.pluginOptions())
after(() => app.close())

const get = (url, headers = {}) => app.inject({ url, headers })

test('a stranger is greeted, and refused where authentication is required', async () => {
  assert.deepEqual((await get('/')).json(), { hello: 'stranger' })
  const refused = await get('/me')
  assert.equal(refused.statusCode, 401)
  assert.equal(refused.json().code, 'FST_CLERK_UNAUTHORIZED')
  assert.match(refused.headers['www-authenticate'], /^Bearer/)
})

test('a token and cookies say who the user is', async () => {
  const ada = await get('/me', clerk.bearer({ userId: 'user_ada' }))
  assert.equal(ada.statusCode, 200)
  assert.deepEqual(ada.json(), { userId: 'user_ada' })
  assert.deepEqual((await get('/me', { cookie: clerk.cookies({ userId: 'user_grace' }) })).json(), {
    userId: 'user_grace'
  })
})

test('a permission lets members in, and nobody else', async () => {
  const org = { id: 'org_1', role: 'org:member', permissions: ['org:report:read'] }
  assert.equal((await get('/reports')).statusCode, 401)
  assert.equal((await get('/reports', clerk.bearer({ userId: 'user_ada' }))).statusCode, 403)
  assert.deepEqual((await get('/reports', clerk.bearer({ userId: 'user_ada', org }))).json(), ['one', 'two'])
})

test('an expired token is refused', async () => {
  assert.equal((await get('/me', clerk.bearer({ expiresInSeconds: -60 }))).statusCode, 401)
})

test('users stay signed in while Clerk is away', async () => {
  clerk.faults.next({ kind: 'reset', on: 'jwks', times: Number.POSITIVE_INFINITY })
  assert.equal((await get('/me', clerk.bearer({ userId: 'user_new' }))).statusCode, 200)
  clerk.faults.clear()
})
