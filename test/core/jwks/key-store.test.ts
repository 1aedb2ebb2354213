import diagnosticsChannel from 'node:diagnostics_channel'
import t from 'tap'
import type { KeyRefreshEvent } from '../../../src/core/jwks/events.js'
import {
  createHarness,
  type Harness,
  hang,
  keySetResponse,
  type SentRequest
} from '../../fixtures/key-store-harness.js'
import { createRsaKey } from '../../fixtures/rsa-keys.js'
import { createRandom } from '../../fixtures/seeded-random.js'

const a = createRsaKey('ins_a')
const b = createRsaKey('ins_b')
const aAnew = { ...b.jwk, kid: 'ins_a' }

t.test('1,000 first requests at once cost one fetch', async (t) => {
  const h = createHarness(() => keySetResponse([a.jwk]))
  const resolutions = await Promise.all(Array.from({ length: 1000 }, () => h.store.resolve('ins_a', true)))
  t.ok(resolutions.every((resolution) => resolution.ok))
  t.equal(h.requests.length, 1)
  t.equal(h.store.find('ins_a').length, 1)
})

t.test('a cold start with an unknown kid costs one fetch, not two', async (t) => {
  const h = createHarness(() => keySetResponse([a.jwk]))
  t.match(await h.store.resolve('ins_x', true), { ok: false, reason: 'jwk-kid-mismatch', unavailable: false })
  t.equal(h.requests.length, 1)
})

t.test('what cannot be a kid costs nothing', async (t) => {
  const h = createHarness(() => keySetResponse([a.jwk]))
  for (const kid of [undefined, '', 'a b', 'x'.repeat(300), 7 as unknown as string]) {
    t.match(await h.store.resolve(kid, true), { ok: false, reason: 'jwk-kid-mismatch' })
  }
  t.equal(h.requests.length, 0)
})

t.test('an implausible token waits for the first key set, and then causes nothing', async (t) => {
  const h = createHarness(() => keySetResponse([a.jwk]))
  t.ok((await h.store.resolve('ins_a', false)).ok)
  t.match(await h.store.resolve('ins_x', false), { ok: false, reason: 'jwk-kid-mismatch', unavailable: false })
  await h.time.pass(30_000)
  t.equal(h.requests.length, 1)
})

t.test('a hung fetch is given up at its deadline, and its answer never counts', async (t) => {
  const releases: ((response: Response) => void)[] = []
  const h = createHarness(() => new Promise((resolve) => releases.push(resolve)))
  const first = h.store.resolve('ins_a', true)
  await h.time.pass(2999)
  t.equal(h.requests[0]?.signal.aborted, false)
  await h.time.pass(1)
  t.equal(h.requests[0]?.signal.aborted, true)
  t.match(await first, { ok: false, reason: 'jwk-remote-failed-to-load', unavailable: true })
  t.match(h.store.health(), { lastError: 'timeout', consecutiveFailures: 1, degraded: true, ageMs: null })

  await h.time.pass(1000)
  t.equal(h.requests.length, 2, 'the next one is not held up')
  releases[1]?.(keySetResponse([b.jwk]))
  await h.time.settle()
  releases[0]?.(keySetResponse([a.jwk]))
  await h.time.settle()
  t.strictSame(h.store.health().kids, ['ins_b'])
})

t.test('keys are refreshed ahead of expiry while traffic flows, and no request waits for it', async (t) => {
  const h = createHarness(() => keySetResponse([a.jwk]))
  await h.store.ready()
  await h.time.settle()
  for (let minute = 0; minute < 60; minute++) {
    h.traffic++
    t.equal(h.store.find('ins_a').length, 1)
    await h.time.pass(60_000)
  }
  t.ok(h.requests.length >= 12 && h.requests.length <= 16, String(h.requests.length))
})

