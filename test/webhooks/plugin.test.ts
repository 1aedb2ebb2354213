import { createHmac, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import type { RevocationTarget } from '../../src/core/revocation/revocation.js'
import { createMemoryDeliveries } from '../../src/webhooks/deliveries.js'
import { type RevokeOnEventType, revocationOf } from '../../src/webhooks/event-revocation.js'
import type { WebhookEvent } from '../../src/webhooks/events.js'
import webhooks, { verifyWebhook, type WebhooksOptions } from '../../src/webhooks/index.js'
import { createManualClock } from '../fixtures/manual-clock.js'

const SECRET = `whsec_${randomBytes(24).toString('base64')}`
const OLD_SECRET = `whsec_${randomBytes(24).toString('base64')}`

interface Attempt {
  readonly id?: string
  readonly seconds?: number
  readonly secret?: string
  readonly body?: string
}

let deliveries = 0

/** A delivery signed as the protocol says, by code that is not the code under test. */
function sign(event: object, attempt: Attempt = {}) {
  const { id = `msg_${deliveries++}`, seconds = Math.floor(Date.now() / 1000), secret = SECRET } = attempt
  const payload = attempt.body ?? JSON.stringify({ object: 'event', timestamp: Date.now(), ...event })
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
  const mac = createHmac('sha256', key).update(`${id}.${seconds}.${payload}`).digest('base64')
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'svix-id': id,
    'svix-timestamp': String(seconds),
    'svix-signature': `v1,${mac}`
  }
  return { method: 'POST' as const, url: '/webhooks/clerk', headers, payload }
}

async function setUp(t: { teardown(f: () => unknown): void }, options: Partial<WebhooksOptions> = {}) {
  const revoked: [RevocationTarget, unknown][] = []
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  await fastify.register(webhooks, {
    signingSecret: SECRET,
    revoke: (target, at) => revoked.push([target, at]),
    ...options
  })
  return { fastify, revoked }
}

const sessionEnded = { type: 'session.ended', data: { id: 'sess_1', user_id: 'user_1' } }

t.test('events that end something become revocations', async (t) => {
  const { fastify, revoked } = await setUp(t)
  const timestamp = Date.now() - 90_000
  const membership = { organization: { id: 'org_1' }, public_user_data: { user_id: 'user_1' } }
  const events = [
    { type: 'session.revoked', data: { id: 'sess_1' } },
    { type: 'session.ended', data: { id: 'sess_2' } },
    { type: 'session.removed', data: { id: 'sess_3' } },
    { type: 'user.deleted', data: { id: 'user_1', deleted: true } },
    { type: 'user.updated', data: { id: 'user_2', banned: true }, timestamp },
    { type: 'user.updated', data: { id: 'user_3', locked: true }, timestamp },
    { type: 'user.updated', data: { id: 'user_4', locked: true, banned: true }, timestamp },
    { type: 'organization.deleted', data: { id: 'org_2', deleted: true }, timestamp },
    { type: 'organizationMembership.deleted', data: membership, timestamp },
    { type: 'organizationMembership.updated', data: membership, timestamp }
  ]
  for (const event of events) t.equal((await fastify.inject(sign(event))).statusCode, 204, event.type)
  t.strictSame(revoked, [
    [{ sessionId: 'sess_1' }, undefined],
    [{ sessionId: 'sess_2' }, undefined],
    [{ sessionId: 'sess_3' }, undefined],
    [{ userId: 'user_1' }, undefined],
    [{ userId: 'user_2' }, timestamp],
    [{ userId: 'user_3', only: 'sessions' }, timestamp],
    [{ userId: 'user_4' }, timestamp],
    [{ organizationId: 'org_2' }, undefined],
    [{ organizationId: 'org_1', userId: 'user_1' }, timestamp],
    [{ organizationId: 'org_1', userId: 'user_1' }, timestamp]
  ])
})

