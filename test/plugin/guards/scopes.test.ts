import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import clerkAuth, {
  type AuthorizeParams,
  authorize,
  type ClerkRouteConfig,
  type GuardHook,
  requireAuth
} from '../../../src/index.js'
import { createLocalClerk } from '../../../src/local/index.js'
import { type App, createApp, signingKey } from '../../fixtures/app.js'

const NEEDS_WRITE = 'Bearer error="insufficient_scope", scope="jobs:write"'
const ORGANIZATION = { id: 'org_1', slug: 'one', role: 'admin', permissions: ['org:jobs:write'] }

/** An application on a real port whose `POST /jobs` has the guard. */
async function serve(t: Test, params: AuthorizeParams): Promise<App & { url: string }> {
  const app = await createApp(t, {
    plugin: { acceptsToken: 'any' },
    routes(fastify) {
      fastify.post('/jobs', { onRequest: authorize(params) }, () => 'done')
    }
  })
  return { ...app, url: `${await app.fastify.listen({ port: 0 })}/jobs` }
}

async function post(url: string, headers: Record<string, string>) {
  const response = await fetch(url, { method: 'POST', headers })
  return [response.status, response.headers.get('www-authenticate')]
}

t.test('a machine token needs the scope, of whatever type and form it is', async (t) => {
  const { clerk, url } = await serve(t, { scopes: 'jobs:write' })
  const { machineTokens: tokens } = clerk
  for (const [name, make] of [
    ['API key', (scopes: string[]) => tokens.createApiKey({ subject: 'user_1', scopes })],
    ['opaque M2M token', (scopes: string[]) => tokens.createM2MToken({ scopes })],
    ['M2M JWT', (scopes: string[]) => tokens.createM2MToken({ scopes, format: 'jwt' })],
    ['opaque OAuth token', (scopes: string[]) => tokens.createOAuthToken({ userId: 'user_1', scopes })],
    ['OAuth JWT', (scopes: string[]) => tokens.createOAuthToken({ userId: 'user_1', scopes, format: 'jwt' })]
  ] as const) {
    const good = clerk.bearer(make(['jobs:read', 'jobs:write']))
    t.same(await post(url, good), [200, null], name)
    t.same(await post(url, good), [200, null], `${name}, from memory`)
    for (const scopes of [[], ['jobs:read'], ['jobs:write:all'], ['JOBS:WRITE'], ['jobs']]) {
      t.same(await post(url, clerk.bearer(make(scopes))), [403, NEEDS_WRITE], `${name} with ${scopes}`)
    }
  }
})

t.test('of several scopes all are needed, and the challenge names them all', async (t) => {
  const { clerk, url } = await serve(t, { scopes: ['jobs:write', 'jobs:read'] })
  const key = (...scopes: string[]) => clerk.bearer(clerk.machineTokens.createApiKey({ subject: 'user_1', scopes }))
  t.same(await post(url, key('jobs:read', 'jobs:write')), [200, null])
  const challenge = 'Bearer error="insufficient_scope", scope="jobs:write jobs:read"'
  t.same(await post(url, key('jobs:read')), [403, challenge])
  t.same(await post(url, key('jobs:write')), [403, challenge])
})

t.test('with conditions beside them, the type of the token decides which apply', async (t) => {
  const { clerk, url } = await serve(t, { scopes: 'jobs:write', permission: 'org:jobs:write' })
  const key = (...scopes: string[]) => clerk.bearer(clerk.machineTokens.createApiKey({ subject: 'user_1', scopes }))
  t.same(await post(url, key('jobs:write')), [200, null], 'a machine has no permission, and needs none')
  t.same(await post(url, key('org:jobs:write')), [403, NEEDS_WRITE], 'a scope of that name is no permission')
  t.same(await post(url, clerk.bearer({ org: ORGANIZATION })), [200, null], 'a session has no scopes, and needs none')
  t.same(await post(url, clerk.bearer({ org: { ...ORGANIZATION, permissions: [] } })), [403, NEEDS_WRITE])
})

t.test('without conditions beside them no session is permitted', async (t) => {
  const { clerk, url } = await serve(t, { scopes: 'jobs:write' })
  t.same(await post(url, clerk.bearer({ org: ORGANIZATION })), [403, NEEDS_WRITE])
  t.same(await post(url, {}), [401, 'Bearer'])
})

t.test('without scopes in the guard no machine token is permitted by conditions, and no scope is named', async (t) => {
  const { clerk, url } = await serve(t, { permission: 'org:jobs:write' })
  const key = clerk.bearer(clerk.machineTokens.createApiKey({ subject: 'user_1', scopes: ['org:jobs:write'] }))
  t.same(await post(url, key), [403, null])
})

t.test('a list of scopes that is changed afterwards changes nothing', async (t) => {
  const scopes = ['jobs:write']
  const { clerk, url } = await serve(t, { scopes })
  scopes[0] = 'jobs:read'
  const key = clerk.machineTokens.createApiKey({ subject: 'user_1', scopes: ['jobs:read'] })
  t.same(await post(url, clerk.bearer(key)), [403, NEEDS_WRITE])
})

