import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import clerkAuth, { type ClerkAuthOptions, type ClerkRouteConfig, requireAuth } from '../../src/index.js'
import { createLocalClerk, type LocalClerk } from '../../src/local/index.js'
import { createApp, signingKey } from '../fixtures/app.js'

const HERE = 'https://api.example.com'
const ELSEWHERE = 'https://other.example'

type MakeToken = (clerk: LocalClerk, audience?: string | readonly string[]) => string

const OAUTH: readonly (readonly [string, MakeToken])[] = (['opaque', 'jwt'] as const).map((format) => [
  `OAuth token, ${format}`,
  ({ machineTokens }, audience) =>
    machineTokens.createOAuthToken({ userId: 'user_1', format, ...(audience !== undefined && { audience }) })
])
const M2M: readonly (readonly [string, MakeToken])[] = (['opaque', 'jwt'] as const).map((format) => [
  `M2M token, ${format}`,
  ({ machineTokens }, aud) => machineTokens.createM2MToken({ format, claims: aud === undefined ? null : { aud } })
])

async function serve(t: Test, plugin: Partial<ClerkAuthOptions>, config: ClerkRouteConfig = {}) {
  const { clerk, fastify } = await createApp(t, {
    plugin: { acceptsToken: 'any', ...plugin },
    routes(fastify) {
      fastify.get('/', { onRequest: requireAuth, config: { clerk: config } }, (request) => request.auth)
    }
  })
  const url = await fastify.listen({ port: 0 })
  async function status(token: string): Promise<number> {
    const response = await fetch(url, { headers: clerk.bearer(token) })
    await response.body?.cancel()
    return response.status
  }
  return { clerk, url, status }
}

const WHERE: readonly (readonly [string, Partial<ClerkAuthOptions>, ClerkRouteConfig])[] = [
  ['at the plugin', { audience: HERE }, {}],
  ['of the route', {}, { audience: [HERE] }],
  ['of the route, instead of the plugin’s', { audience: ELSEWHERE }, { audience: HERE }]
]

for (const [where, plugin, config] of WHERE) {
  t.test(`audience ${where}: tokens for another resource are refused, from memory too`, async (t) => {
    const { clerk, status } = await serve(t, plugin, config)
    for (const [name, make] of [...OAUTH, ...M2M]) {
      const good = make(clerk, [ELSEWHERE, HERE])
      const foreign = make(clerk, ELSEWHERE)
      for (const time of ['first', 'second']) {
        t.equal(await status(good), 200, `${name}, ${time}`)
        t.equal(await status(foreign), 401, `${name} for another, ${time}`)
      }
    }
    for (const [name, make] of OAUTH) t.equal(await status(make(clerk)), 401, `${name} for none`)
    for (const [name, make] of M2M) t.equal(await status(make(clerk)), 200, `${name} for none`)
    t.equal(await status(clerk.machineTokens.createApiKey({ subject: 'user_1' })), 200, 'API keys have no audience')
    t.equal(await status(clerk.signSessionToken()), 200, 'nor have session tokens')
  })
}

t.test('requireAudience refuses tokens that name none; false accepts them', async (t) => {
  for (const [plugin, config, expected] of [
    [{ audience: HERE, requireAudience: true }, {}, 401],
    [{ audience: HERE }, { requireAudience: true }, 401],
    [{ requireAudience: undefined }, { audience: HERE, requireAudience: true }, 401],
    [{ audience: HERE, requireAudience: true }, { audience: HERE }, 401],
    [{ audience: HERE, requireAudience: false }, {}, 200],
    [{ audience: HERE, requireAudience: true }, { requireAudience: false }, 200]
  ] as const) {
    const { clerk, status } = await serve(t, plugin, config)
    for (const [name, make] of [...OAUTH, ...M2M]) {
      t.equal(await status(make(clerk)), expected, `${name} for none, ${JSON.stringify([plugin, config])}`)
      t.equal(await status(make(clerk, ELSEWHERE)), 401)
      t.equal(await status(make(clerk, HERE)), 200)
    }
    t.equal(await status(clerk.machineTokens.createApiKey({ subject: 'user_1' })), 200)
  }
})

