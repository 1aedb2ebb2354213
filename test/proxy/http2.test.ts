import { once } from 'node:events'
import { type ClientHttp2Session, type ClientSessionOptions, connect, type IncomingHttpHeaders } from 'node:http2'
import { text } from 'node:stream/consumers'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import clerkAuth from '../../src/index.js'
import { frontendApiProxy } from '../../src/proxy/index.js'
import { clerk, startUpstream } from './scene.js'

// Over HTTP/2 a request has pseudo-headers and no connection headers. FAPI gets the same as over HTTP/1.1.

async function send(
  session: ClientHttp2Session,
  headers: object,
  body = ''
): Promise<{ head: IncomingHttpHeaders; body: string }> {
  const stream = session.request({ ':authority': 'app.example.com', ...headers } as IncomingHttpHeaders)
  if (body !== '') stream.end(body)
  const [head] = (await once(stream, 'response')) as [IncomingHttpHeaders]
  return { head, body: await text(stream) }
}

t.test('requests over HTTP/2 pass as others do, and are refused as others are', async (t) => {
  const upstream = await startUpstream()
  const app = Fastify({ http2: true }) as unknown as FastifyInstance
  t.teardown(() => app.close())
  await app.register(clerkAuth, clerk.pluginOptions())
  await app.register(frontendApiProxy, { fapiUrl: upstream.url, bodyLimit: 10, timeoutInMs: 300 })
  const session = connect(await app.listen({ port: 0, host: '127.0.0.1' }))
  t.teardown(() => session.close())

  const path = '/__clerk/v1/client?x=1'
  const got = await send(session, { ':path': path, cookie: '__client=1' })
  t.equal(got.head[':status'], 200)
  t.equal(got.body, '{"response":null}')
  const posted = await send(session, { ':path': path, ':method': 'POST', 'content-type': 'text/plain' }, 'a=b')
  t.equal(posted.head[':status'], 200)
  t.strictSame(
    upstream.received.map(({ method, url, body }) => [method, url, body]),
    [
      ['GET', '/v1/client?x=1', ''],
      ['POST', '/v1/client?x=1', 'a=b']
    ]
  )
  const untyped = await send(session, { ':path': path, ':method': 'POST' }, 'c=d')
  t.equal(untyped.head[':status'], 200)
  t.equal(upstream.received.at(-1)?.body, 'c=d', 'a body without a type, as over HTTP/1.1')
  t.notOk(Object.hasOwn(Object.fromEntries(upstream.received.at(-1)?.headers ?? []), 'content-type'))
  const bare = await send(session, { ':path': path, ':method': 'DELETE' })
  t.equal(bare.head[':status'], 200)
  const { body, headers: ofBare } = upstream.received.at(-1) ?? { body: null, headers: [] }
  t.equal(body, '')
  t.notOk(Object.hasOwn(Object.fromEntries(ofBare), 'transfer-encoding'), 'no body is announced where none is sent')
  for (const { headers } of upstream.received) {
    t.notOk(headers.some(([name]) => name.startsWith(':')))
    t.equal(Object.fromEntries(headers)['clerk-proxy-url'], 'http://app.example.com/__clerk')
  }

  const dots = await send(session, { ':path': '/__clerk/%2e%2e/x' })
  t.equal(dots.head[':status'], 400)
  const large = await send(session, { ':path': path, ':method': 'POST', 'content-type': 'text/plain' }, 'a'.repeat(11))
  t.equal(large.head[':status'], 413)
  const untypedLarge = await send(session, { ':path': path, ':method': 'POST' }, 'a'.repeat(11))
  t.equal(untypedLarge.head[':status'], 413)
  upstream.answer = () => {}
  const late = await send(session, { ':path': path })
  t.equal(late.head[':status'], 504)
  const slow = session.request({
    ':authority': 'app.example.com',
    ':path': path,
    ':method': 'POST',
    'content-type': 'text/plain'
  })
  slow.write('a')
  const [head] = await once(slow, 'response')
  t.equal(head[':status'], 408)
  slow.destroy()
})

async function startSmall(
  t: { teardown(end: () => unknown): void },
  hook: () => Promise<void> = async () => {}
): Promise<(options?: ClientSessionOptions) => ClientHttp2Session> {
  const upstream = await startUpstream()
  const app = Fastify({ http2: true }) as unknown as FastifyInstance
  t.teardown(() => app.close())
  app.addHook('preHandler', hook)
  await app.register(clerkAuth, clerk.pluginOptions())
  await app.register(frontendApiProxy, { fapiUrl: upstream.url, timeoutInMs: 300, maxConcurrency: 1 })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  return (options = {}) => {
    const session = connect(url, options)
    t.teardown(() => session.destroy())
    return session.on('error', () => {})
  }
}

const GET = { ':authority': 'app.example.com', ':path': '/__clerk/v1/client' }
const POST = { ...GET, ':method': 'POST', 'content-type': 'text/plain' }

t.test('a body that is left open keeps its place no longer than the time', { timeout: 20_000 }, async (t) => {
  const open = await startSmall(t)
  const session = open()
  const slow = session.request(POST).on('error', () => {})
  slow.write('a')
  const closed = once(slow.resume(), 'close')
  const [head] = await once(slow, 'response')
  t.equal(head[':status'], 408)
  await closed
  t.equal((await send(session, GET)).head[':status'], 200)
})

t.test(
  'a client that takes no byte of its answer keeps its place no longer than the time',
  { timeout: 20_000 },
  async (t) => {
    const open = await startSmall(t)
    const stuck = open({ settings: { initialWindowSize: 0 } })
      .request(GET)
      .on('error', () => {})
    await once(stuck, 'response')
    const session = open()
    t.equal((await send(session, GET)).head[':status'], 503)
    await once(stuck.resume(), 'close')
    t.equal((await send(session, GET)).head[':status'], 200)
  }
)

t.test('a stream that is reset while a hook waits takes no place', { timeout: 20_000 }, async (t) => {
  const steps = { isFirst: true, arrived: () => {}, goOn: () => {} }
  const arrived = new Promise<void>((resolve) => (steps.arrived = resolve))
  const mayGoOn = new Promise<void>((resolve) => (steps.goOn = resolve))
  const open = await startSmall(t, async () => {
    if (!steps.isFirst) return
    steps.isFirst = false
    steps.arrived()
    await mayGoOn
  })
  const session = open()
  const gone = session.request(GET).on('error', () => {})
  await arrived
  gone.close(8)
  await once(gone, 'close')
  await new Promise<void>((resolve) => session.ping(() => resolve()))
  steps.goOn()
  await new Promise<void>((resolve) => session.ping(() => resolve()))
  t.equal((await send(session, GET)).head[':status'], 200)
})
