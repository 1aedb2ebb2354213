import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createLocalClerk } from 'fastify-clerk-auth/local'
import { createApp } from './dist/app.js'

const clerk = await createLocalClerk()
const app = await createApp(clerk.pluginOptions())
await app.listen(0, '127.0.0.1')
const origin = await app.getUrl()
after(() => app.close())

const get = (path, headers = {}) => fetch(`${origin}${path}`, { headers })

test('a stranger is greeted, and refused by the guard', async () => {
  assert.deepEqual(await (await get('/')).json(), { hello: 'stranger' })
  const refused = await get('/me')
  assert.equal(refused.status, 401)
  assert.match(refused.headers.get('www-authenticate'), /^Bearer/)
  assert.equal((await get('/reports')).status, 401)
})

test('a token says who the user is', async () => {
  const response = await get('/me', clerk.bearer({ userId: 'user_ada' }))
  assert.equal(response.status, 200)
  assert.deepEqual(await response.json(), { userId: 'user_ada' })
})

test('a permission lets members in, and nobody else', async () => {
  const org = { id: 'org_1', role: 'org:member', permissions: ['org:report:read'] }
  assert.equal((await get('/reports', clerk.bearer({ userId: 'user_ada' }))).status, 403)
  assert.equal((await get('/reports', clerk.bearer({ userId: 'user_ada', org }))).status, 200)
})
