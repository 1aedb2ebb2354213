import t from 'tap'
import { createClusterBroker } from '../../../src/core/jwks/cluster-broker.js'
import type { PrimaryMessage } from '../../../src/core/jwks/cluster-messages.js'
import {
  type ClusterChannel,
  createClusterExchange,
  createClusterSource
} from '../../../src/core/jwks/cluster-source.js'
import { failed, type KeySource, type SourceAnswer } from '../../../src/core/jwks/source.js'

const NOW_MS = 1_700_000_000_000

/** A cluster in one process: workers with sources that answer when told, a primary, messages that survive JSON. */
function createGroup(workers: number) {
  const clock = { nowMs: NOW_MS }
  const listeners = new Map<number, (message: unknown) => void>()
  const broker = createClusterBroker(
    () => clock.nowMs,
    (workerId, message) => listeners.get(workerId)?.(JSON.parse(JSON.stringify(message)) as PrimaryMessage)
  )
  const members = Array.from({ length: workers }, (_, id) => {
    const answers: ((answer: SourceAnswer) => void)[] = []
    const inner: KeySource = {
      kind: 'fapi',
      id: 'https://clerk.example.com/.well-known/jwks.json',
      fetch: () => new Promise((resolve) => answers.push(resolve))
    }
    const channel: ClusterChannel = {
      send(message) {
        queueMicrotask(() => broker.receive(id, JSON.parse(JSON.stringify(message))))
        return true
      },
      onMessage: (listener) => listeners.set(id, listener)
    }
    return { source: createClusterSource(inner, createClusterExchange(channel)), answers }
  })
  const ask = (member: number, newerThanMs = 0, signal = new AbortController().signal) =>
    (members[member] as (typeof members)[number]).source.fetch({ etag: null, signal, newerThanMs })
  const fetching = () => members.map(({ answers }) => answers.length)
  return { broker, clock, members, ask, fetching }
}

const keySet = (fetchedAtMs = NOW_MS): SourceAnswer => ({
  kind: 'key-set',
  text: '{"keys":[]}',
  etag: '"1"',
  maxAgeMs: 60_000,
  fetchedAtMs,
  clockOffsetMs: 3
})

const rest = () => new Promise((resolve) => setImmediate(resolve))

t.test('four workers that ask at once fetch once, and all get the answer', async (t) => {
  const group = createGroup(4)
  const answers = [0, 1, 2, 3].map((member) => group.ask(member))
  await rest()
  t.strictSame(group.fetching(), [1, 0, 0, 0])
  group.members[0]?.answers[0]?.(keySet())
  t.strictSame(await Promise.all(answers), [keySet(), keySet(), keySet(), keySet()])
})

t.test('what has been fetched recently enough is not fetched again; older than asked for, it is', async (t) => {
  const group = createGroup(2)
  const first = group.ask(0)
  await rest()
  group.members[0]?.answers[0]?.(keySet())
  await first
  await rest()
  t.match(await group.ask(1, NOW_MS - 1), { kind: 'key-set' })
  t.strictSame(group.fetching(), [1, 0])
  void group.ask(1, NOW_MS)
  await rest()
  t.strictSame(group.fetching(), [1, 1])
})

t.test('a failure is shared, too, and the next one to ask tries again', async (t) => {
  const group = createGroup(3)
  const answers = [0, 1, 2].map((member) => group.ask(member))
  await rest()
  group.members[0]?.answers[0]?.(failed('http-500', 7000))
  for (const answer of await Promise.all(answers)) t.match(answer, { failure: 'http-500', retryAfterMs: 7000 })
  void group.ask(2)
  await rest()
  t.strictSame(group.fetching(), [1, 0, 1])
})

t.test('304 confirms what the others know', async (t) => {
  const group = createGroup(2)
  const first = group.ask(0)
  await rest()
  group.members[0]?.answers[0]?.(keySet())
  await first
  await rest()
  const answers = [group.ask(0, NOW_MS), group.ask(1, NOW_MS)]
  await rest()
  group.members[0]?.answers[1]?.({
    kind: 'not-modified',
    fetchedAtMs: NOW_MS + 5000,
    maxAgeMs: 1000,
    clockOffsetMs: null
  })
  t.match(await answers[0], { kind: 'not-modified' })
  t.match(await answers[1], { kind: 'key-set', fetchedAtMs: NOW_MS + 5000, maxAgeMs: 1000 })
})

t.test('304 on a set that the primary does not know passes the turn on', async (t) => {
  const group = createGroup(2)
  const answers = [group.ask(0), group.ask(1)]
  await rest()
  group.members[0]?.answers[0]?.({ kind: 'not-modified', fetchedAtMs: NOW_MS, maxAgeMs: null, clockOffsetMs: null })
  await answers[0]
  await rest()
  t.strictSame(group.fetching(), [1, 1])
})

t.test('when the worker whose turn it is dies, another one takes over', async (t) => {
  const group = createGroup(3)
  void group.ask(0)
  const others = [group.ask(1), group.ask(2)]
  await rest()
  group.broker.left(0)
  await rest()
  t.strictSame(group.fetching(), [1, 1, 0])
  group.members[1]?.answers[0]?.(keySet())
  t.match(await Promise.all(others), [{ kind: 'key-set' }, { kind: 'key-set' }])
})

t.test('a worker that gives up frees the others; one that says nothing loses its turn', async (t) => {
  const group = createGroup(3)
  const abort = new AbortController()
  void group.ask(0, 0, abort.signal)
  const other = group.ask(1)
  await rest()
  abort.abort()
  t.match(await other, { kind: 'failure', failure: 'timeout' })

  void group.ask(0)
  await rest()
  group.clock.nowMs += 65_001
  void group.ask(2)
  await rest()
  t.strictSame(group.fetching(), [2, 0, 1])
  group.clock.nowMs -= 3_600_000
  void group.ask(1)
  await rest()
  t.strictSame(group.fetching(), [2, 1, 1], 'a clock that is set back keeps no turn')
})
