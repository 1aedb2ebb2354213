import { mock } from 'node:test'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import clerkAuth, { createTokenVerifier, type Lifetime, type VerifyOptions } from '../../src/index.js'
import { createLocalClerk, type LocalClerk } from '../../src/local/index.js'
import { signingKey } from '../fixtures/app.js'

t.test('two verifiers of one token share nothing of it', async (t) => {
  const clerk = await createLocalClerk({ signingKey })
  t.teardown(() => clerk.close())
  const token = clerk.signSessionToken({ userId: 'user_1', claims: { nested: { list: [1] } } })
  const [one, other] = await Promise.all(
    [0, 1].map(async () => {
      const verifier = createTokenVerifier(clerk.pluginOptions())
      t.teardown(() => verifier.close())
      const result = await verifier.verify(token)
      if (!result.ok) throw new Error(result.reason)
      return result
    })
  )
  t.strictSame(one?.claims, other?.claims)
  t.not(one?.claims, other?.claims)
  t.not(one?.auth, other?.auth)
  t.not(one?.claims.nested, other?.claims.nested)
})

t.test('a machine token that is a JWT has the reason that a request with it gets', async (t) => {
  const clerk = await createLocalClerk({ signingKey, instanceType: 'production' })
  t.teardown(() => clerk.close())
  const token = clerk.machineTokens.createM2MToken({ format: 'jwt' })
  const verifier = createTokenVerifier(clerk.pluginOptions())
  t.teardown(() => verifier.close())
  t.match(await verifier.verify(token), { ok: false, reason: 'token-type-mismatch' })

  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(clerkAuth, clerk.pluginOptions())
  app.get('/', ({ auth }) => auth.isAuthenticated)
  t.match(await app.clerk.verifyToken(token), { ok: false, reason: 'token-type-mismatch' })
  const response = await app.inject({ url: '/', headers: { authorization: `Bearer ${token}` } })
  t.equal(response.body, 'false')
  t.equal(response.headers['x-clerk-auth-reason'], 'token-type-mismatch')
})

t.test('a session with outstanding tasks is refused as routes refuse it, unless the caller takes it', async (t) => {
  const clerk = await createLocalClerk({ signingKey })
  t.teardown(() => clerk.close())
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(clerkAuth, clerk.pluginOptions())
  app.get('/', ({ auth }) => auth)
  const verifier = createTokenVerifier(clerk.pluginOptions())
  t.teardown(() => verifier.close())
  const token = clerk.signSessionToken({ status: 'pending' })

  const { reason, message } = (await app.inject({ url: '/', headers: { authorization: `Bearer ${token}` } })).json()
  t.equal(reason, 'session-pending')
  const refused = { ok: false, reason, message, retryAfterSeconds: null }
  const accepted = { ok: true, auth: { isAuthenticated: true, sessionStatus: 'pending' } }
  for (const sight of ['first', 'second', 'third']) {
    t.strictSame(await verifier.verify(token), refused, sight)
    t.match(await verifier.verify(token, { treatPendingAsSignedOut: false }), accepted, sight)
    t.strictSame(await app.clerk.verifyToken(token), refused, sight)
    t.match(await app.clerk.verifyToken(token, undefined, { treatPendingAsSignedOut: false }), accepted, sight)
  }
  for (const treatPendingAsSignedOut of [undefined, null, 0, '', 'false', true]) {
    t.strictSame(
      await verifier.verify(token, { treatPendingAsSignedOut } as VerifyOptions),
      refused,
      'only false takes it'
    )
  }
  t.strictSame(await verifier.verify(token, null as unknown as VerifyOptions), refused)
})