t.test('one token, remembered once, is judged by the audience of each route', async (t) => {
  const { clerk, fastify } = await createApp(t, {
    plugin: { acceptsToken: 'oauth_token' },
    routes(fastify) {
      for (const [path, audience] of [
        ['/here', HERE],
        ['/there', ELSEWHERE]
      ] as const) {
        fastify.get(path, { onRequest: requireAuth, config: { clerk: { audience } } }, () => 'in')
      }
      fastify.get('/any', { onRequest: requireAuth }, () => 'in')
    }
  })
  const headers = clerk.bearer(clerk.machineTokens.createOAuthToken({ userId: 'user_1', audience: HERE }))
  for (const [url, expected] of [
    ['/there', 401],
    ['/here', 200],
    ['/any', 200],
    ['/there', 401],
    ['/here', 200]
  ] as const) {
    t.equal((await fastify.inject({ url, headers })).statusCode, expected, url)
  }
  t.equal(clerk.requests.count('oauth-token'), 1, 'Clerk was asked once')
})

t.test('a session token that names an audience has to name that of the route as well', async (t) => {
  const { clerk, fastify } = await createApp(t, {
    plugin: { audience: [HERE, ELSEWHERE] },
    routes(fastify) {
      fastify.get('/here', { onRequest: requireAuth, config: { clerk: { audience: HERE } } }, () => 'in')
      fastify.get('/any', { onRequest: requireAuth }, () => 'in')
    }
  })
  const at = async (url: string, aud: unknown) => {
    const cookie = clerk.cookies(clerk.signSessionToken({ claims: aud === undefined ? {} : { aud } }))
    const [first, second] = [
      await fastify.inject({ url, headers: { cookie } }),
      await fastify.inject({ url, headers: { cookie } })
    ]
    t.equal(first.statusCode, second.statusCode, 'from memory too')
    return [second.statusCode, second.headers['x-clerk-auth-reason']]
  }
  t.same(await at('/here', undefined), [200, undefined])
  t.same(await at('/here', [HERE]), [200, undefined])
  t.same(await at('/here', ELSEWHERE), [401, 'token-verification-failed'])
  t.same(await at('/any', ELSEWHERE), [200, undefined])
  t.same(await at('/any', 'https://third.example'), [401, 'token-verification-failed'])
})

t.test('the auth of a machine token has its audience and its end, from memory too', async (t) => {
  const nowMs = Date.parse('2026-11-01T00:00:00Z')
  const expiration = nowMs + 3_600_000
  const clerk = await createLocalClerk({ now: () => nowMs, signingKey })
  const fastify = Fastify()
  t.teardown(() => Promise.all([fastify.close(), clerk.close()]))
  // Opaque tokens of the local Clerk have no end: one is put into its answers.
  const withEnd: typeof fetch = async (resource, init) => {
    const response = await clerk.fetch(resource, init)
    if (!String(resource).includes('/verify')) return response
    return Response.json({ ...((await response.json()) as object), expiration })
  }
  await fastify.register(clerkAuth, clerk.pluginOptions({ acceptsToken: 'any' as const, fetch: withEnd }))
  fastify.get('/', (request) => request.auth)
  const tokens = clerk.machineTokens
  for (const [name, token, audience, expiresAt] of [
    ['API key', tokens.createApiKey({ subject: 'user_1' }), [], expiration],
    ['M2M', tokens.createM2MToken(), [], expiration],
    ['M2M with a claim', tokens.createM2MToken({ claims: { aud: HERE } }), [HERE], expiration],
    [
      'OAuth',
      tokens.createOAuthToken({ userId: 'user_1', audience: [HERE, ELSEWHERE] }),
      [HERE, ELSEWHERE],
      expiration
    ],
    ['M2M JWT', tokens.createM2MToken({ format: 'jwt', expiresInSeconds: 60 }), [], nowMs + 60_000],
    [
      'OAuth JWT',
      tokens.createOAuthToken({ userId: 'user_1', format: 'jwt', audience: HERE, expiresInSeconds: 60 }),
      [HERE],
      nowMs + 60_000
    ]
  ] as const) {
    for (const time of ['first', 'second']) {
      const { isAuthenticated, ...auth } = (await fastify.inject({ url: '/', headers: clerk.bearer(token) })).json()
      t.same([isAuthenticated, auth.audience, auth.expiresAt], [true, audience, expiresAt], `${name}, ${time}`)
    }
  }
})

