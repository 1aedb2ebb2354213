import t, { type Test } from 'tap'
import { helpAt } from '../../src/core/help-page.js'
import { silentLogger } from '../../src/core/logger.js'
import type { BusAwayCause, RevocationBusChange, RevocationPeer } from '../../src/core/revocation/bus.js'
import type { Revocation } from '../../src/core/revocation/revocation.js'
import { parseRevocation } from '../../src/core/revocation/wire-format.js'
import type { BusEngine, BusEngineListener, StoredRevocation } from '../../src/revocation/bus-engine.js'
import { createBusLink } from '../../src/revocation/bus-link.js'
import { Peers } from '../../src/revocation/peers.js'
import { createSimulatedTime, type SimulatedTime } from '../fixtures/simulated-time.js'

/** An engine in memory that fails as it is told. */
class TestEngine implements BusEngine {
  readonly maxMessageBytes = Infinity
  readonly stored: StoredRevocation[] = []
  readonly connectedAtMs: number[] = []
  fault: BusAwayCause | null = null
  /** Takes messages, and delivers none. */
  isSilent = false
  #listener: BusEngineListener | null = null
  readonly #time: SimulatedTime

  constructor(time: SimulatedTime) {
    this.#time = time
  }

  async connect(listener: BusEngineListener): Promise<void> {
    this.connectedAtMs.push(this.#time.now())
    this.#check()
    this.#listener = listener
  }

  async *load(): AsyncGenerator<StoredRevocation[]> {
    this.#check()
    yield [...this.stored]
  }

  async share(revocations: readonly StoredRevocation[]): Promise<void> {
    this.#check()
    this.stored.push(...revocations)
  }

  async beat(message: string): Promise<void> {
    this.#check()
    if (!this.isSilent) this.#listener?.onMessage(message)
  }

  async holds({ target, atMs }: StoredRevocation): Promise<boolean> {
    this.#check()
    return this.stored.some((each) => each.target === target && each.atMs >= atMs)
  }

  async trim(): Promise<void> {}

  disconnect(): void {
    this.#listener = null
  }

  causeOf(error: unknown): BusAwayCause {
    return (error as Error).message as BusAwayCause
  }

  lose(cause: BusAwayCause): void {
    this.#listener?.onLost(new Error(cause))
  }

  #check(): void {
    if (this.fault !== null) throw new Error(this.fault)
  }
}

const HEARTBEAT_MS = 5_000
const stored = (sessionId: string, atMs: number): StoredRevocation => ({
  target: JSON.stringify([sessionId, null, null]),
  atMs
})

function createLink(t: Test, before: (engine: TestEngine) => void = () => {}) {
  const time = createSimulatedTime()
  const engine = new TestEngine(time)
  before(engine)
  const peers = new Peers()
  const changes: RevocationBusChange[] = []
  const warnings: object[] = []
  const held: Revocation[] = []
  const peer: RevocationPeer = {
    receive: (revocations) => void held.push(...revocations),
    known: () => held,
    retentionMs: () => 60_000,
    get size() {
      return held.length
    },
    logger: { ...silentLogger, warn: (fields) => void warnings.push(fields) },
    busChanged: (change) => void changes.push(change)
  }
  peers.add(peer)
  const settings = {
    kind: 'test',
    logger: null,
    retentionInMs: 60_000,
    openTimeoutInMs: 2_000,
    heartbeatInMs: HEARTBEAT_MS
  }
  const { now, steadyNow, setTimer } = time
  const link = createBusLink(engine, { ...settings, now, steadyNow, setTimer, random: () => 0 }, peers)
  t.teardown(() => link.close())
  const opened = link.join(peer)
  return { time, engine, link, held, changes, warnings, opened }
}

t.test('a bus that hears nothing is never connected, and says so once', async (t) => {
  const { time, link, changes, warnings } = createLink(t, (engine) => {
    engine.isSilent = true
  })
  await time.pass(HEARTBEAT_MS - 1)
  t.equal(link.cause, 'connecting')
  await time.pass(HEARTBEAT_MS * 10)
  t.not(link.disconnectedSinceMs, null)
  t.equal(link.cause, 'silent')
  t.match(changes, [{ connected: false, cause: 'silent' }])
  t.strictSame(warnings, [{ bus: 'test', cause: 'silent', help: helpAt('bus: silent') }])
})

