import cors from '@fastify/cors'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import clerkAuth from '../../src/index.js'
import { createLocalClerk } from '../../src/local/index.js'
import { type McpResourceOptions, mcpResource, toAuthInfo } from '../../src/mcp/index.js'
import { createOAuthClient } from '../fixtures/oauth-client.js'

// The guard of a protected resource: which tokens it lets in, and what it tells the others.

const RESOURCE = 'https://api.example.com/mcp'
const METADATA = 'resource_metadata="https://api.example.com/.well-known/oauth-protected-resource/mcp"'

const clerk = await createLocalClerk({ users: [{ id: 'user_ada' }] })
t.teardown(() => clerk.close())
const { token } = createOAuthClient(clerk)
const bearer = (text: string) => ({ authorization: `Bearer ${text}` })

async function build(options: Partial<McpResourceOptions> = {}, plugin: object = {}): Promise<FastifyInstance> {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(clerkAuth, clerk.pluginOptions(plugin))
  await app.register(mcpResource, { resource: RESOURCE, scopes: ['notes:read', 'notes:write', 'admin'], ...options })
  app.post('/mcp', { onRequest: app.mcpAuth({ scopes: 'notes:read' }) }, (request) => toAuthInfo(request))
  app.post('/write', { preHandler: app.mcpAuth({ scopes: ['notes:read', 'notes:write'] }) }, () => 'written')
  app.post('/any', { onRequest: app.mcpAuth() }, () => 'any')
  return app
}

const ask = (app: FastifyInstance, url: string, headers = {}) => app.inject({ method: 'POST', url, headers })
const app = await build()

t.test('without a token the challenge says where to learn more, and for what to ask', async (t) => {
  for (const denied of [app, await build({}, { defaultDeny: true })]) {
    for (const [url, scope] of [
      ['/mcp', ', scope="notes:read"'],
      ['/write', ', scope="notes:read notes:write"'],
      ['/any', '']
    ]) {
      const { statusCode, headers, body } = await ask(denied, url ?? '')
      t.equal(statusCode, 401, String(url))
      t.equal(headers['www-authenticate'], `Bearer ${METADATA}${scope}`)
      t.equal(headers['access-control-expose-headers'], 'WWW-Authenticate')
      t.equal(JSON.parse(body).code, 'FST_CLERK_UNAUTHORIZED')
    }
  }
})

