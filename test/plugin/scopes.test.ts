import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import clerkAuth, { getAuth, requireAuth } from '../../src/index.js'
import { createLocalClerk } from '../../src/local/index.js'
import { createApp } from '../fixtures/app.js'

t.test('two instances in two scopes coexist with separate keys', async (t) => {
  const one = await createLocalClerk({ frontendApi: 'clerk.one.example', instanceType: 'production' })
  const two = await createLocalClerk({ frontendApi: 'clerk.two.example', instanceType: 'production' })
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  for (const [prefix, clerk] of [
    ['/one', one],
    ['/two', two]
  ] as const) {
    await fastify.register(
      async (scope) => {
        await scope.register(clerkAuth, clerk.pluginOptions())
        scope.get('/me', { preHandler: scope.requireAuth }, (request) => request.auth)
      },
      { prefix }
    )
  }
  fastify.get('/outside', (request) => getAuth(request))
  t.equal((await fastify.inject({ url: '/one/me', headers: one.bearer() })).statusCode, 200)
  t.equal((await fastify.inject({ url: '/two/me', headers: two.bearer() })).statusCode, 200)
  t.equal((await fastify.inject({ url: '/one/me', headers: two.bearer() })).statusCode, 401)
  t.equal((await fastify.inject({ url: '/two/me', headers: one.bearer() })).statusCode, 401)
  t.match((await fastify.inject({ url: '/outside', headers: one.bearer() })).json(), {
    code: 'FST_CLERK_NOT_REGISTERED'
  })
})

t.test('registering twice in one scope, or over other decorators, is a clear error', async (t) => {
  const clerk = await createLocalClerk()
  const twice = Fastify()
  await twice.register(clerkAuth, clerk.pluginOptions())
  await t.rejects(async () => await twice.register(clerkAuth, clerk.pluginOptions()), {
    code: 'FST_CLERK_ALREADY_REGISTERED'
  })

  const nested = Fastify()
  await nested.register(clerkAuth, clerk.pluginOptions())
  await t.rejects(
    async () =>
      await nested.register(async (scope) => {
        await scope.register(clerkAuth, clerk.pluginOptions())
      }),
    {
      code: 'FST_CLERK_ALREADY_REGISTERED'
    }
  )

  const taken = Fastify()
  taken.decorateRequest('auth' as string, null)
  await t.rejects(async () => await taken.register(clerkAuth, clerk.pluginOptions()), {
    code: 'FST_CLERK_DECORATOR_TAKEN'
  })
})

t.test('the not-found handler sees who asks', async (t) => {
  const { clerk, fastify } = await createApp(t, {
    routes(fastify) {
      fastify.setNotFoundHandler((request, reply) => reply.code(404).send({ userId: getAuth(request).userId }))
    }
  })
  t.same((await fastify.inject({ url: '/nowhere', headers: clerk.bearer({ userId: 'user_1' }) })).json(), {
    userId: 'user_1'
  })
  t.same((await fastify.inject('/nowhere')).json(), { userId: null })
})

t.test('a bad value under config.clerk fails the registration of the route', async (t) => {
  for (const [clerk, code] of [
    [true, 'FST_CLERK_ROUTE_OPTIONS'],
    [{ acceptToken: 'any' }, 'FST_CLERK_ROUTE_OPTIONS'],
    [{ acceptsToken: 'cookie' }, 'FST_CLERK_ROUTE_OPTIONS'],
    [{ acceptsToken: [] }, 'FST_CLERK_ROUTE_OPTIONS'],
    [{ handshake: 'no' }, 'FST_CLERK_ROUTE_OPTIONS'],
    [{ public: 1 }, 'FST_CLERK_ROUTE_OPTIONS']
  ] as const) {
    const local = await createLocalClerk()
    const fastify = Fastify()
    await fastify.register(clerkAuth, local.pluginOptions())
    t.throws(() => fastify.get('/', { config: { clerk: clerk as never } }, () => ''), { code }, JSON.stringify(clerk))
    await fastify.close()
  }
})

t.test('a route for API keys needs the secret key by which they are verified', async (t) => {
  const { publishableKey, jwtKey, secretKey, close } = await createLocalClerk()
  t.teardown(close)
  const config = { clerk: { acceptsToken: ['session_token', 'api_key'] } } as const
  const keyless = Fastify()
  await keyless.register(clerkAuth, { publishableKey, jwtKey })
  const missing = { code: 'FST_CLERK_OPTION_SECRET_KEY_MISSING', message: /route GET \/keys/ }
  t.throws(() => keyless.get('/keys', { config }, () => ''), missing)
  t.throws(() => keyless.get('/keys', { config: { clerk: { acceptsToken: 'any' } } }, () => ''), missing)
  const keyed = Fastify()
  await keyed.register(clerkAuth, { publishableKey, jwtKey, secretKey })
  t.doesNotThrow(() => keyed.get('/', { config }, () => ''))
})

