import t from 'tap'
import { createHarness, type Harness, hang, keySetResponse, type SentRequest } from './fixtures/key-store-harness.js'
import { createRsaKey, type RsaKey } from './fixtures/rsa-keys.js'
import { createRandom } from './fixtures/seeded-random.js'

// Random sequences of faults, rotations, withdrawals and traffic over simulated months, with four invariants checked at
// every step. A failure names the seed: `CLERK_TEST_SEED=7 CLERK_TEST_HOURS=100 node .build/test/jwks-invariants.test.js`.

const SEED = Number(process.env.CLERK_TEST_SEED ?? 1)
const HOURS = Number(process.env.CLERK_TEST_HOURS ?? 1200)
const RUNS = 4
const MAX_FETCHES_PER_MINUTE = 12
// No other timer runs for this long, so that the harness can tell who waits for what.
const TIMEOUT_MS = 2999.5
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

const pool = Array.from({ length: 6 }, (_, i) => createRsaKey(`ins_${i}`))

type FaultName =
  | 'none'
  | 'status'
  | 'retry-after'
  | 'hang'
  | 'deaf-hang'
  | 'slow'
  | 'html'
  | 'truncated'
  | 'empty'
  | 'huge'
  | 'redirect'
  | 'reset'
const FAULTS: readonly FaultName[] = [
  'status',
  'retry-after',
  'hang',
  'deaf-hang',
  'slow',
  'html',
  'truncated',
  'empty',
  'huge',
  'redirect',
  'reset'
]

/** The endpoint as it is, and what it has been. */
interface World {
  published: RsaKey[]
  fault: FaultName
  readonly answered: { readonly askedAtMs: number; readonly landedAtMs: number; readonly kids: ReadonlySet<string> }[]
  inFlight: number
  mostInFlight: number
}

for (let run = 0; run < RUNS; run++) {
  const seed = SEED * 1000 + run
  t.test(`seed ${seed}: ${HOURS / RUNS} hours of faults, rotations and floods break no invariant`, async (t) => {
    const random = createRandom(seed)
    const world: World = { published: [pool[0] as RsaKey], fault: 'none', answered: [], inFlight: 0, mostInFlight: 0 }
    const staleIfErrorInMs = [0, HOUR_MS, 4 * HOUR_MS][run % 3] as number
    const h = createHarness((request) => answer(world, h, request, random), {
      cache: { warmUp: 'background', staleIfErrorInMs, pollWhenIdle: run === 3, timeoutInMs: TIMEOUT_MS }
    })
    await h.store.ready()
    await h.time.settle()

    const endMs = h.time.now() + (HOURS / RUNS) * HOUR_MS
    let steps = 0
    const counts = { accepted: 0, refused: 0, unavailable: 0 }
    while (h.time.now() < endMs) {
      h.random = random()
      steps++
      await act(world, h, random)
      await judge(t, world, h, random, staleIfErrorInMs, counts)
    }
    t.equal(checkRate(h.requests), null, 'fetches per minute within budget')
    t.equal(world.mostInFlight, 1, 'never more than one fetch in flight')
    t.ok(counts.accepted > steps / 4, `exercised: ${JSON.stringify({ steps, ...counts, fetches: h.requests.length })}`)
    t.comment(JSON.stringify({ seed, steps, ...counts, fetches: h.requests.length }))
    h.store.close()
  })
}

function answer(world: World, h: Harness, request: SentRequest, random: () => number): Promise<Response> {
  world.inFlight++
  world.mostInFlight = Math.max(world.mostInFlight, world.inFlight)
  let isOver = false
  const over = () => {
    if (!isOver) world.inFlight--
    isOver = true
  }
  request.signal.addEventListener('abort', over)
  return respond(world, h, request, random).finally(over)
}

async function respond(world: World, h: Harness, request: SentRequest, random: () => number): Promise<Response> {
  const good = () => {
    const kids = new Set(world.published.map(({ kid }) => kid))
    world.answered.push({ askedAtMs: request.atMs, landedAtMs: h.time.now(), kids })
    if (world.answered.length > 64) world.answered.shift()
    return keySetResponse(
      world.published.map(({ jwk }) => jwk),
      { 'cache-control': `max-age=${Math.floor(random() * 600)}` }
    )
  }
  switch (world.fault) {
    case 'none':
      return good()
    case 'slow':
      await new Promise<void>((resolve) => h.time.setTimer(resolve, random() * 2900))
      return request.signal.aborted ? new Response('', { status: 500 }) : good()
    case 'status':
      return new Response('{}', { status: 500 + Math.floor(random() * 5) })
    case 'retry-after':
      return new Response('', { status: 429, headers: { 'retry-after': String(Math.floor(random() * 400)) } })
    case 'hang':
      return hang(request)
    case 'deaf-hang':
      return hang(request, true)
    case 'html':
      return new Response('<html>', { headers: { 'content-type': 'text/html' } })
    case 'truncated':
      return new Response('{"keys":[{"kty":"RSA","n":"')
    case 'empty':
      return keySetResponse([])
    case 'huge':
      return keySetResponse([{ pad: 'x'.repeat(70_000) }])
    case 'redirect':
      return new Response(null, { status: 302, headers: { location: 'https://elsewhere.example/' } })
    case 'reset':
      throw new Error('socket hang up')
  }
}

