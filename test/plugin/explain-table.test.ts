import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import clerkAuth, { type Explanation } from '../../src/index.js'
import { createApp } from '../fixtures/app.js'

// Every kind of request is explained: what it carried, the row or section that decided, the reason and the guard. Whatever
// strangers write into headers, cookies and the URL, an explanation holds names and kinds alone.

const MARKUP = '<img src=x onerror=alert(1)>'
const ESCAPES = '%1B%5B31m%0d%0aSet-Cookie:x=1'
const LONG = 'hostile'.repeat(1_170)
const PAGE = { accept: 'text/html', 'sec-fetch-dest': 'document' }

let latest: Explanation | null = null
const app = await createApp(t, {
  local: { instanceType: 'development', frontendApi: 'happy-lion-12.clerk.accounts.dev' },
  plugin: { authorizedParties: ['https://app.example.com'] },
  routes(fastify: FastifyInstance) {
    fastify.addHook('onResponse', async (request) => {
      latest = fastify.clerk.explain(request)
    })
    const preHandler = fastify.requireAuth
    fastify.route({ method: ['GET', 'TRACE'], url: '/me', preHandler, handler: () => 'ok' })
    fastify.get('/admin', { preHandler: fastify.authorize({ role: 'org:admin' }) }, () => 'ok')
    fastify.get('/public', { config: { clerk: { public: true } } }, () => 'ok')
    fastify.get('/none', { config: { clerk: false } }, () => 'ok')
    fastify.get('/jobs', { config: { clerk: { acceptsToken: 'm2m_token' } }, preHandler }, () => 'ok')
    fastify.get('/fails', { preHandler }, () => {
      throw new Error(`the application's own ${MARKUP}`)
    })
  }
})
const { clerk, fastify } = app
const other = await createApp(t, { local: { frontendApi: 'clerk.other.example', instanceType: 'production' } })
const azp = 'https://app.example.com'
const good = clerk.signSessionToken({ azp })
const machine = clerk.machineTokens.createM2MToken({ format: 'jwt', scopes: [] })
await fastify.clerk.revoke({ sessionId: 'sess_revoked' })

interface Case {
  readonly name: string
  readonly request: { readonly url: string; readonly method?: 'GET' | 'TRACE'; readonly headers?: object }
  readonly status: number
  readonly explained: object
}

const byHeader = { path: 'header', row: null, section: '8' }
const byRow = (row: number) => ({ path: 'cookies', row, section: '4.3' })
const byNeither = { path: 'none', row: null, section: '2.7' }
const unauthorized = { guard: 'requireAuth', code: 'FST_CLERK_UNAUTHORIZED' }

