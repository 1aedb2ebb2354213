import t from 'tap'
import { createInvalidTokenAuth, createUnauthenticatedMachineAuth } from '../../../src/core/auth/machine-auth.js'
import { authNotEvaluated } from '../../../src/core/auth/not-evaluated.js'
import { createPendingAuth, createSignedOutAuth } from '../../../src/core/auth/session-auth.js'
import { createRequireAuth } from '../../../src/plugin/guards/require-auth.js'
import { answerTo, apiKey, appWith, authorize, expired, member, nobody, requireAuth, settings } from './answer-to.js'

t.test('requireAuth lets everybody pass who is authenticated, at every hook before the handler', async (t) => {
  for (const hook of ['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const) {
    for (const [auth, status] of [
      [member, 200],
      [apiKey, 200],
      [nobody, 401]
    ] as const) {
      const app = appWith(auth)
      app.post('/', { [hook]: requireAuth }, (request) => request.body)
      const response = await app.inject({ method: 'POST', url: '/', payload: { sent: true } })
      t.equal(response.statusCode, status, hook)
      if (status === 200) t.same(response.json(), { sent: true })
    }
  }
})

t.test('requireAuth added to a scope guards the scope', async (t) => {
  const app = appWith(nobody)
  app.get('/open', () => 'in')
  app.register(async (scope) => {
    scope.addHook('onRequest', requireAuth)
    scope.get('/closed', () => 'in')
  })
  t.equal((await app.inject('/open')).statusCode, 200)
  t.equal((await app.inject('/closed')).statusCode, 401)
})

t.test("signed out is 401 with a stable code, Clerk's reason and a Bearer challenge", async (t) => {
  const response = await answerTo(nobody, requireAuth)
  t.equal(response.statusCode, 401)
  t.equal(response.headers['www-authenticate'], 'Bearer')
  t.strictSame(response.json(), {
    statusCode: 401,
    code: 'FST_CLERK_UNAUTHORIZED',
    error: 'Unauthorized',
    message: 'Authentication is required: session-token-and-uat-missing'
  })
})

t.test('the challenge says invalid_token only where a bad token was presented', async (t) => {
  const bad = [
    'token-expired',
    'token-invalid',
    'token-invalid-algorithm',
    'token-invalid-authorized-parties',
    'token-invalid-issuer',
    'token-invalid-signature',
    'token-not-active-yet',
    'token-iat-in-the-future',
    'token-verification-failed',
    'token-type-mismatch',
    'session-revoked',
    'jwk-kid-mismatch',
    'session-token-expired',
    'session-token-nbf',
    'session-token-iat-in-the-future',
    'session-token-iat-before-client-uat',
    'session-token-expired-refresh-non-eligible-no-refresh-cookie'
  ]
  const absent = [
    'session-token-and-uat-missing',
    'session-token-missing',
    'session-token-but-no-client-uat',
    'No token in header',
    'client-uat-but-no-session-token',
    'dev-browser-missing',
    'dev-browser-sync',
    'satellite-needs-syncing',
    'primary-responds-to-syncing',
    'primary-domain-cross-origin-sync',
    'active-organization-mismatch',
    'unexpected-error',
    ''
  ]
  const challenge = async (reason: string) =>
    (await answerTo(createSignedOutAuth(reason, ''), requireAuth)).headers['www-authenticate']
  for (const reason of bad) t.equal(await challenge(reason), 'Bearer error="invalid_token"', reason)
  for (const reason of absent) t.equal(await challenge(reason), 'Bearer', reason)
  const app = appWith(createInvalidTokenAuth('token-type-mismatch', ''))
  app.get('/', { preHandler: requireAuth }, () => 'in')
  const response = await app.inject({ url: '/', headers: { authorization: 'Bearer ak_x' } })
  t.equal(response.headers['www-authenticate'], 'Bearer error="invalid_token"')
})

t.test('a pending session and a missing machine token are 401', async (t) => {
  const pending = await answerTo(createPendingAuth(), requireAuth)
  t.equal(pending.statusCode, 401)
  t.equal(pending.headers['www-authenticate'], 'Bearer')
  t.match(pending.json().message, 'session-pending')
  const machine = createUnauthenticatedMachineAuth('api_key', 'No token in header', '')
  t.equal((await answerTo(machine, requireAuth)).statusCode, 401)
})

t.test('a token that cannot be judged is 503 with Retry-After, and no challenge', async (t) => {
  const unknown = createSignedOutAuth('jwk-remote-failed-to-load', '', 3.2)
  for (const hook of [requireAuth, authorize({ role: 'admin' })]) {
    const response = await answerTo(unknown, hook)
    t.equal(response.statusCode, 503)
    t.equal(response.headers['retry-after'], '4')
    t.equal(response.headers['www-authenticate'], undefined)
    t.match(response.json(), { code: 'FST_CLERK_KEYS_UNAVAILABLE', statusCode: 503 })
  }
  const machine = createUnauthenticatedMachineAuth('api_key', 'unexpected-error', '', 1)
  t.equal((await answerTo(machine, requireAuth)).statusCode, 503)
})

t.test('guards fail closed where nothing has authenticated, and say what to do', async (t) => {
  for (const hook of [requireAuth, authorize({ role: 'admin' }), authorize(() => true)]) {
    const missing = await answerTo(null, hook)
    t.equal(missing.statusCode, 500)
    t.match(missing.json(), { code: 'FST_CLERK_NOT_REGISTERED', message: /register fastify-clerk-auth/ })
    const off = await answerTo(authNotEvaluated, hook)
    t.equal(off.statusCode, 500)
    t.match(off.json(), { code: 'FST_CLERK_NOT_EVALUATED' })
  }
})

t.test(
  'the error handler of the app gets the error with its reason; the challenge is on the reply already',
  async (t) => {
    const app = appWith(expired)
    app.setErrorHandler((error: Error & { reason?: string; code?: string; statusCode?: number }, _request, reply) =>
      reply.code(error.statusCode ?? 500).send({ mine: error.code, why: error.reason })
    )
    app.get('/', { onRequest: requireAuth }, () => 'in')
    const response = await app.inject('/')
    t.equal(response.statusCode, 401)
    t.equal(response.headers['www-authenticate'], 'Bearer error="invalid_token"')
    t.same(response.json(), { mine: 'FST_CLERK_UNAUTHORIZED', why: 'token-expired' })
  }
)

t.test('a challenge that the error handler sets before it sends the error stays', async (t) => {
  const app = appWith(expired)
  const challenge = 'Bearer resource_metadata="https://api.example.com/.well-known/oauth-protected-resource"'
  app.setErrorHandler((error, _request, reply) => reply.header('www-authenticate', challenge).send(error))
  app.get('/', { onRequest: requireAuth }, () => 'in')
  const response = await app.inject('/')
  t.equal(response.statusCode, 401)
  t.equal(response.headers['www-authenticate'], challenge)
})

t.test('a browser is redirected where the settings say so, but not while keys cannot be had', async (t) => {
  const guard = createRequireAuth({
    ...settings,
    signInRedirect: (request) =>
      request.headers.accept === 'text/html' ? { location: 'https://accounts.example/sign-in', setCookie: 'a=1' } : null
  })
  for (const [auth, accept, status] of [
    [nobody, 'text/html', 302],
    [nobody, 'application/json', 401],
    [member, 'text/html', 200],
    [createSignedOutAuth('jwk-remote-failed-to-load', '', 2), 'text/html', 503]
  ] as const) {
    const app = appWith(auth)
    app.get('/', { preHandler: guard }, () => 'in')
    const response = await app.inject({ url: '/', headers: { accept } })
    t.equal(response.statusCode, status)
    if (status === 302) {
      t.equal(response.headers.location, 'https://accounts.example/sign-in')
      t.equal(response.headers['cache-control'], 'no-store')
      t.equal(response.headers['set-cookie'], 'a=1')
    }
  }
})