t.test('an idle app does not poll; the first request after asks before it believes', async (t) => {
  const h = createHarness(() => keySetResponse([a.jwk]))
  await h.store.ready()
  await h.time.pass(6 * 3_600_000)
  t.equal(h.requests.length, 1)
  t.strictSame(h.store.health().kids, [], 'keys of yesterday are no keys')
  h.endpoint = () => keySetResponse([b.jwk])
  t.same(h.store.find('ins_a'), [], 'a key that may have been withdrawn meanwhile is not believed unasked')
  t.match(await h.store.resolve('ins_a', true), { ok: false, reason: 'jwk-kid-mismatch' })
  t.ok((await h.store.resolve('ins_b', true)).ok)
  t.equal(h.requests.length, 2)
})

t.test('traffic that comes back is noticed without a call from the hot path', async (t) => {
  const h = createHarness(() => keySetResponse([a.jwk]))
  await h.store.ready()
  await h.time.pass(270_000)
  t.equal(h.requests.length, 1)
  h.traffic++
  await h.time.pass(5000)
  t.equal(h.requests.length, 2)
})

t.test('an idle app polls if asked to', async (t) => {
  const h = createHarness(() => keySetResponse([a.jwk]), { cache: { pollWhenIdle: true } })
  await h.store.ready()
  await h.time.pass(3_600_000)
  t.ok(h.requests.length >= 12, String(h.requests.length))
})

t.test('jitter spreads refreshes over the outer half of the time ahead', async (t) => {
  for (const [random, dueMs] of [
    [0, 270_000],
    [0.5, 255_000],
    [0.999_999, 240_000]
  ] as const) {
    const h = createHarness(() => keySetResponse([a.jwk]))
    h.random = random
    await h.store.ready()
    await h.time.settle()
    const { nextRefreshInMs } = h.store.health()
    t.ok(Math.abs((nextRefreshInMs as number) - dueMs) < 2, `${random}: ${nextRefreshInMs}`)
  }
})

t.test('max-age counts between the floor of a minute and our own ceiling; an entity tag saves the body', async (t) => {
  const h = createHarness(() => keySetResponse([a.jwk], { 'cache-control': 'max-age=10', etag: '"1"' }))
  await h.store.ready()
  await h.time.settle()
  t.equal(h.store.health().nextRefreshInMs, 60_000 - 22_500)
  h.endpoint = (request) => {
    t.equal(request.headers['if-none-match'], '"1"')
    return new Response(null, { status: 304, headers: { 'cache-control': 'max-age=99999' } })
  }
  h.traffic++
  await h.time.pass(40_000)
  t.match(h.store.stats(), { fetches: 2, notModified: 1, generations: 1 })
  const { ageMs, nextRefreshInMs } = h.store.health()
  t.equal((ageMs as number) + (nextRefreshInMs as number), 300_000 - 45_000)
})

t.test('a key that left takes its trust along at once; one that stays is the same object', async (t) => {
  const h = createHarness(() => keySetResponse([a.jwk, b.jwk]))
  let changes = 0
  h.store.onChange(() => changes++)
  await h.store.ready()
  await h.time.settle()
  const [keyA] = h.store.find('ins_a')
  const [keyB] = h.store.find('ins_b')
  h.endpoint = () => keySetResponse([b.jwk])
  h.traffic++
  await h.time.pass(255_000)
  t.equal(keyA?.trustedUntilMs, 0)
  t.same(h.store.find('ins_a'), [])
  t.equal(h.store.find('ins_b')[0], keyB)
  t.equal(keyB?.trustedUntilMs, h.time.now() + 300_000)
  t.equal(changes, 2)
  t.match(h.store.stats(), { withdrawnKeys: 1, generations: 2 })
})

t.test('a rotated key is found by the first token that names it', async (t) => {
  const h = createHarness(() => keySetResponse([a.jwk]))
  await h.store.ready()
  await h.time.pass(10_000)
  h.endpoint = () => keySetResponse([a.jwk, b.jwk])
  t.ok((await h.store.resolve('ins_b', true)).ok)
  t.equal(h.requests.length, 2)
})

