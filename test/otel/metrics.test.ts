import diagnosticsChannel from 'node:diagnostics_channel'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import { createTokenVerifier } from '../../src/index.js'
import clerkOtel, { instrumentClerk } from '../../src/otel/index.js'
import { instrument } from '../../src/otel/instrument.js'
import { createApp } from '../fixtures/app.js'
import { createMetricsSdk, type Point } from './collected.js'

const OURS = { 'clerk.instance': 'clerk.example.com' }

function pointOf(points: readonly Point[], name: string, attributes: object = {}): number | undefined {
  const wanted = JSON.stringify(Object.entries({ ...OURS, ...attributes }).sort())
  return points.find(
    (point) => point.name === name && JSON.stringify(Object.entries(point.attributes).sort()) === wanted
  )?.value
}

t.test('what the SDK collects is what the plugin has counted', async (t) => {
  const { meterProvider, collect } = createMetricsSdk(t)
  const { clerk, fastify } = await createApp(t, {
    routes: (fastify) => void fastify.register(clerkOtel, { meterProvider })
  })
  const headers = clerk.bearer({ userId: 'user_1' })
  for (let i = 0; i < 5; i++) await fastify.inject({ url: '/', headers })
  await fastify.inject('/')
  await fastify.inject({ url: '/', headers: clerk.bearer({ expiresInSeconds: -60 }) })

  const points = await collect()
  const expected: readonly (readonly [name: string, attributes: object, value: number])[] = [
    ['clerk.auth.requests', { 'clerk.auth.state': 'signed-in' }, 5],
    ['clerk.auth.requests', { 'clerk.auth.state': 'signed-out' }, 2],
    ['clerk.auth.requests', { 'clerk.auth.state': 'handshake' }, 0],
    ['clerk.auth.requests', { 'clerk.auth.state': 'unavailable' }, 0],
    ['clerk.auth.cache.lookups', { 'clerk.auth.cache.result': 'hit' }, 4],
    ['clerk.auth.cache.lookups', { 'clerk.auth.cache.result': 'miss' }, 2],
    ['clerk.auth.cache.tokens', {}, 1],
    ['clerk.auth.signature.checks', {}, 2],
    ['clerk.auth.signature.failures', {}, 0],
    ['clerk.auth.keys', {}, 1],
    ['clerk.auth.ready', {}, 1],
    ['clerk.auth.degraded', {}, 0],
    ['clerk.auth.verification.duration', { 'clerk.auth.outcome': 'verified' }, 1],
    ['clerk.auth.verification.duration', { 'clerk.auth.outcome': 'refused', 'error.type': 'token-expired' }, 1],
    ['clerk.auth.refusals', { 'clerk.auth.state': 'signed-out', 'error.type': 'session-token-and-uat-missing' }, 1],
    ['clerk.auth.refusals', { 'clerk.auth.state': 'signed-out', 'error.type': 'session-token-expired' }, 1]
  ]
  for (const [name, attributes, value] of expected) {
    t.equal(pointOf(points, name, attributes), value, `${name} ${JSON.stringify(attributes)}`)
  }
  t.ok((pointOf(points, 'clerk.auth.key.age') ?? -1) >= 0)
  t.equal(points.find(({ name }) => name === 'clerk.auth.verification.duration')?.unit, 's')
  t.equal(pointOf(points, 'clerk.auth.revocation.bus.connected'), undefined, 'without a bus there is no value')
  t.notMatch(JSON.stringify(points), /user_1|sess_/)
})

