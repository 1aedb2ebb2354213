import t from 'tap'
import { createHarness, hang, keySetResponse } from '../../fixtures/key-store-harness.js'
import { createRsaKey } from '../../fixtures/rsa-keys.js'
import { createSimulatedTime } from '../../fixtures/simulated-time.js'

const a = createRsaKey('ins_a')
const b = createRsaKey('ins_b')
const HOUR_MS = 3_600_000

function createMemoryStore(initial: string | null = null) {
  const memory = {
    text: initial,
    gets: 0,
    get: async (): Promise<string | null> => {
      memory.gets++
      return memory.text
    },
    set: async (text: string) => {
      memory.text = text
    }
  }
  return memory
}

/** A snapshot as one process leaves it, and the time at which it does. */
async function keepSnapshot(options: { secretKey?: string; source?: 'bapi' | 'fapi' } = {}) {
  const snapshot = createMemoryStore()
  const time = createSimulatedTime()
  const writer = createHarness(() => keySetResponse([a.jwk], { etag: '"1"' }), { snapshot, time, ...options })
  await writer.store.ready()
  await time.settle()
  writer.store.close()
  return { snapshot, time }
}

t.test('a cold process starts from a fresh snapshot without the network', async (t) => {
  const { snapshot, time } = await keepSnapshot()
  await time.pass(60_000)
  const h = createHarness((request) => hang(request), { snapshot, time })
  await h.store.ready()
  await time.settle()
  t.equal(h.store.find('ins_a').length, 1)
  t.equal(h.requests.length, 0)
  t.match(h.store.health(), { ageMs: 60_000, degraded: false })
  t.equal(h.store.find('ins_a')[0]?.trustedUntilMs, time.now() + 240_000, 'its age counts')
})

t.test('an old snapshot is used when the endpoint fails, up to the stale limit and no longer', async (t) => {
  const { snapshot, time } = await keepSnapshot()
  const keptAtMs = time.now()
  await time.pass(2 * HOUR_MS)
  const h = createHarness(() => new Response('', { status: 500 }), { snapshot, time })
  t.ok((await h.store.resolve('ins_a', true)).ok)
  t.equal(h.requests.length, 1, 'the endpoint is asked first')
  t.equal(h.requests[0]?.headers['if-none-match'], undefined, 'and not whether the snapshot is still good')
  t.equal(h.store.find('ins_a')[0]?.trustedUntilMs, keptAtMs + 300_000 + 4 * HOUR_MS)
  h.store.close()

  await time.pass(3 * HOUR_MS)
  const late = createHarness(() => new Response('', { status: 500 }), { snapshot, time })
  t.match(await late.store.resolve('ins_a', true), { ok: false, unavailable: true })
})

t.test('a snapshot that ends an outage is trusted no longer than its freshness', async (t) => {
  const snapshot = createMemoryStore()
  const time = createSimulatedTime()
  const idle = createHarness(() => new Response('', { status: 500 }), { snapshot, time })
  await idle.store.ready()
  await time.settle()
  t.ok(idle.store.health().degraded)
  const other = createHarness(() => keySetResponse([a.jwk]), { snapshot, time })
  await other.store.ready()
  await time.settle()
  other.store.close()
  await time.pass(120_000)
  t.equal(idle.store.health().degraded, false)
  t.equal(idle.store.find('ins_a').length, 1)
  idle.endpoint = () => keySetResponse([b.jwk])
  await time.pass(HOUR_MS)
  t.equal(idle.store.find('ins_a').length, 0, 'nothing fails, and the key may have been withdrawn')
  idle.store.close()
})

t.test('a stale snapshot does not end an outage, and its keys are used meanwhile', async (t) => {
  const { snapshot, time } = await keepSnapshot()
  const { text } = snapshot
  snapshot.text = null
  await time.pass(HOUR_MS)
  const h = createHarness(() => new Response('', { status: 500 }), { snapshot, time })
  await h.store.ready()
  await time.settle()
  snapshot.text = text
  await time.pass(120_000)
  t.equal(h.store.find('ins_a').length, 1)
  t.ok(h.store.health().degraded)
  h.store.close()
})

t.test('an old snapshot gives way to what the endpoint says', async (t) => {
  const { snapshot, time } = await keepSnapshot()
  await time.pass(HOUR_MS)
  const h = createHarness(() => keySetResponse([b.jwk]), { snapshot, time })
  t.match(await h.store.resolve('ins_a', true), { ok: false, reason: 'jwk-kid-mismatch' })
  t.ok((await h.store.resolve('ins_b', true)).ok)
  t.match(snapshot.text, 'ins_b')
})

t.test('a fleet fetches once per refresh', async (t) => {
  const snapshot = createMemoryStore()
  const time = createSimulatedTime()
  const fleet = Array.from({ length: 5 }, () => createHarness(() => keySetResponse([a.jwk]), { snapshot, time }))
  for (const [i, member] of fleet.entries()) {
    member.random = i / fleet.length
    await member.store.ready()
    await time.settle()
  }
  for (let minute = 0; minute < 60; minute++) {
    for (const member of fleet) member.traffic++
    await time.pass(60_000)
  }
  const fetches = fleet.reduce((sum, { requests }) => sum + requests.length, 0)
  t.ok(fetches >= 12 && fetches <= 17, `${fetches} fetches by five processes in an hour`)
  t.ok(fleet.every(({ store }) => store.find('ins_a').length === 1))
})

