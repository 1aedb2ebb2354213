import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import cors from '@fastify/cors'
import Fastify, { type FastifyInstance, type FastifyReply, type preHandlerHookHandler } from 'fastify'
import t, { type Test } from 'tap'
import clerkAuth, {
  type AuthorizeParams,
  authorize,
  authorizeAsync,
  type ClerkAuthOptions,
  type ClerkRouteConfig,
  type GuardHook,
  requireAuth
} from '../../../src/index.js'
import type { LocalClerk } from '../../../src/local/index.js'
import { createLocalClerk } from '../../../src/local/index.js'
import { createApp, signingKey } from '../../fixtures/app.js'

const ADMIN: AuthorizeParams = { role: 'org:admin' }
const ORGANIZATION = { id: 'org_1', slug: 'one', role: 'admin', permissions: [] }
const hide = authorize(ADMIN, { as: 'not-found' })
const hideFromMachines = authorize({ scopes: 'hidden:read' }, { as: 'not-found' })

interface Sent {
  readonly method: string
  readonly headers?: Record<string, string>
  readonly body?: string
}

interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly raw: readonly string[]
  readonly body: string
}

function ask(port: number, path: string, { method, headers = {}, body }: Sent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port, host: '127.0.0.1', path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('end', () =>
        resolve({
          status: response.statusCode,
          headers: response.headers,
          // Names and order too: both tell.
          raw: response.rawHeaders.map((text) =>
            text.replaceAll(path, '/PATH').replaceAll(encodeURIComponent(path), '%2FPATH')
          ),
          body: Buffer.concat(chunks).toString().replaceAll(path, '/PATH')
        })
      )
    })
    request.on('error', reject)
    request.end(body)
  })
}

/** What can be compared: all but the date. */
function comparable({ status, raw, body }: Answer) {
  const pairs = raw.flatMap((name, index) => (index % 2 === 0 ? [[name.toLowerCase(), raw[index + 1]]] : []))
  const left = pairs.filter(([name]) => name !== 'date')
  return { status, headers: left, body }
}

interface World {
  readonly name: string
  readonly plugin?: Partial<ClerkAuthOptions>
  readonly config?: ClerkRouteConfig
  /** Hides the route. Default: a role. */
  readonly guard?: GuardHook
  /** What the application has besides the hidden route. */
  readonly around?: (fastify: FastifyInstance) => unknown
}

const stamp = (name: string): preHandlerHookHandler => {
  return (_request, reply, done) => {
    reply.header(`x-${name}`, 'ran')
    done()
  }
}

const WORLDS: readonly World[] = [
  { name: 'Fastify’s own not-found handler' },
  {
    name: 'a handler of the application, with hooks, that waits',
    around(fastify) {
      fastify.addHook('onRequest', stamp('on-request'))
      fastify.addHook('preParsing', async (_request, reply, payload) => {
        reply.header('x-pre-parsing', 'ran')
        return payload
      })
      fastify.addHook('preValidation', async (_request, reply) => void reply.header('x-pre-validation', 'ran'))
      fastify.addHook('onSend', async (_request, reply) => void reply.header('x-on-send', 'ran'))
      fastify.setNotFoundHandler(
        { preValidation: stamp('own-validation'), preHandler: stamp('own-handler') },
        async (request, reply) => {
          await new Promise((resolve) => setImmediate(resolve))
          return reply
            .code(410)
            .header('x-nothing', 'here')
            .send({ nobody: request.auth.isAuthenticated, body: request.body ?? null })
        }
      )
    }
  },
  { name: 'CORS', around: (fastify) => fastify.register(cors, { origin: true, credentials: true }) },
  { name: 'debug headers by reason only', plugin: { debugHeaders: 'reason' } },
  {
    name: 'a route for machines',
    plugin: {},
    config: { acceptsToken: ['m2m_token', 'api_key'] },
    guard: hideFromMachines
  },
  { name: 'a route without handshake', config: { handshake: false } },
  {
    name: 'a guarded not-found handler',
    around: (fastify) => fastify.setNotFoundHandler({ preHandler: requireAuth }, () => 'x')
  },
  {
    name: 'redirects to the sign-in page',
    plugin: { requireAuthRedirect: true, signInUrl: 'https://app.example.com/sign-in' }
  },
  { name: 'deny by default', plugin: { defaultDeny: true } },
  {
    name: 'an error handler and a parser of its own',
    around(fastify) {
      fastify.setErrorHandler((error: Error & { code?: string }, _request, reply) =>
        reply.code(418).send({ code: error.code })
      )
      fastify.addContentTypeParser(
        'application/x-lines',
        { bodyLimit: 20 },
        async (_request: unknown, payload: NodeJS.ReadableStream) => {
          const lines: unknown[] = []
          for await (const chunk of payload) lines.push(String(chunk))
          if (lines.join('').includes('bad')) throw new Error('bad lines')
          return lines
        }
      )
    }
  }
]

