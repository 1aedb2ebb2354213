import { randomUUID } from 'node:crypto'
import Fastify from 'fastify'
import t from 'tap'
import audit, { type AuditOptions, type AuditRecord } from '../../src/audit/index.js'
import { CHROME, memorySink, serverWith } from './audited-server.js'

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
