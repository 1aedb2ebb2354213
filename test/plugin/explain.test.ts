import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import t, { type Test } from 'tap'
import clerkAuth, { type ClerkAuthOptions, type Explanation } from '../../src/index.js'
import { type App, createApp } from '../fixtures/app.js'

const development = { instanceType: 'development', frontendApi: 'happy-lion-12.clerk.accounts.dev' } as const

interface Explained extends App {
  readonly requests: readonly FastifyRequest[]
  /** Sends the request and explains it once it is answered. */
  explain(request: object): Promise<Explanation | null>
}

async function createExplained(
  t: Test,
  plugin: Partial<ClerkAuthOptions> = {},
  local: object = development
): Promise<Explained> {
  let latest: Explanation | null = null
  const requests: FastifyRequest[] = []
  const app = await createApp(t, {
    local,
    plugin,
    routes(fastify: FastifyInstance) {
      fastify.addHook('onResponse', async (request) => {
        requests.push(request)
        latest = fastify.clerk.explain(request)
      })
      fastify.get('/', () => 'ok')
      fastify.get('/me', { preHandler: fastify.requireAuth }, () => 'ok')
      fastify.post('/me', { preHandler: fastify.requireAuth }, () => 'ok')
      fastify.get('/none', { config: { clerk: false } }, () => 'ok')
      fastify.get('/machines', { config: { clerk: { acceptsToken: 'api_key' } } }, () => 'ok')
    }
  })
  return {
    ...app,
    requests,
    async explain(request) {
      latest = null
      await app.fastify.inject(request)
      return latest
    }
  }
}

t.test('a good bearer token', async (t) => {
  const { clerk, explain } = await createExplained(t)
  const headers = clerk.bearer()
  for (const seen of ['first seen', 'in memory']) {
    t.match(
      await explain({ url: '/me', headers }),
      {
        state: 'signed-in',
        tokenType: 'session_token',
        reason: null,
        verdict: null,
        isRedirected: false,
        carried: {
          authorization: 'token',
          cookies: [],
          cookieFamily: null,
          parameters: [],
          isPageLoad: false,
          redirects: 0
        },
        token: { carrier: 'header', kind: 'session_token', isInMemory: true, isOfThisInstance: true },
        decidedBy: { path: 'header', row: null, section: '8' }
      },
      seen
    )
  }
})

t.test('the cookies of a browser', async (t) => {
  const { clerk, explain } = await createExplained(t)
  const explanation = await explain({ url: '/me', headers: { cookie: clerk.cookies(), accept: 'text/html' } })
  t.match(explanation, {
    state: 'signed-in',
    carried: { authorization: 'absent', cookieFamily: 'suffixed', hasCookiesOfAnother: false, isPageLoad: true },
    token: { carrier: 'cookie', isInMemory: true, isOlderThanSignIn: false },
    decidedBy: { path: 'cookies', row: 17, section: '4.3' }
  })
  t.ok(explanation?.carried.cookies.includes(`__session_${clerk.cookieSuffix}`))
})

t.test('a curl without credentials', async (t) => {
  const { explain } = await createExplained(t)
  t.match(await explain({ url: '/me' }), {
    state: 'signed-out',
    reason: 'dev-browser-missing',
    verdict: { guard: 'requireAuth', code: 'FST_CLERK_UNAUTHORIZED' },
    token: null,
    decidedBy: { row: 7 }
  })
})

t.test('a browser that is sent to a handshake', async (t) => {
  const { explain } = await createExplained(t)
  const headers = { accept: 'text/html', 'sec-fetch-dest': 'document' }
  t.match(await explain({ url: '/me', headers }), {
    state: 'handshake',
    isRedirected: true,
    reason: 'dev-browser-missing',
    decidedBy: { row: 7 },
    carried: { isPageLoad: true }
  })
})

t.test('an expired token says for how long', async (t) => {
  const { clerk, explain } = await createExplained(t)
  const explanation = await explain({ url: '/me', headers: clerk.bearer({ expiresInSeconds: -60 }) })
  t.match(explanation, { state: 'signed-out', token: { kind: 'session_token', isInMemory: false } })
  const expiresInMs = explanation?.token?.expiresInMs ?? 0
  t.ok(expiresInMs <= -60_000 && expiresInMs > -120_000, `${expiresInMs} ms`)
})

t.test("a platform's header over good cookies", async (t) => {
  const { clerk, explain } = await createExplained(t)
  const cookie = clerk.cookies()
  t.match(await explain({ url: '/me', headers: { cookie, authorization: 'Bearer opaque' } }), {
    state: 'signed-out',
    reason: 'token-invalid',
    carried: { authorization: 'token', cookieFamily: null },
    token: { carrier: 'header', kind: 'not-a-token', isOfThisInstance: null },
    decidedBy: { path: 'header' }
  })
  t.match(await explain({ url: '/me', headers: { cookie, authorization: 'Basic dTpw' } }), {
    state: 'signed-in',
    carried: { authorization: 'not-bearer' },
    decidedBy: { path: 'cookies', row: 17 }
  })
})

