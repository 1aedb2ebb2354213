import t, { type Test } from 'tap'
import { createHarness, type Endpoint, type Harness, hang, keySetResponse } from '../../fixtures/key-store-harness.js'
import { createPublicJwk } from '../../fixtures/rsa-keys.js'
import { createSimulatedTime, type SimulatedTime } from '../../fixtures/simulated-time.js'

const { jwk: a } = createPublicJwk(0)
const { jwk: b } = createPublicJwk(1)
const good: Endpoint = () => keySetResponse([a])
const broken: Endpoint = () => new Response('', { status: 500 })
const MINUTE_MS = 60_000
// No other timer has this length: simulated time tells a fetch from waiting by it.
const TIMEOUT_MS = 2999.5

/** A store in memory that gives turns, and counts the processes that it told to wait. */
function createTurnStore(time: SimulatedTime) {
  const memory = {
    text: null as string | null,
    turnUntilMs: 0,
    claims: 0,
    denials: 0,
    get: async (): Promise<string | null> => memory.text,
    set: async (text: string) => {
      memory.text = text
    },
    claim: async (ms: number): Promise<boolean> => {
      memory.claims++
      const isFree = time.now() >= memory.turnUntilMs
      if (isFree) memory.turnUntilMs = time.now() + ms
      else memory.denials++
      return isFree
    }
  }
  return memory
}

function createFleet(t: Test, size: number, endpoint: Endpoint) {
  const time = createSimulatedTime()
  const snapshot = createTurnStore(time)
  const fleet = Array.from({ length: size }, (_, i) => {
    const process = createHarness(endpoint, { snapshot, time, cache: { timeoutInMs: TIMEOUT_MS } })
    process.random = (i + 0.5) / size
    t.teardown(() => process.store.close())
    return process
  })
  return { time, snapshot, fleet }
}

/** A process; from `deny` on, its store always says that another one has the turn. */
function createDenied(t: Test, endpoint: Endpoint) {
  const { time, snapshot, fleet } = createFleet(t, 1, endpoint)
  const [h] = fleet as [Harness]
  const deny = () => {
    snapshot.turnUntilMs = Number.POSITIVE_INFINITY
  }
  return { time, h, deny }
}

function countRequests(fleet: readonly Harness[]): number {
  return fleet.reduce((sum, { requests }) => sum + requests.length, 0)
}

/** Answers after some simulated time. */
function slowly(time: () => SimulatedTime, ms: number, endpoint: Endpoint): Endpoint {
  return async (request) => {
    await new Promise<void>((resolve) => time().setTimer(resolve, ms))
    return endpoint(request)
  }
}

t.test('fifty processes that start together without a snapshot cost one fetch', async (t) => {
  const { time, fleet } = createFleet(
    t,
    50,
    slowly(() => time, 700, good)
  )
  await Promise.all(fleet.map(({ store }) => store.ready()))
  const accepted = fleet.map(({ store }) => store.resolve('ins_0', true))
  await time.pass(1500)
  t.ok((await Promise.all(accepted)).every(({ ok }) => ok))
  t.equal(countRequests(fleet), 1)
})

t.test('a fleet at rest fetches once per refresh, however slow the endpoint is', async (t) => {
  const { time, fleet } = createFleet(
    t,
    50,
    slowly(() => time, 2500, good)
  )
  await Promise.all(fleet.map(({ store }) => store.ready()))
  await time.pass(5000)
  const before = countRequests(fleet)
  for (let minute = 0; minute < 40; minute++) {
    for (const process of fleet) process.traffic++
    await time.pass(MINUTE_MS)
    t.ok(fleet.every(({ store }) => store.find('ins_0').length === 1))
  }
  t.ok(countRequests(fleet) - before <= 10, `${countRequests(fleet) - before} fetches in ten times four minutes`)
})

t.test('a new key that all processes meet at once costs one fetch', async (t) => {
  let keys = [a]
  const { time, fleet } = createFleet(
    t,
    50,
    slowly(
      () => time,
      300,
      () => keySetResponse(keys)
    )
  )
  await Promise.all(fleet.map(({ store }) => store.ready()))
  await time.pass(10_000)
  keys = [a, b]
  const before = countRequests(fleet)
  const answers = fleet.map(({ store }) => store.resolve('ins_1', true))
  await time.pass(1000)
  t.ok((await Promise.all(answers)).every(({ ok }) => ok))
  t.equal(countRequests(fleet) - before, 1)
})

t.test('an outage is met by one process at a time, and its end reaches all within a minute', async (t) => {
  const { time, fleet } = createFleet(t, 50, good)
  const everybody = async (endpoint: Endpoint, minutes: number) => {
    for (const process of fleet) process.endpoint = endpoint
    const before = countRequests(fleet)
    for (let minute = 0; minute < minutes; minute++) {
      for (const process of fleet) process.traffic++
      await time.pass(MINUTE_MS)
    }
    return countRequests(fleet) - before
  }
  await Promise.all(fleet.map(({ store }) => store.ready()))
  await everybody(good, 1)
  await everybody(broken, 6)
  t.ok(fleet.every(({ store }) => store.health().degraded && store.find('ins_0').length === 1))
  // Each by itself would make some two a minute: 1,000. A turn lasts 3 s, and each process makes at most four of its own.
  const requests = await everybody(broken, 10)
  t.ok(requests <= 10 * 20 + 4 * 50, `${requests} fetches of 50 processes in ten minutes`)
  t.ok((await everybody(good, 2)) <= 3)
  t.ok(fleet.every(({ store }) => !store.health().degraded))
})

