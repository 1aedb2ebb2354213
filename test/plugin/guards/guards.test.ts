import fastifyAuth from '@fastify/auth'
import cors from '@fastify/cors'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import t from 'tap'
import {
  createApiKeyAuth,
  createInvalidTokenAuth,
  createUnauthenticatedMachineAuth
} from '../../../src/core/auth/machine-auth.js'
import { type AuthNotEvaluated, authNotEvaluated } from '../../../src/core/auth/not-evaluated.js'
import { createPendingAuth, createSignedInAuth, createSignedOutAuth } from '../../../src/core/auth/session-auth.js'
import type { Auth, HasParams, SessionClaims } from '../../../src/core/auth/types.js'
import { assertSignedIn } from '../../../src/plugin/guards/assert-signed-in.js'
import { type AuthorizePredicate, createAuthorize } from '../../../src/plugin/guards/authorize.js'
import { isGuardHook } from '../../../src/plugin/guards/guard-hook.js'
import { isCorsPreflight } from '../../../src/plugin/guards/preflight.js'
import { createRequireAuth } from '../../../src/plugin/guards/require-auth.js'
import type { GuardHook, GuardSettings } from '../../../src/plugin/guards/types.js'

const kTestAuth = Symbol('test auth')

const settings: GuardSettings = {
  readAuth: (request) => (request as unknown as { [kTestAuth]: Auth | AuthNotEvaluated | null })[kTestAuth]
}
const requireAuth = createRequireAuth(settings)
const authorize = createAuthorize(settings)

const member = createSignedInAuth(
  {
    sub: 'user_1',
    sid: 'sess_1',
    exp: 2_000_000_000,
    v: 2,
    fva: [30, -1],
    o: { id: 'org_1', rol: 'member', per: 'read,edit', fpm: '1' },
    fea: 'o:docs'
  } as SessionClaims,
  'token',
  { fetchToken: () => Promise.reject(new Error('no call expected')) }
)
const apiKey = createApiKeyAuth(
  {
    id: 'k',
    name: 'n',
    subject: 'user_1',
    scopes: ['docs'],
    claims: null,
    audience: [],
    issuedAt: null,
    expiresAt: null
  },
  'ak_x'
)
const nobody = createSignedOutAuth('session-token-and-uat-missing', '')
const expired = createSignedOutAuth('token-expired', 'The session token has expired.')

/** An application in which all requests have the given auth. */
function appWith(auth: Auth | AuthNotEvaluated | null): FastifyInstance {
  const app = Fastify()
  app.decorateRequest(kTestAuth as unknown as string, null)
  app.addHook('onRequest', async (request: FastifyRequest) => {
    ;(request as unknown as Record<symbol, unknown>)[kTestAuth] = auth
  })
  return app
}

async function answerTo(auth: Auth | AuthNotEvaluated | null, hook: GuardHook) {
  const app = appWith(auth)
  app.get('/', { preHandler: hook }, () => 'in')
  return app.inject('/')
}

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
    'token-type-mismatch',
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

t.test('authorize: 401 signed out, 403 not permitted, through when permitted', async (t) => {
  const rows: [HasParams | AuthorizePredicate, number][] = [
    [{ role: 'org:member' }, 200],
    [{ role: 'org:admin' }, 403],
    [{ permission: 'org:docs:read' }, 200],
    [{ permission: 'org:docs:edit' }, 403],
    [{ feature: 'docs' }, 200],
    [{ plan: 'pro' }, 403],
    [{ role: 'org:member', permission: 'org:docs:edit' }, 403],
    [(has) => has({ role: 'admin' }) || has({ permission: 'org:docs:read' }), 200],
    [(_has, auth) => auth.userId === 'user_1', 200],
    [() => false, 403],
    [(() => 1) as unknown as () => boolean, 403],
    [(() => undefined) as unknown as () => boolean, 403]
  ]
  for (const [condition, status] of rows) {
    const text = typeof condition === 'function' ? String(condition) : JSON.stringify(condition)
    t.equal((await answerTo(member, authorize(condition))).statusCode, status, text)
    t.equal((await answerTo(nobody, authorize(condition))).statusCode, 401, text)
  }
  t.strictSame((await answerTo(member, authorize({ role: 'admin' }))).json(), {
    statusCode: 403,
    code: 'FST_CLERK_FORBIDDEN',
    error: 'Forbidden',
    message: 'This account is not permitted to do that'
  })
})

