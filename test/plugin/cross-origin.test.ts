import { request as httpRequest, type OutgoingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import websocket from '@fastify/websocket'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import clerkAuth, { authorize, type ClerkAuthOptions, type ClerkRouteConfig, requireAuth } from '../../src/index.js'
import { createLocalClerk } from '../../src/local/index.js'
import { createApp, signingKey } from '../fixtures/app.js'

const HOST = 'app.example.com'
const OWN = `http://${HOST}`
const SIBLING = 'http://evil.example.com'
const REFUSED = 'Unexpected server response: 403'
const PARTY = 'https://admin.example.com'

interface Line {
  readonly level: number
  readonly msg: string
  readonly origin?: string | null
}

async function serve(t: Test, plugin: Partial<ClerkAuthOptions>, config: ClerkRouteConfig = {}) {
  const lines: Line[] = []
  const ran: string[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line) as Line) }
  const { clerk, fastify } = await createApp(t, {
    plugin,
    server: { logger: { level: 'warn', stream } },
    async routes(fastify) {
      await fastify.register(websocket)
      await fastify.register(async (scope) => {
        const handler = (request: { method: string }) => {
          ran.push(request.method)
          return 'done'
        }
        scope.route({
          method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
          url: '/',
          config: { clerk: config },
          handler
        })
        scope.get(
          '/ws',
          { websocket: true, onRequest: config === false ? [] : requireAuth, config: { clerk: config } },
          (socket) => socket.send('in')
        )
      })
    }
  })
  await fastify.listen({ port: 0 })
  const { port } = fastify.server.address() as AddressInfo
  return { clerk, fastify, port, lines, ran }
}

function send(
  port: number,
  method: string,
  headers: OutgoingHttpHeaders,
  path = '/'
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    // Not `fetch`, which writes `Sec-Fetch-*` headers of its own.
    const request = httpRequest(
      { port, host: '127.0.0.1', method, path, headers: { host: HOST, ...headers } },
      (response) => {
        let body = ''
        response.on('data', (chunk) => {
          body += String(chunk)
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
      }
    )
    request.on('error', reject)
    request.end()
  })
}

/** What browsers send, and whether it is of the own origin. */
const SENT: readonly (readonly [name: string, headers: OutgoingHttpHeaders, isOwn: boolean])[] = [
  ['the own page', { 'sec-fetch-site': 'same-origin', origin: OWN }, true],
  ['the own page, by Sec-Fetch-Site alone', { 'sec-fetch-site': 'same-origin' }, true],
  [
    'the own page behind a proxy that changes the scheme',
    { 'sec-fetch-site': 'same-origin', origin: `https://${HOST}` },
    true
  ],
  ['the user, by hand', { 'sec-fetch-site': 'none' }, true],
  ['the own page of a browser without Sec-Fetch-Site', { origin: OWN }, true],
  ['an authorized party', { 'sec-fetch-site': 'same-site', origin: PARTY }, true],
  ['no browser', {}, true],
  ['an empty Origin', { origin: '' }, true],
  ['a sibling subdomain', { 'sec-fetch-site': 'same-site', origin: SIBLING }, false],
  ['a sibling subdomain of a browser without Sec-Fetch-Site', { origin: SIBLING }, false],
  ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://other.example' }, false],
  ['another site without an Origin', { 'sec-fetch-site': 'cross-site' }, false],
  ['a sandboxed page', { 'sec-fetch-site': 'cross-site', origin: 'null' }, false],
  ['the same host with another scheme', { origin: `https://${HOST}` }, false],
  ['the same host with another port', { origin: `${OWN}:8080` }, false],
  ['an origin that begins like the own', { origin: `${OWN}.evil.example` }, false],
  ['an unknown value of Sec-Fetch-Site', { 'sec-fetch-site': 'SAME-ORIGIN', origin: SIBLING }, false]
]

t.test('refuse: what another origin causes is refused, and its handler does not run', async (t) => {
  const { clerk, fastify, port, ran } = await serve(t, { crossOrigin: 'refuse', authorizedParties: [OWN, PARTY] })
  const cookie = clerk.cookies({ claims: { azp: OWN } })
  for (const [name, headers, isOwn] of SENT) {
    // The token is verified the first time, and in memory after that.
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'POST']) {
      ran.length = 0
      const before = fastify.clerk.stats().refusedCrossOrigin
      const { status, body } = await send(port, method, { cookie, ...headers })
      t.equal(status, isOwn ? 200 : 403, `${name}: ${method}`)
      if (!isOwn) t.match(JSON.parse(body), { code: 'FST_CLERK_CROSS_ORIGIN' })
      t.same(ran, isOwn ? [method] : [])
      t.equal(fastify.clerk.stats().refusedCrossOrigin - before, isOwn ? 0 : 1)
    }
    for (const method of ['GET', 'HEAD', 'OPTIONS']) {
      t.equal((await send(port, method, { cookie, ...headers })).status, 200, `${name}: ${method}`)
    }
  }
})

