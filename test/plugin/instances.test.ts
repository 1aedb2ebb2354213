import { EventEmitter } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t, { type Test } from 'tap'
import { openLifetime } from '../../src/core/connections/request-lifetime.js'
import type { Instance } from '../../src/core/instance.js'
import { silentLogger } from '../../src/core/logger.js'
import type { InstanceOptions, KeySetSnapshotStore } from '../../src/index.js'
import { createLocalClerk } from '../../src/local/index.js'
import { createForgottenRevocations } from '../../src/plugin/forgotten-revocations.js'
import { createInstances } from '../../src/plugin/instances.js'
import { MAX_RESTING_BYTES, REST_MS } from '../../src/plugin/resting-tenants.js'
import { createMemoryBus } from '../../src/revocation/index.js'
import { signingKey } from '../fixtures/app.js'
import { createManualClock } from '../fixtures/manual-clock.js'

const clerk = await createLocalClerk({ frontendApi: 'clerk.example.com', signingKey })
t.teardown(() => clerk.close())

function setUp(t: Test, maxInstances: number, more: Partial<InstanceOptions> = {}) {
  const clock = createManualClock(Date.now())
  const instances = createInstances({ maxInstances, logger: silentLogger, ...clock })
  t.teardown(() => instances.close())
  const made = new Map<number, InstanceOptions>()
  /** The instance of a tenant. Options differ in what changes nothing else. */
  function obtain(tenant: number): Instance {
    let options = made.get(tenant)
    if (options === undefined) {
      options = {
        ...clerk.pluginOptions(),
        now: clock.now,
        audience: `tenant-${tenant}`,
        jwks: { warmUp: false },
        ...more
      }
      made.set(tenant, options)
    }
    return instances.obtain(options).instance
  }
  return { clock, obtain }
}

/** As an authenticated request does. */
function signIn(instance: Instance): void {
  instance.counters.signedIn++
}

function tokenFrom(atMs: number, sessionId: string) {
  const auth = { sessionId, userId: 'someone', orgId: undefined, actor: undefined }
  return { issuedAt: Math.floor(atMs / 1000), clearedEpoch: 0, auth }
}

t.test('a tenant that rests is the same instance when it is asked for again', async (t) => {
  const { obtain } = setUp(t, 2)
  const first = obtain(0)
  for (let tenant = 1; tenant < 50; tenant++) obtain(tenant)
  t.equal(obtain(0), first)
})

t.test('an object of the application whose state changes is the same object', async (t) => {
  const base = { ...clerk.pluginOptions(), fetch: async () => Response.error() }
  const store = {
    text: null as string | null,
    get: () => store.text,
    set: (text: string) => {
      store.text = text
    }
  }
  const instances = createInstances({ maxInstances: 2, logger: silentLogger })
  t.teardown(() => instances.close())
  const options = (snapshot: KeySetSnapshotStore) => ({ ...base, jwks: { snapshot, warmUp: false } as const })
  const kept: { -readonly [Name in keyof InstanceOptions]: InstanceOptions[Name] } = options(store)
  const first = instances.obtain(kept)
  store.text = 'a snapshot'
  t.equal(instances.obtain(kept), first, 'the same options')
  t.equal(instances.obtain(options(store)), first, 'options made anew')
  t.not(instances.obtain(options({ ...store })), first, 'another store with the same functions')
  kept.jwks = { snapshot: { ...store }, warmUp: false }
  t.not(instances.obtain(kept), first, 'another store in the same options')
  const { get, set } = store
  t.equal(instances.obtain(options({ get, set })), instances.obtain(options({ get, set })), 'functions alone')
  const notGiven = () => options({ get, set, claim: undefined } as unknown as KeySetSnapshotStore)
  t.equal(instances.obtain(notGiven()), instances.obtain(notGiven()), 'functions, and a member that is not given')
})

t.test('rest does not end while a connection is open', async (t) => {
  const { clock, obtain } = setUp(t, 1)
  const instance = obtain(0)
  const verified = await instance.verifyToken(clerk.signSessionToken({ claims: { aud: 'tenant-0' } }))
  t.equal(verified.ok, true)
  const socket = new EventEmitter()
  if (verified.ok) openLifetime(instance, verified.auth, { socket }, undefined)
  obtain(1)
  clock.advance(REST_MS * 2)
  t.equal(obtain(0), instance)
  obtain(1)
  socket.emit('close')
  clock.advance(REST_MS * 2)
  t.not(obtain(0), instance)
})

t.test('rest ends after ten minutes, unless a revocation is alive', async (t) => {
  const { clock, obtain } = setUp(t, 1)
  const [quiet, revoking] = [obtain(0), obtain(1)]
  obtain(2)
  clock.advance(REST_MS - 61_000)
  void revoking.revocations.revoke({ sessionId: 'sess_1' }, clock.now() + 3_600_000)
  clock.advance(180_000)
  t.not(obtain(0), quiet)
  t.equal(obtain(1), revoking)
})

t.test('options that an application keeps do not keep an instance that was closed', async (t) => {
  const { clock, obtain } = setUp(t, 1)
  const first = new WeakRef(obtain(0))
  obtain(1)
  clock.advance(REST_MS + 120_000)
  setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc') as () => void
  for (let turn = 0; turn < 100 && first.deref() !== undefined; turn++) {
    await new Promise((resolve) => setImmediate(resolve))
    collectGarbage()
  }
  t.equal(first.deref(), undefined)
})

