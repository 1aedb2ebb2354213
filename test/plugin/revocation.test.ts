import Fastify, { type FastifyInstance, type InjectOptions } from 'fastify'
import t, { type Test } from 'tap'
import clerkAuth, { type PluginOptions } from '../../src/index.js'
import { createLocalClerk, type SessionTokenInput } from '../../src/local/index.js'
import webhooks from '../../src/webhooks/index.js'

let nowMs = Math.floor(Date.now() / 1000) * 1000
const now = () => nowMs
const clerk = await createLocalClerk({ now })
t.teardown(() => clerk.close())

const org = { id: 'org_1', slug: 'acme', role: 'admin' }
let users = 0

/** A user and session of its own for each test. */
function newcomer() {
  const name = users++
  return { userId: `user_${name}`, sessionId: `sess_${name}` }
}

async function setUp(t: Test, options: Partial<PluginOptions> = {}): Promise<FastifyInstance> {
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  await fastify.register(clerkAuth, clerk.pluginOptions({ now, jwtKey: clerk.jwtKey, ...options }))
  fastify.get('/me', (request) => {
    const { isAuthenticated } = request.auth
    return isAuthenticated ? { isAuthenticated } : { isAuthenticated, reason: request.auth.reason }
  })
  fastify.get('/protected', { preHandler: fastify.requireAuth }, () => 'ok')
  return fastify
}

const bearer = (token: string): InjectOptions => ({ url: '/me', headers: clerk.bearer(token) })
const cookies = (token: string): InjectOptions => ({ url: '/me', headers: { cookie: clerk.cookies(token) } })
const signedIn = { isAuthenticated: true }
const revoked = { isAuthenticated: false, reason: 'session-revoked' }

for (const [carrier, carry] of Object.entries({ header: bearer, cookie: cookies })) {
  t.test(`carried by ${carrier}`, async (t) => {
    t.test('tokens issued before are refused, seen or unseen; one issued later is good', async (t) => {
      const fastify = await setUp(t)
      const session = newcomer()
      const sign = (input: SessionTokenInput = {}) => clerk.signSessionToken({ ...session, ...input })
      const seen = sign()
      const unseen = sign({ claims: { other: 1 } })
      const ask = async (token: string) => (await fastify.inject(carry(token))).json()
      t.strictSame(await ask(seen), signedIn)
      t.strictSame(await ask(seen), signedIn)
      nowMs += 2_500
      fastify.clerk.revoke({ sessionId: session.sessionId })
      t.strictSame(await ask(seen), revoked)
      t.strictSame(await ask(unseen), revoked)
      t.strictSame(await ask(unseen), revoked)
      t.equal((await fastify.inject({ ...carry(seen), url: '/protected' })).statusCode, 401)
      t.strictSame(await ask(clerk.signSessionToken(newcomer())), signedIn)
      nowMs += 500
      t.strictSame(await ask(sign()), signedIn, 'signed in again')
      t.strictSame(await ask(seen), revoked)
      nowMs += 58_000
      t.strictSame((await ask(seen)).isAuthenticated, false, 'run out by itself')
    })
  })
}

t.test('a changed membership ends tokens with the old role, and no others of that user', async (t) => {
  const fastify = await setUp(t)
  const user = newcomer()
  const withOrg = clerk.signSessionToken({ ...user, org })
  const without = clerk.signSessionToken({ ...user })
  const ask = async (token: string) => (await fastify.inject(bearer(token))).json()
  fastify.clerk.revoke({ organizationId: 'org_1', userId: user.userId })
  t.strictSame(await ask(withOrg), revoked)
  t.strictSame(await ask(without), signedIn)
  nowMs += 1_000
  t.strictSame(await ask(clerk.signSessionToken({ ...user, org: { ...org, role: 'member' } })), signedIn)
})

