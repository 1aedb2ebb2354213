import { once } from 'node:events'
import http2 from 'node:http2'
import net from 'node:net'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import t, { type Test } from 'tap'
import audit from '../../src/audit/index.js'
import clerkAuth, { authorizeAsync } from '../../src/index.js'
import { createLocalClerk } from '../../src/local/index.js'
import { memorySink } from './audited-server.js'

// Clients that leave, over real connections of both protocols.

type Protocol = 'HTTP/1' | 'HTTP/2'

interface Scene {
  readonly fastify: FastifyInstance
  /** Holds a request until its client has left. */
  readonly gate: (request: FastifyRequest) => Promise<void>
}

const clerk = await createLocalClerk()
const { authorization } = clerk.bearer({ userId: 'user_mallory' })
const pause = () => new Promise((resolve) => setTimeout(resolve, 20))

async function serve(t: Pick<Test, 'teardown'>, protocol: Protocol, routes: (scene: Scene) => void) {
  const fastify = Fastify(protocol === 'HTTP/2' ? ({ http2: true } as object) : {}) as unknown as FastifyInstance
  const sink = memorySink()
  const held: { readonly go: () => void; readonly isGone: () => boolean }[] = []
  const gate = ({ raw }: FastifyRequest) => {
    const { stream, socket } = raw as typeof raw & { stream?: { destroyed: boolean } }
    return new Promise<void>((go) => held.push({ go, isGone: () => (stream ?? socket).destroyed }))
  }
  await fastify.register(clerkAuth, clerk.pluginOptions())
  fastify.addHook('onRequest', async (request) => {
    if (request.url === '/held') await gate(request)
  })
  await fastify.register(audit, { sink })
  routes({ fastify, gate })
  await fastify.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => fastify.close())
  const { port } = fastify.server.address() as net.AddressInfo
  const recordsSince = async (start: number) => {
    await pause()
    await fastify.auditLog.flush()
    return sink.records.slice(start)
  }
  return {
    port,
    recordsSince,
    /** Sends requests over one connection, leaves when all are held, lets them go on, and returns their records. */
    async leave(...requests: readonly string[]) {
      const start = sink.records.length
      const depart = send(protocol, port, requests)
      await until(() => held.length === requests.length)
      depart()
      await until(() => held.every(({ isGone }) => isGone()))
      await pause()
      for (const { go } of held.splice(0)) go()
      return recordsSince(start)
    }
  }
}

/** Returns what makes the client leave. */
function send(protocol: Protocol, port: number, requests: readonly string[]): () => void {
  if (protocol === 'HTTP/1') {
    const socket = net.connect(port, '127.0.0.1').on('error', () => {})
    for (const request of requests)
      socket.write(`${request} HTTP/1.1\r\nhost: a\r\nauthorization: ${authorization}\r\n\r\n`)
    return () => socket.destroy()
  }
  const session = http2.connect(`http://127.0.0.1:${port}`).on('error', () => {})
  const streams = requests.map((request) => stream(session, request).on('error', () => {}))
  return () => {
    for (const stream of streams) stream.close(http2.constants.NGHTTP2_CANCEL)
    setTimeout(() => session.destroy(), 10)
  }
}

function stream(session: http2.ClientHttp2Session, request: string, options: http2.ClientSessionRequestOptions = {}) {
  const [method, path] = request.split(' ')
  return session.request({ ':method': method, ':path': path, authorization }, options)
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 1))
}

for (const protocol of ['HTTP/1', 'HTTP/2'] as const) {
  t.test(`${protocol}: what happens after its client has left is recorded`, async (t) => {
    const acted: string[] = []
    const { leave } = await serve(t, protocol, ({ fastify, gate }) => {
      const act = ({ url }: FastifyRequest) => {
        acted.push(url)
        return 'gone'
      }
      const permit = authorizeAsync((_auth, request) => gate(request as FastifyRequest).then(() => true))
      fastify.delete('/held', act)
      fastify.delete('/permitted', { onRequest: permit }, act)
      fastify.delete('/guarded-late', { preHandler: permit }, act)
      fastify.delete('/noted', async (request) => {
        await gate(request)
        request.audit({ amount: 7 })
        return act(request)
      })
      fastify.delete('/not-found', async (request, reply) => {
        await gate(request)
        acted.push(request.url)
        return reply.callNotFound()
      })
    })
    const allowed = { decision: 'allowed', aborted: true, userId: 'user_mallory', device: { address: '127.0.0.1' } }
    for (const route of ['/held', '/permitted', '/guarded-late']) {
      const records = await leave(`DELETE ${route}`)
      t.match(records, [{ ...allowed, route, status: 200 }])
      t.equal(records.length, 1, route)
    }
    t.match(await leave('DELETE /noted'), [{ ...allowed, status: 200, details: { amount: 7 } }])
    t.match(await leave('DELETE /not-found'), [{ ...allowed, status: 404, route: '/not-found' }])
    t.equal(acted.length, 5)
  })

  t.test(`${protocol}: a refusal is recorded whose client has left`, async (t) => {
    const { leave } = await serve(t, protocol, ({ fastify, gate }) => {
      const refuse = (request: unknown) => gate(request as FastifyRequest).then(() => false)
      const refused = authorizeAsync((_auth, request) => refuse(request))
      const hidden = authorizeAsync((_auth, request) => refuse(request), { as: 'not-found' })
      fastify.get('/refused', { onRequest: refused }, () => 'x')
      fastify.post('/refused', { onRequest: refused }, () => 'x')
      fastify.get('/hidden', { onRequest: hidden }, () => 'x')
    })
    const refused = { decision: 'refused', aborted: true, userId: 'user_mallory', device: { address: '127.0.0.1' } }
    for (const [request, status] of [
      ['GET /refused', 403],
      ['POST /refused', 403],
      ['GET /hidden', 404]
    ] as const) {
      const records = await leave(request)
      t.match(records, [{ ...refused, status, route: request.split(' ')[1] }])
      t.equal(records.length, 1, request)
    }
  })
}

