import { readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { createLocalClerk, type LocalClerk, type LocalClerkOptions } from '../../src/local/index.js'
import { signingKey } from '../fixtures/app.js'
import { createApp as createAppAfter } from '../fixtures/migration/after.js'
import { createApp as createAppBefore } from '../fixtures/migration/before.js'

// An application of @clerk/fastify moves over: the README's section, executed. The same small application is written
// once for each plugin, gets the same requests, and has to give the same answers.

const ORGANIZATION = {
  id: 'org_acme',
  slug: 'acme',
  role: 'org:admin',
  permissions: ['org:docs:read', 'org:docs:write', 'org:billing:view'],
  plans: ['team']
}
const USER = { userId: 'user_ada', sessionId: 'sess_ada' }
const NAVIGATION = { accept: 'text/html', 'sec-fetch-dest': 'document' }

type Headers = Record<string, string>

interface Scene {
  readonly clerk: LocalClerk
  readonly before: FastifyInstance
  readonly after: FastifyInstance
}

async function createScene(local: LocalClerkOptions): Promise<Scene> {
  const clerk = await createLocalClerk({
    frontendApi: 'clerk.example.com',
    signingKey,
    templates: { storage: { tier: 'gold' } },
    users: [{ id: USER.userId }],
    ...local
  })
  t.teardown(() => clerk.close())
  await clerk.listen()
  const { publishableKey, secretKey, apiUrl } = clerk.pluginOptions()
  const options = {
    publishableKey,
    secretKey,
    apiUrl,
    authorizedParties: ['https://app.local.test', 'http://app.example.com']
  }
  const before = await createAppBefore(options)
  const after = await createAppAfter(options)
  t.teardown(() => Promise.all([before.close(), after.close()]))
  return { clerk, before, after }
}

const production = await createScene({ instanceType: 'production' })
const development = await createScene({ instanceType: 'development' })

/** The answer as a client sees it. Redirects are split into parameters, and messages, which differ in wording, left out. */
async function answerOf(app: FastifyInstance, url: string, headers: Headers) {
  const response = await app.inject({ url, headers: { host: 'app.local.test', ...headers } })
  const { location } = response.headers
  const target = location === undefined ? null : new URL(String(location))
  return {
    status: response.statusCode,
    type: response.headers['content-type'],
    body: response.body === '' ? null : response.body.startsWith('{') ? response.json() : response.body,
    state: response.headers['x-clerk-auth-status'],
    reason: response.headers['x-clerk-auth-reason'],
    hasMessage: response.headers['x-clerk-auth-message'] !== undefined,
    caching: response.headers['cache-control'],
    cookies: response.cookies.map(({ name, value, ...attributes }) => [name, value, attributes]),
    location: target && [target.origin + target.pathname, [...target.searchParams].sort()]
  }
}

interface Expected {
  readonly status: number
  readonly reason?: string
  readonly body?: unknown
}

async function sameAnswer(t: Test, scene: Scene, url: string, headers: Headers, expected: Expected) {
  const name = `${url} ${Object.keys(headers).join(' ')}`
  const was = await answerOf(scene.before, url, headers)
  const is = await answerOf(scene.after, url, headers)
  t.strictSame(is, was, name)
  // Once more: the same request is now answered from caches.
  t.strictSame(await answerOf(scene.after, url, headers), was, `${name}, again`)
  t.match(is, expected, `${name}: as meant`)
}

t.test('a session token in the Authorization header', async (t) => {
  for (const scene of [production, development]) {
    for (const version of [1, 2] as const) {
      const bearer = scene.clerk.bearer({ ...USER, version, org: ORGANIZATION })
      await sameAnswer(t, scene, '/', bearer, { status: 200, body: { signedIn: true } })
      await sameAnswer(t, scene, '/me', bearer, { status: 200, body: USER })
      await sameAnswer(t, scene, '/own-token', bearer, { status: 200, body: { token: bearer.authorization.slice(7) } })
      await sameAnswer(t, scene, '/page', { ...bearer, ...NAVIGATION }, { status: 200, body: '<p>Hello user_ada</p>' })
    }
  }
})

t.test('a session token in the cookies of a browser', async (t) => {
  for (const scene of [production, development]) {
    for (const options of [{}, { suffixed: false }, { unsuffixed: false }]) {
      const cookie = scene.clerk.cookies({ ...USER, org: ORGANIZATION }, options)
      await sameAnswer(t, scene, '/me', { cookie }, { status: 200, body: USER })
      await sameAnswer(t, scene, '/page', { cookie, ...NAVIGATION }, { status: 200, body: '<p>Hello user_ada</p>' })
    }
  }
})

t.test('nobody', async (t) => {
  const reason = 'session-token-and-uat-missing'
  await sameAnswer(t, production, '/', {}, { status: 200, reason, body: { signedIn: false } })
  await sameAnswer(t, production, '/me', {}, { status: 401, reason })
  await sameAnswer(t, production, '/page', NAVIGATION, { status: 200, reason, body: '<p>Hello stranger</p>' })
  await sameAnswer(t, production, '/page', { cookie: production.clerk.cookies(null), ...NAVIGATION }, { status: 200 })
  await sameAnswer(t, production, '/template-token', {}, { status: 200, body: { tier: null } })
  await sameAnswer(t, development, '/me', {}, { status: 401, reason: 'dev-browser-missing' })
  await sameAnswer(t, production, '/nowhere', {}, { status: 404 })
})

t.test('a page for a browser whose state only Clerk knows is a handshake', async (t) => {
  await sameAnswer(t, development, '/page', NAVIGATION, { status: 307, reason: 'dev-browser-missing' })
  const uat = { cookie: `__client_uat=${Math.floor(Date.now() / 1000)}` }
  await sameAnswer(
    t,
    production,
    '/page?tab=2',
    { ...uat, ...NAVIGATION },
    {
      status: 307,
      reason: 'client-uat-but-no-session-token'
    }
  )
  await sameAnswer(t, production, '/me', uat, { status: 401, reason: 'client-uat-but-no-session-token' })
  const withoutUat = { cookie: production.clerk.cookies(USER, { clientUat: null }) }
  await sameAnswer(
    t,
    production,
    '/page',
    { ...withoutUat, ...NAVIGATION },
    {
      status: 307,
      reason: 'session-token-but-no-client-uat'
    }
  )
  const early = { cookie: production.clerk.cookies(USER, { clientUat: Math.floor(Date.now() / 1000) + 60 }) }
  await sameAnswer(
    t,
    production,
    '/page',
    { ...early, ...NAVIGATION },
    {
      status: 307,
      reason: 'session-token-iat-before-client-uat'
    }
  )
})

t.test('a whole handshake, with the answer as a token and as a nonce', async (t) => {
  for (const handshakeFormat of ['token', 'nonce'] as const) {
    const scene = await createScene({ instanceType: 'production', handshakeFormat })
    const { clerk } = scene
    const page = 'https://app.example.com/page'
    const form = { method: 'POST', body: new URLSearchParams({ user_id: USER.userId }), redirect: 'manual' } as const
    const signedIn = await clerk.fetch(`${clerk.issuer}/sign-in?redirect_url=${encodeURIComponent(page)}`, form)
    const fapiCookie = signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const uat = { cookie: '__client_uat=1', ...NAVIGATION }

    const walk = async (app: FastifyInstance) => {
      const asked = await app.inject({ url: '/page', headers: { host: 'app.example.com', ...uat } })
      const answer = await clerk.fetch(String(asked.headers.location), {
        headers: { cookie: fapiCookie },
        redirect: 'manual'
      })
      const cookie = answer.headers.getSetCookie().map((line) => line.split(';')[0])
      t.ok(cookie[0]?.startsWith(handshakeFormat === 'nonce' ? '__clerk_handshake_nonce' : '__clerk_handshake'))
      const returned = await app.inject({
        url: '/page',
        headers: { host: 'app.example.com', ...NAVIGATION, cookie: cookie.join('; ') }
      })
      return {
        status: returned.statusCode,
        body: returned.body,
        // Names and attributes: every handshake brings a new session token.
        cookies: returned.cookies.map(({ value, ...rest }) => [rest, value.split('.').length])
      }
    }
    const was = await walk(scene.before)
    t.strictSame(await walk(scene.after), was, handshakeFormat)
    t.match(was, { status: 200, body: '<p>Hello user_ada</p>' })
    t.ok(was.cookies.length > 1, 'the cookies of the session are set')
  }
})

t.test('an expired session', async (t) => {
  const issuedAtMs = Date.now() - 600_000
  for (const scene of [production, development]) {
    const token = scene.clerk.signSessionToken({ ...USER, issuedAtMs })
    const cookie = scene.clerk.cookies(token)
    await sameAnswer(t, scene, '/me', { authorization: `Bearer ${token}` }, { status: 401 })
    await sameAnswer(t, scene, '/me', { cookie }, { status: 401 })
    await sameAnswer(t, scene, '/page', { cookie, ...NAVIGATION }, { status: 307 })
  }
})

t.test('tokens that are not to be believed', async (t) => {
  const { clerk } = production
  const good = clerk.signSessionToken(USER)
  const tokens = {
    'token-invalid': 'a.b.c',
    'token-invalid-signature': `${good.slice(0, -8)}AAAAAAAA`,
    'token-invalid-authorized-parties': clerk.signSessionToken({ ...USER, azp: 'https://evil.example' }),
    'session-token-nbf': clerk.signSessionToken({ ...USER, claims: { nbf: Math.floor(Date.now() / 1000) + 600 } })
  }
  for (const [reason, token] of Object.entries(tokens)) {
    await sameAnswer(t, production, '/me', { authorization: `Bearer ${token}` }, { status: 401, reason })
  }
  const pending = clerk.bearer({ ...USER, status: 'pending' })
  await sameAnswer(t, production, '/me', pending, { status: 401 })
})

t.test('what an organization permits', async (t) => {
  for (const version of [1, 2] as const) {
    const bearer = production.clerk.bearer({ ...USER, version, org: ORGANIZATION, features: ['beta'] })
    await sameAnswer(t, production, '/organization', bearer, {
      status: 200,
      body: { id: 'org_acme', slug: 'acme', role: 'org:admin', isAdmin: true, mayWrite: true, mayBill: false }
    })
  }
  const member = production.clerk.bearer({ ...USER, org: { id: 'org_acme', role: 'member', features: ['docs'] } })
  await sameAnswer(t, production, '/organization', member, {
    status: 200,
    body: { isAdmin: false, mayWrite: false, hasDocs: true, isTeam: false, isFresh: true }
  })
  await sameAnswer(t, production, '/organization', production.clerk.bearer(USER), { status: 403 })
})

t.test('tokens from templates, by the auth and by the client of the Backend API', async (t) => {
  const session = production.clerk.openSession(USER.userId)
  const bearer = production.clerk.bearer(production.clerk.sessionToken(session.id))
  await sameAnswer(t, production, '/template-token', bearer, { status: 200, body: { tier: 'gold' } })
  await sameAnswer(t, production, '/backend', bearer, { status: 200, body: { tier: 'gold' } })
  const template = production.clerk.sign({ sub: USER.userId, tier: 'gold' }, { cat: 'cl_B7d4PD222AAA' })
  await sameAnswer(
    t,
    production,
    '/me',
    { authorization: `Bearer ${template}` },
    { status: 401, reason: 'token-type-mismatch' }
  )
})

t.test('machine tokens, where a route asks for them', async (t) => {
  const { machineTokens } = production.clerk
  const claims = { region: 'eu' }
  for (const format of ['opaque', 'jwt'] as const) {
    const machine = machineTokens.createM2MToken({ machineId: 'mch_a', scopes: ['mch_b'], format, claims })
    const bearer = { authorization: `Bearer ${machine}` }
    await sameAnswer(t, production, '/machine', bearer, { status: 200, body: { machineId: 'mch_a' } })
    await sameAnswer(t, production, '/me', bearer, { status: 401 })
    await sameAnswer(t, production, '/either', bearer, { status: 200, body: { tokenType: null } })
  }
  const apiKey = { authorization: `Bearer ${machineTokens.createApiKey({ subject: USER.userId })}` }
  await sameAnswer(t, production, '/either', apiKey, {
    status: 200,
    body: { tokenType: 'api_key', isAuthenticated: true }
  })
  await sameAnswer(t, production, '/machine', apiKey, { status: 401 })
  await sameAnswer(
    t,
    production,
    '/machine',
    { authorization: 'Bearer mt_made_up' },
    {
      status: 401,
      reason: 'token-invalid'
    }
  )
  await sameAnswer(t, production, '/either', production.clerk.bearer(USER), {
    status: 200,
    body: { tokenType: 'session_token', isAuthenticated: true }
  })
})

t.test('between the two stand the imports, the registration, and the client of the Backend API', async (t) => {
  const [was, is] = ['before', 'after'].map((name) =>
    readFileSync(`test/fixtures/migration/${name}.ts`, 'utf8').split('\n')
  ) as [string[], string[]]
  t.strictSame(
    was.filter((line) => !is.includes(line)),
    [
      "import { clerkPlugin, getAuth } from '@clerk/fastify'",
      '  await fastify.register(clerkPlugin, options)',
      "    const { jwt } = await request.clerk.sessions.getToken(sessionId, 'storage')"
    ]
  )
  t.strictSame(
    is.filter((line) => !was.includes(line)),
    [
      "import { createClerkClient } from '@clerk/backend'",
      "import clerkAuth, { getAuth } from '../../../src/index.js'",
      "  await fastify.register(clerkAuth, { ...options, acceptsToken: 'any' })",
      '  const clerkClient = createClerkClient(options)',
      "    const { jwt } = await clerkClient.sessions.getToken(sessionId, 'storage')"
    ]
  )
})
