import Fastify, { type FastifyInstance, type InjectOptions } from 'fastify'
import t from 'tap'
import clerkAuth, { authorize, authorizeAsync, requireAuth } from '../../src/index.js'
import { createLocalClerk } from '../../src/local/index.js'
import { signingKey } from '../fixtures/app.js'
import { GUARDS, register, SECRET, SERVERS, SPELLINGS, serve, start } from './guarded-routes.js'

// Attempts to get round a guard: with no form of the request line does its handler run for a client that is signed out.

function* requests(): Generator<InjectOptions> {
  const methods = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'DELETE', 'PATCH'] as const
  for (const url of [
    ...SPELLINGS,
    '/any',
    '/any/',
    '/nested/deep/admin',
    '/slash',
    '/slash/',
    '/open-door',
    '/public-door'
  ]) {
    for (const method of methods) yield { method, url }
    yield { url, headers: { authorization: 'Bearer x', cookie: '__session=x; __client_uat=1' } }
    const preflight = { origin: 'https://evil.test', 'access-control-request-method': 'GET' }
    for (const method of ['GET', 'OPTIONS'] as const) yield { method, url, headers: preflight }
  }
  const overrides = [
    'x-http-method-override',
    'x-original-url',
    'x-rewrite-url',
    'x-forwarded-prefix',
    'x-forwarded-uri'
  ]
  for (const name of overrides) {
    yield { url: '/admin', headers: { [name]: '/open' } }
    yield { url: '/open', headers: { [name]: '/admin' } }
  }
  yield { url: '/versioned', headers: { 'accept-version': '2.x' } }
  yield { url: '/versioned', headers: { 'accept-version': '*' } }
  yield { url: '/hosted', headers: { host: 'admin.test' } }
  yield { url: '/hosted', headers: { host: 'ADMIN.test' } }
}

for (const [name, server] of SERVERS) {
  t.test(`no spelling of a request gets round a guard, on a server ${name}`, async (t) => {
    for (const [guardName, plugin, guard] of GUARDS) {
      const { clerk, fastify, served } = await start(t, plugin, server, (fastify) => register(fastify, guard(fastify)))
      for (const request of requests()) {
        const response = await fastify.inject(request)
        const what = `${guardName}: ${request.method} ${request.url}`
        if (served() > 0 || response.body.includes(SECRET)) t.fail(`${what} is served`)
        if (response.statusCode >= 500) t.fail(`${what}: ${response.statusCode}`)
      }
      const org = { id: 'org_1', role: 'admin' }
      const control = await fastify.inject({ url: '/admin', headers: clerk.bearer({ org }) })
      t.equal(control.body, SECRET, `control: ${guardName} lets a known user in`)
      await fastify.close()
    }
  })
}

t.test('a HEAD is answered only to those who may GET', async (t) => {
  const { clerk, fastify, served } = await start(t, {}, {}, (fastify) => {
    fastify.get('/admin', { preHandler: fastify.requireAuth }, serve)
  })
  t.equal((await fastify.inject({ method: 'HEAD', url: '/admin' })).statusCode, 401)
  t.equal(served(), 0)
  t.equal((await fastify.inject({ method: 'HEAD', url: '/admin', headers: clerk.bearer() })).statusCode, 200)
})

t.test('not-found and error handlers see who is there, and a guard on the not-found handler counts', async (t) => {
  const { clerk, fastify, served } = await start(t, { defaultDeny: true }, {}, (fastify) => {
    // Without any route for the method, Fastify up to 5.12.0 calls this handler for malformed URLs without running hooks.
    fastify.get('/somewhere', () => '')
    fastify.setNotFoundHandler({ preHandler: fastify.requireAuth }, (request, reply) =>
      reply.code(404).send(serve(request))
    )
    fastify.setErrorHandler((error: Error & { statusCode?: number }, request, reply) =>
      reply.code(error.statusCode ?? 500).send({ isAuthenticated: request.auth.isAuthenticated })
    )
  })
  for (const url of ['/nothing', '/admin', '//', '/%']) {
    const response = await fastify.inject(url)
    t.match(String(response.statusCode), /^40[01]$/, url)
  }
  t.equal(served(), 0)
  t.equal((await fastify.inject({ url: '/nothing', headers: clerk.bearer() })).statusCode, 404)
  t.same((await fastify.inject('/nothing')).json(), { isAuthenticated: false })
})

t.test('what runs before authentication, and fails there, finds nobody signed in', async (t) => {
  const clerk = await createLocalClerk({ signingKey })
  const fastify = Fastify()
  t.teardown(() => Promise.all([fastify.close(), clerk.close()]))
  let seen: unknown
  fastify.addHook('onRequest', async () => {
    throw new Error('early')
  })
  await fastify.register(clerkAuth, clerk.pluginOptions())
  fastify.setErrorHandler((_error, request, reply) => {
    seen = request.auth.isAuthenticated
    return reply.code(418).send('')
  })
  fastify.get('/', () => 'in')
  t.equal((await fastify.inject({ url: '/', headers: clerk.bearer() })).statusCode, 418)
  t.equal(seen, false)
})

