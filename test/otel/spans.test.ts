import type { Span } from '@opentelemetry/api'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import clerkOtel, { type OtelOptions } from '../../src/otel/index.js'
import { createApp } from '../fixtures/app.js'
import { createTracingSdk } from './collected.js'

const { traced, tracedBriefly } = createTracingSdk(t)

async function createTracedApp(t: Test, options: OtelOptions = {}, plugin: object = {}) {
  return createApp(t, {
    plugin,
    routes(fastify) {
      fastify.register(clerkOtel, options)
      fastify.after(() => {
        fastify.get('/', () => 'ok')
        fastify.get('/none', { config: { clerk: false } }, () => 'ok')
      })
    }
  })
}

t.test('a refused token is an event on the span of its request', async (t) => {
  const { clerk, fastify } = await createTracedApp(t)
  const { events } = await traced(fastify, { url: '/', headers: clerk.bearer({ expiresInSeconds: -60 }) })
  t.equal(events.length, 1)
  t.match(events[0], {
    name: 'clerk.auth.verification',
    attributes: {
      'clerk.instance': 'clerk.example.com',
      'clerk.auth.outcome': 'refused',
      'error.type': 'token-expired',
      'clerk.auth.verification.duration': Number
    }
  })
})

t.test('a good token is no event, unless it was slow', async (t) => {
  const usual = await createTracedApp(t, { slowInMs: 60_000 })
  const headers = usual.clerk.bearer()
  t.same((await traced(usual.fastify, { url: '/', headers })).events, [])
  t.same((await traced(usual.fastify, { url: '/', headers })).events, [])

  const all = await createTracedApp(t, { slowInMs: 0 })
  const first = await traced(all.fastify, { url: '/', headers: all.clerk.bearer() })
  t.match(first.events, [{ attributes: { 'clerk.auth.outcome': 'verified' } }])
})

t.test('the wait for keys does not lose the span', async (t) => {
  const { clerk, fastify } = await createTracedApp(t, { slowInMs: 0 }, { jwks: { warmUp: false } })
  const { events } = await traced(fastify, { url: '/', headers: clerk.bearer() })
  t.match(events, [{ name: 'clerk.auth.verification', attributes: { 'clerk.auth.outcome': 'verified' } }])
  t.equal(clerk.requests.count('jwks'), 1, 'it has waited')
})

t.test('a verification that ends after the active span is a span of its own', async (t) => {
  const { clerk, fastify } = await createTracedApp(t, { slowInMs: 0 }, { jwks: { warmUp: false } })
  const [hook, own, ...others] = await tracedBriefly(fastify, { url: '/', headers: clerk.bearer() })
  t.equal(hook?.name, 'hook')
  t.same(hook?.events, [])
  t.match(own, {
    name: 'clerk.auth.verification',
    parentSpanContext: { spanId: hook?.spanContext().spanId },
    attributes: { 'clerk.auth.outcome': 'verified', 'clerk.auth.verification.duration': Number }
  })
  t.same(others, [])
  const [seconds = 0, nanoseconds = 0] = own?.duration ?? []
  const expected = Number(own?.attributes['clerk.auth.verification.duration'])
  // Spans begin and end at whole milliseconds or fractions, as the clock gives them.
  t.ok(Math.abs(seconds + nanoseconds / 1e9 - expected) < 0.002, `${seconds} s ${nanoseconds} ns, ${expected} s`)
})

t.test('a span says who it was only if asked to', async (t) => {
  const org = { id: 'org_1', slug: 'one', role: 'org:admin' }
  const who = { userId: 'user_1', sessionId: 'sess_1', org }
  const plain = await createTracedApp(t)
  const unnamed = await traced(plain.fastify, { url: '/', headers: plain.clerk.bearer(who) })
  t.notMatch(JSON.stringify([unnamed.attributes, unnamed.events]), /user_1|sess_1|org_1/)

  const named = await createTracedApp(t, { identify: true })
  const headers = named.clerk.bearer(who)
  for (const seen of ['first seen', 'known']) {
    t.same(
      (await traced(named.fastify, { url: '/', headers })).attributes,
      {
        'enduser.id': 'user_1',
        'clerk.identity.kind': 'user',
        'clerk.token.type': 'session_token',
        'session.id': 'sess_1',
        'clerk.organization.id': 'org_1'
      },
      seen
    )
  }
  t.same((await traced(named.fastify, { url: '/' })).attributes, {}, 'nobody is signed in')
  t.same((await traced(named.fastify, { url: '/none', headers })).attributes, {}, 'not evaluated')
})

t.test('hashes tell users apart, and not who they are', async (t) => {
  const apps = {
    hashed: await createTracedApp(t, { identify: 'hash', hashKey: 'a key of this test alone' }),
    other: await createTracedApp(t, { identify: 'hash', hashKey: 'another key' }),
    same: await createTracedApp(t, { identify: 'hash', hashKey: 'a key of this test alone' })
  }
  const attributesIn = async (app: keyof typeof apps, userId: string) =>
    (await traced(apps[app].fastify, { url: '/', headers: apps[app].clerk.bearer({ userId, sessionId: 'sess_1' }) }))
      .attributes
  const ada = await attributesIn('hashed', 'user_ada')
  t.match(ada, { 'enduser.pseudo.id': /^[0-9a-f]{32}$/, 'session.id': /^[0-9a-f]{32}$/ })
  t.equal(ada['enduser.id'], undefined)
  t.notMatch(JSON.stringify(ada), /user_ada|sess_1/)
  t.same(await attributesIn('same', 'user_ada'), ada, 'in another process with the same key')
  t.not((await attributesIn('hashed', 'user_grace'))['enduser.pseudo.id'], ada['enduser.pseudo.id'])
  t.not((await attributesIn('other', 'user_ada'))['enduser.pseudo.id'], ada['enduser.pseudo.id'])
})

t.test('machines are told by their kind', async (t) => {
  const { clerk, fastify } = await createTracedApp(t, { identify: true }, { acceptsToken: 'any' })
  const token = clerk.machineTokens.createM2MToken({ format: 'jwt' })
  const { attributes } = await traced(fastify, { url: '/', headers: { authorization: `Bearer ${token}` } })
  t.match(attributes, { 'clerk.identity.kind': 'machine', 'clerk.token.type': 'm2m_token', 'enduser.id': /^mch_/ })
  t.equal(attributes['session.id'], undefined)
})

t.test('with @fastify/otel the span of the request is named, not that of a hook', async (t) => {
  const { clerk, fastify } = await createApp(t, {
    routes(fastify: FastifyInstance) {
      const named: object[] = []
      const span = { isRecording: () => true, setAttributes: (attributes: object) => named.push(attributes) }
      fastify.decorateRequest('opentelemetry', () => ({ span: span as unknown as Span }))
      fastify.register(clerkOtel, { identify: true })
      fastify.after(() => fastify.get('/', () => named))
    }
  })
  const response = await fastify.inject({ url: '/', headers: clerk.bearer({ userId: 'user_1' }) })
  t.match(response.json(), [{ 'enduser.id': 'user_1' }])
})