const cases: readonly Case[] = [
  {
    name: 'a good token',
    request: { url: '/me', headers: clerk.bearer(good) },
    status: 200,
    explained: {
      ...{ state: 'signed-in', tokenType: 'session_token', reason: null, message: null, verdict: null },
      ...{ decidedBy: byHeader, carried: { authorization: 'token' }, token: { isInMemory: true } }
    }
  },
  {
    name: 'good cookies',
    request: { url: '/me', headers: { cookie: clerk.cookies(good) } },
    status: 200,
    explained: { state: 'signed-in', decidedBy: byRow(17), carried: { cookieFamily: 'suffixed' } }
  },
  {
    name: 'nothing',
    request: { url: '/me' },
    status: 401,
    explained: { state: 'signed-out', reason: 'dev-browser-missing', decidedBy: byRow(7), verdict: unauthorized }
  },
  {
    name: 'a page load without credentials',
    request: { url: '/me', headers: PAGE },
    status: 307,
    explained: { state: 'handshake', isRedirected: true, decidedBy: byRow(7), verdict: null }
  },
  {
    name: 'an expired token',
    request: { url: '/me', headers: clerk.bearer({ azp, expiresInSeconds: -60 }) },
    status: 401,
    explained: { state: 'signed-out', reason: 'token-expired', decidedBy: byHeader, verdict: unauthorized }
  },
  {
    name: 'a token for another application of the instance',
    request: { url: '/me', headers: clerk.bearer({ azp: 'https://evil.example' }) },
    status: 401,
    explained: { reason: 'token-invalid-authorized-parties', decidedBy: byHeader, token: { isOfThisInstance: true } }
  },
  {
    name: 'a token of another instance',
    request: { url: '/me', headers: other.clerk.bearer() },
    status: 401,
    explained: { state: 'signed-out', decidedBy: byHeader, token: { isOfThisInstance: false, isInMemory: false } }
  },
  {
    name: 'a forged signature',
    request: { url: '/me', headers: { authorization: `Bearer ${good.slice(0, -6)}AAAAAA` } },
    status: 401,
    explained: { reason: 'token-invalid-signature', decidedBy: byHeader, token: { isInMemory: false } }
  },
  {
    name: 'a revoked session',
    request: { url: '/me', headers: clerk.bearer({ azp, sessionId: 'sess_revoked' }) },
    status: 401,
    explained: { state: 'signed-out', reason: 'session-revoked', decidedBy: byHeader, verdict: unauthorized }
  },
  {
    name: 'a missing role',
    request: { url: '/admin', headers: clerk.bearer(good) },
    status: 403,
    explained: { state: 'signed-in', reason: null, verdict: { guard: 'authorize', code: 'FST_CLERK_FORBIDDEN' } }
  },
  {
    name: 'a machine token where machines are meant',
    request: { url: '/jobs', headers: { authorization: `Bearer ${machine}` } },
    status: 200,
    explained: { state: 'signed-in', tokenType: 'm2m_token', decidedBy: byHeader, token: { kind: 'm2m_token' } }
  },
  {
    name: 'a session token where machines are meant',
    request: { url: '/jobs', headers: clerk.bearer(good) },
    status: 401,
    explained: { state: 'signed-out', reason: 'token-type-mismatch', decidedBy: byHeader, verdict: unauthorized }
  },
  {
    name: 'cookies where machines are meant',
    request: { url: '/jobs', headers: { cookie: clerk.cookies(good) } },
    status: 401,
    explained: { state: 'signed-out', decidedBy: byNeither, token: null, verdict: unauthorized }
  },
  {
    name: 'a machine token where users are meant',
    request: { url: '/me', headers: { authorization: `Bearer ${machine}` } },
    status: 401,
    explained: { state: 'signed-out', reason: 'token-type-mismatch', decidedBy: byHeader, verdict: unauthorized }
  },
  {
    name: 'a public route and nobody',
    request: { url: '/public' },
    status: 200,
    explained: { state: 'signed-out', reason: 'dev-browser-missing', decidedBy: byRow(7), verdict: null }
  },
  {
    name: 'a route that is not authenticated',
    request: { url: '/none', headers: { ...clerk.bearer(good), cookie: clerk.cookies(good) } },
    status: 200,
    explained: {
      state: 'not-evaluated',
      tokenType: null,
      reason: null,
      token: null,
      decidedBy: { ...byNeither, section: null }
    }
  },
  {
    name: 'a method that is not authenticated',
    request: { url: '/me', method: 'TRACE', headers: clerk.bearer(good) },
    status: 401,
    explained: { state: 'signed-out', decidedBy: byNeither, token: null }
  },
  {
    name: 'a route that fails',
    request: { url: '/fails', headers: clerk.bearer(good) },
    status: 500,
    explained: { state: 'signed-in', reason: null, verdict: null, decidedBy: byHeader }
  },
  {
    name: 'a route that does not exist',
    request: { url: `/${encodeURIComponent(MARKUP)}`, headers: clerk.bearer(good) },
    status: 404,
    explained: { state: 'signed-in', decidedBy: byHeader }
  },
  {
    name: 'markup for a token',
    request: { url: '/me', headers: { authorization: `Bearer ${MARKUP}`, 'user-agent': MARKUP } },
    status: 401,
    explained: { state: 'signed-out', token: { kind: 'not-a-token' }, decidedBy: byHeader }
  },
  {
    name: 'markup for a scheme',
    request: { url: '/me', headers: { authorization: MARKUP, origin: MARKUP, referer: MARKUP } },
    status: 401,
    explained: { state: 'signed-out', carried: { authorization: 'not-bearer' }, decidedBy: byRow(7) }
  },
  {
    name: 'markup and escapes in cookies and their names',
    request: {
      url: '/me',
      headers: {
        cookie: `__session=${MARKUP}; __client_uat=${ESCAPES}; __session_${MARKUP}=1; __clerk_db_jwt=${ESCAPES}`
      }
    },
    status: 401,
    explained: { state: 'signed-out', decidedBy: { path: 'cookies', section: '4.3' } }
  },
  {
    name: 'markup and escapes in Clerk parameters',
    request: {
      url: `/me?__clerk_handshake=${encodeURIComponent(MARKUP)}&__clerk_db_jwt=${ESCAPES}&__clerk_x=${ESCAPES}`
    },
    status: 401,
    explained: { state: 'signed-out', carried: { parameters: ['__clerk_db_jwt', '__clerk_handshake'] } }
  },
  {
    name: 'a token of 8 KB',
    request: { url: '/me', headers: { authorization: `Bearer ${LONG}` } },
    status: 401,
    explained: { state: 'signed-out', carried: { authorization: 'token' }, decidedBy: byHeader }
  },
  {
    name: 'cookies of 8 KB',
    request: { url: '/me', headers: { cookie: `__session=${LONG}; __client_uat=${LONG}` } },
    status: 401,
    explained: { state: 'signed-out', decidedBy: { path: 'cookies', section: '4.3' } }
  }
]

