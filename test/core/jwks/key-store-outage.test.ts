import t from 'tap'
import { createHarness, hang, keySetResponse } from '../../fixtures/key-store-harness.js'
import { a } from './two-keys.js'

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

t.test('the clock is set during an outage: its length is the time that has passed', async (t) => {
  const h = createHarness(() => new Response('no', { status: 500 }))
  await h.store.ready()
  await h.time.settle()
  h.endpoint = () => keySetResponse([a.jwk])
  h.time.set(h.time.now() - 3_600_000)
  await h.time.pass(61_000)
  const { outageMs } = h.logs.at(-1)?.fields ?? {}
  t.ok(Number(outageMs) > 0 && Number(outageMs) <= 61_000, String(outageMs))
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
