import t, { type Test } from 'tap'
import { createKeyStore } from '../../../src/core/jwks/key-store.js'
import { type MismatchWatch, watchForMismatch } from '../../../src/core/jwks/mismatch-watch.js'
import type { KeyStore } from '../../../src/core/jwks/types.js'
import type { KeySetSnapshotStore } from '../../../src/core/options/jwks.js'
import { jwksSettings, keySetResponse } from '../../fixtures/key-store-harness.js'
import { createPublicJwk, createRsaKey } from '../../fixtures/rsa-keys.js'
import { createRandom } from '../../fixtures/seeded-random.js'
import { createSimulatedTime, type SimulatedTime } from '../../fixtures/simulated-time.js'

// Whether the keys are of the instance that the publishable key names: found where they are not, and never where they are.

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** Answers that are no key set. */
const AWAY = {
  away: () => new Response('', { status: 503 }),
  forbidden: () => new Response('Blocked', { status: 403 }),
  html: () => new Response('<html>Sign in</html>', { headers: { 'content-type': 'text/html' } })
}

interface World {
  readonly time: SimulatedTime
  readonly watch: MismatchWatch
  readonly keyStore: KeyStore
  readonly errors: string[]
  /** Of likely mismatches. */
  readonly warnings: string[]
  /** Requests to the public key set of the publishable key, and to that of the secret key. */
  asked: { fapi: number; bapi: number }
  /** Null: the endpoint is away. */
  fapi: readonly object[] | null | keyof typeof AWAY
  bapi: readonly object[] | null | keyof typeof AWAY
}

interface Own {
  secretKey?: string
  jwtKey?: readonly string[]
  instanceType?: 'development'
  snapshot?: KeySetSnapshotStore
  random?: () => number
}

function createWorld(t: Test, own: Own): World {
  const time = createSimulatedTime()
  const errors: string[] = []
  const warnings: string[] = []
  const log = () => {}
  const error = (fields: object, message: string) => errors.push(`${message} ${JSON.stringify(fields)}`)
  const warn = (_fields: object, message: string) => {
    if (message.includes('different Clerk instances')) warnings.push(message)
  }
  const world = {
    time,
    errors,
    warnings,
    asked: { fapi: 0, bapi: 0 },
    fapi: [] as World['fapi'],
    bapi: [] as World['bapi']
  }
  const fetch = async (url: unknown) => {
    const side = String(url).startsWith('https://clerk.example.com/') ? 'fapi' : 'bapi'
    world.asked[side]++
    const keys = world[side]
    if (keys === null) return AWAY.away()
    return typeof keys === 'string' ? AWAY[keys]() : keySetResponse(keys)
  }
  const options = {
    jwtKey: own.jwtKey ?? [],
    secretKey: own.secretKey ?? null,
    jwks: { ...jwksSettings, warmUp: 'background' as const, snapshot: own.snapshot ?? null },
    frontendApi: 'clerk.example.com',
    instanceType: own.instanceType ?? ('production' as const),
    issuers: ['https://clerk.example.com'],
    apiUrl: 'https://api.clerk.com',
    apiVersion: 'v1',
    now: time.now,
    fetch: fetch as typeof globalThis.fetch,
    logger: { info: log, warn, debug: log, error }
  }
  const { setTimer } = time
  const store = createKeyStore(options, { setTimer, random: () => 0.5 })
  const watch = watchForMismatch(store, options, {
    setTimer,
    random: () => 0.5
  })
  t.teardown(() => watch.keyStore.close())
  return Object.assign(world, { watch, keyStore: watch.keyStore })
}

const keys = Array.from({ length: 8 }, (_, index) => createPublicJwk(index))
const jwks = (...indexes: number[]) => indexes.map((index) => keys[index]?.jwk ?? {})

/** A token that names the instance and, by its kid, a key. */
async function bring(world: World, kid: string): Promise<void> {
  const resolved = world.keyStore.resolve(kid, true, 'sess_1')
  await world.time.settle()
  await world.time.pass(5 * SECOND)
  await resolved
}

t.test('a secret key of another instance is found a minute after the first token, and told once', async (t) => {
  const world = createWorld(t, { secretKey: 'sk_live_of_b' })
  world.fapi = jwks(0)
  world.bapi = jwks(1)
  await bring(world, 'ins_0')
  t.equal(world.watch.found, null)
  await world.time.pass(MINUTE)
  t.match(world.watch.found, { options: ['publishableKey', 'secretKey'] })
  for (let i = 0; i < 20; i++) await bring(world, 'ins_0')
  await world.time.pass(HOUR)
  t.equal(world.errors.length, 1)
  t.match(
    world.errors[0],
    /publishableKey \(CLERK_PUBLISHABLE_KEY\) and secretKey \(CLERK_SECRET_KEY\) belong to different/
  )
  t.notMatch(world.errors[0], /sk_live|clerk\.example/)
  t.equal(world.asked.fapi, 2, 'fetches of the public key set')
})

