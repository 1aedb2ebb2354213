import fastifyAuth from '@fastify/auth'
import t from 'tap'
import { createInvalidTokenAuth } from '../../../src/core/auth/machine-auth.js'
import { authNotEvaluated } from '../../../src/core/auth/not-evaluated.js'
import { createSignedOutAuth } from '../../../src/core/auth/session-auth.js'
import type { Auth } from '../../../src/core/auth/types.js'
import { assertSignedIn } from '../../../src/plugin/guards/assert-signed-in.js'
import { isGuardHook } from '../../../src/plugin/guards/guard-hook.js'
import { answerTo, apiKey, appWith, authorize, expired, member, needed, nobody, requireAuth } from './answer-to.js'

t.test('guards compose with @fastify/auth', async (t) => {
  const rows: [string, Auth, number][] = [
    ['/or', member, 200],
    ['/or', nobody, 200],
    ['/and', member, 200],
    ['/and', nobody, 401],
    ['/roles', member, 200],
    ['/roles', nobody, 401],
    ['/admin', member, 403],
    ['/admin', nobody, 401],
    ['/nested', member, 200],
    ['/async', member, 403],
    ['/reverify', member, 403]
  ]
  for (const [url, auth, status] of rows) {
    const app = appWith(auth)
    await app.register(fastifyAuth)
    const yes = (_request: unknown, _reply: unknown, done: () => void) => done()
    const later = async () => {}
    app.get('/or', { preHandler: app.auth([requireAuth, yes]) }, () => 'in')
    app.get('/and', { preHandler: app.auth([yes, requireAuth], { relation: 'and' }) }, () => 'in')
    app.get(
      '/roles',
      { preHandler: app.auth([authorize({ role: 'org:admin' }), authorize({ role: 'org:member' })]) },
      () => 'in'
    )
    app.get(
      '/admin',
      { preHandler: app.auth([requireAuth, authorize({ role: 'org:admin' })], { relation: 'and' }) },
      () => 'in'
    )
    app.get(
      '/nested',
      { preHandler: app.auth([[requireAuth, authorize({ role: 'admin' })], authorize({ feature: 'docs' })]) },
      () => 'in'
    )
    app.get('/async', { preHandler: app.auth([later, authorize(() => false)], { relation: 'and' }) }, () => 'in')
    app.get(
      '/reverify',
      { preHandler: app.auth([requireAuth, authorize({ reverification: 'strict' })], { relation: 'and' }) },
      () => 'in'
    )
    const response = await app.inject(url)
    t.equal(response.statusCode, status, `${url} ${auth.isAuthenticated}`)
    if (url === '/reverify') t.strictSame(response.json(), needed)
  }
})

t.test('only what this package made is known as a guard', async (t) => {
  t.ok(isGuardHook(requireAuth))
  t.ok(isGuardHook(authorize({ role: 'admin' })))
  for (const other of [() => {}, { requireAuth }, 'requireAuth', null, undefined]) t.notOk(isGuardHook(other))
})

t.test('assertSignedIn passes a signed-in session and answers for everything else', async (t) => {
  t.doesNotThrow(() => assertSignedIn(member))
  t.throws(() => assertSignedIn(expired), { code: 'FST_CLERK_UNAUTHORIZED', reason: 'token-expired' })
  t.throws(() => assertSignedIn(apiKey), { code: 'FST_CLERK_UNAUTHORIZED', reason: 'token-type-mismatch' })
  t.throws(() => assertSignedIn(createSignedOutAuth('jwk-remote-failed-to-load', '', 2)), {
    code: 'FST_CLERK_KEYS_UNAVAILABLE'
  })
  t.throws(() => assertSignedIn(authNotEvaluated), { code: 'FST_CLERK_NOT_EVALUATED' })
  const app = appWith(nobody)
  app.get('/', () => assertSignedIn(nobody))
  const response = await app.inject('/')
  t.equal(response.statusCode, 401)
  t.equal(response.headers['www-authenticate'], 'Bearer')
})

t.test(
  'a request without credentials learns in development what is missing, and in production no more than that',
  async (t) => {
    const body = async (reason: string) => (await answerTo(createSignedOutAuth(reason, ''), requireAuth)).json()
    t.match(await body('dev-browser-missing'), {
      message: /dev-browser-missing\. .*Authorization: Bearer.*__clerk_db_jwt/
    })
    t.match(await body('session-token-and-uat-missing'), {
      message: 'Authentication is required: session-token-and-uat-missing'
    })
  }
)

t.test('a token of another type in a cookie is one that came', async (t) => {
  const answer = await answerTo(createSignedOutAuth('token-type-mismatch', ''), requireAuth)
  t.match(answer.json(), { statusCode: 401, message: 'Authentication is required: token-type-mismatch' })
  t.equal(answer.headers['www-authenticate'], 'Bearer error="invalid_token"')
})

t.test('on a route for several types of machine tokens, a request without a token is told so', async (t) => {
  const app = appWith(createInvalidTokenAuth('token-type-mismatch', ''))
  app.get('/', { onRequest: requireAuth }, () => 'in')
  for (const headers of [{}, { authorization: 'Basic eDp5' }, { authorization: 'Token ak_1' }]) {
    const missing = await app.inject({ url: '/', headers })
    t.match(missing.json(), { statusCode: 401, message: /token-type-mismatch\. No token came/ })
    t.equal(missing.headers['www-authenticate'], 'Bearer')
  }
  const other = await app.inject({ url: '/', headers: { authorization: 'Bearer ak_1' } })
  t.match(other.json(), { message: 'Authentication is required: token-type-mismatch' })
  t.equal(other.headers['www-authenticate'], 'Bearer error="invalid_token"')
})
