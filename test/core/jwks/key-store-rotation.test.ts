import t from 'tap'
import { createRemoteKeyStore } from '../../../src/core/jwks/remote-key-store.js'
import type { SourceRequest } from '../../../src/core/jwks/source.js'
import { silentLogger } from '../../../src/core/logger.js'
import { watchFlights } from '../../fixtures/flight-watch.js'
import { createHarness, type Harness, hang, jwksSettings, keySetResponse } from '../../fixtures/key-store-harness.js'
import { createSimulatedTime } from '../../fixtures/simulated-time.js'
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

t.test('an answer that is out of date when it is read refuses no new key', async (t) => {
  const h = createHarness(() => keySetResponse([a.jwk]))
  await h.store.ready()
  await h.time.pass(10_000)
  h.endpoint = () => {
    h.time.set(h.time.now() + 600_000)
    return keySetResponse([a.jwk, b.jwk])
  }
  t.match(await h.store.resolve('ins_b', true), { ok: false, unavailable: true })
  h.endpoint = () => keySetResponse([a.jwk, b.jwk])
  t.ok((await h.store.resolve('ins_b', true)).ok)
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

/** The endpoint answers at once, and the answer takes `ms`; then, the keys are replaced by `keys`. */
function rotateUnderWay(h: Harness, ms: number, keys: readonly object[]): void {
  h.endpoint = async () => {
    const old = keySetResponse([a.jwk])
    h.endpoint = () => keySetResponse(keys)
    await new Promise<void>((resolve) => h.time.setTimer(resolve, ms))
    return old
  }
}

for (const cooldownInMs of [1000, 250, 0]) {
  t.test(
    `cool-down ${cooldownInMs}: a fetch answered before the rotation refuses no new key when it ends`,
    async (t) => {
      for (const ms of [100, 300, 1200, 2900]) {
        const h = createHarness(() => keySetResponse([a.jwk]), { cache: { cooldownInMs } })
        await h.store.ready()
        h.store.witness('sess_known')
        await h.time.pass(10_000)
        rotateUnderWay(h, ms, [a.jwk, b.jwk])
        const stranger = h.store.resolve('ins_x', true, 'sess_stranger')
        await h.time.settle()
        const users = ['sess_known', 'sess_new'].map((sessionId) => h.store.resolve('ins_b', true, sessionId))
        await h.time.pass(ms + 1000)
        for (const user of users) t.ok((await user).ok, `${ms} ms`)
        t.match(await stranger, { ok: false, unavailable: false })
        t.equal(h.requests.length, 3)
      }
    }
  )
}

t.test('a first key set answered before the rotation refuses no new key', async (t) => {
  const h = createHarness(() => keySetResponse([a.jwk]))
  rotateUnderWay(h, 2900, [b.jwk])
  await h.store.ready()
  const user = h.store.resolve('ins_b', true, 'sess_new')
  await h.time.pass(2900)
  t.ok((await user).ok)
  t.equal(h.requests.length, 2)
})

t.test('a fetch answered before a key was replaced under its kid refuses no good signature when it ends', async (t) => {
  const h = createHarness(() => keySetResponse([a.jwk]))
  await h.store.ready()
  await h.time.pass(10_000)
  rotateUnderWay(h, 2900, [aAnew])
  const stranger = h.store.resolve('ins_x', true, 'sess_stranger')
  await h.time.settle()
  const hasChanged = h.store.reconsider('ins_a', 'sess_new')
  await h.time.pass(2900)
  t.equal(await hasChanged, true)
  await stranger
})

t.test('the wait for a new key ends with the second fetch, as "cannot tell" where that fails', async (t) => {
  const h = createHarness(() => keySetResponse([a.jwk]))
  await h.store.ready()
  await h.time.pass(10_000)
  rotateUnderWay(h, 2999, [b.jwk])
  const stranger = h.store.resolve('ins_x', true, 'sess_stranger')
  await h.time.settle()
  h.endpoint = (request) => hang(request)
  const user = h.store.resolve('ins_b', true, 'sess_new')
  await h.time.pass(2999 + 3000)
  t.match(await user, { ok: false, unavailable: true, reason: 'jwk-remote-failed-to-load' })
  t.match(await stranger, { ok: false, unavailable: false })
})

t.test('without a cool-down a rotated key is found though the clock goes on between two looks at it', async (t) => {
  const time = createSimulatedTime()
  const still = time.now
  let looks = 0
  Object.assign(time, { now: () => still() + looks++ })
  const h = createHarness(() => keySetResponse([a.jwk]), { time, cache: { cooldownInMs: 0 } })
  await h.store.ready()
  await h.time.pass(10_000)
  h.endpoint = () => keySetResponse([a.jwk, b.jwk])
  t.ok((await h.store.resolve('ins_b', true)).ok)
  h.endpoint = () => keySetResponse([aAnew, b.jwk])
  t.equal(await h.store.reconsider('ins_a'), true)
})

t.test('a shorter cool-down shortens no wait: the budget’s next fetch is waited for within a second', async (t) => {
  for (const cooldownInMs of [1000, 250, 0]) {
    const h = createHarness(() => keySetResponse([a.jwk]), { cache: { cooldownInMs } })
    await h.store.ready()
    await h.time.pass(10_000)
    for (const forged of ['ins_x', 'ins_y', 'ins_z']) {
      void h.store.resolve(forged, true)
      await h.time.pass(1000)
    }
    await h.time.pass(1700)
    h.endpoint = () => keySetResponse([a.jwk, b.jwk])
    const user = h.store.resolve('ins_b', true)
    await h.time.pass(1000)
    t.ok((await user).ok, `${cooldownInMs} ms`)
  }
})

/** Answers once with `first`, which another process fetched 10 ms before it was asked for; then with the new keys. */
function createSharing(first: readonly object[], warmUp: 'background' | false) {
  const time = createSimulatedTime()
  const asked: SourceRequest[] = []
  const store = createRemoteKeyStore({
    source: {
      kind: 'bapi',
      id: 'shared',
      async fetch(request) {
        asked.push(request)
        const isOld = asked.length === (warmUp === false ? 1 : 2)
        const keys = isOld || asked.length === 1 ? first : [aAnew, b.jwk]
        const fetchedAtMs = isOld ? time.now() - 10 : time.now()
        return {
          kind: 'key-set',
          text: JSON.stringify({ keys }),
          etag: null,
          maxAgeMs: null,
          fetchedAtMs,
          clockOffsetMs: null
        }
      }
    },
    instance: null,
    cache: { ...jwksSettings, warmUp },
    snapshots: null,
    steadyNow: time.steadyNow,
    now: time.now,
    logger: silentLogger,
    activity: () => 0,
    setTimer: watchFlights(time, jwksSettings.timeoutInMs).setTimer,
    random: () => 0.5
  })
  return { time, store, asked }
}

for (const [name, warmUp] of [
  ['a set that another process fetched before the rotation', 'background'],
  ['such a set as the first', false]
] as const) {
  t.test(`${name} refuses no new key`, async (t) => {
    const { time, store, asked } = createSharing([a.jwk], warmUp)
    await store.ready()
    await time.pass(10_000)
    const user = store.resolve('ins_b', true, 'sess_new')
    await time.pass(1000)
    t.ok((await user).ok)
    t.equal(asked.length, warmUp === false ? 2 : 3)
    t.ok((asked.at(-1) as SourceRequest).newerThanMs >= time.now() - 1001)
    store.close()
  })
}

t.test('a set that another process fetched before a key was replaced refuses no good signature', async (t) => {
  const { time, store, asked } = createSharing([a.jwk], 'background')
  await store.ready()
  await time.pass(10_000)
  const hasChanged = store.reconsider('ins_a', 'sess_new')
  await time.pass(1000)
  t.equal(await hasChanged, true)
  t.equal(asked.length, 3)
  store.close()
})