t.test('a fetch that began before the question does not answer it', async (t) => {
  const releases: (() => void)[] = []
  const h = createHarness(() => keySetResponse([a.jwk]))
  await h.store.ready()
  await h.time.pass(10_000)
  h.endpoint = () => {
    const response = keySetResponse(releases.length === 0 ? [a.jwk] : [a.jwk, b.jwk])
    return new Promise((resolve) => releases.push(() => resolve(response)))
  }
  const early = h.store.resolve('ins_x', true)
  await h.time.settle()
  const late = h.store.resolve('ins_b', true)
  releases[0]?.()
  await h.time.pass(1000)
  releases[1]?.()
  await h.time.settle()
  t.match(await early, { ok: false, reason: 'jwk-kid-mismatch' })
  t.ok((await late).ok)
})

t.test('one unknown kid again and again causes fewer and fewer fetches', async (t) => {
  const h = createHarness(() => keySetResponse([a.jwk]))
  await h.store.ready()
  await h.time.settle()
  for (let second = 0; second < 600; second++) {
    const resolution = h.store.resolve('ins_x', true)
    await h.time.pass(1000)
    t.match(await resolution, { ok: false, reason: 'jwk-kid-mismatch' })
  }
  t.ok(h.store.stats().demandedFetches <= 16, String(h.store.stats().demandedFetches))
})

t.test('10,000 forged kids within a second cause two fetches', async (t) => {
  const h = createHarness(() => keySetResponse([a.jwk]))
  await h.store.ready()
  await h.time.pass(60_000)
  for (let i = 0; i < 10_000; i++) {
    void h.store.resolve(`ins_${i}`, true)
    if (i % 100 === 99) await h.time.pass(10)
  }
  t.equal(h.requests.length, 1 + 2)
  t.ok(h.store.stats().unknownKidsRefused > 8000)
})

t.test('a flood of forged kids that does not end causes 12 fetches in the first minute and 11 in others', async (t) => {
  const h = createHarness(() => keySetResponse([a.jwk]))
  await h.store.ready()
  await h.time.pass(60_000)
  const start = h.time.now()
  let forged = 0
  for (let tenth = 0; tenth < 1800; tenth++) {
    for (let i = 0; i < 5; i++) void h.store.resolve(`ins_${forged++}`, true)
    await h.time.pass(100)
  }
  const perMinute = [0, 1, 2].map(
    (minute) =>
      h.requests.filter(({ atMs }) => atMs >= start + minute * 60_000 && atMs < start + (minute + 1) * 60_000).length
  )
  t.ok((perMinute[0] as number) <= 12, String(perMinute))
  t.ok(
    perMinute.slice(1).every((count) => count <= 11),
    String(perMinute)
  )
})

t.test('under that flood a rotation is accepted within 2 s for a session seen before', async (t) => {
  for (const offsetMs of [0, 3700, 9100, 14_900, 33_300]) {
    const h = createHarness(() => keySetResponse([a.jwk]))
    await h.store.ready()
    h.store.witness('sess_known')
    await h.time.pass(60_000)
    let forged = 0
    const flood = async (ms: number) => {
      for (let passed = 0; passed < ms; passed += 100) {
        for (let i = 0; i < 20; i++) void h.store.resolve(`ins_${forged++}`, true, `sess_${forged}`)
        await h.time.pass(100)
      }
    }
    await flood(20_000 + offsetMs)
    h.endpoint = () => keySetResponse([a.jwk, b.jwk])
    const rotatedAtMs = h.time.now()
    let acceptedAtMs = 0
    void h.store.resolve('ins_b', true, 'sess_known').then(({ ok }) => {
      if (ok) acceptedAtMs = h.time.now()
    })
    await flood(2000)
    t.ok(acceptedAtMs > 0 && acceptedAtMs - rotatedAtMs <= 2000, `${offsetMs}: ${acceptedAtMs - rotatedAtMs} ms`)
  }
})