t.test('what rests is bounded in bytes: the oldest without revocations go first', async (t) => {
  const { clock, obtain } = setUp(t, 1)
  const places = MAX_RESTING_BYTES / 65_536
  const revoking = obtain(0)
  void revoking.revocations.revoke({ sessionId: 'sess_1' })
  const all = new Map<number, Instance>()
  for (let tenant = 1; tenant <= places + 10; tenant++) all.set(tenant, obtain(tenant))
  t.equal(clock.pending, 1, 'one timer for all')
  // From the newest on: each that is found takes the place of the one before it, and none is closed.
  t.equal(obtain(places + 9), all.get(places + 9))
  t.equal(obtain(0), revoking)
  t.equal(obtain(20), all.get(20))
  t.not(obtain(1), all.get(1))
})

t.test('revocations beyond the bound count for everyone until they are over', async (t) => {
  const { clock, obtain } = setUp(t, 1)
  const beforeMs = clock.now() - 1_000
  for (const tenant of [0, 1]) {
    const { revocations } = obtain(tenant)
    for (let i = 0; i < 220_000; i++) void revocations.revoke({ sessionId: `sess_${i}` })
  }
  const big = obtain(1)
  obtain(2)
  const rebuilt = obtain(0)
  t.equal(rebuilt.revocations.health().entries, 1, 'the first was closed and built again')
  t.equal(rebuilt.revocations.covers(tokenFrom(beforeMs, 'sess_7')), true)
  t.equal(rebuilt.revocations.covers(tokenFrom(clock.now() + 6_000, 'sess_7')), false, 'and nobody after it')
  t.equal(obtain(1), big)
  t.equal(big.revocations.covers(tokenFrom(beforeMs, 'sess_other')), false)
})

t.test(
  'a tenant that was closed with revocations and built again refuses nothing to the others on its bus',
  async (t) => {
    const { clock, obtain } = setUp(t, 1, { revocation: { bus: createMemoryBus()() } })
    const beforeMs = clock.now() - 1_000
    const first = obtain(0)
    for (let i = 0; i < 220_000; i++) void first.revocations.revoke({ sessionId: `sess_${i}` })
    obtain(1)
    obtain(2)
    const rebuilt = obtain(0)
    t.not(rebuilt, first)
    await rebuilt.revocations.ready
    t.equal(rebuilt.revocations.covers(tokenFrom(beforeMs, 'sess_7')), true, 'no revocation is undone')
    const newcomer = obtain(3)
    await newcomer.revocations.ready
    t.equal(newcomer.revocations.covers(tokenFrom(beforeMs, 'sess_7')), true, 'heard from the bus')
    t.equal(newcomer.revocations.covers(tokenFrom(beforeMs, 'sess_other')), false)
  }
)

t.test('what is remembered of closed instances is bounded, goes no further than now, and ends', async (t) => {
  const clock = createManualClock()
  const forgotten = createForgottenRevocations(clock.now)
  const closedWith = (atMs: number) =>
    ({
      settings: { clockSkewInMs: 5_000 },
      revocations: {
        size: 1,
        latest: () => ({ sessionsMs: atMs, machinesMs: -Infinity }),
        health: () => ({ retentionMs: 65_000, machineRetentionMs: 86_405_000 })
      }
    }) as unknown as Instance
  const restoredTo = (identity: string) => {
    let untilMs: number | null = null
    const refuseIssuedUntil = ({ sessionsMs, machinesMs }: { sessionsMs: number; machinesMs: number }) => {
      t.equal(machinesMs, -Infinity, 'no machine token was revoked')
      untilMs = sessionsMs
    }
    forgotten.restore(identity, { revocations: { refuseIssuedUntil } } as unknown as Instance)
    return untilMs
  }
  forgotten.keep('ahead', closedWith(clock.now() + 3_600_000))
  t.equal(restoredTo('ahead'), clock.now() + 5_000)
  t.equal(restoredTo('ahead'), null, 'once: the instance holds it from then on')

  const firstMs = clock.now()
  forgotten.keep('first', closedWith(firstMs))
  clock.advance(1_000)
  for (let i = 0; i < 10_000; i++) forgotten.keep(`tenant-${i}`, closedWith(clock.now()))
  t.equal(restoredTo('first'), firstMs)
  t.equal(restoredTo('somebody else'), firstMs, 'beyond the bound it counts for every instance that is built')
  t.equal(restoredTo('tenant-5'), clock.now())
  clock.advance(65_000)
  t.equal(restoredTo('somebody else'), null)
  t.equal(restoredTo('tenant-6'), null)
})

t.test('strangers push out each other, and no tenant with users', async (t) => {
  const { obtain } = setUp(t, 16)
  for (let tenant = 0; tenant < 14; tenant++) signIn(obtain(tenant))
  const withUsers = Array.from({ length: 14 }, (_, tenant) => obtain(tenant))
  let rested = 0
  for (const instance of withUsers) {
    const { rest } = instance
    ;(instance as { rest: () => void }).rest = () => {
      rested++
      rest()
    }
  }
  for (let round = 0; round < 3; round++) {
    for (let stranger = 100; stranger < 200; stranger++) obtain(stranger)
    // Nor does it count that strangers ask for the tenants themselves.
    for (let tenant = 0; tenant < 14; tenant += 2) obtain(tenant)
  }
  t.equal(rested, 0)
  signIn(obtain(300))
  obtain(300)
  for (let stranger = 100; stranger < 110; stranger++) obtain(stranger)
  t.equal(rested, 1, 'one more with users takes the place of the one that was signed in to longest ago')
})