t.test('a set that the endpoint confirms with 304 is fresh for other processes, too', async (t) => {
  const { snapshot, time } = await keepSnapshot()
  const confirming = createHarness(
    ({ headers }) =>
      headers['if-none-match'] === '"1"'
        ? new Response(null, { status: 304 })
        : keySetResponse([a.jwk], { etag: '"1"' }),
    { snapshot, time, cache: { pollWhenIdle: true } }
  )
  await confirming.store.ready()
  await time.pass(600_000)
  t.ok(confirming.store.stats().notModified > 0)
  const other = createHarness((request) => hang(request), { snapshot, time })
  await other.store.ready()
  await time.settle()
  t.equal(other.requests.length, 0)
  t.equal(other.store.health().ageMs, confirming.store.health().ageMs)
  confirming.store.close()
})

t.test('what another process has fetched answers an unknown kid, without a fetch', async (t) => {
  const snapshot = createMemoryStore()
  const time = createSimulatedTime()
  const [first, second] = [0, 1].map(() => createHarness(() => keySetResponse([a.jwk]), { snapshot, time }))
  if (!first || !second) throw new Error()
  await first.store.ready()
  await time.settle()
  await second.store.ready()
  await time.pass(5000)
  first.endpoint = () => keySetResponse([a.jwk, b.jwk])
  t.ok((await first.store.resolve('ins_b', true)).ok)
  await time.settle()
  t.ok((await second.store.resolve('ins_b', true)).ok)
  t.equal(second.requests.length, 0)
  t.match(second.store.stats(), { adoptedSnapshots: 2, fetches: 0 })
})

t.test('a snapshot that was tampered with, is broken or comes from elsewhere counts for nothing', async (t) => {
  const { snapshot } = await keepSnapshot({ secretKey: 'sk_test_one' })
  const { snapshot: forFapi } = await keepSnapshot({ source: 'fapi' })
  const good = snapshot.text as string
  const envelope = good.slice(good.indexOf('\n') + 1)
  const cases: [string, string | null][] = [
    ['another key in it', good.replace('ins_a', 'ins_x')],
    ['younger than it is', good.replace(/"fetchedAtMs":\d+/, '"fetchedAtMs":1900000000000')],
    ['without its seal', `\n${envelope}`],
    ['no envelope', 'x'],
    ['no JSON', 'seal\n{'],
    ['too large', 'x'.repeat(300_000)],
    ['of another source', forFapi.text],
    ['none', null]
  ]
  for (const [name, text] of cases) {
    const h = createHarness(() => keySetResponse([b.jwk]), {
      snapshot: createMemoryStore(text),
      secretKey: 'sk_test_one'
    })
    await h.store.resolve('ins_b', true)
    t.strictSame(h.store.health().kids, ['ins_b'], name)
    t.equal(h.store.stats().adoptedSnapshots, 0, name)
  }
  const other = createHarness(() => keySetResponse([b.jwk]), { snapshot, secretKey: 'sk_test_two' })
  await other.store.resolve('ins_b', true)
  t.equal(other.store.stats().adoptedSnapshots, 0, 'keys of two instances never meet')
  t.notMatch(good, 'sk_test_one')
})

t.test('an unsealed snapshot from the future, or whose set is useless, counts for nothing', async (t) => {
  const { snapshot, time } = await keepSnapshot({ source: 'fapi' })
  const good = snapshot.text as string
  for (const text of [
    good.replace(/"fetchedAtMs":\d+/, `"fetchedAtMs":${time.now() + HOUR_MS}`),
    good.replace(/"fetchedAtMs":\d+/, '"fetchedAtMs":"now"'),
    good.replace('RSA', 'RSX'),
    good.replace('"version":1', '"version":2')
  ]) {
    const h = createHarness(() => keySetResponse([b.jwk]), { snapshot: createMemoryStore(text), time, source: 'fapi' })
    await h.store.resolve('ins_b', true)
    t.match(h.store.stats(), { adoptedSnapshots: 0, failedSnapshots: 1, fetches: 1 })
    h.store.close()
  }
})

t.test('a store that fails or hangs costs a quarter of the deadline, and nothing else', async (t) => {
  const h = createHarness(() => keySetResponse([a.jwk]), {
    snapshot: {
      get: () => new Promise<never>(() => {}),
      set: () => {
        throw new Error('read-only')
      }
    }
  })
  const pending = h.store.resolve('ins_a', true)
  h.time.isBusy = () => false
  await h.time.pass(750)
  t.equal(h.requests.length, 1)
  t.ok((await pending).ok)
  await h.time.settle()
  t.equal(h.store.stats().failedSnapshots, 2)
})