t.test('a session is known until its next token comes, with 60,000 others verified meanwhile', async (t) => {
  const h = createHarness(() => keySetResponse([a.jwk]))
  await h.store.ready()
  h.store.witness('sess_known')
  for (let other = 0; other < 60_000; other++) h.store.witness(`sess_${other}`)
  await h.time.pass(60_000)
  for (let forged = 0; forged < 50; forged++) void h.store.resolve(`ins_${forged}`, true)
  await h.time.pass(10_000)
  const before = h.store.stats().fetches
  h.endpoint = () => keySetResponse([a.jwk, b.jwk])
  for (let forged = 0; forged < 50; forged++) void h.store.resolve(`ins_${forged}`, true)
  const pending = h.store.resolve('ins_b', true, 'sess_known')
  await h.time.pass(2000)
  t.ok((await pending).ok)
  t.ok(h.store.stats().fetches > before)
})

/** Forged key ids, `perSecond` of them, every hundredth in the name of a session that was verified here. */
async function floodWith(
  h: Harness,
  perSecond: number,
  ms: number,
  isDone: () => boolean = () => false
): Promise<void> {
  for (let passed = 0; passed < ms && !isDone(); passed += 50) {
    for (let i = 0; i < perSecond / 20; i++) {
      const sessionId = i % 100 === 0 ? `sess_attacker_${passed % 7}` : `sess_made_up_${i}`
      void h.store.resolve(`ins_forged_${passed}_${i}`, true, sessionId)
    }
    await h.time.pass(50)
  }
}

t.test(
  'with 10,000 forged kids a second, sessions never seen here are accepted within 6 s of a rotation',
  async (t) => {
    const draw = createRandom(7)
    for (let run = 0; run < 8; run++) {
      const h = createHarness(() => keySetResponse([a.jwk]))
      await h.store.ready()
      for (let i = 0; i < 7; i++) h.store.witness(`sess_attacker_${i}`)
      await h.time.pass(60_000 + Math.floor(draw() * 60_000))
      await floodWith(h, 10_000, 1000 + Math.floor(draw() * 5500))
      h.endpoint = () => keySetResponse([a.jwk, b.jwk])
      const rotatedAtMs = h.time.now()
      await floodWith(h, 10_000, 10_000, () => h.store.find('ins_b').length > 0)
      t.ok(h.time.now() - rotatedAtMs <= 6000, `run ${run}: ${h.time.now() - rotatedAtMs} ms`)
      await h.time.pass(10_000)
      h.store.close()
    }
  }
)

t.test(
  'such a flood causes 16 fetches in any minute at most, and a rotation is noticed in time all the while',
  async (t) => {
    const h = createHarness(() => keySetResponse([a.jwk]))
    await h.store.ready()
    for (let i = 0; i < 7; i++) h.store.witness(`sess_attacker_${i}`)
    await h.time.pass(60_000)
    await floodWith(h, 2000, 240_000)
    const times = h.requests.map(({ atMs }) => atMs)
    t.ok(times.length > 40, `${times.length} fetches`)
    t.ok(times.every((atMs, index) => (times[index + 16] ?? Infinity) - atMs >= 60_000))
    const inFlood = times.slice(1)
    const gaps = inFlood.slice(1).map((atMs, index) => atMs - (inFlood[index] as number))
    t.ok(Math.max(...gaps) <= 6000, `longest gap ${Math.max(...gaps)} ms`)
    await h.time.pass(10_000)
    h.store.close()
  }
)

t.test('an attacker with sessions of his own adds 4 fetches in the first minute, and is then not heard', async (t) => {
  const h = createHarness(() => keySetResponse([a.jwk]))
  await h.store.ready()
  for (let i = 0; i < 10; i++) h.store.witness(`sess_mine_${i}`)
  await h.time.pass(60_000)
  const before = h.requests.length
  let forged = 0
  for (let tenth = 0; tenth < 600; tenth++) {
    for (let i = 0; i < 10; i++) void h.store.resolve(`ins_${forged++}`, true, `sess_mine_${i}`)
    await h.time.pass(100)
  }
  t.ok(h.requests.length - before <= 12 + 4, String(h.requests.length - before))
  // Whoever waits has an answer: a promise that waits keeps the process alive.
  await h.time.pass(10_000)
})