t.test('a bus whose messages stop arriving is away within two heartbeats', async (t) => {
  const { time, engine, link, opened } = createLink(t)
  await time.settle()
  await opened
  t.equal(link.cause, null)
  engine.isSilent = true
  await time.pass(HEARTBEAT_MS * 2)
  t.equal(link.cause, 'silent')
  engine.isSilent = false
  await time.pass(2_000)
  t.equal(link.cause, null, 'and back when it hears itself')
})

t.test('a start without the engine ends in time, with one warning; the last cause is in its health', async (t) => {
  const { time, engine, link, changes, opened } = createLink(t, (engine) => {
    engine.fault = 'refused'
  })
  await time.pass(2_000)
  await opened
  engine.fault = 'authentication'
  await time.pass(60_000)
  t.equal(link.cause, 'authentication')
  t.match(changes, [{ connected: false, cause: 'refused' }])
  t.equal(changes.length, 1)
})

t.test('back, it says for how long it was away, by whatever clock, and what was caught up', async (t) => {
  const { time, engine, link, held, changes } = createLink(t)
  await time.settle()
  engine.fault = 'moved'
  engine.lose('moved')
  held.push(...[parseRevocation(['sess_own', null, null, time.now()])].filter((revocation) => revocation !== null))
  engine.stored.push(stored('sess_1', time.now()), stored('sess_2', time.now()))
  await time.pass(10_000)
  time.set(time.now() - 3_600_000)
  engine.fault = null
  await time.pass(1_000)
  t.equal(link.cause, null)
  t.match(changes, [
    { connected: false, cause: 'moved', awayMs: 0, received: 0, sent: 0 },
    { connected: true, cause: 'moved', received: 2, sent: 1 }
  ])
  const { awayMs = 0 } = changes[1] ?? {}
  t.ok(awayMs >= 10_000 && awayMs <= 11_000)
})

t.test('a store that is emptied while the connection stays has everything again within two heartbeats', async (t) => {
  const { time, engine, link, held, changes, opened } = createLink(t)
  await time.settle()
  await opened
  held.push(...[parseRevocation(['sess_1', null, null, time.now()])].filter((revocation) => revocation !== null))
  for (const revocation of held) await link.publish(revocation)
  engine.stored.length = 0
  await time.pass(HEARTBEAT_MS * 2)
  t.strictSame(engine.stored, [stored('sess_1', held[0]?.atMs ?? 0)])
  t.equal(link.cause, null)
  t.strictSame(changes, [], 'nobody was refused for it')
  const count = engine.stored.length
  await time.pass(HEARTBEAT_MS * 10)
  t.equal(engine.stored.length, count, 'and it is told once')
})

t.test('attempts to connect begin soon and slow down to one a second', async (t) => {
  const { time, engine } = createLink(t, (engine) => {
    engine.fault = 'refused'
  })
  await time.pass(10_000)
  const [first = 0] = engine.connectedAtMs
  t.strictSame(
    engine.connectedAtMs.slice(0, 8).map((atMs) => atMs - first),
    [0, 50, 150, 350, 750, 1_550, 2_550, 3_550]
  )
})

t.test('a loss while it joins begins anew', async (t) => {
  const { time, engine, link } = createLink(t)
  const load = engine.load.bind(engine)
  let loads = 0
  engine.load = async function* () {
    if (loads++ === 0) engine.lose('closed')
    yield* load()
  }
  await time.pass(1_000)
  t.equal(link.cause, null)
  t.equal(engine.connectedAtMs.length, 2)
  t.equal(loads, 2)
})

t.test('a loss while it waits to hear itself does not wait for that', async (t) => {
  const { time, engine, link } = createLink(t, (engine) => {
    engine.isSilent = true
  })
  await time.settle()
  engine.lose('closed')
  engine.isSilent = false
  await time.pass(100)
  t.equal(link.cause, null)
})