t.test('other events, and events without the ids they should have, revoke nothing and are accepted', async (t) => {
  const { fastify, revoked } = await setUp(t)
  const events = [
    { type: 'user.updated', data: { id: 'user_1', banned: false, locked: false } },
    { type: 'user.updated', data: { id: 'user_1', banned: 'true' } },
    { type: 'user.created', data: { id: 'user_1' } },
    { type: 'session.created', data: { id: 'sess_1' } },
    { type: 'session.ended', data: {} },
    { type: 'session.ended', data: { id: 7 } },
    { type: 'organizationMembership.deleted', data: { organization: null, public_user_data: { user_id: 'user_1' } } },
    { type: 'organizationMembership.deleted', data: { organization: { id: 'org_1' } } },
    { type: '__proto__', data: {} },
    { type: 'something.new', data: {} }
  ]
  for (const event of events) t.equal((await fastify.inject(sign(event))).statusCode, 204, event.type)
  t.strictSame(revoked, [])
})

t.test('events of revokeOn become revocations only where they are named', async (t) => {
  const timestamp = Date.now() - 90_000
  const ofUser = { payer: { id: 'cpayer_1', user_id: 'user_1' } }
  const ofOrganization = { payer: { id: 'cpayer_2', user_id: 'user_1', organization_id: 'org_1' } }
  const events: readonly (readonly [RevokeOnEventType, object, object])[] = [
    ['role.updated', { id: 'role_1', key: 'org:admin' }, { everyone: true, only: 'sessions' }],
    ['role.deleted', { id: 'role_1' }, { everyone: true, only: 'sessions' }],
    ['permission.updated', { id: 'perm_1' }, { everyone: true, only: 'sessions' }],
    ['permission.deleted', { id: 'perm_1' }, { everyone: true, only: 'sessions' }],
    ['subscription.updated', ofUser, { userId: 'user_1', only: 'sessions' }],
    ['subscription.pastDue', ofOrganization, { organizationId: 'org_1', only: 'sessions' }],
    ['subscriptionItem.ended', ofUser, { userId: 'user_1', only: 'sessions' }],
    ['subscriptionItem.pastDue', ofOrganization, { organizationId: 'org_1', only: 'sessions' }]
  ]
  const all = await setUp(t, { revokeOn: events.map(([type]) => type) })
  const none = await setUp(t)
  for (const [type, data, target] of events) {
    const one = await setUp(t, { revokeOn: [type] })
    for (const { fastify } of [all, none, one]) await fastify.inject(sign({ type, data, timestamp }))
    t.strictSame(one.revoked, [[target, timestamp]], type)
    t.strictSame(all.revoked.at(-1), [target, timestamp], type)
  }
  t.equal(all.revoked.length, events.length)
  t.strictSame(none.revoked, [])
  for (const data of [{}, { payer: null }, { payer: { id: 'cpayer_1' } }]) {
    await all.fastify.inject(sign({ type: 'subscriptionItem.ended', data }))
  }
  t.equal(all.revoked.length, events.length, 'a payer without a name ends nothing')
})

t.test('revokeOn takes the events that it is for, and no other', async (t) => {
  for (const revokeOn of ['role.updated', ['session.revoked'], ['user.created'], ['*'], [undefined], [7]]) {
    const fastify = Fastify()
    const register = async () => fastify.register(webhooks, { signingSecret: SECRET, revokeOn: revokeOn as never })
    await t.rejects(register(), { code: /^FST_CLERK_OPTION_/, message: /revokeOn/ }, JSON.stringify(revokeOn))
    await fastify.close()
  }
})

t.test('the time of the event counts when it is plausible, else now', async (t) => {
  const nowMs = 1_700_000_000_000
  const at = (timestamp: unknown) =>
    revocationOf({ type: 'user.updated', data: { id: 'u', banned: true }, timestamp } as unknown as WebhookEvent, nowMs)
  t.strictSame(at(nowMs - 1), { target: { userId: 'u' }, atMs: nowMs - 1 })
  for (const timestamp of [undefined, null, '1', Number.NaN, 0, nowMs / 1000, nowMs * 2]) {
    t.strictSame(at(timestamp), { target: { userId: 'u' }, atMs: undefined }, String(timestamp))
  }
})

