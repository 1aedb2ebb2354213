import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import { connect as connectHttp2, constants } from 'node:http2'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import websocket from '@fastify/websocket'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { openConnections } from '../../../src/core/connections/request-lifetime.js'
import clerkAuth from '../../../src/index.js'
import { createLocalClerk } from '../../../src/local/index.js'

const clerk = await createLocalClerk()
t.teardown(() => clerk.close())
const headers = clerk.bearer({ userId: 'user_1', sessionId: 'sess_1', expiresInSeconds: 3_600 })

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

async function setUp(t: Test, isHttp2 = false) {
  const fastify = (isHttp2 ? Fastify({ http2: true }) : Fastify()) as unknown as FastifyInstance
  await fastify.register(clerkAuth, clerk.pluginOptions({ clockSkewInMs: 0 }))
  const sockets = new Set<FastifyRequest['raw']['socket']>()
  const open = (request: FastifyRequest) => {
    if (!isHttp2) sockets.add(request.raw.socket)
    return fastify.clerk.lifetime(request)
  }
  fastify.get('/events', (request, reply) => {
    const { signal } = open(request)
    reply.hijack()
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream' })
    reply.raw.write('data: hello\n\n')
    if ((request.query as { stay?: string }).stay === undefined) reply.raw.end()
    signal.addEventListener('abort', () => reply.raw.end('data: ended\n\n'), { once: true })
  })
  fastify.get('/late', async (request, reply) => {
    reply.hijack()
    reply.raw.end()
    await once(reply.raw, 'close')
    open(request)
  })
  fastify.get('/client-gone', (request, reply) => {
    reply.hijack()
    request.raw.socket.once('close', () => {
      open(request)
      fastify.server.emit('opened')
    })
    fastify.server.emit('arrived')
  })
  if (!isHttp2) {
    await fastify.register(websocket)
    await fastify.register(async (scope) => {
      scope.get('/ws', { websocket: true }, (socket, request) => {
        open(request)
        socket.send('hello')
      })
    })
  }
  await fastify.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => fastify.close())
  const { port } = fastify.server.address() as AddressInfo
  const count = () => openConnections(fastify.clerk.instanceOf())
  return { fastify, port, sockets, count }
}

async function untilCount(count: () => number, expected: number): Promise<void> {
  while (count() !== expected) await nextTurn()
}

t.test('10,000 streams over one socket of HTTP/1.1 leave nothing behind', async (t) => {
  const { port, sockets, count } = await setUp(t)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => agent.destroy())
  const warnings: string[] = []
  const onWarning = ({ name }: Error) => warnings.push(name)
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))

  async function run(streams: number): Promise<number> {
    for (let i = 0; i < streams; i++) {
      const request = get({ port, host: '127.0.0.1', path: '/events', headers, agent })
      const [response] = (await once(request, 'response')) as [IncomingMessage]
      await once(response.resume(), 'end')
    }
    await untilCount(count, 0)
    await nextTurn()
    collectGarbage()
    return process.memoryUsage().heapUsed
  }

  const early = await run(1_000)
  const [socket] = sockets
  const listeners = socket?.listenerCount('close')
  const late = await run(9_000)
  t.equal(sockets.size, 1)
  t.equal(socket?.listenerCount('close'), listeners)
  t.ok(late - early < 2_000_000, `${late - early} bytes more after 9,000 streams more`)
  t.strictSame(warnings, [])
})