t.test('scopes that no token can have are refused when the guard is made', async (t) => {
  for (const scopes of ['', [], [''], 'a b', ['a', 'b c'], 'a"b', 'a\\b', 'ä', 5, [5], null, {}]) {
    const expected = { code: 'FST_CLERK_AUTHORIZE_PARAMS', message: /parameter scopes must be/ }
    t.throws(() => authorize({ scopes } as never), expected, JSON.stringify(scopes))
  }
  t.throws(() => authorize({ scopes: undefined } as never), { code: 'FST_CLERK_AUTHORIZE_PARAMS' })
})

const SESSIONS_ONLY = { code: 'FST_CLERK_ROUTE_POLICY', message: /scopes.*\(route POST \/jobs\)/ }

function routeWith(config: ClerkRouteConfig, ...guards: GuardHook[]) {
  return (fastify: FastifyInstance) => {
    fastify.post('/jobs', { onRequest: guards, config: { clerk: config } }, () => 'done')
  }
}

t.test('a guard with scopes on a route that accepts sessions only keeps the server from starting', async (t) => {
  for (const params of [{ scopes: 'jobs:write' }, { scopes: 'jobs:write', role: 'org:admin' }]) {
    const guard = authorize(params)
    await t.rejects(createApp(t, { routes: routeWith({}, guard) }), SESSIONS_ONLY)
    await t.rejects(createApp(t, { routes: routeWith({ acceptsToken: ['session_token'] }, guard) }), SESSIONS_ONLY)
    await t.rejects(createApp(t, { routes: routeWith({}, requireAuth, guard) }), SESSIONS_ONLY)
    for (const acceptsToken of ['any', 'api_key', ['session_token', 'oauth_token']] as const) {
      await t.resolves(createApp(t, { routes: routeWith({ acceptsToken }, guard) }), String(acceptsToken))
    }
    const laterHook = (fastify: FastifyInstance) => {
      fastify.addHook('onRoute', (route) => {
        if (route.url === '/jobs') route.preHandler = guard
      })
      fastify.post('/jobs', () => 'done')
    }
    await t.rejects(createApp(t, { routes: laterHook }), SESSIONS_ONLY, 'put on by another plugin')
  }
})

t.test('as a hook of a scope it is refused only where nobody could pass', async (t) => {
  function inScope(params: AuthorizeParams, config: ClerkRouteConfig = {}) {
    return (fastify: FastifyInstance) => {
      fastify.register(async (scope) => {
        scope.post('/jobs', { config: { clerk: config } }, () => 'done')
        scope.addHook('onRequest', authorize(params))
      })
    }
  }
  await t.rejects(createApp(t, { routes: inScope({ scopes: 'jobs:write' }) }), SESSIONS_ONLY)
  await t.resolves(createApp(t, { routes: inScope({ scopes: 'jobs:write' }, { acceptsToken: 'api_key' }) }))
  const { clerk, fastify } = await createApp(t, { routes: inScope({ scopes: 'jobs:write', role: 'org:admin' }) })
  const post = (headers: object) => fastify.inject({ method: 'POST', url: '/jobs', headers: { ...headers } })
  t.equal((await post(clerk.bearer({ org: ORGANIZATION }))).statusCode, 200)
  t.equal((await post(clerk.bearer())).statusCode, 403)
})

t.test('with a resolver, a route that leaves its token types to the instance may have scopes', async (t) => {
  const clerk = await createLocalClerk({ frontendApi: 'clerk.example.com', instanceType: 'production', signingKey })
  const fastify = Fastify()
  t.teardown(() => Promise.all([fastify.close(), clerk.close()]))
  const options = clerk.pluginOptions({ acceptsToken: 'any' as const })
  await fastify.register(clerkAuth, { resolver: () => options })
  routeWith({}, authorize({ scopes: 'jobs:write' }))(fastify)
  t.throws(() => routeWith({ acceptsToken: 'session_token' }, authorize({ scopes: 'jobs:write' }))(fastify), {
    code: 'FST_CLERK_ROUTE_POLICY'
  })
  const key = (...scopes: string[]) => clerk.bearer(clerk.machineTokens.createApiKey({ subject: 'user_1', scopes }))
  const post = (headers: object) => fastify.inject({ method: 'POST', url: '/jobs', headers: { ...headers } })
  t.equal((await post(key('jobs:write'))).statusCode, 200)
  t.equal((await post(key())).headers['www-authenticate'], NEEDS_WRITE)
})

t.test('the route table and printRoutes() tell which scopes a route needs', async (t) => {
  const { fastify } = await createApp(t, {
    plugin: { acceptsToken: 'any' },
    routes(fastify) {
      fastify.post(
        '/jobs',
        { onRequest: authorize({ scopes: ['jobs:write', 'jobs:read'], role: 'org:admin' }) },
        () => ''
      )
      fastify.post('/me', { onRequest: requireAuth }, () => '')
      fastify.post('/open', () => '')
    }
  })
  t.match(fastify.clerk.routes(), [
    {
      url: '/jobs',
      policy: 'required',
      guards: [{ guard: 'authorize', scopes: ['jobs:write', 'jobs:read'], conditions: { role: 'org:admin' } }]
    },
    { url: '/me', guards: [{ guard: 'requireAuth', scopes: [], conditions: null }] },
    { url: '/open', guards: [] }
  ])
  t.equal(
    fastify.clerk.printRoutes(),
    [
      'required  POST  /jobs  any  scopes=jobs:write,jobs:read',
      'required  POST  /me    any',
      'open      POST  /open  any'
    ].join('\n')
  )
})

