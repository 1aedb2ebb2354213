import t from 'tap'
import { startBuses, tellBusStory } from '../../bench/fleet/bus-story.js'
import { createFleet, type Sharing } from '../../bench/fleet/fleet.js'
import { findMissedGoals } from '../../bench/fleet/goals.js'
import { tellKeyStory } from '../../bench/fleet/key-story.js'
import { createLatency } from '../../bench/fleet/latency.js'
import { quantile } from '../../bench/measure/statistics.js'
import { tablesOf } from '../../bench/parts/fleet.js'
import { createRandom } from '../../bench/traffic/random.js'

// The simulation of fleets: what it counts, and that a herd would show. Figures for thousands of processes are in
// bench/README.md.

const LENGTHS = { restMinutes: 8, rollingMinutes: 2, outageMinutes: 4 }
const SHARINGS: readonly Sharing[] = ['alone', 'snapshots', 'turns']
const MINUTE_MS = 60_000

t.setTimeout(120_000)

const toTenMs = (ms: number) => Math.floor(ms / 10) * 10

t.test('one process fetches when the arithmetic of its options says so', async (t) => {
  const fleet = createFleet({ size: 1, sharing: 'alone', seed: 1, jitter: () => 0.5 })
  fleet.restart(0)
  await fleet.time.pass(20 * MINUTE_MS)
  // Fresh for 300 s; the refresh is due in the outer half of the last 60 s: at the middle of it, after 255 s.
  // A timer rounds up to whole milliseconds.
  t.same(fleet.endpoint.arrivalsMs.map(toTenMs), [0, 255_000, 510_000, 765_000, 1_020_000])
  t.same(fleet.endpoint.counts, { answered: 1, notModified: 4, failed: 0, limited: 0, aborted: 0 })
  fleet.close()
})

t.test('a process that hangs and a process that fails retry when the arithmetic says so', async (t) => {
  const arrivals = async (mood: 'fails' | 'hangs') => {
    const fleet = createFleet({ size: 1, sharing: 'alone', seed: 1, jitter: () => 0.5 })
    fleet.endpoint.mood = mood
    fleet.restart(0)
    await fleet.time.pass(10_000)
    fleet.close()
    return fleet.endpoint.arrivalsMs
  }
  // Half of 1, 2, 4, 8 s. A deadline of 2,999.5 ms and the answer's way come before.
  t.same(await arrivals('hangs'), [0, 3499.5, 7499])
  const failing = await arrivals('fails')
  const gaps = failing.slice(1).map((at, i) => at - (failing[i] ?? 0))
  for (const [i, leastMs] of [500, 1000, 2000].entries()) {
    t.ok((gaps[i] ?? 0) >= leastMs && (gaps[i] ?? 0) < leastMs + 1500, `${gaps[i]} ms after ${leastMs}`)
  }
})

t.test('two processes with a shared snapshot fetch once, and once more at the first refresh', async (t) => {
  const fleet = createFleet({ size: 2, sharing: 'snapshots', seed: 1 })
  fleet.restart(0)
  await fleet.time.pass(10_000)
  fleet.restart(1)
  await fleet.time.pass(6 * MINUTE_MS)
  t.equal(fleet.endpoint.arrivalsMs.length, 2)
  t.equal(fleet.fetches(), 2)
  t.equal(
    fleet.processes.reduce((sum, store) => sum + store.stats().adoptedSnapshots, 0),
    2
  )
  fleet.close()
})

for (const sharing of SHARINGS) {
  t.test(`${sharing}: every request is counted, where it is made and where it arrives`, async (t) => {
    const { requests, fetches, answers } = await tellKeyStory({ size: 30, sharing, seed: 3 }, LENGTHS)
    t.equal(requests, fetches)
    t.equal(
      Object.values(answers).reduce((sum, count) => sum + count, 0),
      requests
    )
    t.ok(answers.failed > 0 && answers.answered > 0)
  })

  t.test(`${sharing}: the same seed tells the same story, another seed another one`, async (t) => {
    const tell = (seed: number) => tellKeyStory({ size: 20, sharing, seed }, LENGTHS)
    const [first, again, other] = [await tell(7), await tell(7), await tell(8)]
    t.same(again, first)
    t.notSame(other, first)
  })

  t.test(`${sharing}: a hundred processes meet the goals`, async (t) => {
    const story = await tellKeyStory({ size: 100, sharing, seed: 5 }, LENGTHS)
    t.same(findMissedGoals({ size: 100, sharing, story }), [])
  })
}

t.test('processes without jitter show as a herd, and miss the goals', async (t) => {
  const story = await tellKeyStory({ size: 100, sharing: 'alone', seed: 5, jitter: () => 0.5 }, LENGTHS)
  const good = await tellKeyStory({ size: 100, sharing: 'alone', seed: 5 }, LENGTHS)
  const most = (told: typeof story, name: string) => told.phases.find(({ phase }) => phase === name)?.mostInASecond ?? 0
  t.ok(most(story, 'at rest') >= 2 * most(good, 'at rest'))
  t.match(findMissedGoals({ size: 100, sharing: 'alone', story }), [/in a second as an outage ends/])
})