t.test('without a secret key, opaque tokens that strangers make up are refused, and log nothing', async (t) => {
  const { publishableKey, jwtKey, machineTokens, close } = await createLocalClerk()
  t.teardown(close)
  for (const plugin of [
    { acceptsToken: ['session_token', 'm2m_token', 'oauth_token'] as const },
    { acceptsToken: 'any' as const, machineTokens: { jwtOnly: true } }
  ]) {
    const lines: string[] = []
    const fastify = Fastify({ logger: { level: 'warn', stream: { write: (line: string) => void lines.push(line) } } })
    t.teardown(() => fastify.close())
    await fastify.register(clerkAuth, { publishableKey, jwtKey, secretKey: null, ...plugin })
    fastify.get('/', { onRequest: fastify.requireAuth }, () => 'in')
    const statusOf = async (token: string) =>
      (await fastify.inject({ url: '/', headers: { authorization: `Bearer ${token}` } })).statusCode
    for (const token of ['mt_abc', 'oat_abc', 'ak_abc', 'mt_', 'oat_.._']) t.equal(await statusOf(token), 401, token)
    t.equal(await statusOf(machineTokens.createM2MToken({ format: 'jwt' })), 200, 'a JWT needs no secret key')
    t.strictSame(lines, [])
  }
})

t.test('with defaultDeny every route needs authentication unless it is public', async (t) => {
  const { clerk, fastify } = await createApp(t, {
    plugin: { defaultDeny: true },
    routes(fastify) {
      fastify.get('/private', () => 'in')
      fastify.get('/public', { config: { clerk: { public: true } } }, (request) => ({
        signedIn: request.auth.isAuthenticated
      }))
      fastify.get('/health', { config: { clerk: false } }, () => 'ok')
    }
  })
  t.equal((await fastify.inject('/private')).statusCode, 401)
  t.equal((await fastify.inject({ method: 'HEAD', url: '/private' })).statusCode, 401)
  t.equal((await fastify.inject({ url: '/private', headers: clerk.bearer() })).statusCode, 200)
  t.same((await fastify.inject('/public')).json(), { signedIn: false })
  t.same((await fastify.inject({ url: '/public', headers: clerk.bearer() })).json(), { signedIn: true })
  t.equal((await fastify.inject('/health')).statusCode, 200)
  t.equal(
    fastify.clerk.printRoutes(),
    [
      'required  GET   /private  session_token',
      'required  HEAD  /private  session_token',
      'public    GET   /public   session_token',
      'public    HEAD  /public   session_token',
      'off       GET   /health',
      'off       HEAD  /health'
    ].join('\n')
  )
})

t.test('of early routes of one method and URL, each has its own policy in the table', async (t) => {
  const clerk = await createLocalClerk()
  const fastify = Fastify()
  t.teardown(() => Promise.all([clerk.close(), fastify.close()]))
  const hosts = ['api.example.com', /^pages/, 'status.example.com'] as const
  const types = ['any', 'session_token', 'api_key'] as const
  for (const [index, host] of hosts.entries()) {
    const config = { clerk: { acceptsToken: types[index] } } as object
    fastify.get('/early', { constraints: { host }, config, onRequest: requireAuth }, () => 'in')
  }
  fastify.get('/early', () => 'in')
  await fastify.register(clerkAuth, clerk.pluginOptions({ earlyRoutes: ['/early'] }))
  await fastify.ready()
  const rows = fastify.clerk.routes().filter(({ method }) => method === 'GET')
  const found = rows.map(({ constraints, policy, acceptsToken }) => [constraints?.host, policy, acceptsToken])
  t.strictSame(
    new Set(found),
    new Set([
      ['api.example.com', 'required', 'any'],
      [hosts[1], 'required', 'session_token'],
      ['status.example.com', 'required', 'api_key'],
      [undefined, 'open', 'session_token']
    ])
  )
})