t.test('the same kid with new key material recovers by the first bad signature', async (t) => {
  const h = createHarness(() => keySetResponse([a.jwk]))
  await h.store.ready()
  await h.time.pass(10_000)
  const [old] = h.store.find('ins_a')
  h.endpoint = () => keySetResponse([aAnew])
  t.equal(await h.store.reconsider('ins_a'), true)
  t.equal(old?.trustedUntilMs, 0)
  t.not(h.store.find('ins_a')[0], old)
})

t.test('bad signatures spend from the same budget, and are refused without a promise once it is spent', async (t) => {
  const h = createHarness(() => keySetResponse([a.jwk]))
  await h.store.ready()
  await h.time.pass(10_000)
  t.equal(await h.store.reconsider('ins_a'), false)
  t.equal(h.requests.length, 2)
  let promises = 0
  for (let tenth = 0; tenth < 600; tenth++) {
    for (let i = 0; i < 10; i++) if (h.store.reconsider('ins_a') !== false) promises++
    await h.time.pass(100)
  }
  t.ok(h.requests.length <= 1 + 13, String(h.requests.length))
  t.ok(promises < 1500, String(promises))
  // Whoever waits has an answer: a promise that waits keeps the process alive.
  await h.time.pass(10_000)
})

t.test('an outage: known keys stay in use up to the stale limit, then the answer is "cannot tell"', async (t) => {
  const h = createHarness(() => keySetResponse([a.jwk]))
  await h.store.ready()
  await h.time.settle()
  const fetchedAtMs = h.time.now()
  h.endpoint = () => new Response('no', { status: 500 })
  const staleLimitMs = 300_000 + 14_400_000
  while (h.time.now() + 60_000 < fetchedAtMs + staleLimitMs) {
    h.traffic++
    await h.time.pass(60_000)
    if (h.store.find('ins_a').length === 0) throw new Error(`lost after ${h.time.now() - fetchedAtMs} ms`)
  }
  t.match(h.store.health(), { degraded: true, kids: ['ins_a'], lastError: 'http-500' })
  t.match(await h.store.resolve('ins_x', true), { ok: false, unavailable: true })
  await h.time.pass(61_000)
  t.same(h.store.find('ins_a'), [])
  t.match(h.store.health(), { degraded: true, kids: [] })
  const resolution = await h.store.resolve('ins_a', true)
  t.match(resolution, { ok: false, reason: 'jwk-remote-failed-to-load', unavailable: true })
  t.ok(!resolution.ok && resolution.retryAfterSeconds >= 1)

  const perHour = h.requests.length / 4
  t.ok(perHour > 60 && perHour < 180, `${perHour} fetches per hour`)
  t.strictSame(
    h.logs.map(({ level }) => level),
    ['info', 'warn', 'error'],
    'one log line per change of state'
  )

  h.endpoint = () => keySetResponse([a.jwk])
  await h.time.pass(61_000)
  t.equal(h.store.find('ins_a').length, 1)
  t.match(h.store.health(), { degraded: false, consecutiveFailures: 0, lastError: null })
  t.equal(h.logs.at(-1)?.level, 'info')
})

t.test('without any keys each request is answered at once until the next attempt is due', async (t) => {
  const h = createHarness(() => new Response('', { status: 503, headers: { 'retry-after': '30' } }))
  h.random = 0
  t.match(await h.store.resolve('ins_a', true), { ok: false, unavailable: true, retryAfterSeconds: 31 })
  for (let i = 0; i < 100; i++) await h.store.resolve('ins_a', true)
  t.equal(h.requests.length, 1)
  await h.time.pass(30_249)
  t.equal(h.requests.length, 1, 'Retry-After is honoured, and the least wait of a retry is added')
  await h.time.pass(1)
  t.equal(h.requests.length, 2)
})

