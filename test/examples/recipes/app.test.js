import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, test } from 'node:test'
import { createTRPCClient, httpBatchLink } from '@trpc/client'
import { createLocalClerk } from 'fastify-clerk-auth/local'
import WebSocket from 'ws'
import { buildApp } from './app.js'

const clerk = await createLocalClerk()
const app = await buildApp(clerk.pluginOptions())
const origin = await app.listen({ port: 0, host: '127.0.0.1' })
after(() => app.close())

const get = (path, headers = {}) => fetch(`${origin}${path}`, { headers })

test('a refusal is a problem document, with its headers', async () => {
  const refused = await get('/me')
  assert.equal(refused.status, 401)
  assert.match(refused.headers.get('content-type'), /^application\/problem\+json/)
  assert.match(refused.headers.get('www-authenticate'), /^Bearer/)
  const { detail, ...rest } = await refused.json()
  assert.deepEqual(rest, { title: 'Unauthorized', status: 401, code: 'FST_CLERK_UNAUTHORIZED' })
  assert.match(detail, /Authentication is required/)
})

test('helmet has its headers on answers and on refusals', async () => {
  for (const headers of [{}, clerk.bearer({ userId: 'user_ada' })]) {
    const response = await get('/me', headers)
    assert.equal(response.status, 'authorization' in headers ? 200 : 401)
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff')
    assert.match(response.headers.get('content-security-policy'), /default-src 'self'/)
  }
})

test('mercurius: a resolver refuses strangers and knows the user', async () => {
  const ask = async (query, headers = {}) => {
    const body = JSON.stringify({ query })
    const options = { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } }
    return (await fetch(`${origin}/graphql`, options)).json()
  }
  assert.deepEqual(await ask('{ hello }'), { data: { hello: 'stranger' } })
  const refused = await ask('{ me }')
  assert.equal(refused.data, null)
  assert.equal(refused.errors[0].extensions.code, 'FST_CLERK_UNAUTHORIZED')
  assert.deepEqual(await ask('{ me }', clerk.bearer({ userId: 'user_ada' })), { data: { me: 'user_ada' } })
})

test('tRPC: a procedure refuses strangers and knows the user', async () => {
  const client = (headers = {}) => createTRPCClient({ links: [httpBatchLink({ url: `${origin}/trpc`, headers })] })
  assert.equal(await client().hello.query(), 'stranger')
  await assert.rejects(client().me.query(), ({ data }) => data.code === 'UNAUTHORIZED' && data.httpStatus === 401)
  assert.equal(await client(clerk.bearer({ userId: 'user_ada' })).me.query(), 'user_ada')
})

test('WebSocket: a stranger gets no connection, a user is known on it', async () => {
  const url = `${origin.replace('http', 'ws')}/ws`
  const [, response] = await once(
    new WebSocket(url).on('error', () => {}),
    'unexpected-response'
  )
  assert.equal(response.statusCode, 401)
  response.destroy()

  const socket = new WebSocket(url, { headers: clerk.bearer({ userId: 'user_ada' }) })
  const [message] = await once(socket, 'message')
  assert.deepEqual(JSON.parse(message), { userId: 'user_ada' })
  socket.terminate()
})

test('the rate limit counts by user, not by address', async () => {
  const status = async (userId) => (await get('/limited', clerk.bearer({ userId }))).status
  const statuses = []
  for (let count = 0; count < 4; count++) statuses.push(await status('user_grace'))
  assert.deepEqual(statuses, [200, 200, 200, 429])
  assert.equal(await status('user_ada'), 200)
})