t.test('why keys could not be fetched is told by cause and outcome', async (t) => {
  const { meterProvider, collect } = createMetricsSdk(t)
  const { clerk, fastify } = await createApp(t, {
    plugin: { jwks: { warmUp: false } },
    routes: (fastify) => void fastify.register(clerkOtel, { meterProvider })
  })
  clerk.faults.next({ kind: 'status', status: 500, on: 'jwks', times: Number.POSITIVE_INFINITY })
  await fastify.inject({ url: '/', headers: clerk.bearer() })
  const points = await collect()
  const refresh = points.find(({ name }) => name === 'clerk.auth.key.refreshes')
  t.match(refresh?.attributes, { ...OURS, 'clerk.auth.outcome': 'failed', 'clerk.auth.cause': 'missing-keys' })
  t.type(refresh?.attributes['error.type'], 'string')
  t.equal(pointOf(points, 'clerk.auth.requests', { 'clerk.auth.state': 'unavailable' }), 1)
})

t.test('the counters of instances with the same host go on when one of them is closed', async (t) => {
  const { meterProvider, collect } = createMetricsSdk(t)
  const { clerk, fastify } = await createApp(t)
  const other = await createApp(t)
  const sources = [fastify, other.fastify].map((app) => ({ source: app.clerk, instance: 'clerk.example.com' }))
  t.teardown(await instrument({ list: () => sources, isOurs: () => true, slowInMs: 0 }, meterProvider))
  const state = { 'clerk.auth.state': 'signed-in' }
  const signedIn = async () => pointOf(await collect(), 'clerk.auth.requests', state)
  const get = (app: typeof fastify) => app.inject({ url: '/', headers: clerk.bearer() })
  await get(fastify)
  await other.fastify.inject({ url: '/', headers: other.clerk.bearer() })
  t.equal(await signedIn(), 2)
  await other.fastify.inject({ url: '/', headers: other.clerk.bearer() })
  sources.pop()
  t.equal(await signedIn(), 3, 'with what it counted last')
  t.equal(pointOf(await collect(), 'clerk.auth.keys'), 1, 'what is no counter is that of those in use')
  await get(fastify)
  t.equal(await signedIn(), 4)
  sources.length = 0
  t.equal(await signedIn(), 4)
  const later = await createApp(t)
  sources.push({ source: later.fastify.clerk, instance: 'clerk.example.com' })
  t.equal(await signedIn(), 4)
})

t.test('two servers of one instance in one process share its series, and each request is counted once', async (t) => {
  const { meterProvider, collect } = createMetricsSdk(t)
  const routes = (fastify: FastifyInstance) => void fastify.register(clerkOtel, { meterProvider })
  const apps = [await createApp(t, { routes }), await createApp(t, { routes })] as const
  const counted = async () => {
    const points = await collect()
    const refused = points.find(({ name }) => name === 'clerk.auth.refusals')?.value
    return [pointOf(points, 'clerk.auth.requests', { 'clerk.auth.state': 'signed-out' }), refused]
  }
  for (const { fastify } of apps) await fastify.inject('/')
  await apps[1].fastify.inject('/')
  t.same(await counted(), [3, 3])
  await apps[1].fastify.close()
  await apps[0].fastify.inject('/')
  t.same(await counted(), [4, 4], 'one of them goes on')
  await apps[0].fastify.close()
  t.same(diagnosticsChannel.hasSubscribers('fastify-clerk-auth:refusal'), false)
})

t.test('two instances in one process are told apart', async (t) => {
  const { meterProvider, collect } = createMetricsSdk(t)
  const routes = (fastify: FastifyInstance) => void fastify.register(clerkOtel, { meterProvider })
  const ours = await createApp(t, { routes })
  const other = await createApp(t, {
    local: { frontendApi: 'clerk.other.example', instanceType: 'production' },
    routes
  })
  await ours.fastify.inject({ url: '/', headers: ours.clerk.bearer() })
  await other.fastify.inject({ url: '/', headers: other.clerk.bearer() })
  await other.fastify.inject({ url: '/', headers: other.clerk.bearer() })
  const points = await collect()
  const signedIn = (instance: string) =>
    pointOf(points, 'clerk.auth.requests', { 'clerk.instance': instance, 'clerk.auth.state': 'signed-in' })
  t.same([signedIn('clerk.example.com'), signedIn('clerk.other.example')], [1, 2])
  const verified = points.filter(({ name }) => name === 'clerk.auth.verification.duration')
  t.same(verified.map(({ attributes, value }) => [attributes['clerk.instance'], value]).sort(), [
    ['clerk.example.com', 1],
    ['clerk.other.example', 2]
  ])
})