t.test('requests that are not counted, and a fleet that fetches too often, miss the goals', async (t) => {
  const story = await tellKeyStory({ size: 2, sharing: 'alone', seed: 1 }, LENGTHS)
  const run = { size: 2, sharing: 'alone' as const, story }
  t.same(findMissedGoals(run), [])
  t.match(findMissedGoals({ ...run, story: { ...story, fetches: story.fetches + 1 } }), [/requests of/])
  t.match(findMissedGoals({ ...run, story: { ...story, mostAtRestPerProcess: 2 } }), [/in four minutes at rest: 2/])
  // Two processes that are each alone fetch twice as often at rest as a fleet with turns may.
  t.match(findMissedGoals({ ...run, sharing: 'turns' }), [/requests at rest: 4, at most 2/])
})

t.test('tables of key sets show the two largest fleets, and no row without a request', async (t) => {
  const sizes = [4, 2, 3]
  const runs = []
  for (const size of sizes) {
    for (const sharing of SHARINGS) {
      runs.push({ size, sharing, story: await tellKeyStory({ size, sharing, seed: 1 }, LENGTHS) })
    }
  }
  const memory = { keyStoreBytes: 1, busBytes: 1, busWithRevocationsBytes: 1 }
  const [requests, waits] = tablesOf({ runs, buses: [], memory }, { sizes, memorySize: 1 })
  t.same(requests?.columns, ['phase', 'key sets', '3: a minute', 'most a second', '4: a minute', 'most a second'])
  t.same(waits?.columns, ['phase', 'key sets', '3: longest wait', 'all done', '4: longest wait', 'all done'])
  for (const { rows, columns } of [requests, waits].flatMap((table) => table ?? [])) {
    for (const row of rows) t.equal(row.length, columns.length, row.join())
  }
  const ways = (phase: string) => requests?.rows.filter(([name]) => name === phase).map(([, way]) => way)
  t.same(ways('first deploy, all at once'), ['each alone', 'snapshots', 'snapshots, turns'])
  t.same(ways('deploy, all at once'), ['each alone'], 'with a shared snapshot nobody asks')
})

t.test('an endpoint with a limit turns away what is above it, and each process gets its keys in the end', async (t) => {
  const fleet = createFleet({ size: 50, sharing: 'alone', seed: 1, limit: 20 })
  for (let place = 0; place < 50; place++) {
    fleet.restart(place)
    fleet.meet(place, 'ins_0')
  }
  await fleet.time.pass(2 * MINUTE_MS)
  const { arrivalsMs, counts } = fleet.endpoint
  t.equal(fleet.waitsMs.length, 50)
  t.equal(counts.answered, 50)
  t.equal(counts.limited, arrivalsMs.length - 50)
  for (const startMs of arrivalsMs) {
    const window = Math.floor(startMs / 10_000)
    t.ok(arrivalsMs.filter((ms) => Math.floor(ms / 10_000) === window).length <= 50)
  }
  fleet.close()
})

t.test('latencies have the median and the 99th percentile that they were given', async (t) => {
  const latency = createLatency(80, 600, createRandom(1))
  const drawn = Array.from({ length: 20_000 }, latency)
  t.ok(Math.abs(quantile(drawn, 0.5) - 80) < 4, `${quantile(drawn, 0.5)}`)
  t.ok(Math.abs(quantile(drawn, 0.99) - 600) < 60, `${quantile(drawn, 0.99)}`)
})

t.test('a bus at rest: a heartbeat of each process in five seconds reaches that process alone', async (t) => {
  const { atRest } = await tellBusStory({ size: 20, seed: 1, revocations: 1, restSeconds: 50 })
  t.equal(atRest.callsPerSecond, 4)
  t.equal(atRest.deliveriesPerSecond, 4)
})

t.test('every revocation reaches every process, lost connections and a restart included', async (t) => {
  const story = await tellBusStory({ size: 50, seed: 4, revocations: 40, restSeconds: 5 })
  t.ok(story.lostConnections > 0)
  t.equal(story.known, 50 * 40)
  t.equal(story.expected, 50 * 40)
  t.ok(story.followMs.p50 > 0.5 && story.followMs.p50 < 5, `${story.followMs.p50}`)
  t.ok(story.afterRestart.connectedMs <= 2500, `${story.afterRestart.connectedMs}`)
  t.same(await tellBusStory({ size: 50, seed: 4, revocations: 40, restSeconds: 5 }), story, 'and again the same')
})

t.test('a process that starts after a restart of the empty server learns what the others still hold', async (t) => {
  const buses = startBuses({ size: 10, seed: 1 })
  await buses.time.pass(20_000)
  void buses.processes[0]?.revoke({ sessionId: buses.sessionId(0) })
  await buses.time.pass(1000)
  buses.hub.stop()
  buses.hub.start()
  await buses.time.pass(5000)
  t.ok(buses.hub.counts.messages > 1, 'it was shared again')
  t.equal(buses.followMs.length, 10, 'and was news to nobody')
  await Promise.all(buses.processes.map((process) => process.close()))
})
