import swagger from '@fastify/swagger'
import { Validator } from '@seriousme/openapi-schema-validator'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import clerkAuth from '../../src/index.js'
import { createLocalClerk } from '../../src/local/index.js'
import { mcpResource } from '../../src/mcp/index.js'
import { openapi } from '../../src/openapi/index.js'

// The document says what the guards do: neither more nor less, and nothing in place of what a route says itself.

const clerk = await createLocalClerk()
t.teardown(() => clerk.close())

const INFO = { info: { title: 'Test', version: '1.0.0' } }

interface Operation {
  readonly security?: readonly object[]
  readonly responses: Readonly<Record<string, { readonly description: string; readonly headers?: object }>>
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly securitySchemes: Readonly<Record<string, Readonly<Record<string, unknown>>>> }
}

const documentOf = (app: FastifyInstance) => app.swagger() as unknown as Document

async function build(
  routes: (app: FastifyInstance) => unknown,
  { plugin = {}, swaggerOptions = { openapi: INFO } }: { plugin?: object; swaggerOptions?: object } = {}
): Promise<FastifyInstance> {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(clerkAuth, { ...clerk.pluginOptions(), ...plugin })
  await app.register(openapi)
  await app.register(swagger, swaggerOptions)
  await routes(app)
  await app.ready()
  return app
}

const SESSION = [{ clerkSession: [] }, { clerkCookie: [] }]
const pass = () => 'pass'

/** A route with every kind of guard, and what its operation has to say. */
async function everyKind(app: FastifyInstance): Promise<void> {
  await app.register(mcpResource, { resource: 'https://api.example.com/mcp' })
  const accepts = (acceptsToken: string | string[], more = {}) =>
    ({ config: { clerk: { acceptsToken, ...more } } }) as object
  app.get('/open', pass)
  app.get('/off', { config: { clerk: false } }, pass)
  app.get('/me/:id', { onRequest: app.requireAuth }, pass)
  app.get('/late', { preHandler: [app.requireAuth] }, pass)
  app.get('/admin', { preHandler: app.authorize({ role: 'org:admin', reverification: 'strict' }) }, pass)
  app.get('/own', { preHandler: app.authorize(() => true) }, pass)
  app.get('/any', { ...accepts('any'), onRequest: app.requireAuth }, pass)
  app.get('/machines', { ...accepts(['api_key', 'm2m_token']), onRequest: app.requireAuth }, pass)
  app.post(
    '/jobs',
    { ...accepts(['api_key', 'oauth_token']), onRequest: app.authorize({ scopes: ['jobs:write', 'jobs:read'] }) },
    pass
  )
  app.put(
    '/either',
    { ...accepts('any'), onRequest: app.authorize({ scopes: 'jobs:write', permission: 'org:jobs:write' }) },
    pass
  )
  app.put('/users', { ...accepts('any'), onRequest: app.authorize({ permission: 'org:jobs:write' }) }, pass)
  app.route({ method: ['GET', 'POST'], url: '/mcp', onRequest: app.mcpAuth({ scopes: 'tools' }), handler: pass })
  await app.register(
    async (scope) => {
      scope.addHook('onRequest', scope.requireAuth)
      scope.get('/', pass)
      scope.delete('/things/:id(^\\d+$)', { onRequest: scope.authorize({ feature: 'things' }) }, pass)
    },
    { prefix: '/scope' }
  )
}

const API_KEY = { clerkApiKey: [] }
const M2M = { clerkM2MToken: [] }
const oauth = (...scopes: string[]) => ({ clerkOAuth: scopes })

