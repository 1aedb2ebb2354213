import fastifyAuth from '@fastify/auth'
import fastifyCors from '@fastify/cors'
import t from 'tap'
import clerkAuth, {
  type Auth,
  createTokenVerifier,
  getAuth,
  clerkAuth as named,
  type SignedInAuth
} from '../../src/index.js'
import { createApp } from '../fixtures/app.js'

t.test('the default export and the named one are the same function', async (t) => {
  t.equal(clerkAuth, named)
})

t.test('a Bearer request and a cookie request are signed in as the right user', async (t) => {
  const { clerk, fastify } = await createApp(t, {
    routes(fastify) {
      fastify.get('/me', { preHandler: fastify.requireAuth }, (request) => ({
        userId: request.auth.isAuthenticated && getAuth(request).userId
      }))
    }
  })
  const bearer = await fastify.inject({ url: '/me', headers: clerk.bearer({ userId: 'user_1' }) })
  t.same([bearer.statusCode, bearer.json()], [200, { userId: 'user_1' }])
  const cookie = await fastify.inject({ url: '/me', headers: { cookie: clerk.cookies({ userId: 'user_2' }) } })
  t.same([cookie.statusCode, cookie.json()], [200, { userId: 'user_2' }])
})

t.test('a request without a token gets 401 with a bare challenge, one with a bad token is told so', async (t) => {
  const { clerk, fastify } = await createApp(t, {
    routes(fastify) {
      fastify.get('/me', { onRequest: fastify.requireAuth }, () => 'in')
    }
  })
  const bare = await fastify.inject('/me')
  t.equal(bare.statusCode, 401)
  t.equal(bare.headers['www-authenticate'], 'Bearer')
  t.match(bare.json(), { code: 'FST_CLERK_UNAUTHORIZED', statusCode: 401, message: /session-token-and-uat-missing/ })
  t.equal(bare.headers['x-clerk-auth-status'], 'signed-out')
  t.equal(bare.headers['x-clerk-auth-reason'], 'session-token-and-uat-missing')

  const bad = await fastify.inject({
    url: '/me',
    headers: clerk.bearer(`${clerk.signSessionToken().slice(0, -4)}AAAA`)
  })
  t.equal(bad.statusCode, 401)
  t.equal(bad.headers['www-authenticate'], 'Bearer error="invalid_token"')
  t.match(bad.json().message, 'token-invalid-signature')
})

t.test('refusals go through the error handler of the application', async (t) => {
  const { fastify } = await createApp(t, {
    routes(fastify) {
      fastify.setErrorHandler((error: Error & { reason?: string; code?: string }, _request, reply) =>
        reply.code(418).send({ code: error.code, reason: error.reason })
      )
      fastify.get('/me', { preHandler: fastify.requireAuth }, () => 'in')
    }
  })
  const response = await fastify.inject('/me')
  t.equal(response.statusCode, 418)
  t.same(response.json(), { code: 'FST_CLERK_UNAUTHORIZED', reason: 'session-token-and-uat-missing' })
})

t.test('an unpermitted request gets 403, a permitted one passes', async (t) => {
  const { clerk, fastify } = await createApp(t, {
    routes(fastify) {
      fastify.get('/billing', { preHandler: fastify.authorize({ permission: 'org:billing:manage' }) }, () => 'in')
      fastify.get('/admin', { preHandler: fastify.authorize((has) => has({ role: 'org:admin' })) }, () => 'in')
    }
  })
  const org = { id: 'org_1', slug: 'one', role: 'admin', permissions: ['org:billing:manage'] }
  for (const version of [1, 2] as const) {
    const headers = clerk.bearer({ userId: 'user_1', org, version })
    t.equal((await fastify.inject({ url: '/billing', headers })).statusCode, 200, `version ${version}`)
    t.equal((await fastify.inject({ url: '/admin', headers })).statusCode, 200, `version ${version}`)
  }
  const member = clerk.bearer({ userId: 'user_1', org: { ...org, role: 'member', permissions: [] } })
  t.match((await fastify.inject({ url: '/billing', headers: member })).json(), {
    statusCode: 403,
    code: 'FST_CLERK_FORBIDDEN'
  })
  t.equal((await fastify.inject({ url: '/admin', headers: member })).statusCode, 403)
  t.equal((await fastify.inject('/admin')).statusCode, 401)
})

