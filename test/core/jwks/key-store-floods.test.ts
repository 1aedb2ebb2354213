import t from 'tap'
import { createHarness, type Harness, keySetResponse, type SentRequest } from '../../fixtures/key-store-harness.js'
import { createRandom } from '../../fixtures/seeded-random.js'
import { a, b } from './two-keys.js'

t.test('10,000 forged kids within a second cause two fetches', async (t) => {
  const h = createHarness(() => keySetResponse([a.jwk]))
  await h.store.ready()
  await h.time.pass(60_000)
  for (let i = 0; i < 10_000; i++) {
    void h.store.resolve(`ins_${i}`, true)
    if (i % 100 === 99) await h.time.pass(10)
  }
  t.equal(h.requests.length, 1 + 2)
  t.ok(h.store.stats().unknownKidsRefused > 8000)
})

t.test('a flood of forged kids that does not end causes 12 fetches in the first minute and 11 in others', async (t) => {
  const h = createHarness(() => keySetResponse([a.jwk]))
  await h.store.ready()
  await h.time.pass(60_000)
  const start = h.time.now()
  let forged = 0
  for (let tenth = 0; tenth < 1800; tenth++) {
    for (let i = 0; i < 5; i++) void h.store.resolve(`ins_${forged++}`, true)
    await h.time.pass(100)
  }
  const perMinute = [0, 1, 2].map(
    (minute) =>
      h.requests.filter(({ atMs }) => atMs >= start + minute * 60_000 && atMs < start + (minute + 1) * 60_000).length
  )
  t.ok((perMinute[0] as number) <= 12, String(perMinute))
  t.ok(
    perMinute.slice(1).every((count) => count <= 11),
    String(perMinute)
  )
})

t.test('under that flood a rotation is accepted within 2 s for a session seen before', async (t) => {
  for (const offsetMs of [0, 3700, 9100, 14_900, 33_300]) {
    const h = createHarness(() => keySetResponse([a.jwk]))
    await h.store.ready()
    h.store.witness('sess_known')
    await h.time.pass(60_000)
    let forged = 0
    const flood = async (ms: number) => {
      for (let passed = 0; passed < ms; passed += 100) {
        for (let i = 0; i < 20; i++) void h.store.resolve(`ins_${forged++}`, true, `sess_${forged}`)
        await h.time.pass(100)
      }
    }
    await flood(20_000 + offsetMs)
    h.endpoint = () => keySetResponse([a.jwk, b.jwk])
    const rotatedAtMs = h.time.now()
    let acceptedAtMs = 0
    void h.store.resolve('ins_b', true, 'sess_known').then(({ ok }) => {
      if (ok) acceptedAtMs = h.time.now()
    })
    await flood(2000)
    t.ok(acceptedAtMs > 0 && acceptedAtMs - rotatedAtMs <= 2000, `${offsetMs}: ${acceptedAtMs - rotatedAtMs} ms`)
  }
})

t.test('a session is known until its next token comes, with 60,000 others verified meanwhile', async (t) => {
  const h = createHarness(() => keySetResponse([a.jwk]))
  await h.store.ready()
  h.store.witness('sess_known')
  for (let other = 0; other < 60_000; other++) h.store.witness(`sess_${other}`)
  await h.time.pass(60_000)
  for (let forged = 0; forged < 50; forged++) void h.store.resolve(`ins_${forged}`, true)
  await h.time.pass(10_000)
  const before = h.store.stats().fetches
  h.endpoint = () => keySetResponse([a.jwk, b.jwk])
  for (let forged = 0; forged < 50; forged++) void h.store.resolve(`ins_${forged}`, true)
  const pending = h.store.resolve('ins_b', true, 'sess_known')
  await h.time.pass(2000)
  t.ok((await pending).ok)
  t.ok(h.store.stats().fetches > before)
})

/** Forged key ids, `perSecond` of them, every hundredth in the name of a session that was verified here. */
async function floodWith(
  h: Harness,
  perSecond: number,
  ms: number,
  isDone: () => boolean = () => false
): Promise<void> {
  for (let passed = 0; passed < ms && !isDone(); passed += 50) {
    for (let i = 0; i < perSecond / 20; i++) {
      const sessionId = i % 100 === 0 ? `sess_attacker_${passed % 7}` : `sess_made_up_${i}`
      void h.store.resolve(`ins_forged_${passed}_${i}`, true, sessionId)
    }
    await h.time.pass(50)
  }
}