function credentials(clerk: LocalClerk): Readonly<Record<string, Record<string, string>>> {
  const page = { 'sec-fetch-dest': 'document', accept: 'text/html' }
  const session = clerk.openSession('user_1')
  const expired = clerk.sessionToken(session.id, { issuedAtMs: Date.now() - 3_600_000 })
  return {
    none: {},
    'none, a page load': page,
    member: clerk.bearer({ org: { ...ORGANIZATION, role: 'member' } }),
    'member by cookie': { cookie: clerk.cookies({ userId: 'user_1' }) },
    'forged token': clerk.bearer(`${clerk.signSessionToken().slice(0, -4)}AAAA`),
    'expired session, a page load': { ...page, cookie: clerk.cookies({ expiresInSeconds: -60 }) },
    'expired session with a refresh token': { cookie: clerk.cookies(expired, { refresh: session.refreshToken }) },
    'API key': clerk.bearer(clerk.machineTokens.createApiKey({ subject: 'user_1' })),
    'unknown key': clerk.bearer(
      clerk
        .signSessionToken()
        .replace(/^[^.]+/, Buffer.from('{"alg":"RS256","kid":"x","typ":"JWT"}').toString('base64url'))
    ),
    nonsense: { authorization: 'Bearer x' },
    'other site': { origin: 'https://other.example' }
  }
}

