import { randomBytes } from 'node:crypto'
import { Agent, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import process from 'node:process'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t, { type Test } from 'tap'
import { createInstance, type Instance } from '../../src/core/instance.js'
import { silentLogger } from '../../src/core/logger.js'
import type { ClerkAuthOptions } from '../../src/core/options/instance-options.js'
import { readInstanceOptions } from '../../src/core/options/instance-settings.js'
import { createLocalClerk } from '../../src/local/index.js'
import { createApp, signingKey } from '../fixtures/app.js'
import { encodePart, SESSION_CATEGORY } from './forge.js'

// However many tokens come, memory is bounded by the options and not by the number of tokens.

// The whole size, 100,000 forged and 100,000 valid tokens, takes some minutes:
// HOSTILE_SCALE=10 node .build/test/hostile/floods.test.js

const SCALE = Number(process.env.HOSTILE_SCALE ?? 1)
const FORGED = 10_000 * SCALE
/** Fewer by default, because signing a valid token, and sending a request, take longer than calling the verifier. */
const VALID = SCALE === 1 ? 2000 : 10_000 * SCALE
const SENT_FORGED = SCALE === 1 ? 2500 : FORGED
const SENT_VALID = SCALE === 1 ? 500 : VALID
if (SCALE > 1) t.setTimeout(0)
const MAX_GROWTH_BYTES = 12_000_000

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Bytes of reachable memory, buffers outside the heap included. */
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
  tokenLifetimeInMs: 3_600_000
})

function instanceWith(options: Partial<ClerkAuthOptions> = {}): Instance {
  return createInstance(readInstanceOptions(clerk.pluginOptions(options), { env: {}, logger: silentLogger }))
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
  for (let times = 0; times < 2; times++) t.ok((await instance.verifyToken(genuine)).ok)
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
  const { cachedTokens, evictions } = instance.stats()
  t.ok(cachedTokens >= maxEntries / 8 && cachedTokens <= maxEntries / 4, `${cachedTokens} tokens brought once`)
  t.equal(cachedTokens + evictions, maxEntries + VALID)
  for (let n = 0; n < maxEntries; n++) {
    const token = clerk.signSessionToken({ userId: `user_${n}` })
    for (let times = 0; times < 2; times++)
      if (!(await instance.verifyToken(token)).ok) t.fail(`token ${n} was refused`)
  }
  const { cachedTokens: afterwards } = instance.stats()
  t.ok(
    afterwards >= (maxEntries * 3) / 4 && afterwards <= maxEntries,
    `${afterwards} tokens, most of them brought again`
  )
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

const CONNECTIONS = 20

/** Sends `count` requests, one at a time on each connection, and counts the answers by status. */
async function flood(
  port: number,
  count: number,
  headersOf: (n: number) => Record<string, string>,
  onAnswer: (n: number, status: number, body: string) => void
): Promise<ReadonlyMap<number, number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  const statuses = new Map<number, number>()
  let next = 0
  const ask = (n: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const outgoing = request({ agent, port, host: '127.0.0.1', path: '/me', headers: headersOf(n) }, (response) => {
        let body = ''
        response.setEncoding('utf8')
        response.on('data', (chunk) => {
          body += chunk
        })
        response.on('end', () => {
          const { statusCode = 0 } = response
          statuses.set(statusCode, (statuses.get(statusCode) ?? 0) + 1)
          onAnswer(n, statusCode, body)
          resolve()
        })
      })
      outgoing.on('error', reject)
      outgoing.end()
    })
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (next < count) await ask(next++)
    })
  )
  agent.destroy()
  return statuses
}

async function listen(t: Test): Promise<Awaited<ReturnType<typeof createApp>> & { readonly port: number }> {
  const app = await createApp(t, {
    local: { tokenLifetimeInMs: 3_600_000 },
    plugin: { tokenCache: { maxEntries: 1000 } },
    routes(fastify) {
      fastify.get('/me', { preHandler: fastify.requireAuth }, (request) => (request.auth as { userId: string }).userId)
    }
  })
  await app.fastify.listen({ port: 0, host: '127.0.0.1' })
  return { ...app, port: (app.fastify.server.address() as AddressInfo).port }
}

function report(t: Test, before: number, after: number, startMs: number, statuses: ReadonlyMap<number, number>): void {
  const [from, to] = [before, after].map((bytes) => `${(bytes / 1e6).toFixed(1)} MB`)
  const seconds = ((performance.now() - startMs) / 1000).toFixed(0)
  t.comment(`reachable: ${from} before, ${to} after; ${seconds} s; ${JSON.stringify(Object.fromEntries(statuses))}`)
}

t.test(`over HTTP ${SENT_FORGED} distinct forged tokens are each refused, and leave nothing in memory`, async (t) => {
  const { clerk, fastify, port } = await listen(t)
  const genuine = clerk.bearer()
  // Forged tokens with a known kid, with made-up kids, and in cookies.
  const headersOf = (n: number): Record<string, string> => {
    const token = forge(n, n % 3 === 0 ? `ins_${n}` : clerk.kid)
    return n % 3 === 1 ? { cookie: `__client_uat=1; __session=${token}` } : { authorization: `Bearer ${token}` }
  }
  const onAnswer = (n: number, status: number): void => {
    if (status !== 401) t.fail(`token ${n}: ${status}`)
  }
  await flood(port, 1000, headersOf, onAnswer)
  const before = await reachable()
  const startMs = performance.now()
  const statuses = await flood(port, SENT_FORGED, headersOf, onAnswer)
  const after = await reachable()
  report(t, before, after, startMs, statuses)
  t.same([...statuses], [[401, SENT_FORGED]])
  t.ok(after - before < MAX_GROWTH_BYTES, `grew by ${after - before} bytes`)
  t.equal(fastify.clerk.stats().cachedTokens, 0)
  const { keys } = fastify.clerk.stats()
  const seconds = (performance.now() - startMs) / 1000
  t.ok(keys.fetches <= 12 + seconds / 5, `${keys.fetches} key fetches in ${seconds} s`)
  await flood(
    port,
    1,
    () => genuine,
    (_n, status) => t.equal(status, 200, 'a genuine token is served')
  )
})

t.test(
  `over HTTP ${SENT_VALID} distinct valid tokens each get their own answer, within the bounds of the cache`,
  async (t) => {
    const { clerk, fastify, port } = await listen(t)
    const headersOf = (n: number): Record<string, string> => clerk.bearer({ userId: `user_${n}` })
    const onAnswer = (n: number, status: number, body: string): void => {
      if (status !== 200 || body !== `user_${n}`) t.fail(`token ${n}: ${status} ${body}`)
    }
    await flood(port, 1000, headersOf, onAnswer)
    const before = await reachable()
    const startMs = performance.now()
    const statuses = await flood(port, SENT_VALID, headersOf, onAnswer)
    const after = await reachable()
    report(t, before, after, startMs, statuses)
    t.same([...statuses], [[200, SENT_VALID]])
    t.ok(after - before < MAX_GROWTH_BYTES, `grew by ${after - before} bytes`)
    const { cachedTokens, evictions } = fastify.clerk.stats()
    t.ok(cachedTokens >= 125 && cachedTokens <= 250, `${cachedTokens} tokens brought once`)
    t.equal(cachedTokens + evictions, 1000 + SENT_VALID)
  }
)