t.test('keys that cannot be had give 503 with Retry-After, never 401', async (t) => {
  const { clerk, fastify } = await createApp(t, {
    plugin: { jwks: { timeoutInMs: 200, warmUp: false } },
    routes(fastify) {
      fastify.get('/me', { preHandler: fastify.requireAuth }, () => 'in')
      fastify.get('/open', (request) => request.auth)
    }
  })
  clerk.faults.next({ kind: 'status', status: 500, times: 100 })
  const headers = clerk.bearer()
  const refused = await fastify.inject({ url: '/me', headers })
  t.equal(refused.statusCode, 503)
  t.match(refused.headers['retry-after'], /^[1-9]\d*$/)
  t.match(refused.json(), { code: 'FST_CLERK_KEYS_UNAVAILABLE' })
  t.match((await fastify.inject({ url: '/open', headers })).json(), {
    isAuthenticated: false,
    reason: 'jwk-remote-failed-to-load'
  })
})

t.test('1,000 concurrent first requests with one token cost one key fetch and one verification', async (t) => {
  const { clerk, fastify } = await createApp(t, {
    plugin: { jwks: { warmUp: false } },
    routes(fastify) {
      fastify.get('/me', { preHandler: fastify.requireAuth }, () => 'in')
    }
  })
  const headers = clerk.bearer()
  const responses = await Promise.all(Array.from({ length: 1000 }, () => fastify.inject({ url: '/me', headers })))
  t.ok(responses.every((response) => response.statusCode === 200))
  const stats = fastify.clerk.stats()
  t.equal(stats.keys.fetches, 1)
  t.equal(stats.verifications, 1)
})

t.test(
  'auth objects are frozen, claims included, and shared by all requests with the token after its first',
  async (t) => {
    const seen: Auth[] = []
    const { clerk, fastify } = await createApp(t, {
      routes(fastify) {
        fastify.get('/keep', (request) => {
          seen.push(request.auth)
          return 'kept'
        })
        fastify.get('/mutate', (request) => {
          ;(request.auth as { userId: string }).userId = 'user_2'
          return 'changed'
        })
        fastify.get('/claims', (request) => {
          ;(getAuth(request).sessionClaims as unknown as { sub: string }).sub = 'user_2'
          return 'changed'
        })
        fastify.get('/assign', (request) => {
          ;(request as { auth: unknown }).auth = { isAuthenticated: true, userId: 'user_2' }
          return 'changed'
        })
      }
    })
    const headers = clerk.bearer({ userId: 'user_1' })
    for (let n = 0; n < 3; n++) await fastify.inject({ url: '/keep', headers })
    t.not(seen[0], seen[1])
    t.equal(seen[1], seen[2])
    t.same(seen[0], seen[1])
    for (const auth of seen) t.ok(Object.isFrozen(auth) && Object.isFrozen((auth as SignedInAuth).sessionClaims))
    for (const url of ['/mutate', '/claims', '/assign']) {
      t.equal((await fastify.inject({ url, headers })).statusCode, 500, url)
    }
    t.match(seen[0], { userId: 'user_1', sessionClaims: { sub: 'user_1' } })
  }
)

t.test('a route with config.clerk false is not authenticated, and says so on use', async (t) => {
  const { clerk, fastify } = await createApp(t, {
    routes(fastify) {
      fastify.get('/health', { config: { clerk: false } }, () => 'ok')
      fastify.get('/wrong', { config: { clerk: false } }, (request) => getAuth(request).userId)
      fastify.get('/guarded', { config: { clerk: false } }, async (request, reply) => {
        await fastify.requireAuth(request, reply)
      })
    }
  })
  const headers = clerk.bearer()
  const before = fastify.clerk.stats()
  t.equal((await fastify.inject({ url: '/health', headers })).body, 'ok')
  t.same(fastify.clerk.stats(), before, 'nothing was looked at')
  t.match((await fastify.inject({ url: '/wrong', headers })).json(), { code: 'FST_CLERK_NOT_EVALUATED' })
  t.match((await fastify.inject({ url: '/guarded', headers })).json(), { code: 'FST_CLERK_NOT_EVALUATED' })
})