t.test(
  'the table has both URLs of a route for the slash below a prefix, made before the plugin or after it',
  async (t) => {
    const clerk = await createLocalClerk()
    for (const isEarly of [false, true]) {
      for (const [options, served] of [
        [{}, ['/in', '/in/']],
        [{ prefixTrailingSlash: 'slash' }, ['/in/']],
        [{ prefixTrailingSlash: 'no-slash' }, ['/in']]
      ] as const) {
        const fastify = Fastify({ exposeHeadRoutes: false })
        t.teardown(() => fastify.close())
        const routes = async (scope: FastifyInstance) =>
          void scope.get('/', { ...options, config: { clerk: { public: true } } }, () => 'in')
        if (isEarly) await fastify.register(routes, { prefix: '/in' })
        await fastify.register(clerkAuth, clerk.pluginOptions({ earlyRoutes: ['/in', '/in/'] }))
        if (!isEarly) await fastify.register(routes, { prefix: '/in' })
        await fastify.ready()
        const rows = fastify.clerk.routes().map(({ url, policy }) => `${policy} ${url}`)
        const expected = served.map((url) => `public ${url}`)
        t.strictSame(rows.sort(), expected, `${isEarly} ${JSON.stringify(options)}`)
        for (const url of served) t.equal((await fastify.inject(url)).statusCode, 200)
      }
    }
    await clerk.close()
  }
)

t.test('a resolver finds the instance of each request, and never answers with another', async (t) => {
  const one = await createLocalClerk({ frontendApi: 'clerk.one.example', instanceType: 'production' })
  const two = await createLocalClerk({ frontendApi: 'clerk.two.example', instanceType: 'production' })
  const options = { one: one.pluginOptions(), two: two.pluginOptions() }
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  await fastify.register(clerkAuth, {
    resolver: async (request) => {
      const tenant = request.headers['x-tenant'] as keyof typeof options | 'bad'
      if (tenant === 'bad') return { publishableKey: 'pk_nonsense' }
      return { ...options[tenant] }
    }
  })
  fastify.get('/me', { preHandler: fastify.requireAuth }, (request) => request.auth)
  fastify.get('/health', { config: { clerk: false } }, () => 'ok')

  const ask = (tenant: string, headers: object) =>
    fastify.inject({ url: '/me', headers: { 'x-tenant': tenant, ...headers } })
  for (const attempt of ['first', 'again']) {
    t.equal((await ask('one', one.bearer())).statusCode, 200, attempt)
    t.equal((await ask('two', two.bearer())).statusCode, 200, attempt)
    t.equal((await ask('one', two.bearer())).statusCode, 401, attempt)
    t.equal((await ask('two', one.bearer())).statusCode, 401, attempt)
  }
  t.match((await ask('bad', one.bearer())).json(), { statusCode: 500, code: 'FST_CLERK_RESOLVER' })
  t.match((await ask('unknown', one.bearer())).json(), { statusCode: 500 }, 'no instance without options')
  t.equal((await fastify.inject('/health')).statusCode, 200, 'routes without authentication need no instance')
  t.equal(one.requests.count('jwks'), 1)
  t.throws(() => fastify.clerk.stats(), { code: 'FST_CLERK_NO_INSTANCE' })
})

t.test('without a resolver, a request that nothing has authenticated is said to be one', async (t) => {
  const clerk = await createLocalClerk()
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  const thrown: unknown[] = []
  fastify.addHook('onRequest', async (request) => {
    const ask = [() => fastify.clerk.lifetime(request), () => fastify.clerk.instanceOf(request)]
    for (const call of ask) {
      try {
        call()
      } catch (error) {
        thrown.push((error as { code?: string }).code)
      }
    }
  })
  await fastify.register(clerkAuth, clerk.pluginOptions())
  fastify.get('/', () => 'ok')
  t.equal((await fastify.inject('/')).body, 'ok')
  t.strictSame(thrown, ['FST_CLERK_NOT_REGISTERED', 'FST_CLERK_NOT_REGISTERED'])
})

t.test('forwarded headers count by trustProxy alone, and are warned about once when they do not', async (t) => {
  const lines: string[] = []
  const logger = { level: 'warn', stream: { write: (line: string) => lines.push(line) } }
  const headers = {
    host: 'app.example.com',
    'x-forwarded-host': 'evil.test',
    'x-forwarded-proto': 'https',
    'sec-fetch-dest': 'document',
    cookie: '__client_uat=1'
  }
  const untrusting = await createApp(t, { server: { logger } })
  for (const _ of [1, 2]) {
    const response = await untrusting.fastify.inject({ url: '/page', headers })
    t.equal(response.statusCode, 307)
    const location = new URL(response.headers.location as string)
    t.equal(location.origin, 'https://clerk.example.com')
    t.equal(location.searchParams.get('redirect_url'), 'http://app.example.com/page')
  }
  t.equal(lines.filter((line) => line.includes('trustProxy')).length, 1)

  const trusting = await createApp(t, { server: { trustProxy: true } })
  const response = await trusting.fastify.inject({ url: '/page', headers })
  t.equal(new URL(response.headers.location as string).searchParams.get('redirect_url'), 'https://evil.test/page')
  const { 'x-forwarded-proto': _proto, ...others } = headers
  // A header that comes twice is a list, as which Node joins it.
  for (const proto of ['https', 'http, https']) {
    const cloudFront = await trusting.fastify.inject({
      url: '/page',
      headers: { ...others, 'cloudfront-forwarded-proto': proto, 'x-forwarded-for': '203.0.113.1' }
    })
    const location = new URL(cloudFront.headers.location as string)
    t.equal(location.searchParams.get('redirect_url'), 'https://evil.test/page', proto)
  }
})