t.test('a browser is told the same as a client, where the plugin redirects to the sign-in page', async (t) => {
  const server = await build({}, { requireAuthRedirect: true, signInUrl: 'https://accounts.example.com/sign-in' })
  server.get('/page', { onRequest: server.requireAuth }, () => 'never')
  server.get('/sse', { onRequest: server.mcpAuth() }, () => 'never')
  const browser = { accept: 'text/html', 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate' }
  const headers = { ...browser, cookie: clerk.cookies(null) }
  t.match(await server.inject({ url: '/page', headers }), { statusCode: 302 })
  const refused = await server.inject({ url: '/sse', headers })
  t.equal(refused.statusCode, 401)
  t.match(refused.headers['www-authenticate'], METADATA)
})

t.test('a token for the resource is let in, and is handed on in the shape of the SDK', async (t) => {
  const good = await token({ scope: 'notes:read email', resource: RESOURCE })
  const answer = await ask(app, '/mcp', bearer(good))
  t.equal(answer.statusCode, 200)
  const info = answer.json()
  t.match(info, {
    token: good,
    clientId: /^client_/,
    scopes: ['notes:read', 'email'],
    resource: RESOURCE,
    extra: { userId: 'user_ada' }
  })
  const inAnHour = Date.now() / 1000 + 3600
  t.ok(Math.abs(info.expiresAt - inAnHour) < 60, 'seconds since the epoch')
})

t.test('an opaque token is let in as a JWT is', async (t) => {
  const oauth = { userId: 'user_ada', scopes: ['notes:read'] }
  const good = clerk.machineTokens.createOAuthToken({ ...oauth, audience: RESOURCE })
  const answer = await ask(app, '/mcp', bearer(good))
  t.equal(answer.statusCode, 200)
  t.match(answer.json(), { token: good, resource: RESOURCE, extra: { userId: 'user_ada' } })
  const other = clerk.machineTokens.createOAuthToken({ ...oauth, audience: 'https://other.example.com' })
  t.equal((await ask(app, '/mcp', bearer(other))).statusCode, 401)
})

t.test('a token for another resource, for none, or of another type is refused', async (t) => {
  const refused = {
    'another resource': await token({ scope: 'notes:read', resource: 'https://other.example.com/mcp' }),
    'a longer path': await token({ scope: 'notes:read', resource: `${RESOURCE}/more` }),
    'the origin alone': await token({ scope: 'notes:read', resource: 'https://api.example.com/' }),
    'no resource': await token({ scope: 'notes:read' }),
    'a session': clerk.signSessionToken(),
    'an API key': clerk.machineTokens.createApiKey({ subject: 'user_ada', scopes: ['notes:read'] }),
    'an M2M token': clerk.machineTokens.createM2MToken({ scopes: ['notes:read'], format: 'jwt' }),
    'no token at all': 'nonsense'
  }
  for (const plugin of [{}, { acceptsToken: 'any' }, { defaultDeny: true }]) {
    const server = await build({}, plugin)
    for (const [name, text] of Object.entries(refused)) {
      const { statusCode, headers } = await ask(server, '/mcp', bearer(text))
      t.equal(statusCode, 401, name)
      t.equal(headers['www-authenticate'], `Bearer error="invalid_token", ${METADATA}, scope="notes:read"`, name)
    }
    const cookie = { cookie: clerk.cookies() }
    t.equal((await ask(server, '/mcp', cookie)).statusCode, 401, 'the cookies of a browser')
  }
})

t.test('a token without audience is let in by option only, one for another resource never', async (t) => {
  const open = await build({ allowUnbound: true })
  const unbound = await ask(open, '/mcp', bearer(await token({ scope: 'notes:read' })))
  t.equal(unbound.statusCode, 200)
  t.notOk('resource' in unbound.json())
  const other = await token({ scope: 'notes:read', resource: 'https://other.example.com/mcp' })
  t.equal((await ask(open, '/mcp', bearer(other))).statusCode, 401)
})

t.test(
  'a token with a malformed audience is bound to something unknown: refused by every way of guarding',
  async (t) => {
    const open = await build({ allowUnbound: true })
    const oauth = { config: { clerk: { acceptsToken: 'oauth_token' } } } as const
    const byHand = open.mcpAuth()
    open.post('/by-hand', oauth, async (request, reply) => {
      await byHand(request, reply)
      return 'in'
    })
    await open.register(async (scope) => {
      scope.addHook('onRequest', open.mcpAuth())
      scope.post('/scope', oauth, () => 'in')
    })
    const exp = Math.floor(Date.now() / 1000) + 60
    const claims = { iss: clerk.issuer, sub: 'user_ada', client_id: 'client_1', scp: ['notes:read'], exp }
    const signed = (aud: unknown) => clerk.sign({ ...claims, aud }, { typ: 'at+jwt', cat: undefined })
    for (const url of ['/any', '/by-hand', '/scope']) {
      for (const aud of [7, true, {}, { [RESOURCE]: 1 }, [RESOURCE, 7], [7], [[RESOURCE]], ['']]) {
        const { statusCode, headers } = await ask(open, url, bearer(signed(aud)))
        t.equal(statusCode, 401, `${url} ${JSON.stringify(aud)}`)
        t.match(headers['www-authenticate'], 'error="invalid_token"')
      }
      for (const aud of [undefined, null, '', [], RESOURCE, [RESOURCE, 'https://other.example.com']]) {
        t.equal((await ask(open, url, bearer(signed(aud)))).statusCode, 200, `${url} ${JSON.stringify(aud)}`)
      }
    }
  }
)

t.test('the origin as resource: with and without its slash', async (t) => {
  for (const resource of ['https://api.example.com', 'https://api.example.com/']) {
    const server = await build({ resource })
    for (const asked of ['https://api.example.com', 'https://api.example.com/']) {
      const text = await token({ scope: 'notes:read', resource: asked })
      t.equal((await ask(server, '/mcp', bearer(text))).statusCode, 200, `${resource}, ${asked}`)
    }
  }
})

t.test('a missing scope: the challenge names what to ask for, with what the token has of this resource', async (t) => {
  const scopes = ['notes:read', 'email', 'x", error="none']
  const text = clerk.machineTokens.createOAuthToken({ userId: 'user_ada', scopes, audience: RESOURCE })
  const { statusCode, headers, body } = await ask(app, '/write', bearer(text))
  t.equal(statusCode, 403)
  const wanted = 'scope="notes:read notes:write"'
  t.equal(headers['www-authenticate'], `Bearer error="insufficient_scope", ${wanted}, ${METADATA}`)
  t.equal(headers['access-control-expose-headers'], 'WWW-Authenticate')
  t.equal(JSON.parse(body).code, 'FST_CLERK_FORBIDDEN')

  const admin = await token({ scope: 'admin', resource: RESOURCE })
  const more = await ask(app, '/mcp', bearer(admin))
  t.match(more.headers['www-authenticate'], 'scope="admin notes:read"', 'nothing that it had is lost')
})

t.test('a challenge of the application stays as it is', async (t) => {
  const server = Fastify()
  t.teardown(() => server.close())
  server.setErrorHandler((_error, _request, reply) => {
    reply.code(401).header('www-authenticate', 'DPoP algs="ES256"').send({ own: true })
  })
  await server.register(clerkAuth, clerk.pluginOptions({ defaultDeny: true }))
  await server.register(mcpResource, { resource: RESOURCE })
  server.post('/mcp', { onRequest: server.mcpAuth() }, () => 'never')
  for (const headers of [{}, bearer('nonsense'), bearer(await token())]) {
    const answer = await ask(server, '/mcp', headers)
    t.equal(answer.headers['www-authenticate'], 'DPoP algs="ES256"')
    t.strictSame(answer.json(), { own: true })
  }
})

t.test('what another plugin exposes to browsers stays exposed', async (t) => {
  const server = Fastify()
  t.teardown(() => server.close())
  await server.register(cors, { exposedHeaders: ['Mcp-Session-Id'] })
  await server.register(clerkAuth, clerk.pluginOptions())
  await server.register(mcpResource, { resource: RESOURCE })
  server.post('/mcp', { onRequest: server.mcpAuth() }, () => 'never')
  const { headers } = await ask(server, '/mcp', { origin: 'https://client.example.com' })
  t.equal(headers['access-control-expose-headers'], 'Mcp-Session-Id, WWW-Authenticate')
})

t.test('a scope of Fastify can be the resource: its hook guards every route in it', async (t) => {
  const server = Fastify()
  t.teardown(() => server.close())
  await server.register(clerkAuth, clerk.pluginOptions({ defaultDeny: true, acceptsToken: 'oauth_token' }))
  await server.register(mcpResource, { resource: RESOURCE, scopes: ['notes:read'] })
  await server.register(async (scope) => {
    scope.addHook('onRequest', scope.mcpAuth({ scopes: 'notes:read' }))
    scope.post('/mcp', () => 'in')
  })
  const refused = await ask(server, '/mcp')
  t.equal(refused.headers['www-authenticate'], `Bearer ${METADATA}, scope="notes:read"`)
  const good = await token({ scope: 'notes:read', resource: RESOURCE })
  t.equal((await ask(server, '/mcp', bearer(good))).statusCode, 200)
  t.match(server.clerk.printRoutes(), /required {2}POST +\/mcp +oauth_token +scopes=notes:read/)
})

t.test('a guard that could let nobody in refuses to boot', async (t) => {
  t.throws(() => app.mcpAuth({ scopes: 'other' }), { code: 'FST_CLERK_MCP_SCOPES', message: /mcpResource/ })
  t.throws(() => app.mcpAuth({ scopes: 'two words' }), { code: 'FST_CLERK_MCP_SCOPES' })
  t.throws(() => app.mcpAuth({ scope: 'admin' } as object), { code: 'FST_CLERK_MCP_SCOPES' })
  t.throws(() => app.mcpAuth('admin' as never), { code: 'FST_CLERK_MCP_SCOPES' })

  const server = Fastify()
  await server.register(clerkAuth, clerk.pluginOptions())
  await server.register(mcpResource, { resource: RESOURCE })
  const config = { clerk: { acceptsToken: 'api_key' } } as const
  server.post('/mcp', { config, onRequest: server.mcpAuth() }, () => 'never')
  await t.rejects(async () => server.ready(), { code: 'FST_CLERK_ROUTE_POLICY', message: /oauth_token/ })

  const scoped = Fastify()
  await scoped.register(clerkAuth, clerk.pluginOptions())
  await scoped.register(mcpResource, { resource: RESOURCE })
  await scoped.register(async (scope) => {
    scope.addHook('onRequest', scope.mcpAuth())
    scope.post('/mcp', () => 'never')
  })
  await t.rejects(async () => scoped.ready(), { code: 'FST_CLERK_ROUTE_POLICY', message: /acceptsToken has to name/ })

  const open = Fastify()
  await open.register(clerkAuth, clerk.pluginOptions())
  await open.register(mcpResource, { resource: RESOURCE })
  const off = { config: { clerk: false as const }, onRequest: open.mcpAuth() }
  t.throws(() => open.post('/mcp', off, () => 'never'), { code: 'FST_CLERK_ROUTE_POLICY' })
})

t.test('toAuthInfo elsewhere: the errors of a guard, never somebody else', async (t) => {
  const server = Fastify()
  t.teardown(() => server.close())
  await server.register(clerkAuth, clerk.pluginOptions({ acceptsToken: 'any' }))
  await server.register(mcpResource, { resource: RESOURCE })
  server.post('/open', (request) => toAuthInfo(request))
  server.post('/off', { config: { clerk: false } }, (request) => toAuthInfo(request))
  t.equal((await ask(server, '/open')).statusCode, 401)
  t.equal((await ask(server, '/open', clerk.bearer())).statusCode, 401)
  t.match((await ask(server, '/off')).json(), { statusCode: 500, code: 'FST_CLERK_NOT_EVALUATED' })
  const other = await token({ resource: 'https://other.example.com' })
  const elsewhere = await ask(server, '/open', bearer(other))
  t.notOk('resource' in elsewhere.json(), 'not said to be for this resource')
})
