import Fastify from 'fastify'
import { Gauge, Registry, register } from 'prom-client'
import t from 'tap'
import { createTokenVerifier } from '../../src/index.js'
import clerkMetrics, { collectClerkMetrics } from '../../src/metrics/index.js'
import { REASONS, reasonLabel } from '../../src/metrics/reasons.js'
import { createApp } from '../fixtures/app.js'

/** Value of one series in Prometheus text; undefined when it is absent. */
function sampleOf(text: string, series: string): number | undefined {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `))
  return line === undefined ? undefined : Number(line.slice(series.length + 1))
}

t.test('a scrape tells what the plugin has counted', async (t) => {
  const registry = new Registry()
  const { clerk, fastify } = await createApp(t, {
    routes: (fastify) => void fastify.register(clerkMetrics, { registry, path: '/metrics' })
  })
  const headers = clerk.bearer({ userId: 'user_1' })
  for (let i = 0; i < 5; i++) await fastify.inject({ url: '/', headers })
  await fastify.inject({ url: '/' })
  await fastify.inject({ url: '/', headers: clerk.bearer({ expiresInSeconds: -60 }) })

  const foreign = { cookie: clerk.cookies(headers.authorization.slice(7)), origin: 'https://other.example' }
  await fastify.inject({ method: 'POST', url: '/', headers: foreign })

  const response = await fastify.inject({ url: '/metrics' })
  t.equal(response.statusCode, 200)
  t.equal(response.headers['content-type'], registry.contentType)
  const text = response.body
  const expected = {
    clerk_auth_cache_hits_total: 5,
    clerk_auth_cache_misses_total: 2,
    clerk_auth_verifications_total: 2,
    clerk_auth_key_fetches_total: 1,
    clerk_auth_key_fetch_failures_total: 0,
    clerk_auth_cached_tokens: 1,
    clerk_auth_keys: 1,
    clerk_auth_ready: 1,
    clerk_auth_degraded: 0,
    'clerk_auth_requests_total{state="signed-in"}': 6,
    'clerk_auth_cross_origin_requests_total{outcome="reported"}': 1,
    'clerk_auth_cross_origin_requests_total{outcome="refused"}': 0,
    'clerk_auth_requests_total{state="signed-out"}': 2,
    'clerk_auth_refusals_total{state="signed-out",reason="session-token-and-uat-missing"}': 1,
    'clerk_auth_refusals_total{state="signed-out",reason="session-token-expired"}': 1,
    'clerk_auth_verification_seconds_count{outcome="verified"}': 1,
    'clerk_auth_verification_seconds_count{outcome="refused"}': 1
  }
  for (const [series, value] of Object.entries(expected)) t.equal(sampleOf(text, series), value, series)
  t.ok((sampleOf(text, 'clerk_auth_cached_bytes') ?? 0) > 1000)
  t.ok((sampleOf(text, 'clerk_auth_key_age_seconds') ?? -1) >= 0)
  t.notOk(/user_1|sess_/.test(text))
})

t.test('every request is counted in one state, however its token was found', async (t) => {
  const registry = new Registry()
  const { clerk, fastify } = await createApp(t, {
    routes: (fastify) => void fastify.register(clerkMetrics, { registry })
  })
  const token = clerk.signSessionToken()
  const cookie = clerk.cookies(token)
  const requests: Record<string, string>[] = [
    clerk.bearer(token),
    clerk.bearer(token),
    { cookie },
    // A page load with a referrer is decided by the state machine although its token is in memory.
    { cookie, host: 'app.test', referer: 'http://app.test/other', 'sec-fetch-dest': 'document' },
    {},
    { cookie: '__client_uat=1700000000', accept: 'text/html' }
  ]
  for (const headers of requests) await fastify.inject({ url: '/', headers })
  await fastify.clerk.verifyToken(token)
  await fastify.clerk.verifyToken(clerk.signSessionToken({ userId: 'user_2' }))

  const text = await registry.metrics()
  const counted = (state: string) => sampleOf(text, `clerk_auth_requests_total{state="${state}"}`)
  t.same(['signed-in', 'signed-out', 'handshake', 'unavailable'].map(counted), [4, 1, 1, 0])
  t.match(fastify.clerk.stats(), { signedIn: 4, signedOut: 1, handshakes: 1, unavailable: 0, hits: 4, misses: 2 })
})

t.test('what is not known is absent, not zero', async (t) => {
  const registry = new Registry()
  const { clerk } = await createApp(t)
  const verifier = createTokenVerifier({ publishableKey: clerk.publishableKey, jwtKey: clerk.jwtKey })
  t.teardown(() => verifier.close())
  t.teardown(await collectClerkMetrics(verifier, registry))
  const text = await registry.metrics()
  t.equal(sampleOf(text, 'clerk_auth_key_age_seconds'), undefined)
  t.equal(sampleOf(text, 'clerk_auth_clock_offset_seconds'), undefined)
  t.equal(sampleOf(text, 'clerk_auth_ready'), 1)
})

t.test('whatever reasons come, the series stay within a bound', async (t) => {
  const registry = new Registry()
  const { fastify } = await createApp(t)
  t.teardown(await collectClerkMetrics(fastify.clerk, registry))
  const { refusalChannel } = await import('../../src/core/diagnostics/events.js')
  const instance = 'clerk.example.com'
  for (let i = 0; i < 5000; i++) {
    for (const state of ['signed-out', 'handshake', 'unavailable'] as const) {
      refusalChannel.publish({ instance, state, tokenType: null, reason: `session-token-expired-refresh-${i}` })
      refusalChannel.publish({ instance, state, tokenType: null, reason: `user_${i}` })
      refusalChannel.publish({ instance, state, tokenType: null, reason: null })
      refusalChannel.publish({ instance, state, tokenType: null, reason: REASONS[i % REASONS.length] ?? null })
    }
  }
  const lines = (await registry.metrics()).split('\n').filter((line) => line.startsWith('clerk_auth_refusals_total{'))
  t.equal(lines.length, 3 * (REASONS.length + 2), 'every reason, other and none, in three states')
})

t.test('reasons of the code base have labels of their own', async (t) => {
  t.equal(reasonLabel('token-expired'), 'token-expired')
  t.equal(reasonLabel('session-token-expired-refresh-session_is_revoked'), 'session-token-expired')
  t.equal(reasonLabel('anything else'), 'other')
  t.equal(reasonLabel(null), 'none')
  t.equal(new Set(REASONS).size, REASONS.length)
})

t.test('closing the server takes its metrics out of the registry', async (t) => {
  const { fastify } = await createApp(t, { routes: (fastify) => void fastify.register(clerkMetrics) })
  t.ok((await register.metrics()).includes('clerk_auth_cache_hits_total'))
  await fastify.close()
  t.notOk((await register.metrics()).includes('clerk_auth_'))
})

t.test('what is not its own stays in the registry', async (t) => {
  const registry = new Registry()
  const setUp = () => createApp(t, { routes: (fastify) => void fastify.register(clerkMetrics, { registry }) })
  const { fastify } = await setUp()
  registry.clear()
  await setUp()
  await fastify.close()
  t.match(await registry.metrics(), 'clerk_auth_cache_hits_total', 'metrics of another server')
})

t.test('where a name is taken, nothing is registered', async (t) => {
  const registry = new Registry()
  const { fastify } = await createApp(t)
  new Gauge({ name: 'clerk_auth_ready', help: 'of the application', registers: [registry] })
  await t.rejects(collectClerkMetrics(fastify.clerk, registry), /clerk_auth_ready/)
  t.same(await registry.getMetricsAsJSON().then((all) => all.map(({ name }) => name)), ['clerk_auth_ready'])
})

t.test('registered before the plugin it says what is missing', async (t) => {
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  await t.rejects(async () => fastify.register(clerkMetrics), { code: 'FST_CLERK_METRICS_PLUGIN' })
})

t.test('names and buckets are the application’s to choose; other instances are left out', async (t) => {
  const registry = new Registry()
  const { clerk, fastify } = await createApp(t, {
    routes: (fastify) => void fastify.register(clerkMetrics, { registry, namePrefix: 'app_', buckets: [1, 2] })
  })
  const other = await createApp(t, { local: { frontendApi: 'clerk.other.example', instanceType: 'production' } })
  await fastify.inject({ url: '/', headers: clerk.bearer() })
  await other.fastify.inject({ url: '/', headers: other.clerk.bearer() })
  await other.fastify.inject({ url: '/' })
  const text = await registry.metrics()
  t.equal(sampleOf(text, 'app_verification_seconds_bucket{le="2",outcome="verified"}'), 1)
  t.notOk(text.includes('app_refusals_total{'))
})

t.test('a readiness route is one line', async (t) => {
  const { clerk, fastify } = await createApp(t, {
    plugin: { jwks: { warmUp: false } },
    routes: (fastify) =>
      void fastify.get('/ready', { config: { clerk: false } }, (_request, reply) => {
        const { ready, degraded } = fastify.clerk.health()
        return reply.code(ready ? 200 : 503).send({ ready, degraded })
      })
  })
  t.equal((await fastify.inject('/ready')).statusCode, 503, 'no keys yet')
  await fastify.inject({ url: '/', headers: clerk.bearer() })
  const ready = await fastify.inject('/ready')
  t.strictSame([ready.statusCode, ready.json()], [200, { ready: true, degraded: false }])
})