t.test('what Clerk did not sign is refused with a status that blames the sender', async (t) => {
  const { fastify, revoked } = await setUp(t)
  const good = sign(sessionEnded)
  const without = (name: string) => ({ ...good, headers: { ...good.headers, [name]: '' } })
  const withHeader = (name: string, value: string) => ({ ...good, headers: { ...good.headers, [name]: value } })
  const now = Math.floor(Date.now() / 1000)
  const cases: [string, object, number, string][] = [
    ['no id', without('svix-id'), 400, 'HEADERS'],
    ['no timestamp', without('svix-timestamp'), 400, 'HEADERS'],
    ['no signature', without('svix-signature'), 400, 'HEADERS'],
    ['an endless id', withHeader('svix-id', 'm'.repeat(300)), 400, 'HEADERS'],
    ['a timestamp that is no number', withHeader('svix-timestamp', '12x'), 400, 'HEADERS'],
    ['a timestamp in exponents', withHeader('svix-timestamp', '1e9'), 400, 'HEADERS'],
    ['a stale timestamp', sign(sessionEnded, { seconds: now - 302 }), 400, 'TIMESTAMP'],
    ['a timestamp of the future', sign(sessionEnded, { seconds: now + 302 }), 400, 'TIMESTAMP'],
    ['another timestamp than signed', withHeader('svix-timestamp', String(now - 9)), 401, 'SIGNATURE'],
    ['another id than signed', withHeader('svix-id', 'msg_other'), 401, 'SIGNATURE'],
    ['another body than signed', { ...good, payload: good.payload.replace('sess_1', 'sess_2') }, 401, 'SIGNATURE'],
    ['one space more in the body', { ...good, payload: `${good.payload} ` }, 401, 'SIGNATURE'],
    ['no body', { ...good, payload: '' }, 401, 'SIGNATURE'],
    ['another secret', sign(sessionEnded, { secret: OLD_SECRET }), 401, 'SIGNATURE'],
    ['a signature that is none', withHeader('svix-signature', 'v1'), 401, 'SIGNATURE'],
    ['a signature of another version', withHeader('svix-signature', 'v2,AAAA'), 401, 'SIGNATURE'],
    ['ten thousand commas', withHeader('svix-signature', ','.repeat(10_000)), 401, 'SIGNATURE'],
    ['a signed body that is no JSON', sign({}, { body: '{' }), 400, 'PAYLOAD'],
    ['a signed body that is no event', sign({}, { body: '[]' }), 400, 'PAYLOAD'],
    ['a signed event without a type', sign({}, { body: '{"data":{}}' }), 400, 'PAYLOAD'],
    ['a signed event without data', sign({}, { body: '{"type":"user.created","data":null}' }), 400, 'PAYLOAD']
  ]
  for (const [name, request, status, code] of cases) {
    const response = await fastify.inject(request)
    t.equal(response.statusCode, status, name)
    t.equal(response.json().code, `FST_CLERK_WEBHOOK_${code}`, name)
  }
  t.strictSame(revoked, [])
})

t.test('whatever arrives, the answer blames the sender', async (t) => {
  const { fastify, revoked } = await setUp(t)
  const now = Math.floor(Date.now() / 1000)
  const header = fc.string({ unit: fc.constantFrom(...'v1,= whsec_0aZ+/.;é'), maxLength: 60 })
  const hostile = fc.record({
    id: fc.oneof(header, fc.constant('msg_1')),
    timestamp: fc.oneof(header, fc.constant(String(now))),
    signature: header,
    type: fc.oneof(fc.constant('application/json'), fc.constant('text/plain'), fc.constant('multipart/form-data')),
    body: fc.uint8Array({ maxLength: 200 })
  })
  await fc.assert(
    fc.asyncProperty(hostile, async ({ id, timestamp, signature, type, body }) => {
      const { statusCode } = await fastify.inject({
        method: 'POST',
        url: '/webhooks/clerk',
        headers: {
          'svix-id': id,
          'svix-timestamp': timestamp,
          'svix-signature': signature,
          'content-type': type
        },
        payload: Buffer.from(body)
      })
      return statusCode >= 400 && statusCode < 500
    }),
    { numRuns: 300 }
  )
  t.strictSame(revoked, [])
})

t.test('a body beyond the limit is refused, and no other route has that limit or parser', async (t) => {
  const { fastify } = await setUp(t, { bodyLimit: 500 })
  fastify.post('/echo', async (request) => ({ got: typeof request.body, length: JSON.stringify(request.body).length }))
  const large = { type: 'user.created', data: { id: 'u', text: 'x'.repeat(600) } }
  t.equal((await fastify.inject(sign(large))).statusCode, 413)
  const echo = await fastify.inject({ method: 'POST', url: '/echo', payload: large.data })
  t.strictSame(echo.json(), { got: 'object', length: JSON.stringify(large.data).length })
  const text = await fastify.inject({ method: 'POST', url: '/echo', payload: 'x', headers: { 'content-type': 'a/b' } })
  t.equal(text.statusCode, 415)
})