const EXPECTED: Readonly<Record<string, readonly object[]>> = {
  'GET /.well-known/oauth-protected-resource/mcp': [],
  'OPTIONS /.well-known/oauth-protected-resource/mcp': [],
  'GET /.well-known/oauth-protected-resource': [],
  'OPTIONS /.well-known/oauth-protected-resource': [],
  'GET /.well-known/oauth-authorization-server': [],
  'OPTIONS /.well-known/oauth-authorization-server': [],
  'GET /open': [],
  'GET /off': [],
  'GET /me/{id}': SESSION,
  'GET /late': SESSION,
  'GET /admin': SESSION,
  'GET /own': SESSION,
  'GET /any': [...SESSION, API_KEY, M2M, oauth()],
  'GET /machines': [API_KEY, M2M],
  'POST /jobs': [API_KEY, oauth('jobs:write', 'jobs:read')],
  'PUT /either': [...SESSION, API_KEY, M2M, oauth('jobs:write')],
  'PUT /users': SESSION,
  'GET /mcp': [oauth('tools')],
  'POST /mcp': [oauth('tools')],
  'GET /scope/': SESSION,
  'DELETE /scope/things/{id}': SESSION
}

function operationsOf({ paths }: Document): Record<string, Operation> {
  return Object.fromEntries(
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation])
    )
  )
}

for (const version of ['3.0.3', '3.1.0']) {
  t.test(`an app with every kind of guard: each operation says what its route asks (${version})`, async (t) => {
    const app = await build(everyKind, { swaggerOptions: { openapi: { openapi: version, ...INFO } } })
    const document = documentOf(app)
    const operations = operationsOf(document)
    t.strictSame(
      Object.fromEntries(Object.entries(operations).map(([name, { security }]) => [name, security])),
      EXPECTED
    )

    // And the same as the route table, route by route; there a route for both `/scope` and `/scope/` has two lines.
    const withoutSlash = (name: string) => name.replace(/\/$/, '')
    const byLine = Object.fromEntries(Object.entries(operations).map(([name, of]) => [withoutSlash(name), of]))
    const table = app.clerk
      .printRoutes()
      .split('\n')
      .map((line) => line.split(/ {2,}/))
    const printed = table.flatMap(([policy = '', methods = '', url = '', types = '']) =>
      methods
        .split(',')
        .map((method) => ({ policy, name: withoutSlash(`${method} ${url.replace(/:(\w+)(\(.*\))?/, '{$1}')}`), types }))
    )
    const shown = printed.filter(({ name }) => !name.startsWith('HEAD '))
    t.strictSame([...new Set(shown.map(({ name }) => name))].sort(), Object.keys(byLine).sort())
    for (const { policy, name, types } of shown) {
      const named = new Set(byLine[name]?.security?.flatMap((alternative) => Object.keys(alternative)))
      t.equal(named.size > 0, policy === 'required', `${name} is ${policy}`)
      const accepted = types === 'any' ? ['session_token', 'api_key', 'm2m_token', 'oauth_token'] : types.split(',')
      const schemes = accepted.flatMap((type) => SCHEMES[type] ?? [])
      t.strictSame(
        [...named].filter((scheme) => !schemes.includes(scheme)),
        [],
        `${name} names what it accepts`
      )
    }

    const { valid, errors } = await new Validator().validate(JSON.parse(JSON.stringify(document)))
    t.ok(valid, JSON.stringify(errors))
    t.notMatch(JSON.stringify(document), 'x-fastify-clerk-auth')
  })
}

const SCHEMES: Readonly<Record<string, readonly string[]>> = {
  session_token: ['clerkSession', 'clerkCookie'],
  api_key: ['clerkApiKey'],
  m2m_token: ['clerkM2MToken'],
  oauth_token: ['clerkOAuth']
}

t.test('defaultDeny is a guard like any other', async (t) => {
  const app = await build(
    (app) => {
      app.get('/denied', pass)
      app.get('/public', { config: { clerk: { public: true } } }, pass)
    },
    { plugin: { defaultDeny: true, acceptsToken: ['session_token', 'api_key'] } }
  )
  const { paths } = documentOf(app)
  t.strictSame(paths['/denied']?.get?.security, [...SESSION, API_KEY])
  t.strictSame(paths['/public']?.get?.security, [])
})

