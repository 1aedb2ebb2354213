import Fastify, { type FastifyRequest } from 'fastify'
import t, { type Test } from 'tap'
import clerkAuth, { type InstanceOptions, type PluginOptions } from '../../src/index.js'
import { createLocalClerk, type LocalClerk } from '../../src/local/index.js'
import type { RevocationBus } from '../../src/revocation/index.js'
import { signingKey } from '../fixtures/app.js'

async function createTenants(t: Test, count: number): Promise<LocalClerk[]> {
  const tenants: LocalClerk[] = []
  for (let index = 0; index < count; index++) {
    // One key for all tenants: they must be kept apart although each other's signatures verify.
    tenants.push(
      await createLocalClerk({ frontendApi: `clerk.t${index}.example`, instanceType: 'production', signingKey })
    )
  }
  t.teardown(() => Promise.all(tenants.map((tenant) => tenant.close())))
  return tenants
}

async function createServer(t: Test, options: PluginOptions, log: string[] = []) {
  const logger = { level: 'error', stream: { write: (line: string) => void log.push(line) } }
  const fastify = Fastify({ logger })
  t.teardown(() => fastify.close())
  await fastify.register(clerkAuth, options)
  fastify.get('/me', { preHandler: fastify.requireAuth }, (request) => ({ iss: request.auth.sessionClaims?.iss }))
  fastify.get('/lists', { config: { clerk: { treatPendingAsSignedOut: false } } }, (request) => ({
    type: request.auth.tokenType,
    isAuthenticated: request.auth.isAuthenticated
  }))
  fastify.get('/sessions', { config: { clerk: { acceptsToken: 'session_token' } } }, (request) => ({
    isAuthenticated: request.auth.isAuthenticated
  }))
  const ask = (tenant: number, headers: object, url = '/me') =>
    fastify.inject({ url, headers: { 'x-tenant': String(tenant), ...headers } })
  return { fastify, ask }
}

function tenantOf(request: FastifyRequest): number {
  return Number(request.headers['x-tenant'])
}

t.test('an object that is filled anew for each request never gives one tenant the instance of another', async (t) => {
  const tenants = await createTenants(t, 2)
  const reused: { -readonly [Name in keyof InstanceOptions]: InstanceOptions[Name] } = { jwks: {} }
  const { ask } = await createServer(t, {
    resolver: (request) => {
      const tenant = tenants[tenantOf(request)] as LocalClerk
      Object.assign(reused, tenant.pluginOptions())
      return reused
    }
  })
  for (const attempt of ['first', 'again']) {
    for (const [index, tenant] of tenants.entries()) {
      const own = await ask(index, tenant.bearer())
      t.match(own.json(), { iss: tenant.issuer }, attempt)
      t.equal((await ask(1 - index, tenant.bearer())).statusCode, 401, attempt)
    }
  }
})

t.test('what lies deeper in the options counts as well', async (t) => {
  const [tenant] = (await createTenants(t, 1)) as [LocalClerk]
  const issuer: string[] = []
  const options = { ...tenant.pluginOptions(), issuer }
  const { ask } = await createServer(t, { resolver: () => options })
  issuer[0] = tenant.issuer
  t.equal((await ask(0, tenant.bearer())).statusCode, 200)
  issuer[0] = 'https://clerk.elsewhere.example'
  t.equal((await ask(0, tenant.bearer())).statusCode, 401)
  issuer[0] = tenant.issuer
  t.equal((await ask(0, tenant.bearer())).statusCode, 200)
  issuer.push('https://clerk.more.example')
  t.equal((await ask(0, tenant.bearer())).statusCode, 200)
})

t.test('equal options are one instance, whoever made the object', async (t) => {
  const [tenant] = (await createTenants(t, 1)) as [LocalClerk]
  const same = tenant.pluginOptions()
  const { ask } = await createServer(t, {
    resolver: (request) => (tenantOf(request) === 0 ? same : Promise.resolve({ ...tenant.pluginOptions() }))
  })
  for (const index of [0, 1, 0, 1]) t.equal((await ask(index, tenant.bearer())).statusCode, 200)
  t.equal(tenant.requests.count('jwks'), 1, 'with one key store')
})

t.test('a resolver may answer with any thenable, as a query builder is', async (t) => {
  const [tenant] = (await createTenants(t, 1)) as [LocalClerk]
  const thenable = {
    // biome-ignore lint/suspicious/noThenProperty: the answer of a query builder has it
    then: (...listeners: Parameters<Promise<InstanceOptions>['then']>) =>
      Promise.resolve(tenant.pluginOptions()).then(...listeners)
  }
  const { ask } = await createServer(t, { resolver: () => thenable as PromiseLike<InstanceOptions> })
  t.equal((await ask(0, tenant.bearer())).statusCode, 200)
})