t.test('a pending session counts as signed out unless the route says otherwise', async (t) => {
  const { clerk, fastify } = await createApp(t, {
    routes(fastify) {
      fastify.get('/me', { preHandler: fastify.requireAuth }, () => 'in')
      fastify.get('/auth', (request) => request.auth)
      fastify.get(
        '/tasks',
        { preHandler: fastify.requireAuth, config: { clerk: { treatPendingAsSignedOut: false } } },
        (request) => request.auth
      )
    }
  })
  const headers = clerk.bearer({ userId: 'user_1', status: 'pending' })
  for (const attempt of ['first seen', 'in memory']) {
    t.equal((await fastify.inject({ url: '/me', headers })).statusCode, 401, attempt)
    t.match(
      (await fastify.inject({ url: '/auth', headers })).json(),
      { isAuthenticated: false, userId: null, sessionStatus: 'pending' },
      attempt
    )
    t.match(
      (await fastify.inject({ url: '/tasks', headers })).json(),
      { isAuthenticated: true, userId: 'user_1', sessionStatus: 'pending' },
      attempt
    )
  }
})

t.test('a CORS preflight is not refused', async (t) => {
  const { fastify } = await createApp(t, {
    async routes(fastify) {
      fastify.addHook('onRequest', fastify.requireAuth)
      await fastify.register(fastifyCors, { origin: 'https://app.example.com', methods: ['GET', 'PUT'] })
      fastify.put('/thing', () => 'put')
    }
  })
  const preflight = await fastify.inject({
    method: 'OPTIONS',
    url: '/thing',
    headers: { origin: 'https://app.example.com', 'access-control-request-method': 'PUT' }
  })
  t.equal(preflight.statusCode, 204)
  t.equal(preflight.headers['access-control-allow-origin'], 'https://app.example.com')
  t.equal(
    (await fastify.inject({ method: 'PUT', url: '/thing', headers: { origin: 'https://app.example.com' } })).statusCode,
    401
  )
})

t.test('guards compose with @fastify/auth', async (t) => {
  const { clerk, fastify } = await createApp(t, {
    async routes(fastify) {
      await fastify.register(fastifyAuth)
      fastify.after(() => {
        const isRobot = (request: { headers: object }, _reply: unknown, done: (error?: Error) => void): void =>
          done('x-robot' in request.headers ? undefined : new Error('no robot'))
        fastify.get('/either', { preHandler: fastify.auth([isRobot, fastify.requireAuth] as never) }, () => 'in')
        fastify.get(
          '/both',
          {
            preHandler: fastify.auth([fastify.requireAuth, fastify.authorize({ role: 'org:admin' })] as never, {
              relation: 'and'
            })
          },
          () => 'in'
        )
      })
    }
  })
  t.equal((await fastify.inject({ url: '/either', headers: { 'x-robot': '1' } })).statusCode, 200)
  t.equal((await fastify.inject({ url: '/either', headers: clerk.bearer() })).statusCode, 200)
  t.equal((await fastify.inject('/either')).statusCode, 401)
  t.equal((await fastify.inject({ url: '/both', headers: clerk.bearer() })).statusCode, 403)
  const admin = clerk.bearer({ org: { id: 'org_1', role: 'admin' } })
  t.equal((await fastify.inject({ url: '/both', headers: admin })).statusCode, 200)
})

t.test('tokens are verified by hand, with the plugin and without Fastify', async (t) => {
  const { clerk, fastify } = await createApp(t)
  const verifier = createTokenVerifier(clerk.pluginOptions())
  t.teardown(() => verifier.close())
  for (const verify of [
    (token: string) => fastify.clerk.verifyToken(token),
    (token: string) => verifier.verify(token)
  ]) {
    const good = await verify(clerk.signSessionToken({ userId: 'user_1', sessionId: 'sess_1' }))
    t.match(good, {
      ok: true,
      claims: { sub: 'user_1', sid: 'sess_1' },
      auth: { userId: 'user_1', sessionId: 'sess_1' }
    })
    t.match(await verify('abc'), { ok: false, reason: 'token-invalid', retryAfterSeconds: null })
    t.match(await verify(clerk.signSessionToken({ expiresInSeconds: -60 })), { ok: false, reason: 'token-expired' })
    t.match(await verify(undefined as never), { ok: false, reason: 'token-invalid' })
  }
})