t.test('a rotation is no mismatch, whatever of it a starting server sees first', async (t) => {
  for (const [name, before, after] of [
    ['with both keys published', [jwks(0, 1), jwks(0)], [jwks(0, 1), jwks(0, 1)]],
    ['all keys replaced at once, public set first', [jwks(1), jwks(0)], [jwks(1), jwks(1)]],
    ['all keys replaced at once, secret set first', [jwks(0), jwks(1)], [jwks(1), jwks(1)]]
  ] as const) {
    const world = createWorld(t, { secretKey: 'sk_live_of_a' })
    ;[world.fapi, world.bapi] = before
    await bring(world, 'ins_7')
    await world.time.pass(20 * SECOND)
    ;[world.fapi, world.bapi] = after
    for (let i = 0; i < 30; i++) await bring(world, `ins_forged_${i}`)
    await world.time.pass(HOUR)
    t.equal(world.watch.found, null, name)
    t.strictSame(world.errors, [], name)
  }
})

t.test('an endpoint that is away says nothing, and is asked again', async (t) => {
  const world = createWorld(t, { secretKey: 'sk_live_of_b' })
  world.fapi = null
  world.bapi = jwks(1)
  for (let i = 0; i < 60; i++) await bring(world, 'ins_0')
  t.equal(world.watch.found, null)
  t.equal(world.asked.fapi, 1)
  world.fapi = jwks(0)
  await world.time.pass(10 * MINUTE)
  await bring(world, 'ins_0')
  await world.time.pass(2 * MINUTE)
  t.match(world.watch.found, { options: ['publishableKey', 'secretKey'] })
})

t.test('forged tokens cost two fetches at most, and none beside a good token', async (t) => {
  const idle = createWorld(t, { secretKey: 'sk_live_of_a' })
  idle.fapi = idle.bapi = jwks(0)
  for (let i = 0; i < 200; i++) await bring(idle, `ins_forged_${i}`)
  t.equal(idle.asked.fapi, 1)
  const busy = createWorld(t, { secretKey: 'sk_live_of_a' })
  busy.fapi = busy.bapi = jwks(0)
  const resolved = busy.keyStore.resolve('ins_forged', true)
  await busy.time.settle()
  busy.keyStore.witness('sess_1')
  await busy.time.pass(HOUR)
  await resolved
  t.equal(busy.asked.fapi, 0)
  t.strictSame([idle.watch.found, busy.watch.found], [null, null])
})

t.test('no false alarm in 400 starts amid rotations, outages and forged tokens', async (t) => {
  for (let seed = 1; seed <= 400; seed++) {
    const random = createRandom(seed)
    const world = createWorld(t, { secretKey: 'sk_live_of_a' })
    let published = [0]
    let lastRotation = -10
    for (let minute = 0; minute < 30; minute++) {
      if (minute - lastRotation >= 5 && random() < 0.2) {
        lastRotation = minute
        const next = 1 + Math.floor(random() * 6)
        // Gracefully, or all keys at once; and one of the endpoints up to half a minute behind.
        published = random() < 0.5 ? [...published.slice(-1), next] : [next]
        world[random() < 0.5 ? 'fapi' : 'bapi'] = jwks(...published)
        await bring(world, 'ins_forged')
        await world.time.pass(random() * 25 * SECOND)
      }
      const isAway = random() < 0.1
      world.fapi = isAway && random() < 0.5 ? null : jwks(...published)
      world.bapi = isAway ? null : jwks(...published)
      const forged = world.keyStore.resolve(`ins_forged_${minute}`, true)
      if (random() < 0.02) world.keyStore.witness('sess_1')
      await world.time.pass(MINUTE)
      await forged
    }
    const alarms = [...world.errors, ...world.warnings].filter((text) => text.includes('different Clerk instances'))
    if (world.watch.found !== null || alarms.length > 0) t.fail(`seed ${seed}: ${alarms}`)
  }
})

