import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import t, { type Test } from 'tap'
import { helpAt } from '../../src/core/help-page.js'
import { type RefusalEvent, subscribe } from '../../src/diagnostics/index.js'
import clerkAuth, { type ClerkAuthOptions } from '../../src/index.js'
import { createLocalClerk } from '../../src/local/index.js'
import { type Decision, decisionOf } from '../../src/plugin/decision.js'
import { createApp } from '../fixtures/app.js'

const PAGE = { accept: 'text/html', 'sec-fetch-dest': 'document' }
const COOKIE = { cookie: '__client_uat=1700000000' }

/** An application that keeps the decision about its latest request. */
async function observe(t: Test, plugin: Partial<ClerkAuthOptions> = {}) {
  let latest: FastifyRequest | undefined
  const app = await createApp(t, {
    plugin,
    routes(fastify) {
      fastify.addHook('onResponse', (request, _reply, done) => {
        latest = request
        done()
      })
      fastify.get('/', () => 'open')
      fastify.get('/off', { config: { clerk: false } }, () => 'off')
      fastify.get('/machine', { config: { clerk: { acceptsToken: ['api_key', 'm2m_token'] } } }, () => 'machine')
      fastify.get('/mine', { preHandler: fastify.requireAuth }, () => 'mine')
      fastify.get('/admin', { preHandler: fastify.authorize({ role: 'org:admin' }) }, () => 'admin')
      fastify.get('/strict', { preHandler: fastify.authorize({ reverification: 'strict' }) }, () => 'strict')
    }
  })
  const events: RefusalEvent[] = []
  t.teardown(subscribe('fastify-clerk-auth:refusal', (event) => void events.push(event)))
  return {
    ...app,
    async ask(url: string, headers: Record<string, string> = {}) {
      events.length = 0
      const before = app.fastify.clerk.stats()
      const response = await app.fastify.inject({ url, headers })
      const after = app.fastify.clerk.stats()
      const counted = (['signedIn', 'signedOut', 'handshakes', 'unavailable'] as const).filter(
        (name) => after[name] !== before[name]
      )
      return { response, counted, event: events[0], decision: decisionOf(latest as FastifyRequest) }
    }
  }
}

const signedOut = { tokenType: 'session_token', isRedirected: false, verdict: null } as const

t.test('slot, counter, channel and debug headers of a request say the same', async (t) => {
  const { clerk, ask } = await observe(t)
  const known = clerk.bearer()
  await ask('/', known)
  const cases: [string, Record<string, string>, Partial<Decision>, string[]][] = [
    [
      '/',
      clerk.bearer({ userId: 'user_2' }),
      { state: 'signed-in', reason: null, tokenType: 'session_token' },
      ['signedIn']
    ],
    ['/', known, { state: 'signed-in', reason: null, tokenType: 'session_token' }, ['signedIn']],
    [
      '/',
      {},
      { ...signedOut, state: 'signed-out', reason: 'session-token-and-uat-missing', message: '' },
      ['signedOut']
    ],
    ['/', COOKIE, { ...signedOut, state: 'signed-out', reason: 'client-uat-but-no-session-token' }, ['signedOut']],
    [
      '/',
      { ...PAGE, ...COOKIE },
      { ...signedOut, state: 'handshake', reason: 'client-uat-but-no-session-token', isRedirected: true },
      ['handshakes']
    ],
    [
      '/',
      { authorization: 'Bearer abc' },
      { ...signedOut, state: 'signed-out', reason: 'token-invalid', message: /malformed|token/ as never },
      ['signedOut']
    ],
    [
      '/machine',
      {},
      { ...signedOut, state: 'signed-out', tokenType: null, reason: 'token-type-mismatch' },
      ['signedOut']
    ]
  ]
  for (const [url, headers, expected, counter] of cases) {
    const { decision, counted, event, response } = await ask(url, headers)
    const name = `${url} ${JSON.stringify(headers).slice(0, 40)}`
    t.match(decision, expected, name)
    t.same(counted, counter, name)
    const { state, tokenType, reason, message } = decision as Decision
    const isSignedIn = state === 'signed-in'
    t.strictSame(
      event,
      isSignedIn
        ? undefined
        : { instance: 'clerk.example.com', state, tokenType, reason, cause: null, help: event?.help },
      name
    )
    if (!isSignedIn && reason !== null) t.ok(event?.help?.startsWith(helpAt('')), `${name}: where it is explained`)
    t.equal(response.headers['x-clerk-auth-status'], isSignedIn ? undefined : state, name)
    t.equal(response.headers['x-clerk-auth-reason'], reason ?? undefined, name)
    t.equal(response.headers['x-clerk-auth-message'], message === '' || message === null ? undefined : message, name)
  }
})