/** Something happens in the world, and some time passes. */
async function act(world: World, h: Harness, random: () => number): Promise<void> {
  const dice = random()
  if (dice < 0.05) rotate(world, random)
  else if (dice < 0.08) withdraw(world, random)
  else if (dice < 0.13) world.fault = FAULTS[Math.floor(random() * FAULTS.length)] as FaultName
  else if (dice < 0.26) world.fault = 'none'
  else if (dice < 0.36) for (let i = 0; i < 20; i++) void h.store.resolve(`ins_forged_${random()}`, true, `sess_${i}`)
  else if (dice < 0.4) for (let i = 0; i < 20; i++) void h.store.reconsider(world.published[0]?.kid)
  if (dice > 0.1) h.traffic++

  const pause = random()
  // Mostly seconds; now and then a night without anybody.
  if (pause < 0.5) await h.time.pass(random() * 2000)
  else if (pause < 0.9) await h.time.pass(random() * 5 * MINUTE_MS)
  else if (pause < 0.98) await h.time.pass(random() * HOUR_MS)
  else await h.time.pass(random() * 6 * HOUR_MS)
}

function rotate(world: World, random: () => number): void {
  const fresh = pool[Math.floor(random() * pool.length)] as RsaKey
  if (world.published.includes(fresh)) return
  world.published = [...world.published, fresh].slice(-3)
}

function withdraw(world: World, random: () => number): void {
  if (world.published.length < 2) return
  const victim = Math.floor(random() * world.published.length)
  world.published = world.published.filter((_, i) => i !== victim)
}

async function judge(
  t: { fail(message: string): unknown },
  world: World,
  h: Harness,
  random: () => number,
  staleIfErrorInMs: number,
  counts: { accepted: number; refused: number; unavailable: number }
): Promise<void> {
  const key = pool[Math.floor(random() * pool.length)] as RsaKey
  // What a verifier does, with a token of a session that it has seen before.
  h.store.witness('sess_seen')
  const askedAtMs = h.time.now()
  let resolution = h.store.find(key.kid).length > 0 ? { ok: true } : null
  if (resolution === null) {
    const pending = h.store.resolve(key.kid, true, 'sess_seen')
    const settled = pending.then((value) => {
      resolution = value
    })
    for (let waited = 0; resolution === null && waited <= 4200; waited += 100) await h.time.pass(100)
    if (resolution === null) {
      t.fail(`a request waits longer than 4 s at ${askedAtMs}`)
      return
    }
    await settled
  }
  const nowMs = h.time.now()
  const newest = world.answered.at(-1)
  const outcome = resolution as { ok: boolean; unavailable?: boolean }
  counts[outcome.ok ? 'accepted' : outcome.unavailable ? 'unavailable' : 'refused']++

  if (outcome.ok) {
    if (!newest?.kids.has(key.kid)) t.fail(`${key.kid} accepted, but absent from the newest good set, at ${nowMs}`)
    else if (nowMs - newest.landedAtMs > 300_000 + staleIfErrorInMs + 3000) t.fail(`keys older than the stale limit`)
  } else if (newest?.kids.has(key.kid)) {
    // The set's own max-age may have been as short as the floor; the stale limit counts from there.
    const isYoung = askedAtMs < newest.askedAtMs + MINUTE_MS + staleIfErrorInMs
    if (isYoung && newest.landedAtMs <= askedAtMs) t.fail(`${key.kid} refused while a good set holds it, at ${nowMs}`)
  }
}

function checkRate(requests: readonly SentRequest[]): string | null {
  for (let i = MAX_FETCHES_PER_MINUTE; i < requests.length; i++) {
    const first = requests[i - MAX_FETCHES_PER_MINUTE] as SentRequest
    const last = requests[i] as SentRequest
    if (last.atMs - first.atMs < MINUTE_MS)
      return `${MAX_FETCHES_PER_MINUTE + 1} fetches in ${last.atMs - first.atMs} ms`
  }
  return null
}