t.test('authorize and machine tokens: never by role, by scopes only in code', async (t) => {
  t.equal((await answerTo(apiKey, authorize({ role: 'admin' }))).statusCode, 403)
  t.equal((await answerTo(apiKey, authorize({ reverification: 'lax' }))).json().code, 'FST_CLERK_FORBIDDEN')
  const byScope = authorize<'api_key'>((_has, auth) => auth.scopes.includes('docs'))
  t.equal((await answerTo(apiKey, byScope)).statusCode, 200)
})

t.test('a predicate that throws or answers with a promise permits nobody', async (t) => {
  const throwing = await answerTo(
    member,
    authorize(() => {
      throw new Error('mine')
    })
  )
  t.equal(throwing.statusCode, 500)
  t.equal(throwing.json().message, 'mine')
  // Fastify does not treat these values as errors: a guard that passed them on would let the request through.
  for (const thrown of [undefined, null, false, 0, '', 'text']) {
    const predicate = () => {
      throw thrown
    }
    t.equal((await answerTo(member, authorize(predicate))).statusCode, 403, `throw ${JSON.stringify(thrown)}`)
  }
  for (const answer of [Promise.resolve(true), Promise.reject(new Error('late'))]) {
    const response = await answerTo(member, authorize((() => answer) as unknown as () => boolean))
    t.equal(response.statusCode, 500)
    t.match(response.json(), { code: 'FST_CLERK_AUTHORIZE_PARAMS', message: /predicate.*synchronous/ })
  }
})

t.test('an answer that only looks like a promise is an answer, and not true', async (t) => {
  const answers = [JSON.parse('{"then":true}'), {}, null, 1, 'true'] as unknown[]
  for (const answer of answers) {
    const response = await answerTo(member, authorize((() => answer) as () => boolean))
    t.equal(response.json().code, 'FST_CLERK_FORBIDDEN', JSON.stringify(answer))
  }
})

t.test('conditions that make no sense are refused when the hook is made', async (t) => {
  const known = 'role, permission, feature, plan, reverification'
  const [noCondition, noText] = [
    /condition.*an object or a function/,
    (key: string) => RegExp(`${key}.*a non-empty string`)
  ]
  const [unknown, empty] = [(key: string) => RegExp(`${key}.*known are ${known}`), RegExp(`at least one of ${known}`)]
  const noLevel = /reverification.*strict_mfa.*afterMinutes.*multi_factor/
  const rows: [unknown, RegExp][] = [
    [undefined, noCondition],
    [null, noCondition],
    ['org:admin', noCondition],
    [[{ role: 'admin' }], noCondition],
    [{}, empty],
    [{}, /authorize.*condition/i],
    [{ role: undefined }, empty],
    [{ roles: 'admin' }, unknown('roles')],
    [{ role: 'admin', permissions: 'x' }, unknown('permissions')],
    [{ role: '' }, noText('role')],
    [{ role: ['admin'] }, noText('role')],
    [{ permission: 5 }, noText('permission')],
    [{ permission: 'org:sys_profile:manage' }, /permission.*system permissions/],
    [{ permission: 'sys_profile:manage' }, /permission.*system permissions/],
    [{ feature: 'team:docs' }, /feature.*scope/],
    [{ plan: 'o:' }, /plan.*scope/],
    [{ role: 'org:' }, /role.*name/],
    [{ feature: null }, noText('feature')],
    [{ plan: {} }, noText('plan')],
    [{ reverification: 'sometimes' }, noLevel],
    [{ reverification: { level: 'first_factor' } }, noLevel],
    [{ reverification: { level: 'first_factor', afterMinutes: 0 } }, noLevel],
    [{ reverification: null }, noLevel],
    [async () => true, /predicate.*synchronous/]
  ]
  for (const [condition, message] of rows) {
    t.throws(() => authorize(condition as never), { code: 'FST_CLERK_AUTHORIZE_PARAMS', message }, String(message))
  }
})

t.test('a condition that is undefined is as one that is left out', async (t) => {
  const hook = authorize({ role: undefined, reverification: 'moderate' } as unknown as HasParams)
  t.equal((await answerTo(member, hook)).statusCode, 200)
})