t.test('Retry-After cannot postpone the next attempt for more than five minutes and their jitter', async (t) => {
  const h = createHarness(() => new Response('', { status: 429, headers: { 'retry-after': '86400' } }))
  h.random = 0
  await h.store.resolve('ins_a', true)
  t.equal(h.store.health().nextRefreshInMs, 300_250)
})

t.test('even the unluckiest jitter makes no more than 16 fetches a minute', async (t) => {
  const h = createHarness(() => new Response('', { status: 500 }))
  h.random = 0
  await h.store.ready()
  await h.time.pass(600_000)
  for (let i = 16; i < h.requests.length; i++) {
    const spanMs = (h.requests[i] as SentRequest).atMs - (h.requests[i - 16] as SentRequest).atMs
    if (spanMs < 60_000) t.fail(`17 fetches in ${spanMs} ms`)
  }
  t.ok(h.requests.length > 100)
})

t.test('a refused secret key is a configuration error, said once and loudly, and names no secret', async (t) => {
  const h = createHarness(() => Response.json({ errors: [{ code: 'clerk_key_invalid' }] }, { status: 401 }), {
    secretKey: 'sk_test_do_not_print'
  })
  t.match(await h.store.resolve('ins_a', true), { ok: false, reason: 'secret-key-invalid', unavailable: true })
  await h.time.pass(300_000)
  t.equal(h.logs.filter(({ level }) => level === 'error').length, 1)
  t.match(h.logs[0]?.message, /CLERK_SECRET_KEY/)
  t.notMatch(JSON.stringify([h.logs, h.store.health()]), 'do_not_print')
})

t.test('warm-up that waits fails the boot when keys cannot be had', async (t) => {
  const cache = { warmUp: 'wait' } as const
  await t.rejects(createHarness(() => new Response('', { status: 500 }), { cache }).store.ready(), {
    code: 'FST_CLERK_NO_INITIAL_KEYS'
  })
  await t.rejects(createHarness(() => new Response('', { status: 401 }), { cache }).store.ready(), {
    code: 'FST_CLERK_SECRET_KEY_REFUSED'
  })
  const good = createHarness(() => keySetResponse([a.jwk]), { cache })
  await good.store.ready()
  t.equal(good.store.find('ins_a').length, 1)
})

t.test(
  'warm-up that may degrade waits for the first fetch and boots without keys; a refused secret key is no outage',
  async (t) => {
    const cache = { warmUp: 'wait-or-degrade' } as const
    const failing = createHarness(() => new Response('', { status: 500 }), { cache })
    await failing.store.ready()
    t.equal(failing.requests.length, 1)
    t.match(failing.store.health(), { degraded: true, consecutiveFailures: 1, kids: [] })
    t.match(await failing.store.resolve('ins_a', true), { ok: false, unavailable: true })
    await t.rejects(createHarness(() => new Response('', { status: 401 }), { cache }).store.ready(), {
      code: 'FST_CLERK_SECRET_KEY_REFUSED'
    })
    const good = createHarness(() => keySetResponse([a.jwk]), { cache })
    await good.store.ready()
    t.equal(good.store.find('ins_a').length, 1)
  }
)

t.test('warm-up in the background does not wait, and none does nothing', async (t) => {
  const background = createHarness((request) => hang(request))
  await background.store.ready()
  t.equal(background.requests.length, 1)
  const none = createHarness(() => keySetResponse([a.jwk]), { cache: { warmUp: false } })
  await none.store.ready()
  t.equal(none.requests.length, 0)
})