t.test('requests are recorded that are behind another on their connection', async (t) => {
  const { leave } = await serve(t, 'HTTP/1', ({ fastify, gate }) => {
    const refuse = authorizeAsync((_auth, request) => gate(request as FastifyRequest).then(() => false))
    fastify.get('/first', async (request) => gate(request).then(() => 'x'))
    fastify.delete('/held', () => 'gone')
    fastify.delete('/handled', async (request) => gate(request).then(() => 'gone'))
    fastify.get('/refused', { onRequest: refuse }, () => 'x')
    fastify.delete('/answered', () => 'gone')
  })
  const requests = ['GET /first', 'DELETE /held', 'DELETE /handled', 'GET /refused']
  const records = await leave(...requests)
  t.strictSame(records.map(({ route, status, aborted }) => [route, status, aborted]).sort(), [
    ['/handled', 200, true],
    ['/held', 200, true],
    ['/refused', 403, true]
  ])
})

t.test('answers that wait for their turn are recorded once, whether it comes or not', async (t) => {
  const warnings: Error[] = []
  const warn = (warning: Error) => void warnings.push(warning)
  process.on('warning', warn)
  t.teardown(() => process.off('warning', warn))
  const firsts: (() => void)[] = []
  const { port, recordsSince } = await serve(t, 'HTTP/1', ({ fastify }) => {
    fastify.get('/first', () => new Promise((resolve) => firsts.push(() => resolve('x'))))
    fastify.delete('/answered', () => 'gone')
  })
  const requests = ['GET /first', ...Array.from({ length: 15 }, () => 'DELETE /answered')]
  const depart = send('HTTP/1', port, requests)
  t.strictSame(await recordsSince(0), [])
  depart()
  const left = await recordsSince(0)
  t.equal(left.length, 15)
  t.ok(left.every(({ aborted }) => aborted))
  firsts.pop()?.()

  const departLater = send('HTTP/1', port, requests)
  await until(() => firsts.length === 1)
  firsts.pop()?.()
  const sent = await recordsSince(15)
  t.equal(sent.length, 15)
  t.notOk(sent.some(({ aborted }) => aborted))
  departLater()
  t.equal((await recordsSince(0)).length, 30)
  t.strictSame(warnings, [])
})

t.test('HTTP/2: an answer counts as sent unless its stream was reset', async (t) => {
  const { port, recordsSince } = await serve(t, 'HTTP/2', ({ fastify }) => {
    const config = { clerk: { audit: true } } as const
    fastify.route({ method: ['GET', 'HEAD', 'POST'], url: '/plain', config, handler: () => 'x' })
    fastify.post('/empty', (_request, reply) => reply.code(204).send())
    fastify.post('/refused', { onRequest: authorizeAsync(async () => false) }, () => 'x')
    fastify.post('/not-found', (_request, reply) => reply.callNotFound())
    fastify.post('/large', () => Buffer.alloc(5_000_000))
  })
  const session = http2.connect(`http://127.0.0.1:${port}`)
  t.teardown(() => session.destroy())
  for (const request of [
    'GET /plain',
    'HEAD /plain',
    'POST /plain',
    'POST /empty',
    'POST /refused',
    'POST /not-found'
  ]) {
    const start = (await recordsSince(0)).length
    const answered = stream(session, request).resume()
    answered.end()
    await once(answered, 'close')
    const records = await recordsSince(start)
    t.match(records, [{ aborted: false, device: { address: '127.0.0.1' } }], request)
    t.equal(records.length, 1, request)
  }
  const start = (await recordsSince(0)).length
  const cancelled = stream(session, 'POST /large')
  cancelled.end()
  await once(cancelled, 'response')
  cancelled.close(http2.constants.NGHTTP2_CANCEL)
  await once(cancelled, 'close')
  t.match(await recordsSince(start), [{ route: '/large', status: 200, aborted: true }])
})
