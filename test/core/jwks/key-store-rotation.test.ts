import t from 'tap'
import { createHarness, keySetResponse } from '../../fixtures/key-store-harness.js'
import { a, b } from './two-keys.js'

const aAnew = { ...b.jwk, kid: 'ins_a' }

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