t.test('the schemes are those of what the instance accepts, with its cookie and its endpoints', async (t) => {
  const sessions = documentOf(await build((app) => app.get('/', pass)))
  t.strictSame(Object.keys(sessions.components.securitySchemes), ['clerkSession', 'clerkCookie'])
  t.match(sessions.components.securitySchemes, {
    clerkSession: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
    clerkCookie: { type: 'apiKey', in: 'cookie', name: `__session_${clerk.cookieSuffix}` }
  })

  const all = documentOf(await build(everyKind))
  t.strictSame(Object.keys(all.components.securitySchemes), [
    'clerkSession',
    'clerkCookie',
    'clerkApiKey',
    'clerkM2MToken',
    'clerkOAuth'
  ])
  t.match(all.components.securitySchemes.clerkOAuth, {
    type: 'oauth2',
    flows: {
      authorizationCode: {
        authorizationUrl: `${clerk.issuer}/oauth/authorize`,
        tokenUrl: `${clerk.issuer}/oauth/token`,
        scopes: { 'jobs:read': '', 'jobs:write': '', tools: '' }
      }
    }
  })
})

t.test('the endpoints that the document names are those of the authorization server', async (t) => {
  const { components } = documentOf(await build(everyKind))
  const flows = components.securitySchemes.clerkOAuth?.flows as { authorizationCode: Record<string, string> }
  const metadata = await (await clerk.fetch(`${clerk.issuer}/.well-known/oauth-authorization-server`)).json()
  t.match(metadata, {
    authorization_endpoint: flows.authorizationCode.authorizationUrl,
    token_endpoint: flows.authorizationCode.tokenUrl
  })
})

t.test('of routes of one method and URL, each is what it asks itself', async (t) => {
  const hide = { hide: true }
  const guarded = { host: 'api.example.com' }
  const open = { host: /^status/ }
  const app = await build((app) => {
    const { requireAuth } = app
    app.get('/a', { constraints: guarded, onRequest: requireAuth }, pass)
    app.get('/a', { constraints: open, schema: hide }, pass)
    app.get('/b', { constraints: open, schema: hide }, pass)
    app.get('/b', { constraints: guarded, onRequest: requireAuth }, pass)
    app.get('/c', { constraints: guarded, onRequest: requireAuth, schema: hide }, pass)
    app.get('/c', { constraints: open }, pass)
    app.get('/d', { constraints: { version: '1.0.0' }, schema: hide }, pass)
    app.get('/d', { constraints: { version: '2.0.0' }, onRequest: requireAuth }, pass)
    app.get('/d', { constraints: { version: '3.0.0' }, schema: hide }, pass)
    app.get('/e', { onRequest: requireAuth }, pass)
    app.get('/e', { constraints: open, schema: hide }, pass)
  })
  const { paths } = documentOf(app)
  const security = Object.entries(paths).map(([path, { get }]) => [path, get?.security])
  t.strictSame(Object.fromEntries(security), { '/a': SESSION, '/b': SESSION, '/c': [], '/d': SESSION, '/e': SESSION })
  t.strictSame(
    app.clerk
      .routes()
      .filter(({ method, url }) => method === 'GET' && url !== '/d')
      .map(({ url, policy, constraints }) => [url, policy, constraints]),
    [
      ['/a', 'required', guarded],
      ['/a', 'open', open],
      ['/b', 'open', open],
      ['/b', 'required', guarded],
      ['/c', 'required', guarded],
      ['/c', 'open', open],
      ['/e', 'required', null],
      ['/e', 'open', open]
    ]
  )
})