t.test('the series stay within a bound, whatever reasons come', async (t) => {
  const { meterProvider, collect } = createMetricsSdk(t)
  const { fastify } = await createApp(t)
  t.teardown(await instrumentClerk(fastify.clerk, { meterProvider }))
  const { refusalChannel } = await import('../../src/core/diagnostics/events.js')
  for (let i = 0; i < 500; i++) {
    const instance = 'clerk.example.com'
    refusalChannel.publish({ instance, state: 'signed-out', tokenType: null, reason: `user_${i}` })
    refusalChannel.publish({
      instance,
      state: 'signed-out',
      tokenType: null,
      reason: `session-token-expired-refresh-${i}`
    })
  }
  const refusals = (await collect()).filter(({ name }) => name === 'clerk.auth.refusals')
  t.same(refusals.map(({ attributes, value }) => [attributes['error.type'], value]).sort(), [
    ['other', 500],
    ['session-token-expired', 500]
  ])
})

t.test('the global provider is used where none is given, and nothing is recorded after the end', async (t) => {
  const { setGlobal, collect } = createMetricsSdk(t)
  setGlobal()
  const { clerk, fastify } = await createApp(t)
  const stop = await instrumentClerk(fastify.clerk, { instance: 'clerk.example.com' })
  await fastify.inject({ url: '/', headers: clerk.bearer() })
  const before = await collect()
  t.equal(pointOf(before, 'clerk.auth.requests', { 'clerk.auth.state': 'signed-in' }), 1)
  stop()
  await fastify.inject({ url: '/', headers: clerk.bearer() })
  const after = await collect()
  t.equal(pointOf(after, 'clerk.auth.verification.duration', { 'clerk.auth.outcome': 'verified' }), 1)
  t.equal(pointOf(after, 'clerk.auth.requests', { 'clerk.auth.state': 'signed-in' }), 1, 'observed no more')
})

t.test('a token verifier without Fastify is observed too', async (t) => {
  const { meterProvider, collect } = createMetricsSdk(t)
  const { clerk } = await createApp(t)
  const verifier = createTokenVerifier({ publishableKey: clerk.publishableKey, jwtKey: clerk.jwtKey })
  t.teardown(() => verifier.close())
  t.teardown(await instrumentClerk(verifier, { meterProvider, instance: 'clerk.example.com' }))
  await verifier.verify(clerk.signSessionToken())
  const points = await collect()
  t.equal(pointOf(points, 'clerk.auth.verification.duration', { 'clerk.auth.outcome': 'verified' }), 1)
  t.equal(pointOf(points, 'clerk.auth.key.age'), undefined, 'keys given in code have no age')
})

t.test('registered before the plugin it says what is missing, and bad options refuse to boot', async (t) => {
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  await t.rejects(async () => fastify.register(clerkOtel), { code: 'FST_CLERK_OTEL_PLUGIN' })
  const refused = (options: object) =>
    createApp(t, { routes: async (fastify) => void (await fastify.register(clerkOtel, options)) })
  await t.rejects(refused({ identify: 'yes' }), { code: 'FST_CLERK_OPTION_TYPE', message: /identify/ })
  await t.rejects(refused({ slowInMs: -1 }), { code: 'FST_CLERK_OPTION_RANGE', message: /slowInMs/ })
  await t.rejects(refused({ meterProvider: {} }), { code: 'FST_CLERK_OPTION_TYPE', message: /meterProvider/ })
  await t.rejects(refused({ slow: 1 }), { message: /slow/ })
})