for (const { name, request, status, explained } of cases) {
  t.test(name, async (t) => {
    latest = null
    const response = await fastify.inject(request as object)
    t.equal(response.statusCode, status)
    t.match(latest, explained)
    const text = JSON.stringify(latest)
    t.notMatch(text, /<|onerror|\\u001b|1B%5B|%0d|Set-Cookie|hostile|eyJ|user_|sess_/i, 'nothing that the request said')
    t.ok(text.length < 1_500, `${text.length} characters`)
    const { state, reason } = latest as unknown as Explanation
    if (state !== 'signed-in' && state !== 'not-evaluated') t.ok(reason, 'the check that failed')
  })
}

t.test('the table has every kind', async (t) => {
  t.ok(cases.length >= 25)
  const states = new Set(cases.map(({ explained }) => (explained as { state?: string }).state))
  for (const state of ['signed-in', 'signed-out', 'handshake', 'not-evaluated']) t.ok(states.has(state), state)
})

t.test('keys that cannot be had', async (t) => {
  const away = await createApp(t, {
    local: { instanceType: 'development', frontendApi: 'happy-lion-12.clerk.accounts.dev' },
    plugin: { jwks: { warmUp: false } },
    routes(fastify: FastifyInstance) {
      fastify.get('/', { preHandler: fastify.requireAuth }, () => 'ok')
      fastify.addHook('onResponse', async (request) => {
        latest = fastify.clerk.explain(request)
      })
    }
  })
  away.clerk.faults.next({ kind: 'reset', on: 'jwks', times: Number.POSITIVE_INFINITY })
  latest = null
  const response = await away.fastify.inject({ url: '/', headers: away.clerk.bearer() })
  t.equal(response.statusCode, 503)
  t.match(latest, {
    state: 'unavailable',
    reason: 'jwk-remote-failed-to-load',
    decidedBy: byHeader,
    token: { isInMemory: false, isOfThisInstance: true }
  })
})

t.test('a route that was made before the plugin', async (t) => {
  const early = Fastify()
  t.teardown(() => early.close())
  early.get('/early', (request) => early.clerk.explain(request))
  await early.register(clerkAuth, clerk.pluginOptions({ earlyRoutes: ['/early'] }))
  const answers = [await early.inject('/early'), await early.inject({ url: '/early', headers: clerk.bearer(good) })]
  t.match(
    answers.map((answer) => answer.json()),
    [
      { state: 'signed-out', reason: 'dev-browser-missing', decidedBy: byRow(7) },
      { state: 'signed-in', decidedBy: byHeader, token: { isInMemory: true } }
    ]
  )
})
