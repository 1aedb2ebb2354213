import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import clerkAuth from '../../src/index.js'
import { createLocalClerk } from '../../src/local/index.js'
import { type McpResourceOptions, mcpResource } from '../../src/mcp/index.js'

// What a client finds before it has a token: documents that everybody may read.

const clerk = await createLocalClerk()
t.teardown(() => clerk.close())

const RESOURCE = 'https://api.example.com/mcp'
const AT_PATH = '/.well-known/oauth-protected-resource/mcp'
const AT_ROOT = '/.well-known/oauth-protected-resource'
const SERVER = '/.well-known/oauth-authorization-server'

async function build(options: Partial<McpResourceOptions> = {}, plugin: object = {}): Promise<FastifyInstance> {
  const app = Fastify()
  await app.register(clerkAuth, { ...clerk.pluginOptions(), ...plugin })
  await app.register(mcpResource, { resource: RESOURCE, ...options })
  t.teardown(() => app.close())
  return app
}

t.test('the metadata is at the path of the resource and at the root, also under defaultDeny', async (t) => {
  const app = await build(
    { scopes: ['notes:read', 'notes:write'], name: 'Notes', documentation: 'https://example.com/docs' },
    { defaultDeny: true }
  )
  for (const url of [AT_PATH, AT_ROOT]) {
    const answer = await app.inject({ url, headers: { origin: 'https://client.example.com' } })
    t.equal(answer.statusCode, 200, url)
    t.match(answer.headers, {
      'content-type': 'application/json; charset=utf-8',
      'access-control-allow-origin': '*',
      'cache-control': 'public, max-age=3600'
    })
    t.strictSame(answer.json(), {
      resource: RESOURCE,
      authorization_servers: [clerk.issuer],
      scopes_supported: ['notes:read', 'notes:write'],
      bearer_methods_supported: ['header'],
      resource_name: 'Notes',
      resource_documentation: 'https://example.com/docs'
    })
  }
  t.same((await app.inject({ url: '/.well-known/oauth-protected-resource/other' })).statusCode, 404)
})

t.test('a page of another origin may ask with the headers of an MCP client', async (t) => {
  const app = await build({}, { defaultDeny: true })
  for (const url of [AT_PATH, AT_ROOT, SERVER]) {
    const preflight = await app.inject({
      method: 'OPTIONS',
      url,
      headers: {
        origin: 'https://client.example.com',
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'mcp-protocol-version'
      }
    })
    t.equal(preflight.statusCode, 204, url)
    t.equal(preflight.headers['access-control-allow-origin'], '*')
    t.match(preflight.headers['access-control-allow-headers'], /mcp-protocol-version/)
  }
})

t.test('what is not given is not published, and the origin itself can be the resource', async (t) => {
  const app = await build({ resource: 'https://api.example.com' })
  t.strictSame((await app.inject({ url: AT_ROOT })).json(), {
    resource: 'https://api.example.com',
    authorization_servers: [clerk.issuer],
    bearer_methods_supported: ['header']
  })
})

t.test('two resources of a server have a document each; the first is that of the origin', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(clerkAuth, clerk.pluginOptions())
  for (const name of ['one', 'two']) {
    await app.register(async (scope) => {
      await scope.register(mcpResource, { resource: `https://api.example.com/${name}` })
    })
  }
  const resourceAt = async (url: string) => (await app.inject({ url })).json().resource
  t.equal(await resourceAt(`${AT_ROOT}/one`), 'https://api.example.com/one')
  t.equal(await resourceAt(`${AT_ROOT}/two`), 'https://api.example.com/two')
  t.equal(await resourceAt(AT_ROOT), 'https://api.example.com/one')
})

t.test('the authorization server follows the publishable key, a proxy, or the option', async (t) => {
  const serverOf = async (options: Partial<McpResourceOptions>, plugin: object) =>
    (await (await build(options, plugin)).inject({ url: AT_ROOT })).json().authorization_servers
  t.strictSame(await serverOf({}, { proxyUrl: 'https://app.example.com/__clerk/' }), [
    'https://app.example.com/__clerk'
  ])
  t.strictSame(await serverOf({ authorizationServer: 'https://id.example.com' }, {}), ['https://id.example.com'])
  const code = 'FST_CLERK_MCP_AUTHORIZATION_SERVER'
  await t.rejects(serverOf({}, { publishableKey: null }), { code })
})