t.test('a user revoked as of a moment keeps what was issued after it', async (t) => {
  const fastify = await setUp(t)
  const user = newcomer()
  const old = clerk.signSessionToken({ ...user, issuedAtMs: nowMs - 20_000 })
  const young = clerk.signSessionToken({ ...user, issuedAtMs: nowMs - 9_000 })
  fastify.clerk.revoke({ userId: user.userId }, new Date(nowMs - 10_000))
  t.strictSame((await fastify.inject(bearer(old))).json(), revoked)
  t.strictSame((await fastify.inject(bearer(young))).json(), signedIn)
})

t.test('a webhook signs out, beside routes that parse JSON and beside denial by default', async (t) => {
  const fastify = await setUp(t, { defaultDeny: true })
  await fastify.register(webhooks, { signingSecret: clerk.webhookSecret })
  fastify.post('/echo', { config: { clerk: { public: true } } }, (request) => request.body)
  const session = newcomer()
  const token = clerk.signSessionToken(session)
  const ask = async () => (await fastify.inject({ ...bearer(token), url: '/protected' })).statusCode
  t.equal(await ask(), 200)
  const event = { type: 'session.removed', data: { id: session.sessionId, user_id: session.userId } }
  const { headers, body } = clerk.signWebhook(event, { atMs: Date.now() })
  const delivery = { method: 'POST', url: '/webhooks/clerk', headers, payload: body } as const
  t.equal((await fastify.inject(delivery)).statusCode, 204)
  t.equal(await ask(), 401)
  t.equal((await fastify.inject({ ...delivery, payload: `${body} ` })).statusCode, 401)
  t.strictSame((await fastify.inject({ method: 'POST', url: '/echo', payload: { a: 1 } })).json(), { a: 1 })
})

t.test('stats count the refusals, of tokens in memory and of those first seen', async (t) => {
  const fastify = await setUp(t)
  const session = newcomer()
  const seen = clerk.signSessionToken(session)
  const unseen = clerk.signSessionToken({ ...session, claims: { other: 1 } })
  await fastify.inject(bearer(seen))
  fastify.clerk.revoke({ sessionId: session.sessionId })
  t.equal(fastify.clerk.stats().revoked, 0)
  await fastify.inject(bearer(seen))
  t.equal(fastify.clerk.stats().revoked, 1)
  await fastify.inject(bearer(unseen))
  await fastify.inject(bearer(unseen))
  t.equal(fastify.clerk.stats().revoked, 3)
  await fastify.inject(bearer(clerk.signSessionToken(newcomer())))
  t.equal(fastify.clerk.stats().revoked, 3)
})

t.test('health says what is held, and stats of a server without revocations show none', async (t) => {
  const fastify = await setUp(t)
  t.equal(fastify.clerk.health().revocation.entries, 0)
  await fastify.clerk.revoke({ sessionId: 'sess_1' })
  t.match(fastify.clerk.health().revocation, { entries: 1, everyoneIssuedUntilMs: null, bus: null })
})

t.test('what an application passes wrongly is an error at the call, not a sign-out of somebody', async (t) => {
  const fastify = await setUp(t)
  t.throws(() => fastify.clerk.revoke({} as never), { code: 'FST_CLERK_REVOCATION_TARGET' })
  t.throws(() => fastify.clerk.revoke({ userId: 'u' }, 1), { code: 'FST_CLERK_REVOCATION_TIME' })
})

t.test('a registration that is refused leaves no bus open', async (t) => {
  const app = Fastify()
  let open = 0
  const bus = {
    open: async () => {
      open++
    },
    publish: async () => true,
    health: () => ({ kind: 'counting', connected: true, disconnectedSinceMs: null }),
    close: async () => {
      open--
    }
  }
  const options = clerk.pluginOptions({ earlyRoutes: true, defaultDeny: true, revocation: { bus } })
  await t.rejects(async () => app.register(clerkAuth, options), { code: 'FST_CLERK_OPTION_VALUE' })
  await app.close()
  t.equal(open, 0)
})
