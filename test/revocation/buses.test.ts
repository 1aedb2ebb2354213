import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { silentLogger } from '../../src/core/logger.js'
import type { RevocationBus, RevocationPeer } from '../../src/core/revocation/bus.js'
import { createRevocations } from '../../src/core/revocation/revocations.js'
import { createClusterBus } from '../../src/revocation/cluster-bus.js'
import { DEFAULT_CLUSTER_BUS } from '../../src/revocation/cluster-message.js'
import { relayRevocations } from '../../src/revocation/cluster-relay.js'
import { createMemoryBus } from '../../src/revocation/memory-bus.js'
import { createManualClock } from '../fixtures/manual-clock.js'
import { killProgram } from '../fixtures/programs.js'

const clock = createManualClock()

function createProcess(bus: RevocationBus) {
  return createRevocations({
    now: clock.now,
    setTimer: clock.setTimer,
    clockSkewMs: 5_000,
    logger: silentLogger,
    bus
  })
}

t.test('in memory: instances of one process tell each other, and later ones', async (t) => {
  const joinBus = createMemoryBus()
  const one = createProcess(joinBus())
  const two = createProcess(joinBus())
  t.equal(await one.revoke({ sessionId: 'sess_1' }), true)
  await two.revoke({ userId: 'user_1' })
  t.strictSame([one.size, two.size], [2, 2])
  const three = createProcess(joinBus())
  await three.ready
  t.equal(three.size, 2)
  await two.close()
  await one.revoke({ sessionId: 'sess_2' })
  t.strictSame([one.size, two.size, three.size], [3, 0, 3])
  t.strictSame(one.health().bus, { kind: 'memory', connected: true, disconnectedSinceMs: null, cause: null })
})

t.test('in memory: a bus is connecting until it is joined, and closed when its last peer has left', async (t) => {
  const bus = createMemoryBus()()
  t.match(bus.health(), { connected: false, cause: 'connecting' })
  const [one, two] = [createProcess(bus), createProcess(bus)]
  await Promise.all([one.ready, two.ready])
  await one.close()
  t.match(bus.health(), { connected: true, cause: null }, 'a peer is left')
  await two.close()
  t.match(bus.health(), { connected: false, cause: 'closed' })
  t.type(bus.health().disconnectedSinceMs, 'number')
  const again = createProcess(bus)
  await again.ready
  t.match(bus.health(), { connected: true, disconnectedSinceMs: null, cause: null })
})

t.test('a process whose clock is ahead cannot refuse everyone from now on', async (t) => {
  const heard: RevocationPeer[] = []
  const bus: RevocationBus = {
    open: async (peer) => void heard.push(peer),
    publish: async () => true,
    health: () => ({ kind: 'test', connected: true, disconnectedSinceMs: null }),
    close: async () => {}
  }
  const revocations = createProcess(bus)
  const tomorrow = { kind: 'all-sessions', atMs: clock.now() + 86_400_000 } as const
  heard[0]?.receive([tomorrow])
  t.equal(revocations.health().everyoneIssuedUntilMs, clock.now() + 5_000)
})

t.test('a bus that throws instead of saying that it is away stops nothing', async (t) => {
  const broken: RevocationBus = {
    open: () => Promise.reject(new Error('open')),
    publish: () => Promise.reject(new Error('publish')),
    health: () => ({ kind: 'broken', connected: false, disconnectedSinceMs: 0 }),
    close: async () => {}
  }
  const errors: string[] = []
  const logger = { ...silentLogger, error: (_fields: object, message: string) => errors.push(message) }
  const revocations = createRevocations({ ...clock, clockSkewMs: 5_000, logger, bus: broken })
  await revocations.ready
  t.strictSame(errors, ['revocation bus could not be opened'])
  t.equal(await revocations.revoke({ sessionId: 'sess_1' }), false)
  t.equal(revocations.size, 1)
})

t.test('without a cluster, the cluster bus is a bus of one', async (t) => {
  const alone = createProcess(createClusterBus())
  await alone.ready
  t.equal(await alone.revoke({ sessionId: 'sess_1' }), true)
  t.strictSame(alone.health().bus, { kind: 'cluster', connected: true, disconnectedSinceMs: null, cause: null })
  await alone.close()
})