t.test('the first request with a token is judged as the later ones', async (t) => {
  const { clerk, port, ran } = await serve(t, { crossOrigin: 'refuse' })
  for (let count = 0; count < 3; count++) {
    const cookie = clerk.cookies({ userId: `user_${count}` })
    t.equal((await send(port, 'POST', { cookie, origin: SIBLING })).status, 403)
  }
  t.same(ran, [])
})

t.test('bearer tokens, signed-out requests and routes without authentication are not asked', async (t) => {
  const { clerk, fastify, port } = await serve(t, { crossOrigin: 'refuse', acceptsToken: 'any' })
  const foreign = { origin: SIBLING, 'sec-fetch-site': 'same-site' }
  const cookie = clerk.cookies()
  for (let time = 0; time < 2; time++) {
    t.equal((await send(port, 'POST', { ...foreign, ...clerk.bearer({ userId: 'user_1' }) })).status, 200)
    t.equal((await send(port, 'POST', { ...foreign, ...clerk.bearer({ userId: 'user_1' }), cookie })).status, 200)
  }
  const key = clerk.machineTokens.createApiKey({ subject: 'user_1' })
  t.equal((await send(port, 'POST', { ...foreign, ...clerk.bearer(key) })).status, 200)
  t.equal((await send(port, 'POST', foreign)).status, 200, 'signed out')
  t.equal(
    (await send(port, 'POST', { ...foreign, cookie: clerk.cookies({ expiresInSeconds: -60 }) })).status,
    200,
    'expired'
  )
  t.equal(
    (await send(port, 'POST', { ...foreign, cookie, authorization: 'Basic x' })).status,
    403,
    'the cookie signs in'
  )
  t.match(fastify.clerk.stats(), { refusedCrossOrigin: 1, reportedCrossOrigin: 0 })
  const off = await serve(t, { crossOrigin: 'refuse' }, false)
  t.equal(
    (await send(off.port, 'POST', { ...foreign, cookie: off.clerk.cookies() })).status,
    200,
    'config.clerk: false'
  )
})

t.test('report, the default: everything passes, is counted, and is logged once', async (t) => {
  const { clerk, fastify, port, lines } = await serve(t, {})
  const cookie = clerk.cookies()
  for (let count = 0; count < 5; count++) {
    t.equal((await send(port, 'POST', { cookie, origin: SIBLING })).status, 200)
    t.equal((await send(port, 'POST', { cookie, origin: OWN })).status, 200)
  }
  t.match(fastify.clerk.stats(), { reportedCrossOrigin: 5, refusedCrossOrigin: 0 })
  const [line, ...more] = lines.filter(({ msg }) => msg.includes('another origin'))
  t.match(line, { level: 40, origin: SIBLING, method: 'POST', route: '/', msg: /let through/ })
  t.same(more, [])
})

t.test('only an origin is logged, nothing else that a client writes', async (t) => {
  const { clerk, port, lines } = await serve(t, { crossOrigin: 'refuse' })
  const cookie = clerk.cookies()
  t.equal((await send(port, 'POST', { cookie, origin: `https://x.test/${'a'.repeat(300)}?token=secret` })).status, 403)
  t.match(
    lines.find(({ msg }) => msg.includes('refused')),
    { origin: null }
  )
  t.notMatch(JSON.stringify(lines), 'secret')
})

t.test('false: nothing is looked at', async (t) => {
  const { clerk, fastify, port, lines } = await serve(t, { crossOrigin: false })
  t.equal((await send(port, 'POST', { cookie: clerk.cookies(), origin: SIBLING })).status, 200)
  t.match(fastify.clerk.stats(), { reportedCrossOrigin: 0, refusedCrossOrigin: 0 })
  t.same(lines, [])
})

t.test('a route says otherwise', async (t) => {
  for (const [plugin, route, expected] of [
    ['report', 'refuse', 403],
    ['refuse', 'report', 200],
    ['refuse', false, 200],
    [false, 'refuse', 403]
  ] as const) {
    const { clerk, port, fastify } = await serve(t, { crossOrigin: plugin }, { crossOrigin: route })
    const cookie = clerk.cookies()
    for (let time = 0; time < 2; time++)
      t.equal((await send(port, 'POST', { cookie, origin: SIBLING })).status, expected)
    t.match(fastify.clerk.routes(), [{ crossOrigin: route }])
    const shown = route === 'report' ? 'session_token\n' : `session_token  crossOrigin=${route}\n`
    t.match(`${fastify.clerk.printRoutes()}\n`, shown)
  }
  await t.rejects(serve(t, {}, { crossOrigin: true } as never), {
    code: 'FST_CLERK_ROUTE_OPTIONS',
    message: /crossOrigin/
  })
  await t.rejects(serve(t, { crossOrigin: 'yes' } as never), { message: /crossOrigin/ })
})

