import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import Fastify from 'fastify'
import t from 'tap'
import webhooks from '../../src/webhooks/index.js'
import { OLD_SECRET, SECRET, sessionEnded, setUp, sign } from './signed-delivery.js'

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