t.test('node:cluster', async (t) => {
  // Workers start without the loaders of the test runner, which take longer than everything they do.
  cluster.setupPrimary({ exec: join(import.meta.dirname, '../fixtures/cluster-worker.js'), execArgv: [] })

  t.test('workers tell each other, and those that start later, by way of the primary', async (t) => {
    t.teardown(relayRevocations())
    const [one, two] = await Promise.all([startWorker(t), startWorker(t)])
    t.strictSame(await ask(one, { revoke: ['sess_1', 'sess_2'] }), { told: true })
    await untilSize(two, 2)
    const many = Array.from({ length: 2_500 }, (_, i) => `many_${i}`)
    await ask(two, { revoke: many })
    await untilSize(one, 2_502)
    const late = await startWorker(t)
    t.strictSame(await ask(late, { report: true }), { size: 2_502, isConnected: true })
  })

  t.test('what the primary remembers is bounded: too many, and the oldest count for everyone', async (t) => {
    t.teardown(relayRevocations({ maxEntries: 16 }))
    const one = await startWorker(t)
    await ask(one, { revoke: Array.from({ length: 40 }, (_, i) => `sess_${i}`) })
    await untilSize(one, 40)
    const late = await startWorker(t)
    const { size } = await ask(late, { report: true })
    t.ok(Number(size) >= 1 && Number(size) <= 17, String(size))
  })

  t.test('what the primary remembers is bounded in time', async (t) => {
    let aheadMs = 0
    t.teardown(relayRevocations({ retentionInMs: 90_000, now: () => Date.now() + aheadMs }))
    const one = await startWorker(t)
    await ask(one, { revoke: ['sess_1'] })
    aheadMs = 91_000
    const late = await startWorker(t)
    t.strictSame(await ask(late, { report: true }), { size: 0, isConnected: true })
  })

  t.test('two instances of a worker with one bus both hear, those of the other worker and each other', async (t) => {
    t.teardown(relayRevocations())
    const one = await startWorker(t)
    await ask(one, { revoke: ['sess_1'] })
    const two = await startWorker(t, { CLERK_TEST_TWO_PEERS: '1' })
    t.strictSame(await ask(two, { report: true }), { size: 1, isConnected: true, otherSize: 1 })
    await ask(one, { revoke: ['sess_2'] })
    await untilSize(two, 2)
    await ask(two, { revoke: ['sess_3'] })
    t.strictSame(await ask(two, { report: true }), { size: 3, isConnected: true, otherSize: 3 })
    await untilSize(one, 3)
  })

  t.test('a worker without a relay starts all the same, and says that nobody is there', async (t) => {
    const alone = await startWorker(t, { CLERK_TEST_OPEN_TIMEOUT_MS: '50' })
    await ask(alone, { revoke: ['sess_1'] })
    t.strictSame(await ask(alone, { report: true }), { size: 1, isConnected: false })
    t.strictSame(await ask(alone, { health: true }), { connected: false, cause: 'connecting' })
  })

  t.test(
    'the primary begins to relay when its workers are there: they are told of each other, and come back',
    async (t) => {
      const early = { CLERK_TEST_OPEN_TIMEOUT_MS: '50' }
      const [one, two] = await Promise.all([startWorker(t, early), startWorker(t, early)])
      await ask(one, { revoke: Array.from({ length: 1_500 }, (_, i) => `sess_${i}`) })
      await ask(two, { revoke: ['sess_of_two'] })
      t.teardown(relayRevocations())
      for (const worker of [one, two]) {
        await untilSize(worker, 1_501)
        t.strictSame(await ask(worker, { health: true }), { connected: true, cause: null })
      }
      const late = await startWorker(t)
      t.strictSame(await ask(late, { report: true }), { size: 1_501, isConnected: true })
    }
  )

  t.test('the primary ends its relay and begins another: what was revoked before and meanwhile is told', async (t) => {
    const end = relayRevocations()
    const [one, two] = await Promise.all([startWorker(t, { CLERK_TEST_HEARTBEAT_MS: '300' }), startWorker(t)])
    await ask(one, { revoke: ['sess_1'] })
    await untilSize(two, 1)
    end()
    t.strictSame(await ask(one, { revoke: ['sess_2'] }), { told: false })
    t.strictSame(await ask(one, { health: true }), { connected: false, cause: 'timeout' })
    const isTold = ask(two, { revoke: ['sess_3'] })
    await delay(100)
    t.teardown(relayRevocations())
    t.strictSame(await isTold, { told: true }, 'the message that asked was lost, and is sent again')
    for (const worker of [one, two]) await untilSize(worker, 3)
    await delay(400)
    for (const worker of [one, two]) t.strictSame(await ask(worker, { health: true }), { connected: true, cause: null })
    const late = await startWorker(t)
    t.strictSame(await ask(late, { report: true }), { size: 3, isConnected: true })
  })

  t.test('a worker has died and the primary has not heard of it: the others are told', async (t) => {
    t.teardown(relayRevocations())
    const [dead, one, two] = await Promise.all([startWorker(t), startWorker(t), startWorker(t)])
    const hasExited = once(dead, 'exit')
    dead.process.kill('SIGKILL')
    // The channel breaks while the primary is busy, as it is when it forks.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
    t.ok(dead.isConnected(), 'the primary takes it for alive')
    const bus = { clerkRevocationBus: DEFAULT_CLUSTER_BUS, revocations: [] }
    cluster.emit('message', dead, { ...bus, type: 'load' })
    cluster.emit('message', one, { ...bus, type: 'revoked', revocations: [['sess_1', null, null, Date.now()]] })
    await hasExited
    await untilSize(two, 1)
  })

  t.test('a worker says why its bus is away: closed, once it has left the primary', async (t) => {
    t.teardown(relayRevocations())
    const worker = await startWorker(t)
    t.strictSame(await ask(worker, { health: true }), { connected: true, cause: null })
    t.strictSame(await ask(worker, { close: true }), { connected: false, cause: 'closed' })
  })
})

async function startWorker(t: Test, env: Record<string, string> = {}): Promise<Worker> {
  const worker = cluster.fork(env)
  t.teardown(() => killProgram(worker.process, 'SIGTERM'))
  await reply(worker, 'isReady')
  return worker
}

type WorkerMessage = { revoke?: string[]; report?: true; health?: true; close?: true }

async function ask(worker: Worker, message: WorkerMessage): Promise<Record<string, unknown>> {
  const answer = reply(worker, message.revoke ? 'told' : message.report ? 'size' : 'connected')
  worker.send(message)
  return answer
}

/** The next message of the worker's own with that field; the bus talks over the same channel. */
function reply(worker: Worker, field: string): Promise<Record<string, unknown>> {
  return new Promise((resolve) => {
    worker.on('message', function listen(message: Record<string, unknown>) {
      if (!(field in message)) return
      worker.off('message', listen)
      resolve(message)
    })
  })
}

async function untilSize(worker: Worker, size: number): Promise<void> {
  while ((await ask(worker, { report: true })).size !== size) await delay(10)
}