t.test('a WebSocket of a sibling subdomain is refused, and that of the own page opens', async (t) => {
  const { clerk, port } = await serve(t, { crossOrigin: 'refuse' })
  const cookie = clerk.cookies()
  async function connect(headers: Record<string, string>): Promise<string> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { headers: { host: HOST, ...headers } })
    const answer = await new Promise<string>((resolve) => {
      socket.on('message', (data) => resolve(String(data)))
      socket.on('error', (error) => resolve(error.message))
    })
    socket.terminate()
    return answer
  }
  for (let time = 0; time < 2; time++) {
    t.equal(await connect({ cookie, origin: SIBLING }), REFUSED)
    t.equal(await connect({ cookie, origin: SIBLING, 'sec-fetch-site': 'same-site' }), REFUSED)
    t.equal(await connect({ cookie, origin: OWN }), 'in')
    t.equal(await connect({ cookie, 'sec-fetch-site': 'same-origin' }), 'in')
    t.equal(await connect({ cookie }), 'in', 'no browser')
    t.equal(await connect({ origin: SIBLING, ...clerk.bearer() }), 'in', 'a bearer token')
  }
})

t.test('authorizedParties may be a function, and one that throws accepts nobody', async (t) => {
  const parties = (azp: string) => {
    if (azp === 'https://throws.example') throw new Error('a bug')
    return azp.endsWith('.example.com')
  }
  const { clerk, port } = await serve(t, { crossOrigin: 'refuse', authorizedParties: parties })
  const cookie = clerk.cookies({ claims: { azp: PARTY } })
  t.equal((await send(port, 'POST', { cookie, origin: PARTY })).status, 200)
  t.equal((await send(port, 'POST', { cookie, origin: 'https://throws.example' })).status, 403)
  t.equal((await send(port, 'POST', { cookie, origin: 'https://other.example' })).status, 403)
})

t.test('behind a proxy the public origin is what trustProxy says', async (t) => {
  const clerk = await createLocalClerk({ frontendApi: 'clerk.example.com', instanceType: 'production', signingKey })
  for (const [trustProxy, expected] of [
    [true, 200],
    [false, 403]
  ] as const) {
    const fastify = Fastify({ trustProxy })
    t.teardown(() => fastify.close())
    await fastify.register(clerkAuth, clerk.pluginOptions({ crossOrigin: 'refuse' as const }))
    fastify.post('/', () => 'done')
    await fastify.listen({ port: 0 })
    const { port } = fastify.server.address() as AddressInfo
    const forwarded = {
      host: '10.0.0.1:3000',
      'x-forwarded-host': HOST,
      'x-forwarded-proto': 'https',
      'x-forwarded-for': '1.1.1.1'
    }
    const cookie = clerk.cookies()
    t.equal((await send(port, 'POST', { ...forwarded, cookie, origin: `https://${HOST}` })).status, expected)
    t.equal((await send(port, 'POST', { ...forwarded, cookie, origin: SIBLING })).status, 403)
  }
  t.teardown(() => clerk.close())
})

t.test('with a resolver, each instance has its own rule', async (t) => {
  const clerk = await createLocalClerk({ frontendApi: 'clerk.example.com', instanceType: 'production', signingKey })
  const fastify = Fastify()
  t.teardown(() => Promise.all([fastify.close(), clerk.close()]))
  const tenants: Record<string, ClerkAuthOptions> = {
    strict: clerk.pluginOptions({ crossOrigin: 'refuse' as const }),
    lax: clerk.pluginOptions({})
  }
  await fastify.register(clerkAuth, { resolver: ({ headers }) => tenants[headers['x-tenant'] as string] as never })
  fastify.post('/', () => 'done')
  fastify.post('/own', { config: { clerk: { crossOrigin: 'refuse' } } }, () => 'done')
  const post = async (tenant: string, url: string) =>
    (
      await fastify.inject({
        method: 'POST',
        url,
        headers: { 'x-tenant': tenant, cookie: clerk.cookies(), origin: SIBLING }
      })
    ).statusCode
  t.same([await post('strict', '/'), await post('lax', '/'), await post('lax', '/own')], [403, 200, 403])
})

