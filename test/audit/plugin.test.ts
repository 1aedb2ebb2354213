import { randomUUID } from 'node:crypto'
import net from 'node:net'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import t from 'tap'
import audit, { type AuditOptions, type AuditRecord, type AuditSink } from '../../src/audit/index.js'
import { authNotEvaluated } from '../../src/core/auth/not-evaluated.js'
import { createSignedInAuth, createSignedOutAuth } from '../../src/core/auth/session-auth.js'
import type { SessionClaims } from '../../src/core/auth/types.js'

const context = { fetchToken: async () => '' }
const claims = { sub: 'user_1', sid: 'sess_1', exp: 2_000_000_000, v: 2, o: { id: 'org_1', rol: 'admin' } }
const signedIn = createSignedInAuth(claims as unknown as SessionClaims, 'secret.token.text', context)
const impersonated = createSignedInAuth(
  { ...claims, act: { sub: 'user_admin' } } as unknown as SessionClaims,
  'secret.token.text',
  context
)
const signedOut = createSignedOutAuth('session-token-missing', '')
const apiKey = {
  isAuthenticated: true,
  tokenType: 'api_key',
  id: 'ak_1',
  name: 'deploys',
  subject: 'user_9',
  scopes: [],
  claims: null,
  userId: 'user_9',
  orgId: null
}
const auths: Record<string, object> = {
  in: signedIn,
  impersonated,
  out: signedOut,
  key: apiKey,
  none: authNotEvaluated
}

function memorySink(): AuditSink & { records: AuditRecord[]; text: () => string } {
  const lines: string[] = []
  return {
    name: 'memory',
    open: async () => {},
    close: async () => {},
    async write(batch) {
      lines.push(...batch)
    },
    get records() {
      return lines.map((line) => JSON.parse(line) as AuditRecord)
    },
    text: () => lines.join('\n')
  }
}

/** A server without the plugin, whose auth objects are chosen by a request header. */
async function serverWith(
  options: Partial<AuditOptions> = {},
  routes: (fastify: FastifyInstance) => void = () => {},
  serverOptions: FastifyServerOptions = {}
) {
  const sink = memorySink()
  const fastify = Fastify(serverOptions) as unknown as FastifyInstance
  fastify.decorateRequest('auth', null as never)
  fastify.addHook('onRequest', (request, _reply, done) => {
    Object.assign(request, { auth: auths[request.headers['x-who'] as string] ?? signedOut })
    done()
  })
  await fastify.register(audit, { sink, ...options })
  fastify.get('/things', async () => [])
  fastify.post('/things/:id', async () => ({ ok: true }))
  fastify.get('/refused', async (_request, reply) => reply.code(403).send({}))
  routes(fastify)
  t.teardown(() => fastify.close())
  return {
    fastify,
    sink,
    async send(method: 'GET' | 'POST' | 'DELETE' | 'HEAD', url: string, headers: Record<string, string> = {}) {
      const response = await fastify.inject({ method, url, headers })
      await fastify.auditLog.flush()
      return response
    }
  }
}

const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36'

t.test('a change is recorded with who, from which device, what and how it ended', async (t) => {
  const { sink, send } = await serverWith({ now: () => 1_700_000_000_000 })
  await send('POST', '/things/7?secret=query', {
    'x-who': 'in',
    authorization: 'Bearer secret.token.text',
    cookie: '__session=secret.token.text',
    'user-agent': CHROME,
    'sec-ch-ua': '"Chromium";v="130", "Google Chrome";v="130"',
    'sec-ch-ua-mobile': '?0',
    'sec-ch-ua-platform': '"Windows"'
  })
  t.equal(sink.records.length, 1)
  const { writer, durationMs, ...record } = sink.records[0] as AuditRecord
  t.type(writer, 'string')
  t.ok(durationMs >= 0)
  t.same(record, {
    level: 30,
    time: 1_700_000_000_000,
    msg: 'audit',
    seq: 0,
    requestId: 'req-1',
    decision: 'allowed',
    reason: null,
    method: 'POST',
    route: '/things/:id',
    status: 200,
    aborted: false,
    userId: 'user_1',
    orgId: 'org_1',
    actorId: null,
    token: { type: 'session_token', id: null, name: null, subject: null, machineId: null, clientId: null },
    device: {
      sessionId: 'sess_1',
      address: '127.0.0.1',
      userAgent: CHROME,
      hints: {
        'sec-ch-ua': '"Chromium";v="130", "Google Chrome";v="130"',
        'sec-ch-ua-mobile': '?0',
        'sec-ch-ua-platform': '"Windows"'
      },
      browser: { name: 'Chrome', version: '130.0.0.0' },
      os: { name: 'Windows', version: '10' },
      kind: 'desktop'
    },
    action: null,
    target: null,
    details: null
  })
  t.notMatch(sink.text(), /secret/)
})

