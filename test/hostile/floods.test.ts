import { randomBytes } from 'node:crypto'
import process from 'node:process'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { createInstance, type Instance } from '../../src/instance.js'
import { createLocalClerk } from '../../src/local/index.js'
import { silentLogger } from '../../src/logger.js'
import { type ClerkAuthOptions, resolveOptions } from '../../src/options.js'
import { createApp, signingKey } from '../fixtures/app.js'
import { encodePart, SESSION_CATEGORY } from './forge.js'

// However many tokens come, memory is bounded by the options and not by the number of tokens.

/** A tenth of the numbers that the bounds are stated for; `HOSTILE_SCALE=10` is the whole, and takes minutes. */
const SCALE = Number(process.env.HOSTILE_SCALE ?? 1)
const FORGED = 10_000 * SCALE
const VALID = 2_000 * SCALE
const MAX_GROWTH_BYTES = 12_000_000

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** What is reachable, in bytes, buffers outside the heap included. */
async function reachable(): Promise<number> {
  for (let turn = 0; turn < 3; turn++) {
    await new Promise(setImmediate)
    collectGarbage()
  }
  const { heapUsed, external, arrayBuffers } = process.memoryUsage()
  return heapUsed + external + arrayBuffers
}

const clerk = await createLocalClerk({
  frontendApi: 'clerk.example.com',
  instanceType: 'production',
  signingKey,
  tokenLifetimeSeconds: 3600
})

function instanceWith(options: Partial<ClerkAuthOptions> = {}): Instance {
  return createInstance(resolveOptions(clerk.pluginOptions(options), { env: {}, logger: silentLogger }))
}

function forge(n: number, kid: string): string {
  const seconds = Math.floor(Date.now() / 1000)
  const header = encodePart({ alg: 'RS256', cat: SESSION_CATEGORY, kid, typ: 'JWT' })
  const claims = { exp: seconds + 600, iat: seconds, iss: clerk.issuer, sid: `sess_${n}`, sub: `user_${n}` }
  return `${header}.${encodePart(claims)}.${randomBytes(256).toString('base64url')}`
}

async function inBatches(count: number, size: number, run: (n: number) => Promise<unknown>): Promise<void> {
  for (let start = 0; start < count; start += size) {
    await Promise.all(Array.from({ length: Math.min(size, count - start) }, (_, n) => run(start + n)))
  }
}

t.test(`${FORGED} distinct forged tokens with the name of a real key leave nothing in memory`, async (t) => {
  const instance = instanceWith()
  const genuine = clerk.signSessionToken()
  t.ok((await instance.verifyToken(genuine)).ok)
  const { kid } = clerk
  const run = async (n: number) => {
    const result = await instance.verifyToken(forge(n, kid))
    if (result.ok || result.reason !== 'token-invalid-signature') t.fail(JSON.stringify(result))
  }
  await inBatches(2000, 500, run)
  const before = await reachable()
  await inBatches(FORGED, 500, run)
  const growth = (await reachable()) - before
  t.ok(growth < MAX_GROWTH_BYTES, `grew by ${growth} bytes`)
  t.equal(instance.stats().cachedTokens, 1)
  t.ok(instance.verifier.recall(genuine)?.ok, 'a known token is still answered from memory')
  t.ok(instance.stats().keys.fetches <= 12, `${instance.stats().keys.fetches} key fetches`)
  await instance.close()
})

t.test(`${FORGED} distinct forged key names leave nothing in memory, and cause a handful of fetches`, async (t) => {
  const instance = instanceWith({ jwks: { cooldownInMs: 1000 } })
  t.ok((await instance.verifyToken(clerk.signSessionToken())).ok)
  const run = async (n: number) => {
    const result = await instance.verifyToken(forge(n, `ins_${n}_${'x'.repeat(100)}`))
    if (result.ok || result.reason !== 'jwk-kid-mismatch') t.fail(JSON.stringify(result))
  }
  await inBatches(2000, 500, run)
  const before = await reachable()
  await inBatches(FORGED, 2000, run)
  const growth = (await reachable()) - before
  t.ok(growth < MAX_GROWTH_BYTES, `grew by ${growth} bytes`)
  t.ok(instance.stats().keys.fetches <= 12, `${instance.stats().keys.fetches} key fetches`)
  await instance.close()
})

t.test(`${VALID} distinct valid tokens take no more memory than the bounds of the cache`, async (t) => {
  const maxEntries = 1000
  const instance = instanceWith({ tokenCache: { maxEntries } })
  const run = async (n: number) => {
    const { ok } = await instance.verifyToken(clerk.signSessionToken({ userId: `user_${n}` }))
    if (!ok) t.fail(`token ${n} was refused`)
  }
  await inBatches(maxEntries, 100, run)
  const before = await reachable()
  await inBatches(VALID, 100, run)
  const growth = (await reachable()) - before
  t.ok(growth < MAX_GROWTH_BYTES, `grew by ${growth} bytes`)
  t.equal(instance.stats().cachedTokens, maxEntries)
  t.equal(instance.stats().evictions, VALID)
  await instance.close()
})

t.test('a cache bounded in bytes stays below them', async (t) => {
  const maxBytes = 200_000
  const instance = instanceWith({ tokenCache: { maxBytes } })
  for (let n = 0; n < 300; n++) {
    await instance.verifyToken(clerk.signSessionToken({ claims: { filling: 'x'.repeat((n * 37) % 3000) } }))
    if (instance.stats().cachedBytes > maxBytes) t.fail(`${instance.stats().cachedBytes} bytes`)
  }
  t.ok(instance.stats().cachedTokens > 10)
  await instance.close()
})

t.test(
  'a flood of requests with forged machine tokens, nonces and refresh cookies leaves nothing in memory',
  async (t) => {
    const { clerk, fastify } = await createApp(t, {
      plugin: { acceptsToken: 'any', machineTokens: { maxEntries: 100 } } as object,
      routes(fastify) {
        fastify.get('/me', { preHandler: fastify.requireAuth }, () => 'in')
      }
    })
    const expired = clerk.signSessionToken({ expiresInSeconds: -60 })
    const suffix = clerk.cookieSuffix
    const run = async (n: number) => {
      const carriers = [
        { authorization: `Bearer ak_${n}` },
        { authorization: `Bearer mt_${n}` },
        { authorization: `Bearer oat_${n}` },
        { cookie: `__clerk_handshake_nonce=${n}` },
        { cookie: `__client_uat=1; __session=${expired}; __refresh_${suffix}=${n}` }
      ]
      const headers = carriers[n % carriers.length] as Record<string, string>
      const { statusCode } = await fastify.inject({ url: '/me', headers })
      if (statusCode !== 401 && statusCode !== 503) t.fail(`${JSON.stringify(headers)}: ${statusCode}`)
    }
    await inBatches(500, 50, run)
    const before = await reachable()
    await inBatches(1000 * SCALE, 50, run)
    const growth = (await reachable()) - before
    t.ok(growth < MAX_GROWTH_BYTES, `grew by ${growth} bytes`)
  }
)