t.test('nobody else can pass for request.auth', async (t) => {
  const forged = { isAuthenticated: true, userId: 'user_admin', tokenType: 'session_token', has: () => true }
  const attempts: readonly (readonly [string, (fastify: FastifyInstance) => void])[] = [
    [
      'assigning',
      (fastify) => void fastify.addHook('preHandler', async (request) => void Object.assign(request, { auth: forged }))
    ],
    [
      'defining',
      (fastify) =>
        void fastify.addHook(
          'preHandler',
          async (request) => void Object.defineProperty(request, 'auth', { value: forged })
        )
    ],
    [
      'spelling our slot',
      (fastify) =>
        void fastify.addHook('preHandler', async (request) => {
          Object.assign(request, {
            [Symbol('fastify-clerk-auth.auth')]: forged,
            [Symbol.for('fastify-clerk-auth.auth')]: forged
          })
        })
    ],
    [
      'changing the prototype',
      (fastify) =>
        void fastify.addHook('preHandler', async (request) => {
          Object.setPrototypeOf(request, Object.create(Object.getPrototypeOf(request), { auth: { value: forged } }))
        })
    ]
  ]
  for (const [name, attempt] of attempts) {
    const { fastify, served } = await start(t, {}, {}, (fastify) => {
      attempt(fastify)
      fastify.get('/admin', { preHandler: [fastify.requireAuth, fastify.authorize({ role: 'org:admin' })] }, serve)
    })
    const { statusCode } = await fastify.inject('/admin')
    t.ok(statusCode === 401 || statusCode === 500, `${name}: ${statusCode}`)
    t.equal(served(), 0, name)
  }

  const decorators: readonly (readonly [string, (fastify: FastifyInstance) => void])[] = [
    ['decorateRequest', (fastify) => void fastify.decorateRequest('auth' as 'ip', null as never)],
    ['requireAuth', (fastify) => void fastify.decorate('requireAuth', (() => {}) as never)],
    ['authorize', (fastify) => void fastify.decorate('authorize', (() => {}) as never)],
    ['clerk', (fastify) => void fastify.decorate('clerk', {} as never)]
  ]
  for (const [name, decorate] of decorators) {
    const clerk = await createLocalClerk({ signingKey })
    const before = Fastify()
    decorate(before)
    await t.rejects(
      async () => {
        await before.register(clerkAuth, clerk.pluginOptions())
      },
      { code: 'FST_CLERK_DECORATOR_TAKEN' },
      `${name} first`
    )
    const after = Fastify()
    await after.register(clerkAuth, clerk.pluginOptions())
    t.throws(() => decorate(after), { code: 'FST_ERR_DEC_ALREADY_PRESENT' }, `${name} afterwards`)
  }
})

t.test('a route that is open and guarded at once refuses to boot', async (t) => {
  for (const plugin of [{}, { defaultDeny: true }]) {
    const { fastify } = await start(t, plugin, {}, () => {})
    const clerk = await createLocalClerk({ signingKey })
    const other = Fastify()
    t.teardown(() => other.close())
    await other.register(clerkAuth, clerk.pluginOptions(plugin))
    for (const open of [false, { public: true }] as const) {
      for (const hook of ['onRequest', 'preParsing', 'preValidation', 'preHandler']) {
        for (const guard of [other.requireAuth, [() => {}, other.authorize({ role: 'org:admin' })]]) {
          t.throws(
            () => other.get(`/${hook}`, { config: { clerk: open }, [hook]: guard }, () => ''),
            { code: 'FST_CLERK_ROUTE_POLICY' },
            `${JSON.stringify(open)} and ${hook}`
          )
        }
      }
    }
    await fastify.close()
  }
})