t.test('the signature is of the bytes as sent, whatever they are', async (t) => {
  const types: string[] = []
  const { fastify } = await setUp(t, { on: { '*': ({ type }) => types.push(type) } })
  const bodies = ['{ "type" : "a",\n "data": {"n": 1.0, "s": "ü\\u00fc€😀"} }', '{"data":{},"type":"b","type":"c"}']
  for (const body of bodies) t.equal((await fastify.inject(sign({}, { body }))).statusCode, 204)
  const odd = sign(sessionEnded)
  odd.headers['content-type'] = 'text/plain; charset=utf-8'
  t.equal((await fastify.inject(odd)).statusCode, 204, 'any content type')
  t.strictSame(types, ['a', 'c', 'session.ended'])
})

t.test('the header names of Standard Webhooks do as well', async (t) => {
  const { fastify, revoked } = await setUp(t)
  const { headers, ...request } = sign(sessionEnded)
  const renamed = Object.fromEntries(Object.entries(headers).map(([k, v]) => [k.replace('svix-', 'webhook-'), v]))
  t.equal((await fastify.inject({ ...request, headers: renamed })).statusCode, 204)
  t.equal(revoked.length, 1)
})

t.test('during rotation both secrets count, and so do several signatures', async (t) => {
  const { fastify, revoked } = await setUp(t, { signingSecret: [SECRET, OLD_SECRET] })
  t.equal((await fastify.inject(sign(sessionEnded))).statusCode, 204)
  t.equal((await fastify.inject(sign(sessionEnded, { secret: OLD_SECRET }))).statusCode, 204)
  const both = sign(sessionEnded)
  both.headers['svix-signature'] =
    `v1a,AAAA v1,${Buffer.alloc(32).toString('base64')} ${both.headers['svix-signature']}`
  t.equal((await fastify.inject(both)).statusCode, 204)
  t.equal(revoked.length, 3)
})

t.test('the secret can come from the environment, one or several', async (t) => {
  process.env.CLERK_WEBHOOK_SIGNING_SECRET = `${OLD_SECRET}, ${SECRET}`
  t.teardown(() => {
    delete process.env.CLERK_WEBHOOK_SIGNING_SECRET
  })
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  await fastify.register(webhooks, { revoke: false, path: '/hooks' })
  t.equal((await fastify.inject({ ...sign(sessionEnded), url: '/hooks' })).statusCode, 204)
})

t.test('a delivery whose body comes when its timestamp has become stale is refused', async (t) => {
  const { fastify, revoked } = await setUp(t)
  await fastify.listen({ host: '127.0.0.1', port: 0 })
  const { headers, payload, url } = sign(sessionEnded)
  const { port } = fastify.server.address() as AddressInfo
  const arrived = new Promise((resolve) => fastify.server.once('request', resolve))
  const request = httpRequest({ port, host: '127.0.0.1', path: url, method: 'POST', headers })
  const answered = once(request, 'response') as Promise<[IncomingMessage]>
  request.write(payload.slice(0, 10))
  await arrived
  // Remembered deliveries are forgotten by then: an attempt that is held back this long would be handled again.
  const now = Date.now
  t.teardown(() => {
    Date.now = now
  })
  Date.now = () => now() + 601_000
  request.end(payload.slice(10))
  const [response] = await answered
  const [body] = await once(response.setEncoding('utf8'), 'data')
  t.equal(response.statusCode, 400)
  t.match(JSON.parse(body), { code: 'FST_CLERK_WEBHOOK_TIMESTAMP' })
  t.strictSame(revoked, [])
})