t.test('the audit log and the error handler learn who was used', async (t) => {
  const { clerk, fastify } = await createApp(t, {
    plugin: { crossOrigin: 'refuse' },
    routes(fastify) {
      fastify.setErrorHandler((error: Error & { code?: string }, request, reply) =>
        reply.code(403).send({ code: error.code, userId: request.auth.userId })
      )
      fastify.post('/', { onRequest: requireAuth }, () => 'done')
    }
  })
  const headers = { cookie: clerk.cookies({ userId: 'user_1' }), origin: SIBLING }
  const response = await fastify.inject({ method: 'POST', url: '/', headers })
  t.same(response.json(), { code: 'FST_CLERK_CROSS_ORIGIN', userId: 'user_1' })
})

t.test('a hidden route refuses a page of another origin as if nothing were there', async (t) => {
  const hide = authorize({ role: 'org:admin' }, { as: 'not-found' })
  const done = () => 'done'
  for (const ofPlugin of ['refuse', 'report', false] as const) {
    const { clerk, fastify } = await createApp(t, {
      plugin: { crossOrigin: ofPlugin },
      async routes(fastify) {
        for (const crossOrigin of ['refuse', 'report', false] as const) {
          fastify.post(`/route-${crossOrigin}`, { onRequest: hide, config: { clerk: { crossOrigin } } }, done)
          fastify.register(async (scope) => {
            scope.addHook('onRequest', hide)
            scope.setErrorHandler((_error, _request, reply) => reply.code(418).send('the error handler of the scope'))
            scope.post(`/scope-${crossOrigin}`, { config: { clerk: { crossOrigin } } }, done)
          })
        }
        fastify.register(async (scope) => {
          scope.addHook('onRequest', hide)
          scope.setErrorHandler((_error, _request, reply) => reply.code(418).send('the error handler of the scope'))
          scope.post('/inherits', done)
        })
      }
    })
    const ask = async (url: string, userId: string) => {
      const role = userId === 'user_admin' ? 'admin' : 'member'
      const org = { id: 'org_1', slug: 'one', role, permissions: [] }
      const headers = { cookie: clerk.cookies({ userId, org }), origin: SIBLING }
      const { statusCode, headers: answered, body } = await fastify.inject({ method: 'POST', url, headers })
      const { date: _, 'content-length': __, ...rest } = answered
      return { statusCode, headers: rest, body: body.replaceAll(url, '/URL') }
    }
    for (const userId of ['user_admin', 'user_member']) {
      const nothing = await ask('/nothing', userId)
      t.equal(nothing.statusCode, ofPlugin === 'refuse' ? 403 : 404)
      for (const place of ['route', 'scope']) {
        t.same(await ask(`/${place}-refuse`, userId), nothing, `${place}, refuse, the plugin: ${ofPlugin}`)
        for (const own of ['report', 'false']) {
          const { statusCode } = await ask(`/${place}-${own}`, userId)
          const expected = userId === 'user_admin' ? 200 : nothing.statusCode
          t.equal(statusCode, expected, `${place}, ${own}, the plugin: ${ofPlugin}`)
        }
      }
      const inherited = await ask('/inherits', userId)
      if (ofPlugin === 'refuse' || userId === 'user_member') t.same(inherited, nothing, `the plugin: ${ofPlugin}`)
      else t.equal(inherited.statusCode, 200)
    }
    const { refusedCrossOrigin } = fastify.clerk.stats()
    // Where the plugin refuses: also the four that are inherited or without a route, and two of a route that does not look.
    t.equal(refusedCrossOrigin, ofPlugin === 'refuse' ? 4 + 4 + 2 : 4, 'each request counts once')
  }
})

t.test('a hidden route that was made before the plugin, and one behind a resolver', async (t) => {
  const hide = authorize({ role: 'org:admin' }, { as: 'not-found' })
  const clerk = await createLocalClerk({ frontendApi: 'clerk.example.com', instanceType: 'production', signingKey })
  t.teardown(() => clerk.close())
  const own = clerk.pluginOptions()
  for (const options of [own, { resolver: () => own }]) {
    const fastify = Fastify()
    t.teardown(() => fastify.close())
    const route = { onRequest: hide, config: { clerk: { crossOrigin: 'refuse' } } } as const
    fastify.post('/before', route, () => 'done')
    await fastify.register(clerkAuth, options)
    fastify.post('/after', route, () => 'done')
    for (const url of ['/before', '/after']) {
      const headers = { cookie: clerk.cookies(), origin: SIBLING }
      const { statusCode, body } = await fastify.inject({ method: 'POST', url, headers })
      t.equal(statusCode, 404, url)
      t.match(body, `Route POST:${url} not found`)
    }
  }
})
