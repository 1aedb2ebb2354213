import type { FastifyInstance } from 'fastify'
import t from 'tap'
import type { AuditRecord } from '../../src/audit/index.js'
import { createSignedInAuth } from '../../src/core/auth/session-auth.js'
import type { SessionClaims } from '../../src/core/auth/types.js'
import { auths, CHROME, claims, context, serverWith } from './audited-server.js'

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
  const censor = () => {
    throw new Error('of the application')
  }
  const throwing = await serverWith({ redact: { paths, censor } }, addRoute)
  t.equal((await throwing.send('POST', '/person', headers)).statusCode, 200)
  const [record] = throwing.sink.records
  t.match(record, { userId: null, target: null, requestId: null, device: { address: null }, status: 200 })
  t.match(record?.details, { person: { email: null, name: 'Ada' } })

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
