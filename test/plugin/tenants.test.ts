import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import clerkAuth, { type InstanceOptions } from '../../src/index.js'
import { createLocalClerk, type LocalClerk } from '../../src/local/index.js'
import { signingKey } from '../fixtures/app.js'

// More tenants than places: what is pushed out is not forgotten.

async function createTenants(t: Test, count: number): Promise<LocalClerk[]> {
  const tenants: LocalClerk[] = []
  for (let index = 0; index < count; index++) {
    tenants.push(await createLocalClerk({ frontendApi: `clerk.t${index}.test`, signingKey }))
  }
  t.teardown(() => Promise.all(tenants.map((tenant) => tenant.close())))
  return tenants
}

async function createServer(t: Test, options: readonly InstanceOptions[], maxInstances: number) {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(clerkAuth, {
    maxInstances,
    resolver: (request) => options[Number(request.headers['x-tenant'])] as InstanceOptions
  })
  app.get('/', () => 'open to all')
  app.get('/me', { preHandler: app.requireAuth }, () => 'in')
  app.get('/stats', (request) => app.clerk.instanceOf(request).stats())
  app.get('/revoke', async (request) =>
    app.clerk.instanceOf(request).revocations.revoke({ sessionId: (request.query as { sid: string }).sid })
  )
  app.get('/open', { preHandler: app.requireAuth }, (request, reply) => {
    const { signal } = app.clerk.lifetime(request)
    reply.hijack()
    reply.raw.writeHead(200)
    reply.raw.write('hello')
    signal.addEventListener('abort', () => reply.raw.end(`ended ${signal.reason.code}`), { once: true })
  })
  const at = (tenant: number, url: string, headers: object = {}) =>
    app.inject({ url, headers: { 'x-tenant': String(tenant), ...headers } })
  return { app, at }
}

t.test('an evicted tenant keeps its revocations', async (t) => {
  const tenants = await createTenants(t, 3)
  const { at } = await createServer(
    t,
    tenants.map((tenant) => tenant.pluginOptions()),
    2
  )
  const headers = tenants[0]?.bearer({ userId: 'u', sessionId: 'sess_a' })
  t.equal((await at(0, '/me', headers)).statusCode, 200)
  await at(0, '/revoke?sid=sess_a')
  t.equal((await at(0, '/me', headers)).statusCode, 401)
  for (let round = 0; round < 3; round++) {
    await at(1, '/me')
    await at(2, '/me')
    t.equal((await at(0, '/me', headers)).statusCode, 401)
  }
})

t.test('an evicted tenant ends its connections when their session is revoked', async (t) => {
  const tenants = await createTenants(t, 3)
  const { app, at } = await createServer(
    t,
    tenants.map((tenant) => tenant.pluginOptions()),
    1
  )
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const headers = { 'x-tenant': '0', ...tenants[0]?.bearer({ userId: 'u', sessionId: 'sess_b' }) }
  const request = get({ port, host: '127.0.0.1', path: '/open', headers, agent: false })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  let text = ''
  response.setEncoding('utf8').on('data', (data) => {
    text += data
  })
  await at(1, '/me')
  await at(2, '/me')
  await at(0, '/revoke?sid=sess_b')
  await once(response, 'end')
  t.equal(text, 'helloended FST_CLERK_LIFETIME_REVOKED')
})

t.test('300 requests in a round of tenants cause no more fetches than the ceiling', async (t) => {
  const tenants = await createTenants(t, 3)
  const { at } = await createServer(
    t,
    tenants.map((tenant) => tenant.pluginOptions()),
    2
  )
  for (let i = 0; i < 300; i++) await at(i % 3, '/me', tenants[i % 3]?.bearer({ userId: 'u' }))
  t.strictSame(
    tenants.map((tenant) => tenant.requests.count('jwks')),
    [1, 1, 1]
  )
})

t.test('made-up key ids spend one budget, however often the tenant is evicted in between', async (t) => {
  const tenants = await createTenants(t, 3)
  const { at } = await createServer(
    t,
    tenants.map((tenant) => tenant.pluginOptions()),
    2
  )
  await at(0, '/me', tenants[0]?.bearer({ userId: 'u' }))
  for (let i = 0; i < 20; i++) {
    const [header, claims, signature] = (tenants[0]?.signSessionToken({ userId: `u${i}` }) ?? '').split('.')
    const forged = { ...JSON.parse(Buffer.from(header ?? '', 'base64url').toString()), kid: `ins_${i}` }
    const token = `${Buffer.from(JSON.stringify(forged)).toString('base64url')}.${claims}.${signature}`
    // Not awaited for long: a demanded fetch may lie a cool-down ahead, and these are refused at once.
    await at(0, '/me', { authorization: `Bearer ${token}` })
    await at(1, '/me')
    await at(2, '/me')
  }
  t.ok(Number(tenants[0]?.requests.count('jwks')) <= 4, `${tenants[0]?.requests.count('jwks')} fetches`)
})

t.test('a request that waits for keys is answered, though its tenant is evicted meanwhile', async (t) => {
  const [slow, ...others] = (await createTenants(t, 3)) as [LocalClerk, LocalClerk, LocalClerk]
  let release: (() => void) | undefined
  let hasAsked: (() => void) | undefined
  const asked = new Promise<void>((resolve) => {
    hasAsked = resolve
  })
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const fetch: typeof globalThis.fetch = async (...args) => {
    hasAsked?.()
    await held
    return slow.fetch(...args)
  }
  const options = [slow.pluginOptions({ fetch }), ...others.map((tenant) => tenant.pluginOptions())]
  const { at } = await createServer(t, options, 1)
  const waiting = at(0, '/me', slow.bearer({ userId: 'u' }))
  await asked
  await at(1, '/me')
  await at(2, '/me')
  release?.()
  t.equal((await waiting).statusCode, 200)
})

t.test('no number of other hosts evicts a tenant with signed-in users', async (t) => {
  const tenants = await createTenants(t, 40)
  const { at } = await createServer(
    t,
    tenants.map((tenant) => tenant.pluginOptions()),
    16
  )
  const headers = tenants[0]?.bearer({ userId: 'u', sessionId: 'sess_0' })
  const other = tenants[1]?.bearer({ userId: 'u', sessionId: 'sess_1' })
  for (let i = 0; i < 2; i++) {
    t.equal((await at(0, '/me', headers)).statusCode, 200)
    t.equal((await at(1, '/me', other)).statusCode, 200)
  }
  for (let round = 0; round < 3; round++) for (let i = 2; i < 40; i++) await at(i, '/')
  // One that went to rest would have let go of its verified tokens.
  for (const index of [0, 1]) t.match((await at(index, '/stats')).json(), { cachedTokens: 1 }, `tenant ${index}`)
})

t.test('a tenant with other options does not inherit', async (t) => {
  const [tenant, other] = (await createTenants(t, 2)) as [LocalClerk, LocalClerk]
  const options = [tenant.pluginOptions(), other.pluginOptions(), tenant.pluginOptions({ clockSkewInMs: 1_000 })]
  const { at } = await createServer(t, options, 1)
  const headers = tenant.bearer({ userId: 'u', sessionId: 'sess_a' })
  await at(0, '/revoke?sid=sess_a')
  await at(1, '/me')
  t.equal((await at(2, '/me', headers)).statusCode, 200)
  t.equal((await at(0, '/me', headers)).statusCode, 401)
})
