import { type EventEmitter, once } from 'node:events'
import net from 'node:net'
import Fastify from 'fastify'
import t from 'tap'
import { MAX_ABANDONED } from '../../src/audit/abandoned.js'
import audit, { type AuditSink } from '../../src/audit/index.js'
import { memorySink, serverWith } from './audited-server.js'

t.test('a client that leaves early leaves a record all the same', async (t) => {
  const release: (() => void)[] = []
  const { fastify, sink } = await serverWith({}, (fastify) => {
    fastify.post('/slow', async (request) => {
      await new Promise<void>((resolve) => release.push(resolve))
      request.audit({ action: 'slow.done' })
      return {}
    })
    fastify.post('/stream', (_request, reply) => {
      reply.hijack()
      reply.raw.write('begun')
    })
  })
  await fastify.listen({ port: 0, host: '127.0.0.1' })
  const leave = async (path: string): Promise<void> => {
    const { port } = fastify.server.address() as net.AddressInfo
    const closed = new Promise<void>((resolve) =>
      fastify.server.once('connection', (socket) => socket.once('close', () => resolve()))
    )
    const client = net.connect(port, '127.0.0.1')
    const arrived = new Promise<void>((resolve) => fastify.server.once('request', () => setImmediate(resolve)))
    client.write(`POST ${path} HTTP/1.1\r\nhost: a\r\nx-who: in\r\ncontent-length: 0\r\n\r\n`)
    await arrived
    client.destroy()
    await closed
  }
  await leave('/slow')
  release.shift()?.()
  await new Promise((resolve) => setImmediate(resolve))
  await leave('/stream')
  await leave('/slow')
  await fastify.auditLog.flush()
  t.match(sink.records, [
    { route: '/slow', aborted: true, action: 'slow.done', status: 200, device: { address: '127.0.0.1' } },
    { route: '/stream', aborted: true }
  ])
  await fastify.close()
  t.match(sink.records[2], { route: '/slow', aborted: true, status: 0 }, 'on close at the latest')
  t.equal(sink.records.length, 3)
})

t.test('a stream that is written past Fastify is recorded when its client leaves', async (t) => {
  const { fastify, sink } = await serverWith({}, (fastify) => {
    fastify.post('/events', async (_request, reply) => {
      reply.raw.writeHead(200, { 'content-type': 'text/event-stream' })
      reply.raw.write('data: 1\n\n')
      reply.raw.on('close', () => setImmediate(() => fastify.server.emit('left')))
      return reply
    })
  })
  await fastify.listen({ port: 0, host: '127.0.0.1' })
  const { port } = fastify.server.address() as net.AddressInfo
  const client = net.connect(port, '127.0.0.1')
  client.write('POST /events HTTP/1.1\r\nhost: a\r\nx-who: in\r\ncontent-length: 0\r\n\r\n')
  await once(client, 'data')
  const hasLeft = once(fastify.server, 'left')
  client.destroy()
  await hasLeft
  await fastify.auditLog.flush()
  t.match(sink.records, [{ route: '/events', aborted: true, status: 200 }])
})

t.test('requests of which the handler never answers do not pile up', async (t) => {
  const left: EventEmitter[] = []
  const { fastify, sink } = await serverWith({}, (fastify) => {
    for (const method of ['GET', 'POST'])
      fastify.route({
        method,
        url: '/never',
        handler: async (_request, reply) => {
          left.push(reply.raw)
          return new Promise(() => {})
        }
      })
  })
  const leave = async (method: 'GET' | 'POST') => {
    void fastify.inject({ method, url: '/never', headers: { 'x-who': 'in' } }).catch(() => {})
    while (left.length === 0) await new Promise((resolve) => setImmediate(resolve))
    left.pop()?.emit('close')
  }
  await leave('POST')
  for (let i = 0; i < MAX_ABANDONED + 5; i++) await leave('GET')
  await fastify.auditLog.flush()
  t.strictSame(sink.records, [], 'no number of reads pushes out a change')
  for (let i = 0; i < MAX_ABANDONED; i++) await leave('POST')
  await fastify.auditLog.flush()
  t.match(sink.records, [{ route: '/never', method: 'POST', aborted: true, status: 0 }])
  t.equal(sink.records.length, 1)
})

t.test('a request that was pushed out without a record has one once it is refused', async (t) => {
  const left: EventEmitter[] = []
  const refuse: (() => void)[] = []
  const { fastify, sink } = await serverWith({}, (fastify) => {
    fastify.get('/waits', async (_request, reply) => {
      left.push(reply.raw)
      await new Promise<void>((resolve) => refuse.push(resolve))
      return reply.code(403).send({})
    })
  })
  for (let i = 0; i < MAX_ABANDONED + 1; i++) {
    void fastify.inject({ url: '/waits', headers: { 'x-who': 'in' } }).catch(() => {})
    while (left.length === 0) await new Promise((resolve) => setImmediate(resolve))
    left.pop()?.emit('close')
  }
  refuse[0]?.()
  await new Promise((resolve) => setImmediate(resolve))
  await fastify.auditLog.flush()
  t.match(sink.records, [{ route: '/waits', status: 403, aborted: true, decision: 'refused' }])
  for (const resolve of refuse) resolve()
  await new Promise((resolve) => setImmediate(resolve))
  await fastify.auditLog.flush()
  t.equal(sink.records.length, MAX_ABANDONED + 1, 'each has one')
})

t.test('a change for whose record there is no room does not happen', async (t) => {
  let changes = 0
  let isAway = true
  const written: string[] = []
  const sink: AuditSink = {
    name: 'away',
    open: async () => {},
    close: async () => {},
    async write(lines) {
      if (isAway) throw new Error('away')
      written.push(...lines)
    }
  }
  const options = { sink, maxQueued: 2, maxWaitInMs: 0, flushIntervalInMs: 1 }
  const { fastify } = await serverWith(options, (fastify) => {
    fastify.post('/change', async () => ({ changes: ++changes }))
    fastify.post('/free', { config: { clerk: { audit: false } } as never }, async () => 'free')
  })
  const alive = setInterval(() => {}, 1_000)
  t.teardown(() => clearInterval(alive))
  const post = (url: string) => fastify.inject({ method: 'POST', url, headers: { 'x-who': 'in' } })
  await post('/change')
  await post('/change')
  const refused = await post('/change')
  t.equal(refused.statusCode, 503)
  t.equal(refused.json().code, 'FST_CLERK_AUDIT_FULL')
  t.equal(refused.headers['retry-after'], '5')
  t.equal(changes, 2)
  t.equal((await fastify.inject({ url: '/things' })).statusCode, 200, 'reads go on')
  t.equal((await post('/free')).statusCode, 200, 'so does what is not recorded')
  isAway = false
  await fastify.auditLog.flush()
  t.equal((await post('/change')).statusCode, 200)
  await fastify.auditLog.flush()
  t.equal(written.length, 3, 'and nothing is recorded of what did not happen')
  t.match(fastify.auditLog.health(), { ok: true, turnedAway: 1, lost: 0, dropped: 0 })
})

t.test('any number of servers in a process have one listener for its exit, until the last is closed', async (t) => {
  const before = process.listenerCount('exit')
  const servers = await Promise.all(
    Array.from({ length: 12 }, async () => {
      const app = Fastify()
      await app.register(audit, { sink: memorySink() })
      return app
    })
  )
  t.ok(process.listenerCount('exit') <= before + 1)
  for (const app of servers) await app.close()
  t.ok(process.listenerCount('exit') <= before)
})