t.test('forwarded headers of a peer that trustProxy does not trust are reported once', async (t) => {
  const lines: string[] = []
  const logger = { level: 'warn', stream: { write: (line: string) => lines.push(line) } }
  const { fastify } = await createApp(t, { server: { logger, trustProxy: '10.0.0.0/8' } })
  const page = { host: 'app.example.com', 'sec-fetch-dest': 'document', cookie: '__client_uat=1' }
  const back = async (remoteAddress: string, headers: Record<string, string>) => {
    const response = await fastify.inject({ url: '/page', remoteAddress, headers: { ...page, ...headers } })
    return new URL(response.headers.location as string).searchParams.get('redirect_url')
  }
  const proxied = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'www.example.com' }
  t.equal(await back('10.1.2.3', proxied), 'https://www.example.com/page')
  t.equal(await back('10.1.2.3', { 'x-forwarded-host': 'a.test, www.example.com' }), 'http://www.example.com/page')
  t.equal(await back('192.0.2.1', { 'x-forwarded-proto': 'http' }), 'http://app.example.com/page')
  t.same(lines, [], 'nothing was ignored')
  for (const _ of [1, 2]) t.equal(await back('192.0.2.1', proxied), 'http://app.example.com/page')
  t.equal(lines.length, 1)
  t.match(lines[0], /does not trust the peer/)
  t.equal(JSON.parse(lines[0] as string).header, 'x-forwarded-host')
})

t.test('CloudFront in front of a load balancer: what the load balancer says counts, and the log says so', async (t) => {
  const lines: string[] = []
  const logger = { level: 'warn', stream: { write: (line: string) => lines.push(line) } }
  const { fastify } = await createApp(t, { server: { logger, trustProxy: '10.0.0.0/8' } })
  const back = async (remoteAddress: string, proto: string | null) => {
    const headers = {
      host: 'app.example.com',
      'sec-fetch-dest': 'document',
      cookie: '__client_uat=1',
      'x-forwarded-for': '203.0.113.1, 198.51.100.7',
      'cloudfront-forwarded-proto': 'https',
      ...(proto !== null && { 'x-forwarded-proto': proto })
    }
    const response = await fastify.inject({ url: '/page', remoteAddress, headers })
    return new URL(response.headers.location as string).searchParams.get('redirect_url')
  }
  t.equal(await back('10.1.2.3', 'https'), 'https://app.example.com/page', 'CloudFront reaches it by https')
  t.equal(await back('10.1.2.3', null), 'https://app.example.com/page', 'or it writes no header')
  t.same(lines, [])
  for (const _ of [1, 2]) t.equal(await back('10.1.2.3', 'http'), 'http://app.example.com/page')
  t.equal(lines.length, 1)
  t.match(lines[0], /CloudFront-Forwarded-Proto was ignored.*let it use https/)
  for (const _ of [1, 2]) t.equal(await back('192.0.2.1', null), 'http://app.example.com/page')
  t.equal(lines.length, 2)
  t.match(lines[1], /does not trust the peer/)
})

t.test('requireAuth sends a browser to signInUrl when that is asked for', async (t) => {
  const { fastify } = await createApp(t, {
    plugin: { requireAuthRedirect: true, signInUrl: '/sign-in' },
    routes(fastify) {
      fastify.get('/page', { preHandler: fastify.requireAuth }, () => 'in')
    }
  })
  const page = await fastify.inject({ url: '/page?a=1', headers: { host: 'app.example.com', accept: 'text/html' } })
  t.equal(page.statusCode, 302)
  t.equal(
    page.headers.location,
    'http://app.example.com/sign-in?redirect_url=http%3A%2F%2Fapp.example.com%2Fpage%3Fa%3D1'
  )
  t.equal(page.headers['cache-control'], 'no-store')
  t.equal((await fastify.inject({ url: '/page', headers: { accept: 'application/json' } })).statusCode, 401)
  t.equal((await fastify.inject({ method: 'HEAD', url: '/page', headers: { accept: 'text/html' } })).statusCode, 401)
})