t.test('a resolver that makes functions anew is told of it once, by the names of its members', async (t) => {
  const [tenant, other] = (await createTenants(t, 2)) as [LocalClerk, LocalClerk]
  const fetch = tenant.pluginOptions().fetch
  const lines: { msg: string; members?: string[] }[] = []
  const logger = { level: 'warn', stream: { write: (line: string) => void lines.push(JSON.parse(line)) } }
  const fastify = Fastify({ logger })
  t.teardown(() => fastify.close())
  await fastify.register(clerkAuth, {
    resolver: (request) => ({
      ...(tenantOf(request) === 0 ? tenant : other).pluginOptions(),
      fetch,
      ...(request.headers['x-anew'] === undefined ? {} : { extractToken: () => undefined })
    })
  })
  fastify.get('/', () => 'ok')
  const ask = (headers: object) => fastify.inject({ url: '/', headers: { 'x-tenant': '0', ...headers } })
  for (const name of ['0', '1', '0', '1']) await ask({ 'x-tenant': name })
  for (let i = 0; i < 2; i++) await ask({ 'x-anew': '1' })
  const told = () => lines.filter(({ members }) => members !== undefined)
  t.strictSame(told(), [])
  for (let i = 0; i < 4; i++) await ask({ 'x-anew': '1' })
  t.match(told(), [{ msg: /the resolver makes functions anew/, members: ['extractToken'] }])
  t.equal(told().length, 1)
})

t.test('instances are bounded, and one that was pushed out goes on with the keys it had', async (t) => {
  const tenants = await createTenants(t, 3)
  const { ask } = await createServer(t, {
    maxInstances: 2,
    resolver: (request) => (tenants[tenantOf(request)] as LocalClerk).pluginOptions()
  })
  for (const round of [1, 2]) {
    for (const [index, tenant] of tenants.entries()) {
      t.equal((await ask(index, tenant.bearer())).statusCode, 200, `tenant ${index}`)
      t.equal(tenant.requests.count('jwks'), 1, `round ${round}`)
    }
  }
})

t.test('a route that says nothing of tokens accepts what its instance accepts', async (t) => {
  const [tenant] = (await createTenants(t, 1)) as [LocalClerk]
  const { ask } = await createServer(t, { resolver: () => tenant.pluginOptions({ acceptsToken: 'any' as const }) })
  const machine = { authorization: `Bearer ${tenant.machineTokens.createM2MToken()}` }
  t.match((await ask(0, machine, '/lists')).json(), { type: 'm2m_token', isAuthenticated: true })
  t.match((await ask(0, machine, '/sessions')).json(), { isAuthenticated: false }, 'its own word goes first')
})

t.test('a resolver that answers when the server is closed has no instance built', async (t) => {
  const [tenant] = (await createTenants(t, 1)) as [LocalClerk]
  let peers = 0
  const bus: RevocationBus = {
    open: async () => void peers++,
    publish: async () => true,
    health: () => ({ kind: 'test', connected: true, disconnectedSinceMs: null }),
    close: async () => void peers--
  }
  const options = tenant.pluginOptions({ revocation: { bus } })
  for (const before of ['its first request', 'a request before']) {
    let answer = (_options: InstanceOptions) => {}
    let arrived = () => {}
    const hasArrived = new Promise<void>((resolve) => {
      arrived = resolve
    })
    const { fastify, ask } = await createServer(t, {
      resolver: (request) => {
        if (tenantOf(request) === 0) return options
        arrived()
        return new Promise<InstanceOptions>((resolve) => {
          answer = resolve
        })
      }
    })
    if (before === 'a request before') t.equal((await ask(0, tenant.bearer())).statusCode, 200)
    const late = ask(1, tenant.bearer())
    await hasArrived
    await fastify.close()
    t.equal(peers, 0, before)
    answer(options)
    t.match((await late).json(), { code: 'FST_CLERK_RESOLVER' }, before)
    t.equal(peers, 0, before)
  }
})

t.test('a resolver that fails is an error of the server, with the cause in the log only', async (t) => {
  const [tenant] = (await createTenants(t, 1)) as [LocalClerk]
  const failures: Record<string, () => unknown> = {
    'throws at once': () => {
      throw new Error('no such tenant')
    },
    rejects: () => Promise.reject(new Error('no such tenant')),
    'answers with nothing': () => undefined,
    'answers with null': async () => null,
    'answers with a text': () => 'tenant-1',
    'answers without keys': () => ({}),
    'answers with an option that does not exist': () => ({ ...tenant.pluginOptions(), secret: 'x' }),
    'answers with a key that is none': async () => ({ publishableKey: 'pk_live_nonsense' })
  }
  for (const [name, resolver] of Object.entries(failures)) {
    const log: string[] = []
    const { ask } = await createServer(t, { resolver: resolver as () => InstanceOptions }, log)
    const response = await ask(0, tenant.bearer())
    t.match(response.json(), { statusCode: 500, code: 'FST_CLERK_RESOLVER' }, name)
    t.notMatch(response.body, 'no such tenant', name)
    t.ok(
      log.some((line) => line.includes('the resolver gave no instance')),
      name
    )
  }
})