t.test('a missing or malformed secret, or no plugin to revoke by, stops the boot', async (t) => {
  const boot = async (options: WebhooksOptions) => void (await Fastify().register(webhooks, options).ready())
  await t.rejects(boot({ revoke: false }), { code: 'FST_CLERK_WEBHOOK_SECRET_MISSING' })
  await t.rejects(boot({ revoke: false, signingSecret: [] }), { code: 'FST_CLERK_WEBHOOK_SECRET_MISSING' })
  for (const signingSecret of ['whsec_', 'not base64 at all', 'sk_test_x', 'whsec_####################']) {
    await t.rejects(boot({ revoke: false, signingSecret }), { code: /^FST_CLERK_WEBHOOK_SECRET_/ }, signingSecret)
  }
  await t.rejects(boot({ signingSecret: SECRET }), { code: 'FST_CLERK_WEBHOOK_PLUGIN' })
})

t.test('handlers get typed events; those of a type after those of every event', async (t) => {
  const calls: unknown[] = []
  const { fastify } = await setUp(t, {
    on: {
      '*': (event, { id }) => calls.push(['*', event.type, id]),
      'user.created': async (event, { log, request }) => {
        const id: string = event.data.id
        calls.push([id, typeof log.info, request.method])
      }
    }
  })
  await fastify.inject(sign({ type: 'user.created', data: { id: 'user_1' } }, { id: 'msg_a' }))
  await fastify.inject(sign({ type: 'constructor', data: {} }, { id: 'msg_b' }))
  t.strictSame(calls, [
    ['*', 'user.created', 'msg_a'],
    ['user_1', 'function', 'POST'],
    ['*', 'constructor', 'msg_b']
  ])
})

t.test('an event is handled once, however often it is delivered', async (t) => {
  let handled = 0
  const { fastify, revoked } = await setUp(t, { on: { 'session.ended': () => handled++ } })
  const now = Math.floor(Date.now() / 1000)
  const first = sign(sessionEnded, { id: 'msg_once', seconds: now - 20 })
  t.equal((await fastify.inject(first)).statusCode, 204)
  t.equal((await fastify.inject(first)).statusCode, 204, 'the same delivery again')
  t.equal((await fastify.inject(sign(sessionEnded, { id: 'msg_once', seconds: now }))).statusCode, 204, 'a retry')
  t.equal(handled, 1)
  t.equal(revoked.length, 1)
})

t.test('a handler that fails is called again by the next attempt; the revocation counts at once', async (t) => {
  let calls = 0
  const { fastify, revoked } = await setUp(t, {
    on: {
      'session.ended': () => {
        if (calls++ === 0) throw new Error('database is away')
      }
    }
  })
  const delivery = sign(sessionEnded, { id: 'msg_retry' })
  t.equal((await fastify.inject(delivery)).statusCode, 500)
  t.equal(revoked.length, 1)
  t.equal((await fastify.inject(delivery)).statusCode, 204)
  t.equal((await fastify.inject(delivery)).statusCode, 204)
  t.equal(calls, 2)
})

t.test('an attempt during a slow handler is told to come back, and later that it is done', async (t) => {
  const slow = withResolvers()
  let calls = 0
  const handler = () => {
    calls++
    return slow.promise
  }
  const { fastify, revoked } = await setUp(t, { answerTimeoutInMs: 20, on: { 'session.ended': handler } })
  const delivery = sign(sessionEnded, { id: 'msg_slow' })
  const [one, two] = await Promise.all([fastify.inject(delivery), fastify.inject(delivery)])
  t.strictSame([one.statusCode, two.statusCode], [409, 409])
  t.equal(one.json().code, 'FST_CLERK_WEBHOOK_BUSY')
  t.equal(revoked.length, 1)
  slow.resolve()
  await slow.promise
  t.equal((await fastify.inject(delivery)).statusCode, 204)
  t.equal(calls, 1)
})

t.test('a handler that fails after the answer is called again, and breaks nothing', async (t) => {
  const slow = withResolvers()
  let calls = 0
  const handler = () => (calls++ === 0 ? slow.promise : undefined)
  const { fastify } = await setUp(t, { answerTimeoutInMs: 1, on: { 'session.ended': handler } })
  const delivery = sign(sessionEnded, { id: 'msg_late' })
  t.equal((await fastify.inject(delivery)).statusCode, 409)
  slow.reject(new Error('late'))
  await slow.promise.catch(() => {})
  t.equal((await fastify.inject(delivery)).statusCode, 204)
  t.equal(calls, 2)
})