t.test('refusals are documented where they can come, and where the route is silent', async (t) => {
  const app = await build((app) => {
    const response = { 401: { description: 'mine', type: 'object' }, 503: { description: 'mine', type: 'null' } }
    app.get('/open', pass)
    app.get('/me', { onRequest: app.requireAuth }, pass)
    app.get('/admin', { onRequest: app.authorize({ role: 'org:admin' }) }, pass)
    app.get('/own', { onRequest: app.authorize(() => true), schema: { response } }, pass)
    app.get('/range', { onRequest: app.requireAuth, schema: { response: { '4xx': { description: 'mine' } } } }, pass)
    const hides = app.authorize({ role: 'org:admin' }, { as: 'not-found' })
    app.get('/hidden', { onRequest: hides }, pass)
    app.get('/hidden-first', { onRequest: [hides, app.authorize({ permission: 'org:a:b' })] }, pass)
    app.get('/hidden-later', { onRequest: [app.requireAuth, hides] }, pass)
    app.get('/rest', { onRequest: app.requireAuth, schema: { response: { default: { description: 'mine' } } } }, pass)
  })
  const { paths } = documentOf(app)
  const statuses = (path: string) => Object.keys(paths[path]?.get?.responses ?? {})
  t.strictSame(statuses('/open'), ['200'])
  t.strictSame(statuses('/me'), ['200', '401', '503'])
  t.strictSame(statuses('/admin'), ['200', '401', '403', '503'])
  t.strictSame(statuses('/own'), ['401', '403', '503'])
  t.strictSame(statuses('/range'), ['503', '4XX'])
  t.strictSame(statuses('/rest'), ['default'])
  t.strictSame(statuses('/hidden'), ['200', '404'], 'the guard hides the 503 of an outage, too')
  t.strictSame(statuses('/hidden-first'), ['200', '403', '404'], 'the second guard is open')
  t.strictSame(statuses('/hidden-later'), ['200', '401', '404', '503'], 'the first guard is open')
  const { responses } = paths['/own']?.get ?? { responses: {} }
  t.equal(responses['401']?.description, 'mine')
  t.equal(responses['403']?.description, 'Not permitted')
  t.equal(responses['503']?.description, 'mine')
  t.equal(paths['/admin']?.get?.responses['403']?.description, 'Not permitted: needs role org:admin')
  t.match(paths['/me']?.get?.responses, {
    401: { headers: { 'WWW-Authenticate': {} } },
    503: { headers: { 'Retry-After': {} } }
  })
})

t.test('what a route and the application say of their own stays', async (t) => {
  const components = {
    securitySchemes: { partner: { type: 'mutualTLS' }, clerkSession: { type: 'http', scheme: 'own' } }
  }
  const app = await build(
    (app) => {
      app.get('/own', { onRequest: app.requireAuth, schema: { security: [{ partner: [] }] } }, pass)
      app.get('/none', { onRequest: app.requireAuth, schema: { security: [], summary: 'mine' } }, pass)
      app.get('/hidden', { onRequest: app.requireAuth, schema: { hide: true } }, pass)
    },
    { swaggerOptions: { openapi: { openapi: '3.1.0', ...INFO, components } } }
  )
  const document = documentOf(app)
  t.strictSame(document.paths['/own']?.get?.security, [{ partner: [] }])
  t.strictSame(document.paths['/none']?.get?.security, [])
  t.match(document.paths['/none']?.get, { summary: 'mine' })
  t.notOk(document.paths['/hidden'])
  t.match(document.components.securitySchemes, { ...components.securitySchemes, clerkCookie: {} })
})