t.test(
  'with 10,000 forged kids a second, sessions never seen here are accepted within 6 s of a rotation',
  async (t) => {
    const draw = createRandom(7)
    for (let run = 0; run < 8; run++) {
      const h = createHarness(() => keySetResponse([a.jwk]))
      await h.store.ready()
      for (let i = 0; i < 7; i++) h.store.witness(`sess_attacker_${i}`)
      await h.time.pass(60_000 + Math.floor(draw() * 60_000))
      await floodWith(h, 10_000, 1000 + Math.floor(draw() * 5500))
      h.endpoint = () => keySetResponse([a.jwk, b.jwk])
      const rotatedAtMs = h.time.now()
      await floodWith(h, 10_000, 10_000, () => h.store.find('ins_b').length > 0)
      t.ok(h.time.now() - rotatedAtMs <= 6000, `run ${run}: ${h.time.now() - rotatedAtMs} ms`)
      await h.time.pass(10_000)
      h.store.close()
    }
  }
)

t.test(
  'such a flood causes 16 fetches in any minute at most, and a rotation is noticed in time all the while',
  async (t) => {
    const h = createHarness(() => keySetResponse([a.jwk]))
    await h.store.ready()
    for (let i = 0; i < 7; i++) h.store.witness(`sess_attacker_${i}`)
    await h.time.pass(60_000)
    await floodWith(h, 2000, 240_000)
    const times = h.requests.map(({ atMs }) => atMs)
    t.ok(times.length > 40, `${times.length} fetches`)
    t.ok(times.every((atMs, index) => (times[index + 16] ?? Infinity) - atMs >= 60_000))
    const inFlood = times.slice(1)
    const gaps = inFlood.slice(1).map((atMs, index) => atMs - (inFlood[index] as number))
    t.ok(Math.max(...gaps) <= 6000, `longest gap ${Math.max(...gaps)} ms`)
    await h.time.pass(10_000)
    h.store.close()
  }
)

t.test('an attacker with sessions of his own adds 4 fetches in the first minute, and is then not heard', async (t) => {
  const h = createHarness(() => keySetResponse([a.jwk]))
  await h.store.ready()
  for (let i = 0; i < 10; i++) h.store.witness(`sess_mine_${i}`)
  await h.time.pass(60_000)
  const before = h.requests.length
  let forged = 0
  for (let tenth = 0; tenth < 600; tenth++) {
    for (let i = 0; i < 10; i++) void h.store.resolve(`ins_${forged++}`, true, `sess_mine_${i}`)
    await h.time.pass(100)
  }
  t.ok(h.requests.length - before <= 12 + 4, String(h.requests.length - before))
  // Whoever waits has an answer: a promise that waits keeps the process alive.
  await h.time.pass(10_000)
})

t.test('bad signatures spend from the same budget, and are refused without a promise once it is spent', async (t) => {
  const h = createHarness(() => keySetResponse([a.jwk]))
  await h.store.ready()
  await h.time.pass(10_000)
  t.equal(await h.store.reconsider('ins_a'), false)
  t.equal(h.requests.length, 2)
  let promises = 0
  for (let tenth = 0; tenth < 600; tenth++) {
    for (let i = 0; i < 10; i++) if (h.store.reconsider('ins_a') !== false) promises++
    await h.time.pass(100)
  }
  t.ok(h.requests.length <= 1 + 13, String(h.requests.length))
  t.ok(promises < 1500, String(promises))
  // Whoever waits has an answer: a promise that waits keeps the process alive.
  await h.time.pass(10_000)
})

t.test('even the unluckiest jitter makes no more than 16 fetches a minute', async (t) => {
  const h = createHarness(() => new Response('', { status: 500 }))
  h.random = 0
  await h.store.ready()
  await h.time.pass(600_000)
  for (let i = 16; i < h.requests.length; i++) {
    const spanMs = (h.requests[i] as SentRequest).atMs - (h.requests[i - 16] as SentRequest).atMs
    if (spanMs < 60_000) t.fail(`17 fetches in ${spanMs} ms`)
  }
  t.ok(h.requests.length > 100)
})

t.test(
  'with an endpoint that takes 2.9 s a flood causes no more fetches, and 1,000 wait, for 7 s at most',
  async (t) => {
    const h = createHarness(() => keySetResponse([a.jwk]))
    await h.store.ready()
    await h.time.pass(60_000)
    h.endpoint = async () => {
      await new Promise<void>((resolve) => h.time.setTimer(resolve, 2900))
      return keySetResponse([a.jwk])
    }
    const before = h.requests.length
    let waiting = 0
    let most = 0
    let longestMs = 0
    for (let tenth = 0; tenth < 600; tenth++) {
      for (let i = 0; i < 100; i++) {
        const askedAtMs = h.time.now()
        waiting++
        void h.store.resolve(`ins_${tenth}_${i}`, true).then(() => {
          waiting--
          longestMs = Math.max(longestMs, h.time.now() - askedAtMs)
        })
      }
      await h.time.settle()
      most = Math.max(most, waiting)
      await h.time.pass(100)
    }
    const fetches = h.requests.length - before
    await h.time.pass(10_000)
    t.equal(waiting, 0)
    t.ok(most <= 1000, `${most} wait`)
    t.ok(longestMs <= 7000, `${longestMs} ms`)
    t.ok(fetches <= 12, `${fetches} fetches`)
  }
)