t.test('a route that is open in a guarded scope refuses to boot, with a resolver too', async (t) => {
  const clerk = await createLocalClerk({ signingKey })
  const options = clerk.pluginOptions()
  for (const plugin of [options, { resolver: () => options }]) {
    for (const open of [false, { public: true }] as const) {
      for (const hook of ['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const) {
        for (const guard of [requireAuth, authorize({ role: 'org:admin' }), authorizeAsync(async () => true)]) {
          for (const isHookFirst of [true, false]) {
            const fastify = Fastify()
            t.teardown(() => fastify.close())
            await fastify.register(clerkAuth, plugin)
            fastify.register(async (scope) => {
              if (isHookFirst) scope.addHook(hook as 'onRequest', guard)
              scope.get('/open', { config: { clerk: open } }, () => '')
              if (!isHookFirst) scope.addHook(hook as 'onRequest', guard)
            })
            await t.rejects(
              async () => fastify.ready(),
              { code: 'FST_CLERK_ROUTE_POLICY', message: 'the scope of GET /open' },
              `${JSON.stringify(open)} and ${hook}`
            )
          }
        }
      }
    }
  }
})

t.test('a route that was made before the plugin, open in a guarded scope, refuses to boot', async (t) => {
  const clerk = await createLocalClerk({ signingKey })
  const refusals = {
    // Authentication would come after it: no route of the scope could work, open or not.
    onRequest: { code: 'FST_CLERK_GUARD_USE', message: 'in onRequest of a scope it runs before authentication' },
    preHandler: { code: 'FST_CLERK_ROUTE_POLICY', message: 'the scope of GET /open' }
  }
  for (const open of [false, { public: true }] as const) {
    for (const [hook, refusal] of Object.entries(refusals)) {
      const fastify = Fastify()
      t.teardown(() => fastify.close())
      fastify.register(async (scope) => {
        scope.addHook(hook as 'onRequest', requireAuth)
        scope.get('/open', { config: { clerk: open } }, () => '')
      })
      await fastify.after()
      await fastify.register(clerkAuth, clerk.pluginOptions())
      await t.rejects(async () => fastify.ready(), refusal, `${hook}, ${JSON.stringify(open)}`)
    }
  }
})

t.test('the route table tells which routes need authentication', async (t) => {
  const { fastify } = await start(t, {}, { exposeHeadRoutes: false }, (fastify) => {
    fastify.get('/open', () => '')
    fastify.get('/off', { config: { clerk: false } }, () => '')
    fastify.get('/guarded', { preHandler: fastify.requireAuth }, () => '')
    fastify.get('/permitted', { onRequest: [fastify.authorize({ role: 'org:admin' })] }, () => '')
  })
  t.equal(
    fastify.clerk.printRoutes(),
    [
      'open      GET  /open       session_token',
      'off       GET  /off',
      'required  GET  /guarded    session_token',
      'required  GET  /permitted  session_token'
    ].join('\n')
  )
})

t.test('with defaultDeny a server with routes from before the plugin refuses to boot', async (t) => {
  const clerk = await createLocalClerk({ signingKey })
  for (const early of [
    (fastify: FastifyInstance) => void fastify.get('/early', () => SECRET),
    (fastify: FastifyInstance) => void fastify.register(async (scope) => void scope.get('/early', () => SECRET))
  ]) {
    const fastify = Fastify()
    t.teardown(() => fastify.close())
    early(fastify)
    await t.rejects(
      async () => {
        await fastify.register(clerkAuth, clerk.pluginOptions({ defaultDeny: true }))
        await fastify.ready()
      },
      { code: 'FST_CLERK_EARLY_ROUTES' }
    )
  }
  // Without `await` the plugin is loaded after the routes that follow in the same turn.
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  fastify.register(clerkAuth, clerk.pluginOptions({ defaultDeny: true }))
  fastify.get('/early', () => SECRET)
  await t.rejects(async () => fastify.ready(), { code: 'FST_CLERK_EARLY_ROUTES' })
})

t.test('a guard that was named before there was one keeps the server from starting', async (t) => {
  const clerk = await createLocalClerk({ signingKey })
  const options = clerk.pluginOptions()
  for (const plugin of [options, { resolver: () => options }]) {
    const late = Fastify()
    t.teardown(() => late.close())
    late.register(clerkAuth, plugin)
    late.get('/admin', { preHandler: late.requireAuth }, () => SECRET)
    await t.rejects(async () => late.inject('/admin'), { code: 'FST_CLERK_EARLY_ROUTES', message: 'GET /admin' })
    await t.rejects(async () => late.listen(), { code: 'FST_CLERK_EARLY_ROUTES' }, 'nor can it listen afterwards')

    const early = Fastify()
    t.teardown(() => early.close())
    await early.register(clerkAuth, plugin)
    early.get('/admin', { preHandler: early.requireAuth }, () => SECRET)
    t.equal((await early.inject('/admin')).statusCode, 401)
  }
})

t.test('in a scope of its own the plugin refuses the early routes of the scope, and leaves others alone', async (t) => {
  const clerk = await createLocalClerk({ signingKey })
  for (const earlyRoutes of [false, ['/before', '/early', '/open', '/off']] as const) {
    const fastify = Fastify()
    t.teardown(() => fastify.close())
    const options = clerk.pluginOptions()
    fastify.get('/health', () => 'ok')
    fastify.register(async (scope) => {
      scope.get('/before', () => 'open')
      scope.register(clerkAuth, { ...options, defaultDeny: true, earlyRoutes })
      scope.get('/early', () => 'open')
      scope.get('/open', { config: { clerk: { public: true } } }, () => 'open')
      scope.get('/off', { config: { clerk: false } }, () => 'open')
      scope.register(async (inner) => void inner.get('/late', () => SECRET))
    })
    if (earlyRoutes === false) {
      const message = ': GET /before, GET /early, GET /open, GET /off. '
      await t.rejects(async () => fastify.ready(), { code: 'FST_CLERK_EARLY_ROUTES', message })
      continue
    }
    await fastify.ready()
    for (const url of earlyRoutes) t.equal((await fastify.inject(url)).body, 'open', url)
    for (const method of ['GET', 'HEAD'] as const) {
      t.equal((await fastify.inject({ method, url: '/late' })).statusCode, 401, method)
    }
    t.equal((await fastify.inject({ url: '/late', headers: clerk.bearer() })).body, SECRET)
    t.equal((await fastify.inject('/health')).body, 'ok')
    t.equal((await fastify.inject('/none')).statusCode, 404)
  }
})

t.test("what a route accepts is its own and its instance's to say, with a resolver too", async (t) => {
  const clerk = await createLocalClerk({ signingKey })
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  const options = clerk.pluginOptions({ acceptsToken: 'api_key' as const })
  await fastify.register(clerkAuth, { resolver: () => options })
  const routes = [
    ['/plain', {}, false],
    ['/public', { clerk: { public: true } }, false],
    ['/settled', { clerk: { handshake: false } }, false],
    ['/sessions', { clerk: { acceptsToken: 'session_token' } }, true]
  ] as const
  for (const [url, config] of routes) {
    fastify.get(url, { config }, (request) => ({ in: (request.auth as { isAuthenticated: boolean }).isAuthenticated }))
  }
  const key = clerk.machineTokens.createApiKey({ subject: 'user_1' })
  for (const [url, , acceptsSession] of routes) {
    t.same((await fastify.inject({ url, headers: clerk.bearer() })).json(), { in: acceptsSession }, url)
    const byKey = await fastify.inject({ url, headers: { authorization: `Bearer ${key}` } })
    t.same(byKey.json(), { in: !acceptsSession }, `${url} by API key`)
  }
})

t.test('what a route accepts counts also when it was registered before the plugin', async (t) => {
  const clerk = await createLocalClerk({ signingKey })
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  fastify.register(clerkAuth, clerk.pluginOptions({ earlyRoutes: ['/keys'] }))
  const whoIsThere = { config: { clerk: { acceptsToken: 'api_key' } } } as const
  fastify.get('/keys', whoIsThere, (request) => ({ in: request.auth.isAuthenticated, type: request.auth.tokenType }))
  await fastify.ready()
  const ask = async (url: string, token: string) =>
    fastify.inject({ url, headers: { authorization: `Bearer ${token}` } })
  t.same((await ask('/keys', clerk.signSessionToken())).json(), { in: false, type: 'api_key' })
  const key = clerk.machineTokens.createApiKey({ subject: 'user_1' })
  t.same((await ask('/keys', key)).json(), { in: true, type: 'api_key' })

  const wrong = Fastify()
  t.teardown(() => wrong.close())
  wrong.register(clerkAuth, clerk.pluginOptions({ earlyRoutes: ['/wrong'] }))
  wrong.get('/wrong', { config: { clerk: { accepts: 'api_key' } as never } }, () => SECRET)
  await t.rejects(async () => wrong.ready(), { code: 'FST_CLERK_ROUTE_OPTIONS' })
})

t.test('by TRACE nobody is signed in, not in the routes of fastify.all() either', async (t) => {
  const clerk = await createLocalClerk({ frontendApi: 'clerk.example.com', instanceType: 'production', signingKey })
  const fastify = Fastify()
  t.teardown(() => Promise.all([fastify.close(), clerk.close()]))
  await fastify.register(clerkAuth, clerk.pluginOptions({ acceptsToken: 'any' }))
  fastify.all('/guarded', { preHandler: fastify.requireAuth }, async () => SECRET)
  fastify.route({ method: 'TRACE', url: '/open', handler: async ({ auth }) => `${auth.isAuthenticated}` })
  const apiKey = clerk.machineTokens.createApiKey({ subject: 'user_ada' })
  const credentials = [clerk.bearer(), { cookie: clerk.cookies() }, { authorization: `Bearer ${apiKey}` }]
  for (const headers of credentials) {
    // First seen, then known.
    for (const _ of [1, 2]) t.equal((await fastify.inject({ url: '/guarded', headers })).statusCode, 200)
    const ask = (url: string) => fastify.inject({ method: 'TRACE' as 'GET', url, headers })
    t.equal((await ask('/guarded')).statusCode, 401)
    t.equal((await ask('/open')).body, 'false')
  }
})