t.test('a token that could not be judged is unavailable, which Clerk’s tools know as signed out', async (t) => {
  const { clerk, ask } = await observe(t, { jwks: { warmUp: false } })
  clerk.faults.next({ kind: 'status', status: 500, on: 'jwks', times: Number.POSITIVE_INFINITY })
  const { decision, counted, event, response } = await ask('/', clerk.bearer())
  t.match(decision, { state: 'unavailable', reason: 'jwk-remote-failed-to-load', tokenType: 'session_token' })
  t.same(counted, ['unavailable'])
  t.match(event, { state: 'unavailable', reason: 'jwk-remote-failed-to-load' })
  t.equal(response.headers['x-clerk-auth-status'], 'signed-out')
})

t.test('what was decided does not depend on what the response tells', async (t) => {
  const seen: unknown[] = []
  for (const debugHeaders of ['full', 'reason', false] as const) {
    const { ask } = await observe(t, { debugHeaders })
    const answers = [await ask('/'), await ask('/', { ...PAGE, ...COOKIE }), await ask('/mine')]
    seen.push(answers.map(({ decision }) => decision))
    t.equal('x-clerk-auth-status' in (answers[0]?.response.headers ?? {}), debugHeaders !== false)
  }
  t.same(seen[1], seen[0])
  t.same(seen[2], seen[0])
})

t.test('a route without authentication is not evaluated', async (t) => {
  const { clerk, ask } = await observe(t)
  const { decision, counted, event } = await ask('/off', clerk.bearer())
  t.match(decision, { state: 'not-evaluated', tokenType: null, reason: null, isRedirected: false, verdict: null })
  t.same([counted, event], [[], undefined])
})

t.test('a guard that ends the request says which it was, and why; the state stays', async (t) => {
  const { clerk, ask } = await observe(t, { requireAuthRedirect: true, signInUrl: '/sign-in' })
  const bearer = clerk.bearer()
  const cases: [string, Record<string, string>, number, Decision['verdict']][] = [
    ['/mine', bearer, 200, null],
    ['/mine', {}, 401, { guard: 'requireAuth', code: 'FST_CLERK_UNAUTHORIZED', isRedirect: false, isHidden: false }],
    ['/mine', PAGE, 302, { guard: 'requireAuth', code: null, isRedirect: true, isHidden: false }],
    ['/admin', {}, 401, { guard: 'authorize', code: 'FST_CLERK_UNAUTHORIZED', isRedirect: false, isHidden: false }],
    ['/admin', bearer, 403, { guard: 'authorize', code: 'FST_CLERK_FORBIDDEN', isRedirect: false, isHidden: false }],
    ['/strict', bearer, 200, null]
  ]
  for (const [url, headers, status, verdict] of cases) {
    const { decision, response } = await ask(url, headers)
    t.equal(response.statusCode, status, url)
    t.strictSame(decision?.verdict, verdict, url)
    t.match(decision, headers === bearer ? { state: 'signed-in', reason: null } : { state: 'signed-out' }, url)
  }
  t.equal((await ask('/mine', bearer)).decision?.verdict, null, 'what is shared by requests has not changed')
})

t.test('with a resolver the slots are the same', async (t) => {
  const clerk = await createLocalClerk({ frontendApi: 'clerk.example.com', instanceType: 'production' })
  const options = clerk.pluginOptions()
  const fastify: FastifyInstance = Fastify()
  t.teardown(() => fastify.close())
  await fastify.register(clerkAuth, { resolver: () => options })
  const decisions: (Decision | null)[] = []
  fastify.addHook('onResponse', async (request) => void decisions.push(decisionOf(request)))
  fastify.get('/', () => 'open')
  fastify.get('/off', { config: { clerk: false } }, () => 'off')
  for (const [url, headers] of [
    ['/', clerk.bearer()],
    ['/', {}],
    ['/off', {}]
  ] as const)
    await fastify.inject({ url, headers })
  t.same(
    decisions.map((decision) => decision?.state),
    ['signed-in', 'signed-out', 'not-evaluated']
  )
})

t.test('a server without the plugin, and a request before authentication, have no decision', async (t) => {
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  const decisions: (Decision | null)[] = []
  fastify.addHook('onRequest', async (request) => void decisions.push(decisionOf(request)))
  fastify.get('/', () => 'open')
  await fastify.inject('/')
  const { clerk } = await createApp(t, {
    routes: () => {}
  })
  const early = Fastify()
  t.teardown(() => early.close())
  early.addHook('onRequest', async (request) => void decisions.push(decisionOf(request)))
  await early.register(clerkAuth, clerk.pluginOptions())
  early.get('/', () => 'open')
  await early.inject('/')
  t.same(decisions, [null, null])
})