t.test('a token of another instance', async (t) => {
  const { explain } = await createExplained(t)
  const other = await createApp(t, { local: { frontendApi: 'clerk.other.example', instanceType: 'production' } })
  t.match(await explain({ url: '/me', headers: other.clerk.bearer() }), {
    state: 'signed-out',
    token: { isOfThisInstance: false, isInMemory: false }
  })
  const cookie = other.clerk.cookies()
  t.match(await explain({ url: '/me', headers: { cookie } }), { carried: { hasCookiesOfAnother: true } })
})

t.test('a token from elsewhere, a route for machines, and one that is not authenticated', async (t) => {
  const extractToken = ({ headers }: { readonly headers: object }) => (headers as { 'x-token'?: string })['x-token']
  const { clerk, explain } = await createExplained(t, { extractToken })
  t.match(await explain({ url: '/me', headers: { 'x-token': clerk.signSessionToken() } }), {
    state: 'signed-in',
    carried: { authorization: 'extracted' },
    decidedBy: { path: 'header' }
  })
  t.match(await explain({ url: '/machines' }), { state: 'signed-out', decidedBy: { path: 'none', section: '2.7' } })
  t.match(await explain({ url: '/machines', headers: { authorization: 'Bearer ak_nonsense' } }), {
    tokenType: 'api_key',
    token: { kind: 'api_key', isInMemory: false },
    decidedBy: { path: 'header' }
  })
  t.match(await explain({ url: '/none' }), { state: 'not-evaluated', reason: null })
})

t.test('to explain changes nothing', async (t) => {
  const { clerk, fastify, requests, explain } = await createExplained(t)
  await explain({ url: '/me', headers: clerk.bearer() })
  await explain({ url: '/me', headers: { cookie: clerk.cookies({ expiresInSeconds: -60 }) } })
  await explain({ url: '/me', headers: { authorization: 'Bearer ak_nonsense' } })
  const before = { stats: fastify.clerk.stats(), calls: clerk.requests.count() }
  t.equal(requests.length, 3)
  for (const request of requests) t.ok(fastify.clerk.explain(request))
  const after = { stats: fastify.clerk.stats(), calls: clerk.requests.count() }
  t.same(after, before)
})

t.test('no token, cookie or person is in an explanation', async (t) => {
  const { clerk, explain } = await createExplained(t)
  const who = { userId: 'user_secret', sessionId: 'sess_secret', org: { id: 'org_secret', slug: 'secret' } }
  const token = clerk.signSessionToken(who)
  const cookie = clerk.cookies(clerk.signSessionToken({ ...who, expiresInSeconds: -60 }))
  const values = cookie.split('; ').map((pair) => pair.slice(pair.indexOf('=') + 1))
  const requests: object[] = [
    { headers: clerk.bearer(token) },
    { headers: { cookie } },
    { headers: { cookie: clerk.cookies(token) } },
    { headers: { authorization: 'Basic c2VjcmV0' } },
    { headers: { authorization: `Bearer ${token.slice(0, -3)}AAA` } },
    { url: '/me?__clerk_db_jwt=dvb_secret&__clerk_handshake=h_secret&__clerk_redirect_url=https%3A%2F%2Fsecret.test' },
    { headers: { cookie: '__clerk_handshake_nonce=secret; __session=secret; __client_uat=1; other=secret' } }
  ]
  for (const request of requests) {
    const text = JSON.stringify(await explain({ url: '/me', ...request }))
    t.ok(text.length > 100, text)
    t.notMatch(text, /secret|c2VjcmV0|eyJ/)
    for (const value of [...values, ...token.split('.')].filter((value) => value.length > 9))
      t.notOk(text.includes(value))
  }
})

t.test('on a production instance nobody sees it, unless the application permits it', async (t) => {
  const production = { instanceType: 'production', frontendApi: 'clerk.example.com' } as const
  const closed = await createExplained(t, {}, production)
  t.equal(await closed.explain({ url: '/me' }), null)
  const open = await createExplained(t, { explain: true }, production)
  t.match(await open.explain({ url: '/me' }), { reason: 'session-token-and-uat-missing', decidedBy: { row: 8 } })
  const some = await createExplained(t, { explain: ({ headers }) => headers['x-support'] === 'yes' }, production)
  t.equal(await some.explain({ url: '/me' }), null)
  t.match(await some.explain({ url: '/me', headers: { 'x-support': 'yes' } }), { state: 'signed-out' })
  const off = await createExplained(t, { explain: false })
  t.equal(await off.explain({ url: '/me' }), null)
  const failing = await createExplained(t, {
    explain() {
      throw new Error('no')
    }
  })
  t.equal(await failing.explain({ url: '/me' }), null)
  await t.rejects(createExplained(t, { explain: 'yes' as never }), {
    code: 'FST_CLERK_OPTION_TYPE',
    message: /explain/
  })
})

t.test(
  'one of several instances explains its own requests, and what nothing has authenticated is not explained',
  async (t) => {
    const { fastify, clerk } = await createApp(t, { local: development })
    t.equal(fastify.clerk.explain({} as FastifyRequest), null)
    const tenants = Fastify()
    t.teardown(() => tenants.close())
    const options = clerk.pluginOptions()
    await tenants.register(clerkAuth, { resolver: () => options })
    tenants.get('/', (request) => tenants.clerk.explain(request))
    const response = await tenants.inject({ url: '/', headers: clerk.bearer() })
    t.match(response.json(), { state: 'signed-in', token: { isOfThisInstance: true }, decidedBy: { path: 'header' } })
  }
)