t.test('a script that waits for the keys is kept alive until they are there, or cannot be had', async (t) => {
  const clerk = await createLocalClerk({ signingKey })
  t.teardown(() => clerk.close())
  // Another process has the turn to fetch: this one waits by timers alone.
  const snapshot = { get: () => null, set() {}, claim: () => false }
  const jwks = { snapshot, warmUp: 'wait-or-degrade', timeoutInMs: 100 } as const
  const verifier = createTokenVerifier({ ...clerk.pluginOptions(), jwks })
  t.teardown(() => verifier.close())
  const keepingAlive = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
  const before = keepingAlive()
  const ready = verifier.ready()
  t.equal(keepingAlive(), before + 1)
  await ready
  t.equal(keepingAlive(), before)
})

// Tokens in memory count as traffic. Otherwise a server that sees only such tokens would take itself for idle and let its
// keys expire, and a caller would wait for the next fetch.
async function refreshesAhead(
  t: Test,
  setUp: (clerk: LocalClerk, options: ReturnType<LocalClerk['pluginOptions']>) => Promise<Subject>
): Promise<void> {
  let nowMs = Date.now()
  const clerk = await createLocalClerk({ signingKey, tokenLifetimeInMs: 3_600_000 })
  t.teardown(() => clerk.close())
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  // The refresh is due between 5 and 7.5 s: at most half of the 10 s ahead, and at a random moment in the first half of that.
  const jwks = { cacheMaxAgeInMs: 10_000, refreshAheadInMs: 8_000, warmUp: false as const }
  const { verify, stats } = await setUp(clerk, clerk.pluginOptions({ now: () => nowMs, jwks }))

  t.ok(await verify())
  t.match(stats(), { hits: 0, misses: 1, keys: { fetches: 1 } })
  for (let passed = 250; passed < 10_000; passed += 250) {
    nowMs += 250
    mock.timers.tick(250)
    t.ok(await verify())
    // The refresh ends within this step of the clock.
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
    if (passed < 5000) t.equal(stats().keys.fetches, 1, `after ${passed} ms`)
    if (passed >= 7500) t.equal(stats().keys.fetches, 2, `after ${passed} ms`)
  }
  t.match(stats(), { hits: 39, misses: 1 }, 'each use of the token is counted, once')
}

interface Subject {
  verify(): Promise<boolean>
  stats(): { readonly hits: number; readonly misses: number; readonly keys: { readonly fetches: number } }
}

t.test('createTokenVerifier refreshes its keys ahead of expiry while it is used', async (t) => {
  await refreshesAhead(t, async (clerk, options) => {
    const verifier = createTokenVerifier(options)
    t.teardown(() => verifier.close())
    const token = clerk.signSessionToken({ userId: 'user_1' })
    return { verify: async () => (await verifier.verify(token)).ok, stats: verifier.stats }
  })
})

async function createServer(t: Test, options: ReturnType<LocalClerk['pluginOptions']>) {
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  await fastify.register(clerkAuth, options)
  return fastify
}

t.test('so does fastify.clerk.verifyToken', async (t) => {
  await refreshesAhead(t, async (clerk, options) => {
    const fastify = await createServer(t, options)
    await fastify.ready()
    const token = clerk.signSessionToken({ userId: 'user_1' })
    return { verify: async () => (await fastify.clerk.verifyToken(token)).ok, stats: () => fastify.clerk.stats() }
  })
})

t.test('so does the renewal of a connection', async (t) => {
  await refreshesAhead(t, async (clerk, options) => {
    const fastify = await createServer(t, options)
    const opened = new Promise<Lifetime>((resolve) => {
      fastify.get('/', (request, reply) => {
        // The connection stays open until the test ends it.
        reply.hijack()
        t.teardown(() => reply.raw.end())
        resolve(fastify.clerk.lifetime(request))
      })
    })
    const token = clerk.signSessionToken({ userId: 'user_1' })
    let lifetime: Lifetime | undefined
    const verify = async () => {
      if (lifetime !== undefined) return (await lifetime.renew(token)).ok
      void fastify.inject({ url: '/', headers: { authorization: `Bearer ${token}` } })
      lifetime = await opened
      return true
    }
    return { verify, stats: () => fastify.clerk.stats() }
  })
})