t.test('a slip refuses to boot', async (t) => {
  for (const resource of [
    'api.example.com',
    'http://api.example.com/mcp',
    'https://api.example.com/mcp?x=1',
    'https://api.example.com/mcp#x',
    'https://user:secret@api.example.com/mcp',
    'https://api.example.com/:id',
    'https://api.example.com/*'
  ]) {
    await t.rejects(build({ resource }), { code: 'FST_CLERK_OPTION_URL', message: /mcpResource\.resource/ }, resource)
  }
  await t.rejects(build({ resource: undefined as never }), { code: 'FST_CLERK_OPTION_TYPE' })
  await t.rejects(build({ scopes: ['notes read'] }), { code: 'FST_CLERK_OPTION_VALUE', message: /scopes\[0\]/ })
  await t.rejects(build({ scope: [] } as object), { code: 'FST_CLERK_OPTION_UNKNOWN' })
  await t.rejects(async () => Fastify().register(mcpResource, { resource: RESOURCE }), { code: 'FST_CLERK_MCP_PLUGIN' })

  const prefixed = Fastify()
  await prefixed.register(clerkAuth, clerk.pluginOptions())
  const scope = async (inner: FastifyInstance) => void (await inner.register(mcpResource, { resource: RESOURCE }))
  await t.rejects(async () => prefixed.register(scope, { prefix: '/api' }), { code: 'FST_CLERK_MCP_ROOT' })

  const guarded = Fastify()
  await guarded.register(clerkAuth, clerk.pluginOptions())
  guarded.addHook('onRequest', guarded.requireAuth)
  await t.rejects(async () => guarded.register(mcpResource, { resource: RESOURCE }), { code: 'FST_CLERK_MCP_ROOT' })

  const guardedLater = Fastify()
  await guardedLater.register(clerkAuth, clerk.pluginOptions())
  await guardedLater.register(mcpResource, { resource: RESOURCE })
  guardedLater.addHook('onRequest', guardedLater.requireAuth)
  await t.rejects(async () => guardedLater.ready(), { code: 'FST_CLERK_ROUTE_POLICY' })
})

t.test('the metadata of the authorization server is passed on', async (t) => {
  const app = await build({}, { defaultDeny: true })
  clerk.requests.clear()
  const answers = await Promise.all([1, 2, 3].map(() => app.inject({ url: SERVER })))
  for (const answer of answers) {
    t.equal(answer.statusCode, 200)
    t.match(answer.headers, { 'access-control-allow-origin': '*', 'cache-control': 'public, max-age=3600' })
    t.match(answer.json(), { issuer: clerk.issuer, registration_endpoint: `${clerk.issuer}/oauth/register` })
  }
  t.equal(clerk.requests.count('oauth-metadata'), 1, 'one fetch for all of them')
})

t.test('an authorization server that is away is a coded 503, one that talks nonsense a 502', async (t) => {
  const answers = {
    unavailable: () => new Response('busy', { status: 503 }),
    broken: () => Promise.reject(new TypeError('fetch failed')),
    limited: () => new Response('later', { status: 429 }),
    absent: () => new Response('not here', { status: 404 }),
    page: () => new Response('<!doctype html>'),
    empty: () => Response.json({}),
    huge: () => Response.json({ issuer: 'x'.repeat(300_000), authorization_endpoint: 'a', token_endpoint: 'b' })
  }
  const expected = { unavailable: 503, broken: 503, limited: 503, absent: 502, page: 502, empty: 502, huge: 502 }
  for (const [name, answer] of Object.entries(answers)) {
    const app = await build({}, { fetch: async () => answer() })
    const { statusCode, headers, body } = await app.inject({ url: SERVER })
    const status = expected[name as keyof typeof expected]
    t.equal(statusCode, status, name)
    t.equal(JSON.parse(body).code, `FST_CLERK_MCP_METADATA_${status === 503 ? 'UNAVAILABLE' : 'INVALID'}`)
    t.equal(headers['retry-after'], status === 503 ? '5' : undefined)
    t.equal(headers['cache-control'], 'no-store')
    t.equal(headers['access-control-allow-origin'], '*', 'a client in a page can read the error')
  }
})