t.test('jwtKey: found once tokens have failed for ten minutes and none has verified, without a fetch', async (t) => {
  const pem = createRsaKey('x').publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const world = createWorld(t, { jwtKey: [pem] })
  for (let i = 0; i < 9; i++) world.keyStore.reconsider('ins_0')
  await world.time.pass(11 * MINUTE)
  t.equal(world.watch.found, null)
  world.keyStore.reconsider('ins_0')
  t.match(world.watch.found, { options: ['publishableKey', 'jwtKey'] })
  t.strictSame([world.errors, world.watch.isCertain], [[], false], 'as anybody can forge tokens')
  t.match(world.warnings, [/Unless all of them are forged: publishableKey .+ and jwtKey \(CLERK_JWT_KEY\) belong/])
  t.strictSame(world.asked, { fapi: 0, bapi: 0 })
  world.keyStore.witness('sess_1')
  t.equal(world.watch.found, null, 'a good token takes it back')
})

t.test('jwtKey: beside good tokens, forged ones raise an alarm only after a day without any', async (t) => {
  const pem = createRsaKey('x').publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const world = createWorld(t, { jwtKey: [pem] })
  const forge = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 5 * MINUTE) {
      world.keyStore.reconsider('ins_0')
      await world.time.pass(5 * MINUTE)
    }
  }
  for (let day = 0; day < 5; day++) {
    world.keyStore.witness('sess_1')
    await forge(23 * HOUR)
  }
  t.strictSame([world.errors, world.warnings], [[], []])
  // The instance has a new key since, and jwtKey is the old one.
  await forge(2 * HOUR)
  t.strictSame([world.errors.length, world.warnings.length], [0, 1])
})

t.test('nothing is looked for with one option alone', async (t) => {
  const { watch, keyStore, time, asked } = createWorld(t, {})
  await Promise.all([keyStore.resolve('ins_0', true), time.pass(HOUR)])
  t.equal(watch.found, null)
  t.ok(asked.bapi === 0)
})

/** A start without a token: `after` is the time after which the sets are compared and confirmed. */
async function start(world: World, afterMs: number): Promise<void> {
  await world.keyStore.ready()
  await world.time.settle()
  await world.time.pass(afterMs)
}

t.test('after a start the two key sets are compared, before a token has come', async (t) => {
  for (const [instanceType, soonMs] of [
    ['development', 3 * SECOND],
    [undefined, 41 * SECOND]
  ] as const) {
    const world = createWorld(t, { secretKey: 'sk_live_of_b', ...(instanceType && { instanceType }) })
    world.fapi = jwks(0)
    world.bapi = jwks(1)
    await start(world, SECOND)
    t.equal(world.asked.fapi, 0, 'the start waits for nothing')
    await world.time.pass(soonMs)
    t.equal(world.asked.fapi, 1)
    await world.time.pass(MINUTE)
    t.match(world.watch.found, { options: ['publishableKey', 'secretKey'] })
    t.equal(world.errors.length, 1)
    await world.keyStore.ready()
    await world.time.pass(HOUR)
    t.equal(world.asked.fapi, 2, 'once in a process')
  }
})

t.test('a start that is right, or whose public key set cannot be had, says nothing and asks once', async (t) => {
  for (const fapi of [jwks(0), jwks(0, 1), null, 'forbidden', 'html'] as const) {
    const world = createWorld(t, { secretKey: 'sk_live_of_a' })
    world.fapi = fapi
    world.bapi = jwks(0)
    await start(world, HOUR)
    t.equal(world.asked.fapi, 1)
    t.equal(world.watch.found, null)
    t.strictSame(world.errors, [])
  }
})

t.test(
  'after a start nothing is fetched once a token has verified, with keys of a snapshot, or with jwtKey',
  async (t) => {
    const busy = createWorld(t, { secretKey: 'sk_live_of_a' })
    busy.fapi = busy.bapi = jwks(0)
    await start(busy, SECOND)
    busy.keyStore.witness('sess_1')
    await busy.time.pass(HOUR)
    t.equal(busy.asked.fapi, 0)

    let kept: string | null = null
    const snapshot = {
      get: async () => kept,
      async set(text: string) {
        kept = text
      }
    }
    const first = createWorld(t, { secretKey: 'sk_live_of_a', snapshot })
    first.fapi = first.bapi = jwks(0)
    await start(first, 2 * MINUTE)
    t.equal(first.asked.fapi, 1)
    const second = createWorld(t, { secretKey: 'sk_live_of_a', snapshot })
    second.fapi = second.bapi = jwks(0)
    await start(second, 2 * MINUTE)
    t.strictSame(second.asked, { fapi: 0, bapi: 0 })

    const pem = createRsaKey('x').publicKey.export({ type: 'spki', format: 'pem' }).toString()
    const given = createWorld(t, { secretKey: 'sk_live_of_a', jwtKey: [pem] })
    given.fapi = given.bapi = jwks(0)
    await start(given, HOUR)
    t.strictSame(given.asked, { fapi: 0, bapi: 0 })
  }
)