const BODIES: readonly Sent[] = [
  { method: 'GET' },
  { method: 'HEAD' },
  { method: 'DELETE' },
  { method: 'POST' },
  { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"a":1}' },
  { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{bad' },
  { method: 'POST', headers: { 'content-type': 'application/json' }, body: '' },
  { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify('x'.repeat(3000)) },
  { method: 'PUT', headers: { 'content-type': 'text/plain' }, body: 'text' },
  { method: 'POST', headers: { 'content-type': 'unknown/type' }, body: 'text' },
  { method: 'POST', headers: { 'content-type': 'no type' }, body: 'text' },
  { method: 'POST', headers: { 'content-type': 'application/x-lines' }, body: 'good' },
  { method: 'POST', headers: { 'content-type': 'application/x-lines' }, body: 'bad' },
  { method: 'PATCH', body: 'without a type' },
  { method: 'QUERY' },
  { method: 'QUERY', body: 'without a type' },
  { method: 'QUERY', headers: { 'content-type': 'application/json' }, body: '{bad' },
  { method: 'OPTIONS', headers: { 'access-control-request-method': 'GET', origin: 'https://other.example' } }
]

async function serve(t: Test, { plugin, config = {}, guard = hide, around }: World) {
  const { clerk, fastify } = await createApp(t, {
    plugin: { acceptsToken: ['session_token'], ...plugin },
    server: { bodyLimit: 2000 },
    async routes(fastify) {
      await around?.(fastify)
      const own = stamp('of-the-route')
      const later: preHandlerHookHandler = stamp('later')
      const route = {
        url: '/hidden',
        config: { clerk: config },
        onRequest: [guard, later],
        bodyLimit: 100,
        preHandler: own,
        onSend: async (_request: unknown, reply: FastifyReply) => void reply.header('x-own-on-send', 'ran'),
        handler: () => 'secret'
      }
      fastify.route({ ...route, method: 'GET' })
      const schema = { body: { type: 'object', required: ['name'] } }
      fastify.route({ ...route, method: ['DELETE', 'POST', 'PUT', 'PATCH', 'QUERY'], schema })
    }
  })
  await fastify.listen({ port: 0 })
  return { clerk, fastify, port: (fastify.server.address() as AddressInfo).port }
}

for (const world of WORLDS) {
  t.test(`a hidden route answers as if it did not exist: ${world.name}`, async (t) => {
    const { clerk, port } = await serve(t, world)
    for (const [who, headers] of Object.entries(credentials(clerk))) {
      // All bodies for two of them, and for the others what shows the most: the process is shared with other tests.
      const bodies =
        who === 'none' || who === 'member' ? BODIES : BODIES.filter(({ body }) => body === undefined || body === '{bad')
      for (const sent of bodies.filter(({ method }) => who === 'none' || method !== 'HEAD')) {
        const request = { ...sent, headers: { ...headers, ...sent.headers } }
        const nothing = await ask(port, '/nobody', request)
        const hidden = await ask(port, '/hidden', request)
        const { method, body } = sent
        t.strictSame(
          comparable(hidden),
          comparable(nothing),
          `${who}: ${method} ${sent.headers?.['content-type'] ?? ''} ${body?.slice(0, 9) ?? ''}`
        )
      }
    }
  })
}

t.test('whoever is permitted gets through', async (t) => {
  const { clerk, port } = await serve(t, { name: '' })
  const headers = clerk.bearer({ org: ORGANIZATION })
  const sent = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: '{"name":1}' }
  t.match(await ask(port, '/hidden', sent), {
    status: 200,
    body: 'secret',
    headers: { 'x-later': 'ran', 'x-of-the-route': 'ran' }
  })
})

t.test('with defaultDeny, a hook that takes the guard away keeps the server from starting', async (t) => {
  const plugin = { defaultDeny: true }
  const routes = (fastify: FastifyInstance) => {
    fastify.addHook('onRoute', (route) => {
      route.onRequest = []
    })
    fastify.get('/', { onRequest: hide }, () => 'secret')
  }
  await t.rejects(createApp(t, { plugin, routes }), { code: 'FST_CLERK_ROUTE_OVERWRITTEN' })
})

t.test('what tells of the route does not come: hooks after the guard, challenges, redirects, 503', async (t) => {
  const { clerk, port } = await serve(t, WORLDS.find(({ name }) => name.startsWith('redirects')) as World)
  for (const headers of Object.values(credentials(clerk))) {
    const answer = await ask(port, '/hidden', { method: 'DELETE', headers })
    t.equal(answer.status, 404)
    for (const name of ['www-authenticate', 'retry-after', 'x-later', 'x-of-the-route', 'x-own-on-send', 'location']) {
      t.notOk(name in answer.headers, name)
    }
  }
})

t.test('while nobody can be judged, a hidden route stays hidden, and an open guard says 503', async (t) => {
  const { clerk, fastify } = await createApp(t, {
    plugin: { jwks: { warmUp: false } },
    routes(fastify) {
      fastify.get('/hidden', { onRequest: hide }, () => 'secret')
      fastify.get('/open', { onRequest: requireAuth }, () => 'in')
    }
  })
  clerk.faults.next({ kind: 'status', status: 500, on: 'jwks', times: Number.POSITIVE_INFINITY })
  const headers = clerk.bearer({ org: ORGANIZATION })
  t.equal((await fastify.inject({ url: '/open', headers })).statusCode, 503)
  const nothing = await fastify.inject({ url: '/nobody', headers })
  const hidden = await fastify.inject({ url: '/hidden', headers })
  const { date: _, ...expected } = nothing.headers
  const { date: __, ...seen } = hidden.headers
  t.strictSame([hidden.statusCode, seen], [404, expected])
  t.equal(hidden.body.replace('hidden', 'nobody'), nothing.body)
})

t.test('the plugin in a scope of its own: nothing tells where its routes begin', async (t) => {
  const clerk = await createLocalClerk({ frontendApi: 'clerk.example.com', instanceType: 'production', signingKey })
  const fastify = Fastify()
  t.teardown(() => Promise.all([fastify.close(), clerk.close()]))
  await fastify.register(
    async (scope) => {
      // A redirect to Clerk, which comes before every guard, tells where the plugin is.
      await scope.register(clerkAuth, clerk.pluginOptions({ handshake: false }))
      scope.get('/hidden', { onRequest: hide }, () => 'secret')
    },
    { prefix: '/in' }
  )
  await fastify.listen({ port: 0 })
  const { port } = fastify.server.address() as AddressInfo
  for (const headers of Object.values(credentials(clerk))) {
    const nothing = await ask(port, '/in/nobody', { method: 'GET', headers })
    t.strictSame(comparable(await ask(port, '/in/hidden', { method: 'GET', headers })), comparable(nothing))
    t.notOk('x-clerk-auth-status' in nothing.headers)
  }
})

t.test('not-found handlers of prefixes and methods of the application: the router says which counts', async (t) => {
  for (const routerOptions of [{}, { caseSensitive: false }, { ignoreDuplicateSlashes: true }]) {
    const { fastify } = await createApp(t, {
      server: { routerOptions },
      async routes(fastify) {
        fastify.addHttpMethod('MKCOL', { hasBody: true })
        fastify.addHttpMethod('PUT', { hasBody: false, overrideExisting: true })
        const route = { method: ['GET', 'MKCOL', 'PUT'], onRequest: hide, handler: () => 'secret' }
        fastify.route({ ...route, url: '/in/hidden-of-the-server' })
        await fastify.register(
          async (scope) => {
            scope.addHook('onSend', async (_request, reply) => void reply.header('x-in', 'ran'))
            scope.setNotFoundHandler((_request, reply) => reply.code(410).send('nothing in here'))
            scope.route({ ...route, url: '/hidden' })
          },
          { prefix: '/in' }
        )
      }
    })
    await fastify.listen({ port: 0 })
    const { port } = fastify.server.address() as AddressInfo
    const type = { 'content-type': 'application/json' }
    for (const sent of [
      { method: 'GET' },
      { method: 'MKCOL', headers: type, body: '{bad' },
      { method: 'PUT', headers: type, body: '{bad' }
    ]) {
      for (const path of ['/in/hidden', '/in/hidden-of-the-server', '/IN/hidden', '//in/hidden', '/in//hidden']) {
        const hidden = await ask(port, path, sent)
        const nothing = await ask(port, path.replace('hidden', 'nobody'), sent)
        t.strictSame(
          comparable(hidden),
          comparable(nothing),
          `${JSON.stringify(routerOptions)}: ${sent.method} ${path}`
        )
      }
    }
  }
})

t.test('below a prefix whose not-found handler is that of another instance, that instance judges', async (t) => {
  const [mine, theirs] = await Promise.all([createLocalClerk({ frontendApi: 'clerk.one.test' }), createLocalClerk()])
  const fastify = Fastify()
  t.teardown(() => Promise.all([fastify.close(), mine.close(), theirs.close()]))
  await fastify.register(
    async (scope) => {
      await scope.register(clerkAuth, theirs.pluginOptions())
      scope.setNotFoundHandler(({ auth }, reply) => reply.code(410).send({ nobody: auth.userId }))
      scope.get('/', () => 'in')
    },
    { prefix: '/in' }
  )
  await fastify.register(async (scope) => {
    await scope.register(clerkAuth, mine.pluginOptions())
    scope.get('/in/hidden', { onRequest: hide }, () => 'secret')
  })
  await fastify.listen({ port: 0 })
  const { port } = fastify.server.address() as AddressInfo
  for (const clerk of [mine, theirs]) {
    const sent = { method: 'GET', headers: clerk.bearer({ userId: 'user_1' }) }
    const nothing = comparable(await ask(port, '/in/nobody', sent))
    t.strictSame(comparable(await ask(port, '/in/hidden', sent)), nothing)
    t.equal(nothing.body, JSON.stringify({ nobody: clerk === theirs ? 'user_1' : null }))
  }
})

t.test('by hand it hides as well, and the rest of the handler does not run', async (t) => {
  let ran = 0
  const { clerk, fastify } = await createApp(t, {
    routes(fastify) {
      fastify.get('/hidden', async (request, reply) => {
        await hide(request, reply)
        ran++
        return 'secret'
      })
      fastify.addHook('onRequest', async (request, reply) => {
        if (request.url === '/early') await hide(request, reply)
      })
      fastify.get('/early', () => {
        ran++
        return 'secret'
      })
    }
  })
  for (const url of ['/hidden', '/early']) {
    const nothing = await fastify.inject({ url: '/nobody', headers: clerk.bearer() })
    const hidden = await fastify.inject({ url, headers: clerk.bearer() })
    t.same([hidden.statusCode, hidden.json()], [404, { ...nothing.json(), message: `Route GET:${url} not found` }])
    const permitted = await fastify.inject({ url, headers: clerk.bearer({ org: ORGANIZATION }) })
    t.same([permitted.statusCode, permitted.body], [200, 'secret'])
  }
  t.equal(ran, 2)
})

t.test('authorizeAsync: exactly true permits; anything else refuses; a rejection is an error', async (t) => {
  const answers: Record<string, () => unknown> = {
    true: async () => true,
    'true, at once': () => true,
    false: async () => false,
    one: async () => 1,
    text: async () => 'true',
    nothing: async () => undefined,
    object: async () => ({}),
    rejects: () => Promise.reject(Object.assign(new Error('no database'), { statusCode: 503 })),
    throws() {
      throw new Error('a bug')
    },
    'rejects with nothing': () => Promise.reject(undefined),
    'rejects with a text': () => Promise.reject('no')
  }
  const { clerk, fastify } = await createApp(t, {
    routes(fastify) {
      for (const [name, answer] of Object.entries(answers)) {
        for (const [prefix, options] of [
          ['open', {}],
          ['hidden', { as: 'not-found' as const }]
        ] as const) {
          fastify.get(
            `/${prefix}/${name.replace(/\W+/g, '-')}`,
            { onRequest: authorizeAsync(answer as never, options) },
            () => 'in'
          )
        }
      }
    }
  })
  const statuses = async (prefix: string, headers: object) => {
    const found: Record<string, number> = {}
    for (const name of Object.keys(answers)) {
      found[name] = (
        await fastify.inject({ url: `/${prefix}/${name.replace(/\W+/g, '-')}`, headers: { ...headers } })
      ).statusCode
    }
    return found
  }
  const refused = {
    false: 403,
    one: 403,
    text: 403,
    nothing: 403,
    object: 403,
    'rejects with nothing': 403,
    'rejects with a text': 403
  }
  const expected = { true: 200, 'true, at once': 200, rejects: 503, throws: 500 }
  t.same(await statuses('open', clerk.bearer()), { ...expected, ...refused })
  t.same(new Set(Object.values(await statuses('open', {}))), new Set([401]), 'nobody is asked about strangers')
  const hidden = await statuses('hidden', clerk.bearer())
  for (const name of Object.keys(refused)) t.equal(hidden[name], 404, name)
  t.match(hidden, { true: 200, rejects: 503, throws: 500 }, 'an error of the application is an error')
  t.same(new Set(Object.values(await statuses('hidden', {}))), new Set([404]))
})

t.test('authorizeAsync sees who asks for what', async (t) => {
  const owners: Record<string, string> = { 'doc-1': 'user_1', 'doc-2': 'user_2' }
  const isOwner = authorizeAsync<{ Params: { id: string } }>(
    async (auth, request) => {
      await new Promise((resolve) => setImmediate(resolve))
      return owners[request.params.id] === auth.userId
    },
    { as: 'not-found' }
  )
  const { clerk, fastify } = await createApp(t, {
    routes(fastify) {
      fastify.get('/docs/:id', { onRequest: isOwner }, (request) => (request.params as { id: string }).id)
    }
  })
  const get = async (id: string) => {
    const response = await fastify.inject({ url: `/docs/${id}`, headers: clerk.bearer({ userId: 'user_1' }) })
    return [response.statusCode, response.body]
  }
  t.same(await get('doc-1'), [200, 'doc-1'])
  const [status, body] = await get('doc-2')
  t.same([status, JSON.parse(String(body)).message], [404, 'Route GET:/docs/doc-2 not found'])
  t.equal((await get('doc-3'))[0], 404)
})

t.test('wrong use is refused: where a guard is made, or at boot', async (t) => {
  const params = { code: 'FST_CLERK_AUTHORIZE_PARAMS' }
  const use = { code: 'FST_CLERK_GUARD_USE' }
  t.throws(() => authorize(ADMIN, { as: 'forbidden' } as never), params)
  t.throws(() => authorize(ADMIN, { ass: 'not-found' } as never), params)
  t.throws(() => authorize(ADMIN, 'not-found' as never), use)
  t.throws(() => authorize({ reverification: 'strict' }, { as: 'not-found' }), params)
  t.throws(() => authorizeAsync({} as never), params)
  t.throws(() => authorizeAsync(async () => true, { as: 404 } as never), params)
  for (const name of ['preParsing', 'preValidation', 'preHandler'] as const) {
    const routes = (fastify: FastifyInstance) => void fastify.post('/', { [name]: hide }, () => '')
    await t.rejects(createApp(t, { routes }), { ...use, message: new RegExp(`is in ${name} \\(route POST /\\)`) })
    const inScope = (fastify: FastifyInstance) => {
      fastify.addHook(name as 'preHandler', hide)
      fastify.post('/', () => '')
    }
    await t.rejects(createApp(t, { routes: inScope }), use)
    const asFactory = (fastify: FastifyInstance) =>
      void fastify.post('/', { [name]: authorizeAsync as never }, () => '')
    await t.rejects(createApp(t, { routes: asFactory }), { ...use, message: /authorizeAsync is called with/ })
  }
  const { fastify } = await createApp(t, { routes: (fastify) => void fastify.post('/', { onRequest: hide }, () => '') })
  t.match(fastify.clerk.printRoutes(), 'required  POST  /  session_token  as=not-found')
  t.match(fastify.clerk.routes(), [{ guards: [{ isHidden: true, conditions: ADMIN }] }])
})