t.test('reading is not recorded, unless it is refused or impersonated', async (t) => {
  const { sink, send } = await serverWith()
  await send('GET', '/things', { 'x-who': 'in' })
  await send('HEAD', '/things', { 'x-who': 'in' })
  t.equal(sink.records.length, 0)
  await send('GET', '/refused', { 'x-who': 'in' })
  await send('GET', '/things', { 'x-who': 'impersonated' })
  t.match(sink.records, [
    { decision: 'refused', status: 403, userId: 'user_1', route: '/refused' },
    { decision: 'allowed', status: 200, userId: 'user_1', actorId: 'user_admin', route: '/things' }
  ])
})

t.test('HEAD routes made from GET routes are recorded once', async (t) => {
  const { sink, send } = await serverWith({}, (fastify) => {
    fastify.get('/always', { config: { clerk: { audit: true } } as never }, async () => 'x')
  })
  await send('HEAD', '/always')
  await send('GET', '/always')
  t.match(
    sink.records.map((record) => record.method),
    ['HEAD', 'GET']
  )
})

t.test('a route says what is recorded of it', async (t) => {
  const { sink, send } = await serverWith({}, (fastify) => {
    fastify.post('/never', { config: { clerk: { audit: false } } as never }, async () => 'x')
    fastify.get('/always', { config: { clerk: { audit: true } } as never }, async () => 'x')
    const refused = { when: 'refused', action: 'search' }
    fastify.post('/search', { config: { clerk: { audit: refused } } as never }, async (request, reply) =>
      reply.code(request.headers['x-who'] === 'out' ? 401 : 200).send({})
    )
    const invoice = { action: 'invoice.delete', targetParam: 'id' }
    fastify.delete('/invoices/:id', { config: { clerk: { audit: invoice } } as never }, async () => ({}))
  })
  await send('POST', '/never', { 'x-who': 'impersonated' })
  await send('GET', '/always', { 'x-who': 'in' })
  await send('POST', '/search', { 'x-who': 'in' })
  await send('POST', '/search', { 'x-who': 'impersonated' })
  await send('POST', '/search', { 'x-who': 'out' })
  await send('DELETE', '/invoices/inv_5', { 'x-who': 'in' })
  t.match(sink.records, [
    { route: '/always' },
    { route: '/search', decision: 'refused', reason: 'session-token-missing', action: 'search', userId: null },
    { route: '/invoices/:id', action: 'invoice.delete', target: 'inv_5' }
  ])
  t.equal(sink.records.length, 3)
})

t.test('a misspelt route configuration keeps the route from being made', async (t) => {
  const wrong: unknown[] = [
    'yes',
    null,
    [],
    { whem: 'always' },
    { when: 'sometimes' },
    { action: 7 },
    { targetParam: 7 }
  ]
  for (const option of wrong) {
    const { fastify } = await serverWith()
    t.throws(
      () => fastify.get('/x', { config: { clerk: { audit: option } } as never }, async () => 'x'),
      { code: 'FST_CLERK_ROUTE_OPTIONS' },
      JSON.stringify(option)
    )
  }
})

t.test('what the handler adds is recorded, and makes a read worth a record', async (t) => {
  const { sink, send } = await serverWith({}, (fastify) => {
    fastify.get('/export/:id', async (request) => {
      request.audit({ action: 'export', target: 'report_1', rows: 12 })
      request.audit({ target: 'report_2', reason: 'gdpr', note: 'nul \0 and \ud800' })
      return {}
    })
    fastify.get('/cycle', async (request) => {
      const cycle: Record<string, unknown> = {}
      cycle.self = cycle
      request.audit({ action: 'cycle', cycle })
      return {}
    })
    fastify.get('/huge', async (request) => {
      request.audit({ action: 'huge', text: 'x'.repeat(20_000) })
      return {}
    })
  })
  await send('GET', '/export/1', { 'x-who': 'in' })
  await send('GET', '/cycle', { 'x-who': 'in' })
  await send('GET', '/huge', { 'x-who': 'in' })
  t.match(sink.records, [
    { action: 'export', target: 'report_2', reason: 'gdpr', details: { rows: 12, note: 'nul \ufffd and \ufffd' } },
    { action: 'cycle', details: null },
    { action: 'huge', details: { omittedLength: Number } }
  ])
})

