import Fastify from 'fastify'
import t, { type Test } from 'tap'
import clerkAuth, { type InstanceOptions } from '../../src/index.js'
import { createLocalClerk, type LocalClerk } from '../../src/local/index.js'
import clerkOtel, { type OtelOptions } from '../../src/otel/index.js'
import { signingKey } from '../fixtures/app.js'
import { createMetricsSdk, createTracingSdk, type Point } from './collected.js'

const SIGNED_IN = { 'clerk.auth.state': 'signed-in' }

async function createTenant(t: Test, name: string): Promise<LocalClerk> {
  const clerk = await createLocalClerk({ frontendApi: `clerk.${name}.test`, instanceType: 'production', signingKey })
  t.teardown(() => clerk.close())
  return clerk
}

/** A server whose header `x-tenant` names the tenant. */
async function createServer(t: Test, options: Record<string, InstanceOptions>, otel: OtelOptions, maxInstances = 10) {
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  await fastify.register(clerkAuth, {
    maxInstances,
    resolver: (request) => options[String(request.headers['x-tenant'])] as InstanceOptions
  })
  await fastify.register(clerkOtel, otel)
  fastify.get('/', () => 'ok')
  await fastify.ready()
  return fastify
}

function seriesValue(
  points: readonly Point[],
  name: string,
  tenant: string,
  attributes: object = {}
): number | undefined {
  const wanted = JSON.stringify(Object.entries({ 'clerk.instance': `clerk.${tenant}.test`, ...attributes }).sort())
  const found = points.filter(
    (point) => point.name === name && JSON.stringify(Object.entries(point.attributes).sort()) === wanted
  )
  if (found.length > 1) throw new Error(`${found.length} series of ${name}`)
  return found[0]?.value
}

t.test('with a resolver each instance in use has series of its own, at rest as well', async (t) => {
  const { meterProvider, collect } = createMetricsSdk(t)
  const [one, two, three] = [await createTenant(t, 'one'), await createTenant(t, 'two'), await createTenant(t, 'three')]
  const tenants = { one, two, three }
  const options = Object.fromEntries(Object.entries(tenants).map(([name, clerk]) => [name, clerk.pluginOptions()]))
  const fastify = await createServer(t, options, { meterProvider }, 2)
  t.same(await collect(), [], 'no instance before the first request')

  const get = (name: keyof typeof tenants, headers: object) =>
    fastify.inject({ url: '/', headers: { 'x-tenant': name, ...headers } })
  const headers = one.bearer()
  for (let i = 0; i < 3; i++) await get('one', headers)
  await get('two', two.bearer())
  await get('two', two.bearer({ expiresInSeconds: -60 }))
  await get('three', {})
  await get('three', three.bearer())

  const points = await collect()
  t.equal(fastify.clerk.instances().length, 3, 'two awake, one at rest')
  const signedIn = (name: string) => seriesValue(points, 'clerk.auth.requests', name, SIGNED_IN)
  t.same(['one', 'two', 'three'].map(signedIn), [3, 1, 1])
  t.equal(seriesValue(points, 'clerk.auth.cache.lookups', 'one', { 'clerk.auth.cache.result': 'hit' }), 2)
  const refused = { 'clerk.auth.outcome': 'refused', 'error.type': 'token-expired' }
  t.equal(seriesValue(points, 'clerk.auth.verification.duration', 'two', refused), 1)
  t.equal(seriesValue(points, 'clerk.auth.verification.duration', 'one', refused), undefined)
  t.equal(
    seriesValue(points, 'clerk.auth.refusals', 'three', {
      'clerk.auth.state': 'signed-out',
      'error.type': 'session-token-and-uat-missing'
    }),
    1
  )

  await fastify.close()
  const reads = fastify.clerk.instances()
  t.same(reads, [], 'closed with the server')
})

t.test('instances with the same FAPI host share their series', async (t) => {
  const { meterProvider, collect } = createMetricsSdk(t)
  const clerk = await createTenant(t, 'one')
  const options = {
    web: clerk.pluginOptions(),
    api: clerk.pluginOptions({ clockSkewInMs: 1000 }),
    blind: clerk.pluginOptions({ clockSkewInMs: 2000, jwks: { warmUp: false as const } })
  }
  const fastify = await createServer(t, options, { meterProvider })
  for (const tenant of ['web', 'api', 'api']) {
    await fastify.inject({ url: '/', headers: { 'x-tenant': tenant, ...clerk.bearer() } })
  }
  const before = await collect()
  t.equal(seriesValue(before, 'clerk.auth.requests', 'one', SIGNED_IN), 3)
  t.equal(seriesValue(before, 'clerk.auth.ready', 'one'), 1)

  clerk.faults.next({ kind: 'status', status: 500, on: 'jwks', times: Number.POSITIVE_INFINITY })
  await fastify.inject({ url: '/', headers: { 'x-tenant': 'blind', ...clerk.bearer() } })
  const after = await collect()
  t.equal(seriesValue(after, 'clerk.auth.ready', 'one'), 0, 'the worst of them')
  t.equal(seriesValue(after, 'clerk.auth.requests', 'one', SIGNED_IN), 3)
})

t.test('events of another server in the process are not those of a tenant', async (t) => {
  const { meterProvider, collect } = createMetricsSdk(t)
  const [one, other] = [await createTenant(t, 'one'), await createTenant(t, 'other')]
  const ours = await createServer(t, { one: one.pluginOptions() }, { meterProvider })
  const theirs = Fastify()
  t.teardown(() => theirs.close())
  await theirs.register(clerkAuth, other.pluginOptions())
  theirs.get('/', () => 'ok')
  await ours.inject({ url: '/', headers: { 'x-tenant': 'one', ...one.bearer() } })
  await theirs.inject({ url: '/', headers: other.bearer() })
  const hosts = new Set((await collect()).map(({ attributes }) => attributes['clerk.instance']))
  t.same([...hosts], ['clerk.one.test'])
})

t.test('hashes are keyed by the host of the tenant unless a key is given', async (t) => {
  const { traced } = createTracingSdk(t)
  const { meterProvider } = createMetricsSdk(t)
  const [one, two] = [await createTenant(t, 'one'), await createTenant(t, 'two')]
  const options = { one: one.pluginOptions(), two: two.pluginOptions() }
  const pseudonyms = async (otel: OtelOptions) => {
    const fastify = await createServer(t, options, { meterProvider, identify: 'hash', ...otel })
    const spanOf = (name: string, clerk: LocalClerk) =>
      traced(fastify, { url: '/', headers: { 'x-tenant': name, ...clerk.bearer({ userId: 'user_1' }) } })
    const spans = [await spanOf('one', one), await spanOf('two', two)]
    return spans.map(({ attributes }) => String(attributes['enduser.pseudo.id']))
  }
  const [ofOne, ofTwo] = await pseudonyms({})
  t.match(ofOne, /^[0-9a-f]{32}$/)
  t.not(ofOne, ofTwo, 'one id at two tenants')
  const [withKey, withSameKey] = await pseudonyms({ hashKey: 'a key of this test alone' })
  t.equal(withKey, withSameKey)
})