t.test('no false alarm in 200 starts whose key sets rotate or are away while they are compared', async (t) => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = createRandom(seed)
    const world = createWorld(t, { secretKey: 'sk_live_of_a', random })
    const sets = [jwks(0), jwks(0, 1), jwks(1), jwks(2)]
    const pick = () =>
      random() < 0.2 ? ((['forbidden', 'html', null] as const)[Math.floor(random() * 3)] ?? null) : null
    let published = sets[Math.floor(random() * 4)] ?? []
    world.fapi = world.bapi = published
    await start(world, random() * 60 * SECOND)
    // All keys at once, one endpoint up to half a minute behind, and errors at times.
    published = sets[Math.floor(random() * 4)] ?? []
    world[random() < 0.5 ? 'fapi' : 'bapi'] = published
    await world.time.pass(random() * 30 * SECOND)
    world.fapi = pick() ?? published
    world.bapi = pick() ?? published
    await world.time.pass(10 * MINUTE)
    if (world.watch.found !== null || world.errors.length > 0) t.fail(`seed ${seed}: ${world.errors}`)
  }
})

t.test('a day of nothing but failures, with a key set that cannot be had, makes the mismatch likely', async (t) => {
  const world = createWorld(t, { secretKey: 'sk_live_of_b' })
  world.fapi = 'forbidden'
  world.bapi = jwks(1)
  for (let hour = 0; hour < 24; hour++) {
    await bring(world, 'ins_0')
    t.equal(world.watch.cause, null)
    await world.time.pass(HOUR)
  }
  await bring(world, 'ins_0')
  t.match(
    world.watch.cause,
    /No session token verifies.+Unless all of them are forged: publishableKey .+ and secretKey/
  )
  t.match(world.watch.found, { options: ['publishableKey', 'secretKey'] })
  t.strictSame([world.errors, world.watch.isCertain, world.warnings.length], [[], false, 1])
  world.keyStore.witness('sess_1')
  t.strictSame([world.watch.found, world.watch.cause], [null, null], 'a good token takes it back')
})

t.test('a day of forged tokens beside key sets that can be had is no mismatch', async (t) => {
  const pem = createRsaKey('x')
  const text = pem.publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const world = createWorld(t, { secretKey: 'sk_live_of_a', jwtKey: [text] })
  world.fapi = [pem.jwk]
  for (let hour = 0; hour < 72; hour++) {
    world.keyStore.reconsider('ins_0')
    await world.time.pass(HOUR)
  }
  t.equal(world.watch.found, null)
  t.strictSame(world.errors, [])
  t.ok(world.asked.fapi >= 1 && world.asked.fapi <= 4, `${world.asked.fapi} fetches in three days`)
})

/** All keys were replaced at once, and the public set is the old one for longer than a difference is waited for. */
async function createLagging(t: Test): Promise<World> {
  const world = createWorld(t, { secretKey: 'sk_live_of_a' })
  world.fapi = jwks(0)
  world.bapi = jwks(1)
  await start(world, 3 * MINUTE)
  t.equal(world.watch.isCertain, true)
  return world
}

t.test(
  'an endpoint that lags for long: the mismatch is taken back when a token verifies and the sets agree',
  async (t) => {
    const world = await createLagging(t)
    world.fapi = jwks(1)
    world.keyStore.witness('sess_1')
    await world.time.pass(SECOND)
    t.strictSame([world.watch.found, world.watch.cause, world.watch.isCertain], [null, null, false])
    t.equal(world.errors.length, 1)
  }
)

t.test('an endpoint that goes on lagging, or is away: taken back when tokens go on verifying', async (t) => {
  for (const fapi of [jwks(0), null]) {
    const world = await createLagging(t)
    world.keyStore.witness('sess_1')
    world.fapi = fapi
    world.keyStore.witness('sess_2')
    await world.time.pass(2 * MINUTE)
    t.strictSame([world.watch.found, world.watch.isCertain], [null, false])
  }
})

t.test(
  'a single token that verifies beside sets that differ changes nothing, and costs a comparison an hour',
  async (t) => {
    const world = await createLagging(t)
    const before = world.asked.fapi
    world.keyStore.witness('sess_1')
    await world.time.pass(2 * MINUTE)
    for (let i = 0; i < 50; i++) {
      world.keyStore.witness('sess_1')
      await world.time.pass(MINUTE)
    }
    t.equal(world.watch.isCertain, true)
    t.equal(world.asked.fapi - before, 2)
    t.equal(world.errors.length, 1, 'told once')
    await world.time.pass(HOUR)
    world.fapi = jwks(1)
    world.keyStore.witness('sess_1')
    await world.time.pass(SECOND)
    t.equal(world.watch.found, null)
  }
)