t.test('without a set from the process that has the turn, a cold process fetches at its second attempt', async (t) => {
  const { time, h, deny } = createDenied(t, good)
  deny()
  const first = h.store.resolve('ins_0', true)
  await time.pass(TIMEOUT_MS + 1)
  t.match(await first, { ok: false, unavailable: true })
  t.equal(h.requests.length, 0)
  t.match(h.store.health(), { lastError: 'timeout', consecutiveFailures: 1 })
  t.equal(h.store.stats().failedFetches, 0, 'it has not fetched')
  await time.pass(1000)
  t.equal(h.requests.length, 1)
  t.ok((await h.store.resolve('ins_0', true)).ok)
})

t.test('a boot that waits for keys does not fail with the process that had the turn', async (t) => {
  for (const warmUp of ['wait', 'wait-or-degrade'] as const) {
    const time = createSimulatedTime()
    const snapshot = createTurnStore(time)
    snapshot.turnUntilMs = Number.POSITIVE_INFINITY
    const h = createHarness(good, { snapshot, time, cache: { warmUp, timeoutInMs: TIMEOUT_MS } })
    t.teardown(() => h.store.close())
    const ready = h.store.ready()
    await time.pass(2 * TIMEOUT_MS)
    await ready
    t.equal(h.requests.length, 1)
    t.equal(h.store.find('ins_0').length, 1)
  }
})

t.test('a boot that has asked the endpoint itself, and in vain, does not ask again', async (t) => {
  const time = createSimulatedTime()
  const h = createHarness(broken, { snapshot: createTurnStore(time), time, cache: { warmUp: 'wait' } })
  t.teardown(() => h.store.close())
  await t.rejects(h.store.ready(), { code: 'FST_CLERK_NO_INITIAL_KEYS' })
  t.equal(h.requests.length, 1)
})

t.test('a store that always gives the turn to others does not let keys grow old', async (t) => {
  const { time, h, deny } = createDenied(t, good)
  await h.store.ready()
  await time.settle()
  deny()
  let oldestMs = 0
  for (let step = 0; step < 360; step++) {
    h.traffic++
    await time.pass(5000)
    oldestMs = Math.max(oldestMs, h.store.health().ageMs ?? Number.POSITIVE_INFINITY)
    t.equal(h.store.health().degraded, false)
  }
  t.ok(oldestMs <= 300_000, `${oldestMs} ms`)
  t.ok(h.requests.length >= 6 && h.requests.length <= 9, `${h.requests.length} fetches in half an hour`)
})

t.test('waiting in vain does not prolong the trust in keys that have run out', async (t) => {
  const { time, h, deny } = createDenied(t, good)
  await h.store.ready()
  await time.pass(301_000)
  deny()
  h.endpoint = () => keySetResponse([b])
  const first = h.store.resolve('ins_0', true)
  await time.pass(3750)
  await first
  await time.pass(1000)
  t.equal(h.store.find('ins_0').length, 0, 'the withdrawn key ends with the second attempt')
  t.equal(h.store.find('ins_1').length, 1)
})

t.test(
  'in an outage, a process that is never given a turn fetches within five minutes, and not every time it retries',
  async (t) => {
    const { time, h, deny } = createDenied(t, good)
    await h.store.ready()
    await time.settle()
    deny()
    h.endpoint = broken
    for (let minute = 0; minute < 10; minute++) {
      h.traffic++
      await time.pass(MINUTE_MS)
    }
    const before = h.requests.length
    await time.pass(60 * MINUTE_MS)
    const requests = h.requests.length - before
    // At half of the random numbers after 225 s, and then at its next retry.
    t.ok(requests >= 12 && requests <= 16, `${requests} in an hour`)
    h.endpoint = good
    await time.pass(6 * MINUTE_MS)
    t.equal(h.store.health().degraded, false)
  }
)

t.test(
  'a token with an unknown kid waits for others a quarter of the deadline, then for a fetch of its own',
  async (t) => {
    const { time, h, deny } = createDenied(t, good)
    await h.store.ready()
    await time.pass(10_000)
    deny()
    h.endpoint = () => keySetResponse([a, b])
    const answer = h.store.resolve('ins_1', true)
    await time.pass(749)
    t.equal(h.requests.length, 1)
    await time.pass(1)
    t.ok((await answer).ok)
    t.equal(h.requests.length, 2)
  }
)

t.test('a single process does not wait for its own turn', async (t) => {
  const { time, fleet, snapshot } = createFleet(t, 1, broken)
  const [h] = fleet as [Harness]
  h.random = 0
  await h.store.resolve('ins_0', true)
  await time.pass(500)
  t.ok(h.requests.length >= 2, 'the retry after a quarter of a second is its own, too')
  t.equal(snapshot.denials, 0)
})

t.test('a store whose turns fail or hang is as a store without', async (t) => {
  for (const claim of [() => Promise.reject(new Error('away')), () => new Promise<never>(() => {})]) {
    const time = createSimulatedTime()
    const snapshot = { get: () => null, set: () => {}, claim }
    const h = createHarness(good, { snapshot, time })
    t.teardown(() => h.store.close())
    const first = h.store.resolve('ins_0', true)
    time.isBusy = () => false
    await time.pass(750)
    t.ok((await first).ok)
    t.equal(h.requests.length, 1)
  }
})

t.test('close ends the waiting, and leaves no timer', async (t) => {
  const { time, h, deny } = createDenied(t, (request) => hang(request))
  deny()
  const pending = h.store.resolve('ins_0', true)
  await time.pass(200)
  h.store.close()
  t.match(await pending, { ok: false, unavailable: true })
  await time.settle()
  t.equal(time.pending, 0)
  t.equal(h.requests.length, 0)
})