t.test('notes of one request never show in another', async (t) => {
  const { sink, send } = await serverWith({}, (fastify) => {
    fastify.post('/noted', async (request) => {
      if (request.headers['x-note'] !== undefined) request.audit({ action: 'noted' })
      return {}
    })
  })
  await send('POST', '/noted', { 'x-note': '1' })
  await send('POST', '/noted')
  t.same(
    sink.records.map((record) => record.action),
    ['noted', null]
  )
})

t.test('the code of the error says why an authenticated request was refused', async (t) => {
  const { sink, send } = await serverWith({}, (fastify) => {
    fastify.post('/forbidden', async () => {
      throw Object.assign(new Error('no'), { statusCode: 403, code: 'FST_CLERK_FORBIDDEN' })
    })
  })
  await send('POST', '/forbidden', { 'x-who': 'in' })
  await send('POST', '/forbidden', { 'x-who': 'out' })
  t.match(sink.records, [
    { decision: 'refused', reason: 'FST_CLERK_FORBIDDEN', userId: 'user_1' },
    { decision: 'refused', reason: 'session-token-missing', userId: null }
  ])
})

t.test('machine tokens are named, and never impersonate', async (t) => {
  const { sink, send } = await serverWith()
  await send('POST', '/things/1', { 'x-who': 'key' })
  t.match(sink.records, [
    { userId: 'user_9', actorId: null, token: { type: 'api_key', id: 'ak_1', name: 'deploys', subject: 'user_9' } }
  ])
})

t.test('a route without authentication is recorded without identity', async (t) => {
  const { sink, send } = await serverWith()
  const response = await send('POST', '/things/1', { 'x-who': 'none' })
  t.equal(response.statusCode, 200)
  t.match(sink.records, [{ userId: null, token: null, reason: null, decision: 'allowed' }])
})

t.test('refusals by a hook that guards everything are recorded where there is no route', async (t) => {
  const { sink, send } = await serverWith({}, (fastify) => {
    fastify.setNotFoundHandler(async (_request, reply) => reply.code(401).send({}))
  })
  await send('GET', '/nowhere?secret=1')
  await send('POST', '/nowhere')
  t.match(sink.records, [
    { route: null, method: 'GET', status: 401 },
    { route: null, method: 'POST', status: 401 }
  ])
  t.notMatch(sink.text(), /secret|nowhere/)
})

t.test('the address follows trustProxy', async (t) => {
  const forwarded = { 'x-forwarded-for': '198.51.100.7', 'x-who': 'in' }
  const direct = await serverWith()
  await direct.send('POST', '/things/1', forwarded)
  t.equal(direct.sink.records[0]?.device.address, '127.0.0.1')

  const proxied = await serverWith({}, () => {}, { trustProxy: true })
  await proxied.send('POST', '/things/1', forwarded)
  await proxied.send('POST', '/things/1', { ...forwarded, 'x-forwarded-for': '"}, "userId": "someone-else' })
  t.equal(proxied.sink.records[0]?.device.address, '198.51.100.7')
  t.equal(proxied.sink.records[1]?.device.address, null)
  t.equal(proxied.sink.records[1]?.userId, 'user_1')
})

t.test('no text of a record is longer than its bound, wherever it comes from', async (t) => {
  const long = 'x'.repeat(5_000)
  const { fastify, sink } = await serverWith({}, () => {}, { trustProxy: true, requestIdHeader: 'x-id' })
  auths.long = createSignedInAuth(
    { ...claims, sub: long, sid: long, act: { sub: long } } as unknown as SessionClaims,
    'secret.token.text',
    context
  )
  const headers = { 'x-who': 'long', 'x-id': long, 'user-agent': long, 'x-forwarded-for': `fe80::1%${long}` }
  await fastify.inject({ method: 'POST', url: '/things/1', headers })
  await fastify.auditLog.flush()
  const record = sink.records[0] as AuditRecord
  t.equal(record.device.address, null)
  t.equal(record.userId?.length, 512)
  t.equal(record.actorId?.length, 512)
  t.equal(record.device.sessionId?.length, 512)
  t.equal(record.device.userAgent?.length, 512)
  t.equal(record.requestId.length, 512)
})

t.test('addresses are truncated or left out on request', async (t) => {
  const rules = [
    { address: 'truncated', from: '198.51.100.7', recorded: '198.51.100.0' },
    { address: 'truncated', from: '2001:db8:85a3:1:2:3:4:5', recorded: '2001:db8:85a3::' },
    { address: 'none', from: '198.51.100.7', recorded: null }
  ] as const
  for (const { address, from, recorded } of rules) {
    const { sink, send } = await serverWith({ address }, () => {}, { trustProxy: true })
    await send('POST', '/things/1', { 'x-forwarded-for': from })
    t.equal(sink.records[0]?.device.address, recorded)
  }
})