t.test('validation and serialisation are as without it, also for routes with one schema in common', async (t) => {
  const schema = {
    body: { type: 'object', properties: { count: { type: 'integer' } }, required: ['count'] },
    response: { 200: { type: 'object', properties: { count: { type: 'integer' } } } }
  }
  const app = await build((app) => {
    for (const url of ['/one', '/two']) app.post(url, { schema }, () => ({ count: 1, hidden: true }))
    app.get('/refused', { onRequest: app.requireAuth, schema: { response: schema.response } }, pass)
  })
  for (const url of ['/one', '/two']) {
    t.equal((await app.inject({ method: 'POST', url, body: {} })).statusCode, 400)
    const answer = await app.inject({ method: 'POST', url, body: { count: 1 } })
    t.strictSame(answer.json(), { count: 1 })
    t.strictSame(documentOf(app).paths[url]?.post?.security, [])
  }
  t.strictSame(Object.keys(schema), ['body', 'response'], 'the schema of the application is as it was')
  t.equal((await app.inject('/refused')).json().code, 'FST_CLERK_UNAUTHORIZED', 'a refusal has its whole body')
})

t.test('a transform may rename paths and write schemas anew', async (t) => {
  const transform = ({ schema, url }: { schema?: { response?: object }; url: string }) => {
    const { response: _, ...rest } = schema ?? {}
    return { schema: rest, url: `/renamed${url}` }
  }
  const app = await build((app) => app.get('/me', { onRequest: app.requireAuth }, pass), {
    swaggerOptions: { openapi: { ...INFO, servers: [{ url: 'https://api.example.com' }] }, transform }
  })
  t.strictSame(documentOf(app).paths['/renamed/me']?.get?.security, SESSION)
})

t.test('the document is made once, as an object and as YAML, also under another name', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(clerkAuth, clerk.pluginOptions())
  await app.register(openapi, { decorator: 'docs' })
  await app.register(swagger, { openapi: INFO, decorator: 'docs' as never })
  app.get('/me', { onRequest: app.requireAuth }, pass)
  await app.ready()
  const { docs } = app as unknown as { docs: (options?: object) => object | string }
  t.equal(docs(), docs())
  const yaml = docs({ yaml: true })
  t.match(yaml, /^openapi: 3\.0\.3$/m)
  t.match(yaml, /- clerkSession: \[\]/)
  t.notMatch(yaml, 'x-fastify-clerk-auth')
  t.equal(docs({ yaml: true }), yaml)
})

t.test('with a resolver there is no instance to name endpoints of', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(clerkAuth, { resolver: () => clerk.pluginOptions() as never })
  await app.register(openapi)
  await app.register(swagger, { openapi: INFO })
  const config = { clerk: { acceptsToken: 'oauth_token' } } as const
  app.get('/jobs', { config, onRequest: app.authorize({ scopes: 'jobs' }) }, pass)
  await app.ready()
  const document = documentOf(app)
  t.match(document.components.securitySchemes, { clerkOAuth: { type: 'http', scheme: 'bearer' } })
  const { valid, errors } = await new Validator().validate(JSON.parse(JSON.stringify(document)))
  t.ok(valid, JSON.stringify(errors))
})

t.test('a slip refuses to boot, or to make a document', async (t) => {
  await t.rejects(async () => Fastify().register(openapi), { code: 'FST_CLERK_OPENAPI_PLUGIN' })

  const early = Fastify()
  await early.register(clerkAuth, clerk.pluginOptions())
  await early.register(swagger, { openapi: INFO })
  await t.rejects(async () => early.register(openapi), { code: 'FST_CLERK_OPENAPI_SWAGGER' })

  const without = Fastify()
  await without.register(clerkAuth, clerk.pluginOptions())
  await without.register(openapi)
  await t.rejects(async () => without.ready(), { code: 'FST_CLERK_OPENAPI_SWAGGER' })

  const old = await build((app) => app.get('/', pass), { swaggerOptions: { swagger: INFO } })
  t.throws(() => old.swagger(), { code: 'FST_CLERK_OPENAPI_VERSION' })

  const unknown = Fastify()
  await unknown.register(clerkAuth, clerk.pluginOptions())
  await t.rejects(async () => unknown.register(openapi, { decorators: 'x' } as object), {
    code: 'FST_CLERK_OPTION_UNKNOWN'
  })
})