t.test('answers that are no key set leave the last good one in place', async (t) => {
  const bad: [string, () => Response, string][] = [
    ['HTML', () => new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } }), 'html'],
    ['truncated JSON', () => new Response('{"keys":[{"kty"'), 'not-json'],
    ['an empty set', () => keySetResponse([]), 'empty'],
    ['a wrong type', () => Response.json({ keys: 'none' }), 'not-a-key-set'],
    ['useless keys', () => keySetResponse([{ ...a.jwk, use: 'enc' }]), 'no-usable-key'],
    ['too many bytes', () => keySetResponse([a.jwk, { pad: 'x'.repeat(70_000) }]), 'too-large'],
    ['another host', () => Response.redirect('https://evil.example/', 302), 'redirect']
  ]
  for (const [name, response, failure] of bad) {
    const h = createHarness(() => keySetResponse([a.jwk]))
    await h.store.ready()
    await h.time.settle()
    h.endpoint = response
    h.traffic++
    await h.time.pass(300_001)
    t.equal(h.store.health().lastError, failure, name)
    t.equal(h.store.find('ins_a').length, 1, name)
  }
})

t.test('skipped keys are counted with their reason', async (t) => {
  const h = createHarness(() => keySetResponse([a.jwk, { ...b.jwk, alg: 'ES256' }, null as unknown as object]))
  await h.store.resolve('ins_a', true)
  t.strictSame(h.store.health().skippedKeys, { algorithm: 1, 'not-an-object': 1 })
  t.equal(h.store.stats().skippedKeys, 2)
})

t.test('a clock set back does not stretch the trust in keys', async (t) => {
  const h = createHarness(() => keySetResponse([a.jwk]))
  await h.store.ready()
  await h.time.settle()
  h.time.set(h.time.now() - 86_400_000)
  h.traffic++
  await h.time.pass(60_000)
  t.equal(h.requests.length, 2)
  t.equal(h.store.find('ins_a')[0]?.trustedUntilMs, (h.requests[1] as SentRequest).atMs + 300_000)
})

t.test('what happens is published to those who listen', async (t) => {
  const events: [string, object][] = []
  const listeners = ['refresh', 'outage', 'unknown-kid'].map((name) => {
    const listen = (event: unknown) => events.push([name, event as object])
    diagnosticsChannel.subscribe(`fastify-clerk-auth:jwks:${name}`, listen)
    return () => diagnosticsChannel.unsubscribe(`fastify-clerk-auth:jwks:${name}`, listen)
  })
  t.teardown(() => {
    for (const stop of listeners) stop()
  })
  const h = createHarness(() => keySetResponse([a.jwk]))
  await h.store.ready()
  await h.time.pass(10_000)
  await h.store.resolve('ins_x', false)
  h.endpoint = () => new Response('', { status: 500 })
  await h.store.resolve('ins_x', true)
  h.endpoint = () => keySetResponse([b.jwk])
  await h.time.pass(5000)
  t.match(events, [
    ['refresh', { source: 'bapi', cause: 'warm-up', outcome: 'changed', added: ['ins_a'], failure: null }],
    ['unknown-kid', { kid: 'ins_x', plausible: false }],
    ['unknown-kid', { kid: 'ins_x', plausible: true }],
    ['outage', { phase: 'begin', failure: 'http-500' }],
    ['refresh', { cause: 'unknown-kid', outcome: 'failed', failure: 'http-500' }],
    ['outage', { phase: 'end', failure: 'http-500' }],
    [
      'refresh',
      { cause: 'retry', outcome: 'changed', added: ['ins_b'], withdrawn: ['ins_a'] } as Partial<KeyRefreshEvent>
    ]
  ])
  t.equal(events.length, 7)
  t.strictSame(Object.keys(events[0]?.[1] as object).sort(), [
    'added',
    'cause',
    'durationMs',
    'failure',
    'instance',
    'outcome',
    'source',
    'withdrawn'
  ])
})

t.test('close ends what is under way and leaves no timer', async (t) => {
  const h = createHarness((request) => hang(request, true))
  const pending = h.store.resolve('ins_a', true)
  await h.time.settle()
  h.store.close()
  t.match(await pending, { ok: false, unavailable: true })
  t.equal(h.requests[0]?.signal.aborted, true)
  t.equal(h.time.pending, 0)
  t.match(await h.store.resolve('ins_a', true), { ok: false })
  t.equal(h.requests.length, 1)
})
