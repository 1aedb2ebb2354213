import t, { type Test } from 'tap'
import {
  createHarness,
  type Endpoint,
  type Harness,
  hang,
  jwksSettings,
  keySetResponse
} from '../fixtures/key-store-harness.js'
import { createRsaKey } from '../fixtures/rsa-keys.js'

// The faults of bench/faults in simulated hours, against the key store alone. Slow bodies need sockets, and are tested in
// core/jwks/key-store-network.test.ts. The promises: only tokens under a key of the newest good set are accepted; while that
// set is younger than the stale limit no such token is refused; at most 12 fetches in any minute; no request waits longer
// than a fetch and a cool-down.

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const MAX_WAIT_MS = jwksSettings.timeoutInMs + jwksSettings.cooldownInMs
const MAX_PER_MINUTE = 12
/** While an outage lasts: back-off with full jitter, a minute at its longest, two attempts a minute on average. */
const MAX_PER_OUTAGE_MINUTE = 4

const own = createRsaKey('ins_own')
const next = createRsaKey('ins_next')
const foreign = createRsaKey('ins_foreign')
const good: Endpoint = () => keySetResponse([own.jwk], { 'cache-control': 'max-age=300' })

/** Answers after some simulated time. */
function after(ms: number, endpoint: Endpoint): Endpoint {
  return async (request) => {
    await new Promise<void>((resolve) => harness().time.setTimer(resolve, ms))
    return endpoint(request)
  }
}

let harnessInUse: Harness | null = null
function harness(): Harness {
  if (harnessInUse === null) throw new Error('no harness in use')
  return harnessInUse
}

const FAULTS: Readonly<Record<string, Endpoint>> = {
  'answers 500': () => new Response('{}', { status: 500 }),
  'answers 429 with Retry-After': () => new Response('', { status: 429, headers: { 'retry-after': '30' } }),
  'asks for a year of patience': () => new Response('', { status: 503, headers: { 'retry-after': '31536000' } }),
  hangs: (request) => hang(request),
  'hangs, deaf to being given up': (request) => hang(request, true),
  'resets connections': () => Promise.reject(new TypeError('fetch failed')),
  'answers in HTML': () => new Response('<h1>hello', { headers: { 'content-type': 'text/html' } }),
  'cuts the body off': () => new Response('{"keys":[{"kty":"RSA","n":"'),
  'answers other JSON': () => Response.json({ message: 'hello' }),
  'empties the set': () => keySetResponse([]),
  'sends too much': () => keySetResponse([{ pad: 'x'.repeat(70_000) }]),
  'sends keys of no use': () => keySetResponse([{ ...own.jwk, use: 'enc' }]),
  'redirects elsewhere': () => new Response(null, { status: 302, headers: { location: 'https://elsewhere.example/' } }),
  'is slower than the deadline': after(5000, good)
}

interface Judgement {
  readonly accepted: boolean
  readonly unavailable: boolean
  readonly waitedMs: number
}

/** As the verifier asks: memory first. Time goes on while it waits. */
async function judge(h: Harness, kid: string, sessionId = 'sess_seen'): Promise<Judgement> {
  h.traffic++
  if (h.store.find(kid).length > 0) return { accepted: true, unavailable: false, waitedMs: 0 }
  const askedAtMs = h.time.now()
  let answer: { ok: boolean; unavailable?: boolean } | null = null
  const pending = h.store.resolve(kid, true, sessionId).then((resolution) => {
    answer = resolution
  })
  for (let waited = 0; answer === null && waited <= MAX_WAIT_MS + 1000; waited += 50)
    await h.time.pass(waited === 0 ? 0 : 50)
  const waitedMs = h.time.now() - askedAtMs
  if (answer === null) return { accepted: false, unavailable: true, waitedMs: Number.POSITIVE_INFINITY }
  await pending
  const { ok, unavailable = false } = answer as { ok: boolean; unavailable?: boolean }
  return { accepted: ok, unavailable, waitedMs }
}

function mostInAMinute(h: Harness): number {
  return Math.max(
    0,
    ...h.requests.map(({ atMs }) => h.requests.filter((r) => r.atMs >= atMs && r.atMs < atMs + MINUTE_MS).length)
  )
}

async function createWarm(t: Test, endpoint: Endpoint = good): Promise<Harness> {
  const h = createHarness(endpoint)
  harnessInUse = h
  t.teardown(() => h.store.close())
  await h.store.ready()
  await h.time.settle()
  h.store.witness('sess_seen')
  t.equal((await judge(h, 'ins_own')).accepted, true)
  return h
}

