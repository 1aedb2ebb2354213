import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import websocket from '@fastify/websocket'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import clerkAuth from '../../../src/index.js'
import { createLocalClerk } from '../../../src/local/index.js'

const clerk = await createLocalClerk()
t.teardown(() => clerk.close())

const session = { userId: 'user_1', sessionId: 'sess_1' }

async function setUp(t: Test, addRoutes: (fastify: FastifyInstance) => void) {
  const fastify = Fastify()
  await fastify.register(clerkAuth, clerk.pluginOptions({ clockSkewInMs: 0 }))
  await fastify.register(websocket)
  await fastify.register(async (scope) => addRoutes(scope))
  await fastify.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => fastify.close())
  const { port } = fastify.server.address() as AddressInfo
  return { fastify, port }
}

/** The recipe for WebSockets: the client sends a fresh token as a message before the last one runs out. */
function addWebSocketRoute(fastify: FastifyInstance): void {
  fastify.get('/ws', { websocket: true, preHandler: fastify.requireAuth }, (socket, request) => {
    const lifetime = fastify.clerk.lifetime(request)
    const onEnd = () => socket.close(4401, lifetime.signal.reason.code)
    if (lifetime.signal.aborted) return onEnd()
    lifetime.signal.addEventListener('abort', onEnd, { once: true })
    socket.on('message', async (data) => {
      const { token } = JSON.parse(String(data))
      const renewal = await lifetime.renew(token)
      socket.send(JSON.stringify({ renewed: renewal.ok, reason: renewal.ok ? null : renewal.reason }))
    })
    socket.send(JSON.stringify({ hello: request.auth.userId }))
  })
}

/** The recipe for server-sent events: the stream ends, and `EventSource` connects again with a fresh cookie. */
function addEventsRoute(fastify: FastifyInstance): void {
  fastify.get('/events', { preHandler: fastify.requireAuth }, (request, reply) => {
    const { signal } = fastify.clerk.lifetime(request)
    reply.hijack()
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    reply.raw.write(`data: ${request.auth.userId}\n\n`)
    signal.addEventListener('abort', () => reply.raw.end(`event: ended\ndata: ${signal.reason.code}\n\n`), {
      once: true
    })
  })
}

async function connect(t: Test, port: number, token: string) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { headers: clerk.bearer(token) })
  t.teardown(() => socket.terminate())
  const messages: object[] = []
  socket.on('message', (data) => messages.push(JSON.parse(String(data))))
  await once(socket, 'message')
  return { socket, messages }
}

t.test('a WebSocket is closed with 4401 at once when its session is revoked', async (t) => {
  const { fastify, port } = await setUp(t, addWebSocketRoute)
  const { socket, messages } = await connect(t, port, clerk.signSessionToken(session))
  const other = await connect(t, port, clerk.signSessionToken({ ...session, sessionId: 'sess_2' }))
  t.strictSame(messages, [{ hello: 'user_1' }])
  const closed = once(socket, 'close')
  fastify.clerk.revoke({ sessionId: 'sess_1' })
  const [code, reason] = await closed
  t.equal(code, 4401)
  t.equal(String(reason), 'FST_CLERK_LIFETIME_REVOKED')
  t.equal(other.socket.readyState, WebSocket.OPEN)
})

t.test('a WebSocket is closed with 4401 when its token runs out', async (t) => {
  const { port } = await setUp(t, addWebSocketRoute)
  const { socket } = await connect(t, port, clerk.signSessionToken({ ...session, expiresInSeconds: 2 }))
  const [code, reason] = await once(socket, 'close')
  t.equal(code, 4401)
  t.equal(String(reason), 'FST_CLERK_LIFETIME_EXPIRED')
})

t.test('a fresh token over the same WebSocket carries it on; one of another session does not', async (t) => {
  const { port } = await setUp(t, addWebSocketRoute)
  const { socket, messages } = await connect(t, port, clerk.signSessionToken({ ...session, expiresInSeconds: 2 }))
  const began = Date.now()
  for (const token of [
    clerk.signSessionToken({ ...session, sessionId: 'sess_2' }),
    'junk',
    clerk.signSessionToken({ ...session, expiresInSeconds: 4 })
  ]) {
    socket.send(JSON.stringify({ token }))
    await once(socket, 'message')
  }
  t.strictSame(messages.slice(1), [
    { renewed: false, reason: 'session-mismatch' },
    { renewed: false, reason: 'token-invalid' },
    { renewed: true, reason: null }
  ])
  const [code] = await once(socket, 'close')
  t.equal(code, 4401)
  t.ok(Date.now() - began > 2_500, 'it outlived its first token')
})

t.test('a WebSocket that is not signed in is refused before it opens', async (t) => {
  const { port } = await setUp(t, addWebSocketRoute)
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`)
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage]
  t.equal(response.statusCode, 401)
  response.resume()
})

t.test('a stream of server-sent events ends when its user is revoked', async (t) => {
  const { fastify, port } = await setUp(t, addEventsRoute)
  const response = await open(port, clerk.signSessionToken(session))
  const events: string[] = []
  response.setEncoding('utf8').on('data', (data) => events.push(data))
  await once(response, 'data')
  fastify.clerk.revoke({ userId: 'user_1' })
  await once(response, 'end')
  t.strictSame(events, ['data: user_1\n\n', 'event: ended\ndata: FST_CLERK_LIFETIME_REVOKED\n\n'])
})

t.test('a stream of server-sent events ends when its token runs out', async (t) => {
  const { port } = await setUp(t, addEventsRoute)
  const response = await open(port, clerk.signSessionToken({ ...session, userId: 'user_2', expiresInSeconds: 2 }))
  let text = ''
  response.setEncoding('utf8').on('data', (data) => {
    text += data
  })
  await once(response, 'end')
  t.equal(text, 'data: user_2\n\nevent: ended\ndata: FST_CLERK_LIFETIME_EXPIRED\n\n')
})

async function open(port: number, token: string): Promise<IncomingMessage> {
  const request = get({ port, host: '127.0.0.1', path: '/events', headers: clerk.bearer(token), agent: false })
  const [response] = await once(request, 'response')
  return response
}
