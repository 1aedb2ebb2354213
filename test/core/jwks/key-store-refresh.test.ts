import t from 'tap'
import { createHarness, keySetResponse } from '../../fixtures/key-store-harness.js'
import { a, b } from './two-keys.js'

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