t.test('a failed reverification tells how recent the sign-in must be, beside Clerk’s body', async (t) => {
  const { clerk, fastify } = await createApp(t, {
    plugin: { acceptsToken: 'any' },
    routes(fastify) {
      fastify.post('/strict', { onRequest: authorize({ reverification: 'strict' }) }, () => 'in')
      fastify.post('/lax', { onRequest: authorize({ reverification: 'lax', role: 'org:admin' }) }, () => 'in')
      const reverification = { level: 'first_factor', afterMinutes: 2.5 } as const
      fastify.post('/own', { onRequest: authorize({ reverification, scopes: ['jobs:write'] }) }, () => 'in')
    }
  })
  const url = await fastify.listen({ port: 0 })
  const ask = async (path: string, headers: Record<string, string>) => {
    const response = await fetch(`${url}${path}`, { method: 'POST', headers })
    return { challenge: response.headers.get('www-authenticate'), status: response.status, body: await response.text() }
  }
  const stale = clerk.bearer({ org: ORGANIZATION, factorVerificationAge: [5000, 5000] })
  const step = 'Bearer error="insufficient_user_authentication", max_age='
  t.match(await ask('/strict', stale), {
    status: 403,
    challenge: `${step}600`,
    body: '"reason":"reverification-error"'
  })
  t.match(await ask('/lax', stale), { status: 403, challenge: `${step}86400`, body: '"reason":"reverification-error"' })
  t.match(await ask('/own', stale), { status: 403, challenge: `${step}150, ${NEEDS_WRITE}` })
  t.match(await ask('/lax', clerk.bearer({ factorVerificationAge: [5000, 5000] })), { status: 403, challenge: null })
  const fresh = clerk.bearer({ org: ORGANIZATION, factorVerificationAge: [1, 1] })
  for (const path of ['/strict', '/lax', '/own']) t.match(await ask(path, fresh), { status: 200, challenge: null })
  const key = clerk.bearer(clerk.machineTokens.createApiKey({ subject: 'user_1', scopes: ['jobs:read'] }))
  t.match(await ask('/own', key), { status: 403, challenge: NEEDS_WRITE })
})

t.test('guards that no accepted type of token can meet keep the server from starting', async (t) => {
  const clerk = await createLocalClerk({ signingKey })
  const role = authorize({ role: 'org:admin' })
  const reverified = authorize({ reverification: 'strict' })
  const scoped = authorize({ scopes: 'jobs:write' })
  const either = authorize({ scopes: 'jobs:write', role: 'org:admin' })
  const byHand = authorize(() => true)
  const machines = ['api_key', 'm2m_token', 'oauth_token', ['api_key', 'm2m_token']] as const
  const rows: [ClerkRouteConfig | undefined, readonly GuardHook[], boolean][] = [
    ...machines.map((acceptsToken) => [{ acceptsToken }, [role], false] as [ClerkRouteConfig, GuardHook[], boolean]),
    [{ acceptsToken: 'api_key' }, [reverified], false],
    [{ acceptsToken: 'api_key' }, [requireAuth, scoped, role], false],
    [{ acceptsToken: 'any' }, [scoped, role], false],
    [{ acceptsToken: 'any' }, [role], true],
    [{ acceptsToken: ['session_token', 'api_key'] }, [role], true],
    [{ acceptsToken: 'api_key' }, [either], true],
    [{ acceptsToken: 'api_key' }, [byHand], true],
    [{ acceptsToken: 'api_key' }, [requireAuth], true],
    [undefined, [role], true]
  ]
  const options = clerk.pluginOptions()
  for (const plugin of [options, { resolver: () => options }]) {
    for (const [config, guards, starts] of rows) {
      for (const isOfScope of [false, true]) {
        const app = Fastify()
        t.teardown(() => app.close())
        await app.register(clerkAuth, plugin)
        app.register(async (scope) => {
          if (isOfScope) for (const guard of guards) scope.addHook('onRequest', guard)
          const route = { ...(config && { config: { clerk: config } }), ...(!isOfScope && { onRequest: [...guards] }) }
          scope.get('/jobs', route, () => 'done')
        })
        const name = `${JSON.stringify(config)}, guards of the ${isOfScope ? 'scope' : 'route'}`
        if (starts) await t.resolves(async () => app.ready(), name)
        else {
          const message = /its guards permit no type of token.*GET \/jobs/
          await t.rejects(async () => app.ready(), { code: 'FST_CLERK_ROUTE_POLICY', message }, name)
        }
      }
    }
  }
})