t.test('changing the conditions after registration changes nothing', async (t) => {
  const reverification = { level: 'first_factor' as const, afterMinutes: 10 }
  const condition = { role: 'org:admin', reverification }
  const hook = authorize(condition)
  condition.role = 'org:member'
  reverification.afterMinutes = 1e6
  t.equal((await answerTo(member, hook)).json().code, 'FST_CLERK_FORBIDDEN')
  const recent = authorize({ reverification })
  reverification.afterMinutes = 1
  t.equal((await answerTo(member, recent)).statusCode, 200)
})

const needed = {
  clerk_error: { type: 'forbidden', reason: 'reverification-error', metadata: { reverification: 'strict' } }
}

t.test("a session that must be verified again is 403 in Clerk's shape", async (t) => {
  const response = await answerTo(member, authorize({ reverification: 'strict' }))
  t.equal(response.statusCode, 403)
  t.equal(response.headers['content-type'], 'application/json; charset=utf-8')
  t.strictSame(response.json(), needed)
  const config = { level: 'first_factor', afterMinutes: 5 } as const
  const custom = await answerTo(member, authorize({ permission: 'org:docs:read', reverification: config }))
  t.strictSame(custom.json().clerk_error.metadata, { reverification: config })
  const forbidden = await answerTo(member, authorize({ role: 'org:admin', reverification: 'strict' }))
  t.match(forbidden.json(), { code: 'FST_CLERK_FORBIDDEN' }, 'verifying again would not help, so it is not asked for')
  t.equal((await answerTo(member, authorize({ reverification: 'moderate' }))).statusCode, 200)
})

t.test('error handlers and hooks of the app see the reverification error first', async (t) => {
  type Seen = Error & { code?: string; clerk_error?: unknown; statusCode?: number; headers?: object }
  const hook = authorize({ reverification: 'strict' })

  t.test('a handler that answers decides the body', async (t) => {
    const app = appWith(member)
    app.setErrorHandler((error: Seen, _request, reply) =>
      reply.code(418).send({ mine: error.code, clerk_error: error.clerk_error })
    )
    app.get('/', { preHandler: hook }, () => 'in')
    const response = await app.inject('/')
    t.equal(response.statusCode, 418)
    t.same(response.json(), { mine: 'FST_CLERK_REVERIFICATION', ...needed })
  })

  t.test('also one that has looked at the headers of the error, as Fastify does', async (t) => {
    const app = appWith(member)
    app.setErrorHandler((error: Seen, _request, reply) => reply.headers(error.headers ?? {}).send({ mine: error.code }))
    app.get('/', { preHandler: hook }, () => 'in')
    t.same((await app.inject('/')).json(), { mine: 'FST_CLERK_REVERIFICATION' })
  })

  t.test("handlers that pass it on, in whatever way, end with Clerk's body", async (t) => {
    const seen: string[] = []
    const app = appWith(member)
    app.addHook('onError', async (_request, _reply, error) => {
      seen.push(`onError ${error.code}`)
    })
    app.addHook('onSend', async (_request, _reply, payload) => {
      seen.push(`onSend ${typeof payload}`)
    })
    app.setErrorHandler((error: Seen, _request, reply) => {
      seen.push('app')
      reply.code(403).send(error)
    })
    app.register(async (scope) => {
      scope.setErrorHandler(async (error: Seen) => {
        seen.push('scope')
        throw error
      })
      scope.get(
        '/',
        {
          preHandler: hook,
          errorHandler: (error, _request, reply) => {
            seen.push('route')
            reply.send(error)
          }
        },
        () => 'in'
      )
    })
    const response = await app.inject('/')
    t.equal(response.statusCode, 403)
    t.strictSame(response.json(), needed)
    t.same(seen, ['onError FST_CLERK_REVERIFICATION', 'route', 'scope', 'app', 'onSend string'])
  })

  t.test('another error on the way is that error', async (t) => {
    const app = appWith(member)
    app.setErrorHandler(() => {
      throw new Error('handler is broken')
    })
    app.get('/', { preHandler: hook }, () => 'in')
    const response = await app.inject('/')
    t.equal(response.statusCode, 500)
    t.equal(response.json().message, 'handler is broken')
  })

  t.test('one reply has nothing to do with the next', async (t) => {
    const app = appWith(member)
    app.get('/', { preHandler: hook }, () => 'in')
    app.get('/other', () => 'other')
    for (let i = 0; i < 3; i++) t.strictSame((await app.inject('/')).json(), needed)
    t.equal((await app.inject('/other')).body, 'other')
  })
})

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