for (const [name, fault] of Object.entries(FAULTS)) {
  t.test(`an endpoint that ${name} refuses nobody until the stale limit, and waits for nobody`, async (t) => {
    const h = await createWarm(t)
    const goodUntilMs = h.time.now() + 300_000 + jwksSettings.staleIfErrorInMs
    h.endpoint = fault
    const before = h.requests.length
    let requests = 0
    let refused = 0
    let longestWaitMs = 0
    // Every 20 s for ten minutes, then every 5 minutes.
    while (h.time.now() < goodUntilMs - 6 * MINUTE_MS) {
      requests++
      const { accepted, waitedMs } = await judge(h, 'ins_own')
      if (!accepted) refused++
      longestWaitMs = Math.max(longestWaitMs, waitedMs)
      await h.time.pass(requests < 30 ? 20_000 : 5 * MINUTE_MS)
    }
    t.equal(refused, 0, `none of ${requests} refused`)
    t.equal(longestWaitMs, 0, 'keys are refreshed off the path of requests')
    const minutes = (h.time.now() - goodUntilMs + 300_000 + jwksSettings.staleIfErrorInMs) / MINUTE_MS
    t.ok(
      h.requests.length - before <= minutes * MAX_PER_OUTAGE_MINUTE,
      `${h.requests.length - before} fetches in ${minutes} minutes`
    )
    t.ok(mostInAMinute(h) <= MAX_PER_MINUTE)
    t.equal(h.store.health().degraded, true)
    t.equal((await judge(h, 'ins_foreign')).accepted, false)

    await h.time.pass(10 * MINUTE_MS)
    const late = await judge(h, 'ins_own')
    t.match(late, { accepted: false, unavailable: true }, 'beyond the limit nothing is known of any token')
    t.ok(late.waitedMs <= MAX_WAIT_MS)

    h.endpoint = good
    await h.time.pass(6 * MINUTE_MS)
    t.equal((await judge(h, 'ins_own')).accepted, true, 'and it recovers by itself')
    t.match(h.store.health(), { degraded: false, lastError: null, consecutiveFailures: 0 })
  })
}

t.test('without any key set yet, nobody waits longer than a fetch and a cool-down', async (t) => {
  for (const [name, fault] of Object.entries(FAULTS)) {
    const h = createHarness(fault)
    harnessInUse = h
    const first = await judge(h, 'ins_own')
    t.match(first, { accepted: false, unavailable: true }, name)
    t.ok(first.waitedMs <= MAX_WAIT_MS, `${name}: ${first.waitedMs} ms`)
    for (let i = 0; i < 20; i++) await judge(h, 'ins_own')
    t.ok(mostInAMinute(h) <= MAX_PER_MINUTE, name)
    h.store.close()
  }
})

t.test('keys from where a redirect leads are never accepted', async (t) => {
  const h = await createWarm(t)
  h.endpoint = ({ url }) =>
    url.startsWith('https://elsewhere.example')
      ? keySetResponse([foreign.jwk])
      : new Response(null, { status: 302, headers: { location: 'https://elsewhere.example/jwks' } })
  for (let minute = 0; minute < 30; minute++) {
    t.equal((await judge(h, 'ins_foreign')).accepted, false)
    t.equal((await judge(h, 'ins_own')).accepted, true)
    await h.time.pass(MINUTE_MS)
  }
  t.notOk(h.requests.some(({ url }) => url.includes('elsewhere')))
})

t.test('a rotation is noticed at once by a session seen before, whatever strangers do', async (t) => {
  const h = await createWarm(t)
  await h.time.pass(10_000)
  for (let i = 0; i < 500; i++) void h.store.resolve(`ins_forged_${i}`, true, `sess_forged_${i}`)
  await h.time.pass(5000)
  h.endpoint = () => keySetResponse([own.jwk, next.jwk])
  for (let i = 500; i < 1000; i++) void h.store.resolve(`ins_forged_${i}`, true, `sess_forged_${i}`)
  const { accepted, waitedMs } = await judge(h, 'ins_next')
  t.equal(accepted, true)
  t.ok(waitedMs <= 2000, `${waitedMs} ms`)
  t.ok(mostInAMinute(h) <= MAX_PER_MINUTE)
})

t.test(
  'a withdrawn key counts for nothing once a set without it has come, also in the middle of failures',
  async (t) => {
    let isWithdrawn = false
    let count = 0
    const h = await createWarm(t, () => {
      // Every second answer fails.
      if (++count % 2 === 0) return new Response('{}', { status: 500 })
      return keySetResponse(isWithdrawn ? [next.jwk] : [own.jwk, next.jwk])
    })
    const key = h.store.find('ins_own')[0]
    await h.time.pass(10 * MINUTE_MS)
    t.equal((await judge(h, 'ins_own')).accepted, true)
    isWithdrawn = true
    h.traffic++
    for (let minute = 0; minute < 8; minute++) {
      h.traffic++
      await h.time.pass(MINUTE_MS)
    }
    t.equal((await judge(h, 'ins_own')).accepted, false)
    t.equal(key?.trustedUntilMs, 0, 'and so do tokens that were verified under it')
    t.equal((await judge(h, 'ins_next')).accepted, true)
  }
)

t.test('recovery is within a minute of the endpoint’s, without traffic', async (t) => {
  const h = await createWarm(t)
  h.endpoint = FAULTS['answers 500'] as Endpoint
  h.traffic++
  await h.time.pass(HOUR_MS)
  t.equal(h.store.health().degraded, true)
  h.endpoint = good
  await h.time.pass(MINUTE_MS + 1000)
  t.equal(h.store.health().degraded, false)
})