t.test('requireAudience without an audience keeps the server from starting', async (t) => {
  for (const requireAudience of [true, false]) {
    await t.rejects(createApp(t, { plugin: { requireAudience } }), {
      code: 'FST_CLERK_OPTION_VALUE',
      message: /requireAudience must be given together with audience/
    })
    await t.rejects(serve(t, {}, { requireAudience }), { code: 'FST_CLERK_ROUTE_POLICY', message: /requireAudience/ })
  }
})

t.test('an audience of a route that is no audience keeps the server from starting', async (t) => {
  for (const audience of ['', [], [''], [7], 7, null, {}, ['a', undefined]]) {
    await t.rejects(serve(t, {}, { audience } as never), {
      code: 'FST_CLERK_ROUTE_OPTIONS',
      message: /audience must be/
    })
  }
  await t.rejects(serve(t, {}, { audience: HERE, requireAudience: 'yes' } as never), {
    code: 'FST_CLERK_ROUTE_OPTIONS'
  })
})

t.test('with a resolver, the rule of a route is completed by that of the instance', async (t) => {
  const clerk = await createLocalClerk({ frontendApi: 'clerk.example.com', instanceType: 'production', signingKey })
  const fastify: FastifyInstance = Fastify()
  t.teardown(() => Promise.all([fastify.close(), clerk.close()]))
  const common = { acceptsToken: 'oauth_token' } as const
  const tenants: Record<string, ClerkAuthOptions> = {
    here: clerk.pluginOptions({ ...common, audience: HERE }),
    lenient: clerk.pluginOptions({ ...common, audience: HERE, requireAudience: false }),
    none: clerk.pluginOptions(common)
  }
  await fastify.register(clerkAuth, { resolver: ({ headers }) => tenants[headers['x-tenant'] as string] as never })
  fastify.get('/default', { onRequest: requireAuth }, () => 'in')
  fastify.get('/required', { onRequest: requireAuth, config: { clerk: { requireAudience: true } } }, () => 'in')
  fastify.get('/there', { onRequest: requireAuth, config: { clerk: { audience: ELSEWHERE } } }, () => 'in')
  const token = (audience?: string) =>
    clerk.machineTokens.createOAuthToken({ userId: 'user_1', ...(audience !== undefined && { audience }) })
  const status = async (tenant: string, url: string, audience?: string) =>
    (await fastify.inject({ url, headers: { 'x-tenant': tenant, ...clerk.bearer(token(audience)) } })).statusCode
  const row = async (tenant: string, url: string) =>
    Promise.all([status(tenant, url, HERE), status(tenant, url, ELSEWHERE), status(tenant, url)])
  t.same(await row('here', '/default'), [200, 401, 401])
  t.same(await row('lenient', '/default'), [200, 401, 200])
  t.same(await row('none', '/default'), [200, 200, 200])
  t.same(await row('here', '/required'), [200, 401, 401])
  t.same(await row('lenient', '/required'), [200, 401, 401])
  t.same(await row('none', '/required'), [401, 401, 401], 'an audience is required, and none is accepted')
  t.same(await row('here', '/there'), [401, 200, 401])
  t.same(await row('lenient', '/there'), [401, 200, 200])
})

t.test('the route table and printRoutes() tell the audience where tokens may name one', async (t) => {
  const { fastify } = await createApp(t, {
    plugin: { audience: HERE },
    routes(fastify) {
      fastify.post('/users', () => '')
      fastify.post('/jobs', { config: { clerk: { acceptsToken: 'm2m_token' } } }, () => '')
      fastify.post(
        '/mcp',
        { config: { clerk: { acceptsToken: 'any', audience: ELSEWHERE, requireAudience: true } } },
        () => ''
      )
    }
  })
  t.match(fastify.clerk.routes(), [
    { url: '/users', audience: [HERE], requireAudience: null },
    { url: '/jobs', audience: [HERE], requireAudience: null },
    { url: '/mcp', audience: [ELSEWHERE], requireAudience: true }
  ])
  t.equal(
    fastify.clerk.printRoutes(),
    [
      'open  POST  /users  session_token',
      `open  POST  /jobs   m2m_token      audience=${HERE}`,
      `open  POST  /mcp    any            audience=${ELSEWHERE} requireAudience=true`
    ].join('\n')
  )
})
