import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, get, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import clerkAuth, { type ClerkAuthOptions, requireAuth } from '../../src/index.js'
import { type FrontendApiProxyOptions, frontendApiProxy } from '../../src/proxy/index.js'
import { clerk, requestText, sendRaw, startProxy, startUpstream } from './scene.js'

// The proxy beside the plugin: who is sent where, which routes are open, and which setups do not start.

const PAGE = { 'sec-fetch-dest': 'document', accept: 'text/html', host: 'app.example.com' }

interface Setup {
  readonly plugin?: ClerkAuthOptions
  readonly proxy?: FrontendApiProxyOptions & { readonly prefix?: string }
  readonly trustProxy?: boolean | string
  /** Registers the proxy before the plugin. */
  readonly proxyFirst?: boolean
}

async function build(t: Test, { plugin, proxy, trustProxy = false, proxyFirst }: Setup = {}): Promise<FastifyInstance> {
  const app = Fastify({ trustProxy })
  t.teardown(() => app.close())
  const { publishableKey, secretKey } = clerk
  const registerProxy = () =>
    app.register(frontendApiProxy, { publishableKey, secretKey, fapiUrl: 'http://127.0.0.1:1', ...proxy })
  if (proxyFirst === true) await registerProxy()
  await app.register(clerkAuth, { ...clerk.pluginOptions(), ...plugin })
  if (proxyFirst !== true) await registerProxy()
  app.get('/page', { config: { clerk: { public: true } } }, () => 'page')
  await app.ready()
  return app
}

const refused = (t: Test, setup: Setup, code: string, message?: RegExp) =>
  t.rejects(build(t, setup), message === undefined ? { code } : { code, message })

t.test('the plugin sends browsers through the proxy, and starts no handshake below it', async (t) => {
  for (const [proxy, plugin, handshake] of [
    [{}, {}, 'http://app.example.com/__clerk/v1/client/handshake'],
    [{ path: '/auth/clerk' }, {}, 'http://app.example.com/auth/clerk/v1/client/handshake'],
    [{ path: '/auth/clerk/' }, { proxyUrl: '/auth/clerk' }, 'http://app.example.com/auth/clerk/v1/client/handshake'],
    [{ prefix: '/app' }, {}, 'http://app.example.com/app/__clerk/v1/client/handshake'],
    [{}, { proxyUrl: '/__clerk/' }, 'http://app.example.com/__clerk/v1/client/handshake'],
    [{}, { proxyUrl: 'https://www.example.com/clerk' }, 'https://www.example.com/clerk/v1/client/handshake']
  ] as const) {
    const app = await build(t, { proxy, plugin })
    const { statusCode, headers } = await app.inject({ url: '/page', headers: PAGE })
    const location = String(headers.location)
    t.equal(statusCode, 307)
    t.equal(location.slice(0, location.indexOf('?')), handshake)
    const below = await app.inject({
      url: `${proxy.prefix ?? ''}${(proxy.path ?? '/__clerk').replace(/\/$/, '')}/v1/client`,
      headers: PAGE
    })
    t.equal(below.statusCode, 502, 'FAPI is away, and nothing else is said')
    t.notOk(below.headers['x-clerk-auth-reason'])
  }
})

t.test('a proxy of the application itself starts no handshake through itself', async (t) => {
  for (const proxyUrl of ['/__clerk', 'http://app.example.com/__clerk']) {
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(clerkAuth, { ...clerk.pluginOptions(), proxyUrl })
    app.get('/__clerk/*', () => 'the answer of FAPI')
    app.get('/page', () => 'page')
    const page = await app.inject({ url: '/page', headers: PAGE })
    t.equal(page.statusCode, 307)
    const answer = await app.inject({ url: new URL(String(page.headers.location)).pathname, headers: PAGE })
    t.strictSame([answer.statusCode, answer.body], [200, 'the answer of FAPI'])
  }
})