const preflight = { origin: 'https://app.example', 'access-control-request-method': 'GET' }

t.test(
  'a CORS preflight is answered by @fastify/cors, whether it is registered before or after the guard',
  async (t) => {
    for (const order of ['before', 'after'] as const) {
      for (const guard of [requireAuth, authorize({ role: 'admin' })]) {
        const app = appWith(nobody)
        const register = () => app.register(cors, { origin: 'https://app.example', credentials: true })
        if (order === 'before') await register()
        app.addHook('onRequest', guard)
        if (order === 'after') await register()
        app.get('/', () => 'in')
        const response = await app.inject({ method: 'OPTIONS', url: '/', headers: preflight })
        t.equal(response.statusCode, 204, order)
        t.equal(response.headers['access-control-allow-origin'], 'https://app.example')
        t.equal((await app.inject({ url: '/', headers: preflight })).statusCode, 401, 'only OPTIONS is a preflight')
      }
    }
  }
)

t.test('a preflight passes on to routes for OPTIONS alone and to nothing', async (t) => {
  const app = appWith(nobody)
  app.addHook('onRequest', requireAuth)
  app.options('/own', () => 'preflight')
  app.route({ method: ['OPTIONS'], url: '/list', handler: () => 'preflight' })
  t.equal((await app.inject({ method: 'OPTIONS', url: '/own', headers: preflight })).statusCode, 200)
  t.equal((await app.inject({ method: 'OPTIONS', url: '/list', headers: preflight })).statusCode, 200)
  t.equal((await app.inject({ method: 'OPTIONS', url: '/none', headers: preflight })).statusCode, 404)
})

t.test('headers of a preflight open no handler of another method', async (t) => {
  const app = appWith(nobody)
  app.all('/all', { preHandler: requireAuth }, () => 'in')
  app.route({ method: ['POST', 'OPTIONS'], url: '/some', preHandler: requireAuth, handler: () => 'in' })
  app.options('/own', { preHandler: requireAuth }, () => 'in')
  const options = (url: string, headers: object, payload?: string) =>
    app.inject({ method: 'OPTIONS', url, headers: { ...headers }, ...(payload === undefined ? {} : { payload }) })
  t.equal((await options('/all', preflight)).statusCode, 401)
  t.equal((await options('/some', preflight)).statusCode, 401)
  t.equal((await options('/own', { origin: preflight.origin })).statusCode, 401)
  t.equal((await options('/own', { 'access-control-request-method': 'GET' })).statusCode, 401)
  t.equal((await options('/own', { ...preflight, authorization: 'Bearer x' })).statusCode, 401)
  t.equal((await options('/own', { ...preflight, 'content-type': 'text/plain' }, 'body')).statusCode, 401)
  t.equal((await app.inject({ method: 'POST', url: '/some', headers: preflight })).statusCode, 401)
})

t.test('a preflight is OPTIONS with its two headers and nothing that comes with credentials or a body', async (t) => {
  const sent = { method: 'OPTIONS', headers: preflight, routeOptions: { method: 'OPTIONS' }, is404: false }
  t.ok(isCorsPreflight(sent))
  for (const method of ['GET', 'POST', 'HEAD']) t.notOk(isCorsPreflight({ ...sent, method, is404: true }), method)
  for (const [headers, is] of [
    [{ 'content-length': '0' }, true],
    [{ 'content-length': '1' }, false],
    [{ 'content-length': '' }, false],
    [{ 'transfer-encoding': 'chunked' }, false],
    [{ authorization: 'Bearer x' }, false],
    [{ origin: undefined }, false],
    [{ 'access-control-request-method': undefined }, false]
  ] as const) {
    t.equal(isCorsPreflight({ ...sent, headers: { ...preflight, ...headers } }), is, JSON.stringify(headers))
  }
  for (const [method, is] of [
    [['OPTIONS'], true],
    [['OPTIONS', 'POST'], false],
    [['POST'], false],
    [[], false],
    ['POST', false],
    [undefined, false]
  ] as const) {
    t.equal(isCorsPreflight({ ...sent, routeOptions: { method } }), is, `route for ${method}`)
    t.ok(isCorsPreflight({ ...sent, routeOptions: { method }, is404: true }), 'no route at all')
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