t.test('remembered deliveries are bounded, and what is forgotten cannot be repeated', async (t) => {
  const clock = createManualClock()
  const seconds = clock.now() / 1000
  const memory = createMemoryDeliveries(clock.now, 3)
  for (let i = 0; i < 5; i++) {
    t.equal(memory.begin(`msg_${i}`, seconds + i), 'new')
    memory.end(`msg_${i}`, true)
  }
  t.equal(memory.begin('msg_4', seconds + 4), 'done')
  t.equal(memory.begin('msg_0', seconds), 'unknown', 'a repetition of a forgotten one')
  t.equal(memory.begin('msg_0', seconds + 60), 'new', 'a true retry has a new timestamp')
  clock.advance(700_000)
  t.equal(memory.begin('msg_9', seconds + 700), 'new')
})

t.test('a handler that never ends keeps its event for ten minutes, not for ever', async (t) => {
  const clock = createManualClock()
  const memory = createMemoryDeliveries(clock.now)
  const attempt = () => memory.begin('msg_0', clock.now() / 1000)
  t.equal(attempt(), 'new')
  clock.advance(600_000)
  t.equal(attempt(), 'busy')
  clock.advance(1_000)
  t.equal(attempt(), 'new')
})

t.test('verifyWebhook alone gives the event of a request, on a route of the application', async (t) => {
  const fastify: FastifyInstance = Fastify()
  t.teardown(() => fastify.close())
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  fastify.post('/webhooks/clerk', async (request) => ({
    type: (await verifyWebhook(request, { signingSecret: SECRET })).type
  }))
  t.strictSame((await fastify.inject(sign(sessionEnded))).json(), { type: 'session.ended' })
  t.equal((await fastify.inject(sign(sessionEnded, { secret: OLD_SECRET }))).statusCode, 401)
})

t.test('verifyWebhook says what a route lacks', async (t) => {
  const { headers, payload } = sign(sessionEnded)
  const options = { signingSecret: SECRET }
  const parsed = { headers, body: JSON.parse(payload) }
  await t.rejects(verifyWebhook(parsed, options), { code: 'FST_CLERK_WEBHOOK_BODY' })
  await t.rejects(verifyWebhook(parsed), { code: 'FST_CLERK_WEBHOOK_SECRET_MISSING' })
  t.equal((await verifyWebhook(parsed, { ...options, rawBody: payload })).type, 'session.ended')
  t.equal((await verifyWebhook({ ...parsed, rawBody: Buffer.from(payload) } as never, options)).type, 'session.ended')
  await t.rejects(verifyWebhook({ headers, body: undefined }, options), { code: 'FST_CLERK_WEBHOOK_SIGNATURE' })
})

function withResolvers() {
  let resolve = () => {}
  let reject: (error: Error) => void = () => {}
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { promise, resolve, reject }
}

t.test('handlers for types that nobody knows are warned of, and called if such an event comes', async (t) => {
  const lines: unknown[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line)) }
  const warnings: Error[] = []
  const listen = (warning: Error) => void warnings.push(warning)
  process.on('warning', listen)
  t.teardown(() => process.off('warning', listen))
  const called: string[] = []
  const note = ({ type }: { readonly type: string }) => void called.push(type)
  async function serve(on: object) {
    const fastify = Fastify({ logger: { level: 'warn', stream } })
    t.teardown(() => fastify.close())
    await fastify.register(webhooks, { signingSecret: SECRET, revoke: false, on })
    return fastify
  }
  await serve({ '*': note, 'user.deleted': note, 'invitation.created': note, 'user.archived': undefined })
  t.same(lines, [])
  const fastify = await serve({ 'user.delete': note, 'user.archived': note, 'user.deleted': note })
  const detail = 'Types: user.delete (did you mean user.deleted?), user.archived'
  t.match(lines, [{ level: 40, code: 'FST_CLERK_OPTION_RISK', option: 'webhooks.on', detail }])
  await new Promise((resolve) => setImmediate(resolve))
  t.match(warnings, [
    { name: 'ClerkAuthWarning', code: 'FST_CLERK_OPTION_RISK', detail, message: /Check the spelling/ }
  ])
  t.equal((await fastify.inject(sign({ type: 'user.archived', data: { id: 'user_1' } }))).statusCode, 204)
  t.same(called, ['user.archived'])
})
