import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import websocket from '@fastify/websocket'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { openConnections } from '../../../src/core/connections/request-lifetime.js'
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

/** The recipe for connections that authenticate by their first message. */
function addFirstMessageRoute(fastify: FastifyInstance): void {
  fastify.get('/ws', { websocket: true, config: { clerk: false } }, (socket, request) => {
    socket.once('message', async (data) => {
      try {
        const lifetime = await fastify.clerk.openLifetime(String(data), request)
        const onEnd = () => socket.close(4401, lifetime.signal.reason.code)
        if (lifetime.signal.aborted) return onEnd()
        lifetime.signal.addEventListener('abort', onEnd, { once: true })
        socket.send(JSON.stringify({ hello: lifetime.auth.userId }))
      } catch (error) {
        socket.close(4401, `${(error as { code: string }).code} ${(error as { reason: string }).reason}`)
      }
    })
  })
}

async function firstMessage(t: Test, port: number, text: string) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`)
  t.teardown(() => socket.terminate())
  await once(socket, 'open')
  const answer = new Promise<string>((resolve) => {
    socket.once('message', (data) => resolve(String(data)))
    socket.once('close', (code, reason) => resolve(`${code} ${reason}`))
  })
  socket.send(text)
  return { socket, answer: await answer }
}

t.test('a connection that authenticates by its first message lives as long as its session', async (t) => {
  const { fastify, port } = await setUp(t, addFirstMessageRoute)
  const { socket, answer } = await firstMessage(t, port, clerk.signSessionToken(session))
  t.equal(answer, '{"hello":"user_1"}')
  const closed = once(socket, 'close')
  await fastify.clerk.revoke({ sessionId: 'sess_1' })
  const [code, reason] = await closed
  t.same([code, String(reason)], [4401, 'FST_CLERK_LIFETIME_REVOKED'])
})

t.test('a bad first message opens nothing, and says why', async (t) => {
  const { port } = await setUp(t, addFirstMessageRoute)
  const forged = `${clerk.signSessionToken({ sessionId: 'sess_9' }).slice(0, -4)}AAAA`
  for (const [text, expected] of [
    ['hello', '4401 FST_CLERK_UNAUTHORIZED token-invalid'],
    [forged, '4401 FST_CLERK_UNAUTHORIZED token-invalid-signature'],
    [
      clerk.signSessionToken({ sessionId: 'sess_9', expiresInSeconds: -60 }),
      '4401 FST_CLERK_UNAUTHORIZED token-expired'
    ],
    [
      clerk.signSessionToken({ sessionId: 'sess_9', claims: { sts: 'pending' } }),
      '4401 FST_CLERK_UNAUTHORIZED session-pending'
    ],
    [clerk.machineTokens.createM2MToken({ format: 'jwt' }), /^4401 FST_CLERK_UNAUTHORIZED token-/]
  ] as const) {
    const { answer } = await firstMessage(t, port, text)
    if (typeof expected === 'string') t.equal(answer, expected)
    else t.match(answer, expected)
  }
})

t.test('without a request it is closed by hand, and is counted until then', async (t) => {
  const { fastify } = await setUp(t, () => {})
  const instance = fastify.clerk.instanceOf()
  const lifetime = await fastify.clerk.openLifetime(clerk.signSessionToken({ sessionId: 'sess_2' }))
  t.equal(lifetime.auth.sessionId, 'sess_2')
  t.equal(openConnections(instance), 1)
  t.equal((await lifetime.renew(clerk.signSessionToken({ sessionId: 'sess_3' }))).ok, false)
  lifetime.close()
  t.equal(openConnections(instance), 0)
  t.equal(lifetime.signal.aborted, false)
})

t.test('a connection that is gone before its token was judged is not kept', async (t) => {
  const { fastify, port } = await setUp(t, (scope) => {
    scope.get('/ws', { websocket: true, config: { clerk: false } }, (socket, request) => {
      socket.once('close', async () => {
        const lifetime = await scope.clerk.openLifetime(clerk.signSessionToken({ sessionId: 'sess_4' }), request)
        scope.server.emit('opened', lifetime.auth.sessionId)
      })
    })
  })
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`)
  await once(socket, 'open')
  const opened = once(fastify.server, 'opened')
  socket.terminate()
  t.same(await opened, ['sess_4'])
  t.equal(openConnections(fastify.clerk.instanceOf()), 0)
})