t.test(
  'a stream on a socket that was used before ends when its session is revoked, and when its client goes',
  async (t) => {
    const { fastify, port, count } = await setUp(t)
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    t.teardown(() => agent.destroy())
    const open = async (path: string) => {
      const request = get({ port, host: '127.0.0.1', path, headers, agent })
      const [response] = (await once(request, 'response')) as [IncomingMessage]
      return response
    }
    await once((await open('/events')).resume(), 'end')
    const stream = await open('/events?stay')
    await untilCount(count, 1)
    stream.destroy()
    await untilCount(count, 0)

    await once((await open('/events')).resume(), 'end')
    const revoked = await open('/events?stay')
    await untilCount(count, 1)
    await fastify.clerk.revoke({ sessionId: 'sess_1' }, Date.now() - 500)
    let text = ''
    revoked.setEncoding('utf8').on('data', (data) => {
      text += data
    })
    await once(revoked, 'end')
    t.equal(text, 'data: hello\n\ndata: ended\n\n')
    t.equal(count(), 0)
  }
)

t.test(
  'a response that waits for an earlier one ends with its socket, and is one listener with all others',
  async (t) => {
    const { port, sockets, count } = await setUp(t)
    const client: Socket = connect(port, '127.0.0.1')
    const lines = `host: a\r\nauthorization: ${fresh().authorization}\r\n\r\n`
    client.write(`GET /events?stay HTTP/1.1\r\n${lines}`.repeat(20))
    await untilCount(count, 20)
    const [socket] = sockets
    t.ok((socket?.listenerCount('close') ?? 99) <= 10, `${socket?.listenerCount('close')} listeners`)
    client.destroy()
    await untilCount(count, 0)
  }
)

t.test('a lifetime of a response that has ended is over at once', async (t) => {
  const { fastify, port, count } = await setUp(t)
  const done = new Promise<void>((resolve) => {
    fastify.server.on('request', (_request, response) => response.on('close', () => setImmediate(resolve)))
  })
  const agent = new Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())
  const [response] = (await once(
    get({ port, host: '127.0.0.1', path: '/late', headers: fresh(), agent }),
    'response'
  )) as [IncomingMessage]
  await once(response.resume(), 'end')
  await done
  t.equal(count(), 0)
})

t.test('a lifetime of a response that waits is over at once when the client has gone', async (t) => {
  const { fastify, port, count } = await setUp(t)
  const request = (path: string) => `GET ${path} HTTP/1.1\r\nhost: a\r\nauthorization: ${fresh().authorization}\r\n\r\n`
  for (const paths of [['/client-gone'], ['/events?stay', '/client-gone']]) {
    const arrived = once(fastify.server, 'arrived')
    const opened = once(fastify.server, 'opened')
    const client = connect(port, '127.0.0.1')
    client.write(paths.map(request).join(''))
    await arrived
    client.destroy()
    await opened
    t.equal(count(), 0, paths.join(' '))
  }
})

t.test('streams of HTTP/2 over one socket leave nothing behind', async (t) => {
  const { port, count } = await setUp(t, true)
  const session = connectHttp2(`http://127.0.0.1:${port}`)
  t.teardown(() => session.destroy())
  for (let i = 0; i < 500; i++) {
    const stream = session.request({ ':path': '/events', ...fresh() })
    await once(stream.resume(), 'end')
  }
  await untilCount(count, 0)
  const staying = session.request({ ':path': '/events?stay', ...fresh() })
  await once(staying, 'data')
  t.equal(count(), 1)
  staying.close(constants.NGHTTP2_CANCEL)
  await untilCount(count, 0)
})

t.test('a WebSocket lives as long as its socket', async (t) => {
  const { port, count } = await setUp(t)
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { headers: fresh() })
  await once(socket, 'message')
  t.equal(count(), 1)
  await nextTurn()
  t.equal(count(), 1)
  socket.terminate()
  await untilCount(count, 0)
})

t.test('an injected request leaves nothing behind', async (t) => {
  const { fastify, count } = await setUp(t)
  const response = await fastify.inject({ url: '/events', headers: fresh() })
  t.equal(response.body, 'data: hello\n\n')
  await untilCount(count, 0)
})

function fresh(): { authorization: string } {
  return clerk.bearer({ userId: 'user_2', sessionId: 'sess_2', expiresInSeconds: 3_600 }) as { authorization: string }
}