t.test('the route is public with defaultDeny, and refuses what guards are for', async (t) => {
  const app = await build(t, { plugin: { defaultDeny: true } })
  t.equal((await app.inject('/__clerk/v1/client')).statusCode, 502)

  const guarded = Fastify()
  t.teardown(() => guarded.close())
  await guarded.register(clerkAuth, clerk.pluginOptions())
  guarded.addHook('onRequest', requireAuth)
  await t.rejects(
    async () => {
      await guarded.register(frontendApiProxy, {})
      await guarded.ready()
    },
    { code: 'FST_CLERK_ROUTE_POLICY' }
  )
})

t.test('a proxy before the plugin does not start unless it is allowed, and is followed then', async (t) => {
  await refused(t, { proxyFirst: true }, 'FST_CLERK_EARLY_ROUTES')
  const app = await build(t, { proxyFirst: true, plugin: { earlyRoutes: ['/__clerk/*'] } })
  const { headers } = await app.inject({ url: '/page', headers: PAGE })
  t.match(headers.location, /^http:\/\/app\.example\.com\/__clerk\/v1\/client\/handshake/)
})

t.test('the plugin without a proxy is as before', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(clerkAuth, clerk.pluginOptions())
  app.get('/__clerk/page', () => 'page')
  t.equal((await app.inject({ url: '/__clerk/page', headers: PAGE })).statusCode, 307)
})

t.test('scheme and host of the proxy URL and the address follow trustProxy', async (t) => {
  const forwarded = ['X-Forwarded-For: 192.0.2.7', 'X-Forwarded-Host: www.example.com', 'X-Forwarded-Proto: https']
  const fixed = { proxyUrl: 'https://www.example.com/clerk/' }
  for (const [trustProxy, plugin, url, address] of [
    [false, {}, 'http://app.example.com/__clerk', '127.0.0.1'],
    ['10.0.0.1', {}, 'http://app.example.com/__clerk', '127.0.0.1'],
    ['127.0.0.1', {}, 'https://www.example.com/__clerk', '192.0.2.7'],
    [false, fixed, 'https://www.example.com/clerk', '127.0.0.1'],
    ['127.0.0.1', fixed, 'https://www.example.com/clerk', '192.0.2.7']
  ] as const) {
    const { upstream, port } = await startProxy({ server: { trustProxy }, plugin })
    t.equal((await sendRaw(port, requestText('GET', '/__clerk/v1/client', forwarded))).status, 200)
    const sent = Object.fromEntries(upstream.received[0]?.headers ?? [])
    const { host, protocol } = new URL(url)
    t.match(sent, {
      'clerk-proxy-url': url,
      'x-forwarded-for': address,
      'x-forwarded-host': host,
      'x-forwarded-proto': protocol.slice(0, -1)
    })
  }
})