t.test('redacted fields are null, or what the censor makes of them', async (t) => {
  const paths = [
    'userId',
    'device.address',
    'device.userAgent',
    'device.hints',
    'requestId',
    'details.person.email',
    'target'
  ]
  const plain = await serverWith({ redact: paths }, addRoute)
  const headers = { 'x-who': 'in', 'user-agent': CHROME, 'sec-ch-ua': '"A";v="1"' }
  await plain.send('POST', '/person', headers)
  t.match(plain.sink.records[0], {
    requestId: null,
    userId: null,
    orgId: 'org_1',
    target: null,
    device: { address: null, userAgent: null, hints: null, browser: { name: 'Chrome' }, sessionId: 'sess_1' },
    details: { person: { email: null, name: 'Ada' } }
  })
  const censored = await serverWith({ redact: { paths, censor: (value, path) => `${path}:${typeof value}` } }, addRoute)
  await censored.send('POST', '/person', headers)
  t.match(censored.sink.records[0], { userId: 'userId:string', device: { address: 'device.address:string' } })
  t.match(censored.sink.records[0]?.details, { person: { email: 'details.person.email:string', name: 'Ada' } })

  function addRoute(fastify: FastifyInstance): void {
    fastify.post('/person', async (request) => {
      request.audit({ target: 'ada', person: { name: 'Ada', email: 'ada@example.com' } })
      return {}
    })
  }
})

t.test('what clients send is recorded as text of bounded length', async (t) => {
  const { sink, send } = await serverWith({}, () => {}, { requestIdHeader: 'x-request-id' })
  const hostile = '"}, {"userId":"root"'
  await send('POST', '/things/1', { 'user-agent': hostile, 'x-request-id': hostile })
  await send('POST', '/things/1', {
    'user-agent': 'x'.repeat(8_000),
    'sec-ch-ua': 'y'.repeat(8_000),
    'x-request-id': 'z'.repeat(8_000)
  })
  t.equal(sink.records[0]?.device.userAgent, hostile)
  t.equal(sink.records[0]?.requestId, hostile)
  t.equal(sink.records[0]?.userId, null)
  t.equal(sink.records[1]?.device.userAgent?.length, 512)
  t.equal(sink.records[1]?.device.hints?.['sec-ch-ua']?.length, 512)
  t.ok(sink.text().length < 5_000)
})

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

t.test('options that do not fit keep the server from starting', async (t) => {
  const sink = memorySink()
  const wrong: [object, string][] = [
    [{}, 'FST_CLERK_OPTION_TYPE'],
    [{ sink: 'file' }, 'FST_CLERK_OPTION_TYPE'],
    [{ sink, flush: 1 }, 'FST_CLERK_OPTION_UNKNOWN'],
    [{ sink, batchSize: 0 }, 'FST_CLERK_OPTION_RANGE'],
    [{ sink, batchSize: '5' }, 'FST_CLERK_OPTION_TYPE'],
    [{ sink, whenFull: 'block' }, 'FST_CLERK_OPTION_VALUE'],
    [{ sink, address: 'half' }, 'FST_CLERK_OPTION_VALUE'],
    [{ sink, chain: { key: 'short' } }, 'FST_CLERK_OPTION_RANGE'],
    [{ sink, chain: 'yes' }, 'FST_CLERK_OPTION_TYPE'],
    [{ sink, redact: ['device.useragent'] }, 'FST_CLERK_OPTION_VALUE'],
    [{ sink, redact: ['time'] }, 'FST_CLERK_OPTION_VALUE'],
    [{ sink, redact: ['details.'] }, 'FST_CLERK_OPTION_VALUE'],
    [{ sink, redact: 'userId' }, 'FST_CLERK_OPTION_TYPE'],
    [{ sink, parseAgent: 'bowser' }, 'FST_CLERK_OPTION_TYPE']
  ]
  for (const [options, code] of wrong) {
    const fastify = Fastify()
    await t.rejects(async () => fastify.register(audit, options as AuditOptions), { code }, JSON.stringify(options))
    await fastify.close()
  }
})

t.test('requests are told apart by the request id Fastify gave them', async (t) => {
  const id = randomUUID()
  const { sink, send } = await serverWith({}, () => {}, { genReqId: () => id })
  await send('POST', '/things/1')
  t.equal(sink.records[0]?.requestId, id)
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