t.test('a client on a Unix socket has no address, and is served', async (t) => {
  const { upstream, app } = await startProxy()
  // The path of a socket has 107 characters at most: the folder of a test can be longer.
  const folder = mkdtempSync(join(tmpdir(), 'proxy-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'socket')
  const server = createServer((request, response) => app.routing(request, response))
  server.listen(path)
  await once(server, 'listening')
  t.teardown(() => server.close())
  const sent = get({ socketPath: path, path: '/__clerk/v1/client', headers: { host: 'app.example.com' }, agent: false })
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  answer.resume()
  t.equal(answer.statusCode, 200)
  const names = upstream.received[0]?.headers.map(([name]) => name)
  t.ok(names?.includes('x-forwarded-host'))
  t.notOk(names?.includes('x-forwarded-for'))
})

t.test('no host leads the request elsewhere, or adds to the URL', async (t) => {
  const { upstream, port } = await startProxy()
  for (const host of ['evil.test/x', 'a@evil.test', 'evil.test:x', '[', 'a b', '"']) {
    upstream.received.length = 0
    const raw = `GET /__clerk/v1/client HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`
    const { status } = await sendRaw(port, raw)
    t.ok(status === 200 || status === 400, host)
    for (const { headers } of upstream.received) {
      const sent = Object.fromEntries(headers)
      t.equal(sent.host, new URL(upstream.url).host)
      t.match(sent['clerk-proxy-url'], /^http:\/\/[^/@?#\s]+\/__clerk$/, host)
    }
  }
})

t.test(
  'of the cookies, only those of Clerk are passed on, and of the headers those that FAPI has a use for',
  async (t) => {
    const { upstream, port } = await startProxy()
    const cookies = [
      ...['__client=1', '__client_uat=2', '__client_uat_abcdefgh=3', '__session=4', '__session_abcdefgh=5'],
      ...[
        '__clerk_db_jwt=6',
        '__refresh_abcdefgh=7',
        'clerk_active_context=8',
        '__cf_bm=9',
        '_cfuvid=10',
        'cf_clearance=11'
      ]
    ]
    const own = [
      'sid=secret',
      '__Host-sid=secret',
      '__Secure-next-auth.session-token=secret',
      'my__client=secret',
      'jwt=secret'
    ]
    await sendRaw(
      port,
      requestText('GET', '/__clerk/v1/client', [
        `Cookie: ${[...own, ...cookies].join('; ')}`,
        ...['Authorization: Bearer x', 'Origin: https://app.example.com', 'Referer: https://app.example.com/'],
        ...[
          'User-Agent: test',
          'Accept-Language: nl',
          'Sec-Fetch-Site: same-origin',
          'If-None-Match: "1"',
          'X-Mobile: 1'
        ]
      ])
    )
    const sent = Object.fromEntries(upstream.received[0]?.headers ?? [])
    t.equal(sent.cookie, cookies.join('; '))
    t.match(sent, {
      authorization: 'Bearer x',
      origin: 'https://app.example.com',
      referer: 'https://app.example.com/',
      'user-agent': 'test',
      'accept-language': 'nl',
      'sec-fetch-site': 'same-origin',
      'if-none-match': '"1"',
      'x-mobile': '1'
    })
    upstream.received.length = 0
    await sendRaw(port, requestText('GET', '/__clerk/v1/client', [`Cookie: ${own.join('; ')}`]))
    t.notOk('cookie' in Object.fromEntries(upstream.received[0]?.headers ?? []))
  }
)

t.test('a base URL with a path keeps it', async (t) => {
  const upstream = await startUpstream()
  const { port } = await startProxy({ proxy: { fapiUrl: `${upstream.url}/base` } })
  for (const location of ['/base/v1/x', 'x', '../v1/x', '../../v1/x']) {
    upstream.answer = (_request, response) => response.writeHead(302, { location }).end()
    const answer = await sendRaw(port, requestText('GET', '/__clerk/v1/client?x=1'))
    t.equal(upstream.received.at(-1)?.url, '/base/v1/client?x=1')
    t.match(answer.head, 'location: http://app.example.com/__clerk/v1/x', location)
  }
})

t.test('routers that fold case and slashes change nothing', async (t) => {
  const routerOptions = { caseSensitive: false, ignoreDuplicateSlashes: true, ignoreTrailingSlash: true }
  const { upstream, port } = await startProxy({ server: { routerOptions } })
  for (const target of ['//__clerk/v1/client', '/__CLERK/v1/client', '/__clerk//v1/client', '/__clerk/v1/client//']) {
    t.equal((await sendRaw(port, requestText('GET', target))).status, 400, target)
  }
  t.equal(upstream.count, 0)
  t.equal((await sendRaw(port, requestText('GET', '/__clerk/v1/client/'))).status, 200)
})

t.test('another error handler and another parser of the application have no part in it', async (t) => {
  const { upstream, port, app } = await startProxy({
    routes(app) {
      app.setErrorHandler((_error, _request, reply) => reply.code(418).send('teapot'))
    }
  })
  t.equal((await sendRaw(port, requestText('GET', '/__clerk/../x'))).status, 400)
  const body = '{"not": json'
  const head = ['Content-Type: application/json', `Content-Length: ${body.length}`]
  t.equal((await sendRaw(port, requestText('POST', '/__clerk/v1/client', head, body))).status, 200)
  t.equal(upstream.received[0]?.body, body, 'as it came, whether it is JSON or not')
  t.equal(app.hasReplyDecorator('from'), false, 'nothing is left outside')
})

t.test('both keys are needed, and of one instance', async (t) => {
  const keyless = { publishableKey: null, secretKey: null }
  await refused(t, { proxy: keyless, plugin: { secretKey: null } }, 'FST_CLERK_PROXY_KEYS')
  const live = { secretKey: 'sk_live_abcdefghijklmnop' }
  await refused(t, { proxy: live }, 'FST_CLERK_OPTION_KEYS_MIXED')
  const pem = clerk.jwtKey
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(clerkAuth, { jwtKey: pem, publishableKey: null, secretKey: null })
  await t.rejects(async () => void (await app.register(frontendApiProxy, {})), { code: 'FST_CLERK_PROXY_KEYS' })
})

t.test('a proxyUrl that is another path of this server does not start', async (t) => {
  await refused(t, { plugin: { proxyUrl: '/other' } }, 'FST_CLERK_PROXY_URL')
  await refused(t, { plugin: { proxyUrl: '/__clerk' }, proxy: { path: '/other' } }, 'FST_CLERK_PROXY_URL')
  const another = { publishableKey: `pk_test_${Buffer.from('other.clerk.accounts.dev$').toString('base64')}` }
  t.ok(await build(t, { plugin: { proxyUrl: '/other' }, proxy: another }), 'of another instance it says nothing')
})

t.test('a second reply.from in the scope does not start', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(clerkAuth, clerk.pluginOptions())
  app.decorateReply('from', null as never)
  await t.rejects(async () => void (await app.register(frontendApiProxy, {})), {
    code: 'FST_CLERK_DECORATOR_TAKEN',
    message: /reply\.from/
  })
})

t.test('no option leads elsewhere', async (t) => {
  for (const path of [
    ...[
      '//evil.test',
      '/\\evil.test',
      'evil.test',
      'https://evil.test',
      '/',
      '/..',
      '/a/../b',
      '/a//b',
      '/.',
      '/:x',
      '/*'
    ],
    ...['/a?b', '/a#b', '/a b', '/%2e%2e', '/a/.hidden', '/a(b)', '/é']
  ]) {
    await refused(t, { proxy: { path } }, 'FST_CLERK_OPTION_VALUE', /frontendApiProxy\.path must be/)
  }
  for (const fapiUrl of [
    ...[
      'https://frontend-api.clerk.dev@evil.test',
      'https://a:b@evil.test',
      '//evil.test',
      'evil.test',
      'ftp://evil.test'
    ],
    ...[
      'https://frontend-api.clerk.dev?x',
      'https://frontend-api.clerk.dev#x',
      'https://frontend-api.clerk.dev\\@evil.test'
    ],
    ...[
      'https://frontend-api.clerk.dev/../x',
      'javascript:alert(1)',
      'https://frontend-api.clerk.dev\n.evil.test',
      'unix+http://x'
    ]
  ]) {
    await refused(t, { proxy: { fapiUrl } }, 'FST_CLERK_OPTION_URL', /frontendApiProxy\.fapiUrl must be/)
  }
  for (const host of ['evil.test', 'frontend-api.clerk.dev.evil.test', 'evil.test:8443']) {
    // The host in a key is not where requests go: Clerk's is, whatever a key says.
    const publishableKey = `pk_test_${Buffer.from(`${host}$`).toString('base64')}`
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(frontendApiProxy, { publishableKey, secretKey: 'sk_test_x', fapiUrl: null })
    t.ok(await app.ready())
  }
  await refused(t, { proxy: { prefix: '/:tenant' } }, 'FST_CLERK_OPTION_VALUE', /prefix/)
})

t.test('a place is free again after each request, also of inject', async (t) => {
  const app = await build(t, { proxy: { maxConcurrency: 1 } })
  for (let round = 0; round < 3; round++) t.equal((await app.inject('/__clerk/v1/client')).statusCode, 502)
})
