import { setTimeout as delay } from 'node:timers/promises'
import { RevocationBusPromiseError } from '../../core/errors.js'
import type { RevocationBus, RevocationBusHealth, RevocationPeer } from '../../core/revocation/bus.js'
import type { Revocation } from '../../core/revocation/revocation.js'
import { parseRevocation, serializeRevocation } from '../../core/revocation/wire-format.js'
import { type SetTimer, withinTime } from '../../core/timers.js'
import { needed, type RevocationBusWorld } from './world.js'

const LOOK_INTERVAL_MS = 5
const PEER_RETENTION_MS = 120_000

/** Keeps the process alive: with a bus that never answers, nothing else may. */
const setTimer: SetTimer = (run, ms) => {
  const timer = setTimeout(run, ms)
  return () => clearTimeout(timer)
}

/** An instance of the package, as far as a bus sees it. */
export class TestPeer implements RevocationPeer {
  /** Number of revocations that the bus has delivered, repetitions included. */
  delivered = 0
  readonly #latest = new Map<string, Revocation>()
  readonly #retentionMs: number

  constructor(retentionMs = PEER_RETENTION_MS) {
    this.#retentionMs = retentionMs
  }

  receive(revocations: Iterable<Revocation>): void {
    for (const revocation of revocations) {
      this.delivered++
      this.keep(revocation)
    }
  }

  known(): Iterable<Revocation> {
    return this.#latest.values()
  }

  retentionMs(): number {
    return this.#retentionMs
  }

  keep(revocation: Revocation): void {
    const target = targetOf(revocation)
    const known = this.#latest.get(target)
    if (known === undefined || known.atMs < revocation.atMs) this.#latest.set(target, revocation)
  }

  holds(revocation: Revocation): boolean {
    return this.#latest.get(targetOf(revocation))?.atMs === revocation.atMs
  }
}

/** One process of the application: a bus, and the peers that share it. Every call of the bus is checked. */
export class TestProcess {
  readonly bus: RevocationBus
  readonly peer = new TestPeer()
  readonly #scene: Scene

  constructor(bus: RevocationBus, scene: Scene) {
    this.bus = bus
    this.#scene = scene
  }

  async open(peer: TestPeer = this.peer): Promise<this> {
    this.#scene.peers.add(peer)
    await this.#settles('open', () => this.bus.open(peer))
    return this
  }

  /** Revokes at a peer, as the package does: the peer holds the revocation before the bus hears of it. */
  publish(revocation: Revocation, from: TestPeer = this.peer): Promise<boolean> {
    this.#scene.made(revocation)
    from.keep(revocation)
    return this.#settles('publish', () => this.bus.publish(revocation, from))
  }

  /** Publishes a revocation that has to be taken by the bus. */
  async tell(revocation: Revocation, from?: TestPeer): Promise<void> {
    const isTaken = await this.publish(revocation, from)
    assert(isTaken, 'publish() resolves to true while the bus is connected')
  }

  close(peer?: TestPeer): Promise<void> {
    return this.#settles('close', () => this.bus.close(peer))
  }

  health(): RevocationBusHealth {
    let health: RevocationBusHealth
    try {
      health = this.bus.health()
    } catch (error) {
      throw new RevocationBusPromiseError(`health() never throws; it threw ${nameOf(error)}`)
    }
    const { kind, connected, disconnectedSinceMs } = health
    assert(typeof kind === 'string' && kind !== '', 'health().kind names the bus')
    assert(
      connected === true ? disconnectedSinceMs === null : connected === false && Number.isFinite(disconnectedSinceMs),
      'health() says either connected: true with disconnectedSinceMs: null, or connected: false with a moment in ms'
    )
    return health
  }

  async #settles<T>(method: string, call: () => Promise<T>): Promise<T> {
    const late = Symbol('late')
    let result: T | typeof late
    try {
      result = await withinTime<T | typeof late>(call(), this.#scene.timeoutMs, late, setTimer)
    } catch (error) {
      throw new RevocationBusPromiseError(`${method}() never throws and never rejects; it gave ${nameOf(error)}`)
    }
    if (result === late)
      throw new RevocationBusPromiseError(`${method}() settles; it did not in ${this.#scene.timeoutMs} ms`)
    return result as T
  }
}

/** What one case sees: the world, its processes, and all revocations that were made in it. */
export class Scene {
  readonly world: RevocationBusWorld
  readonly timeoutMs: number
  readonly peers = new Set<TestPeer>()
  readonly #made = new Set<string>()
  readonly #processes: TestProcess[] = []
  readonly #mends: (() => unknown)[] = []
  #ids = 0

  constructor(world: RevocationBusWorld, timeoutMs: number) {
    this.world = world
    this.timeoutMs = timeoutMs
  }

  /** A process that is not open. */
  async process(aheadMs = 0): Promise<TestProcess> {
    const bus = await needed(this.world, 'bus')({ now: () => Date.now() + aheadMs })
    const process = new TestProcess(bus, this)
    this.#processes.push(process)
    return process
  }

  /** A process that has started and hears the others. */
  async start(aheadMs = 0): Promise<TestProcess> {
    const process = await (await this.process(aheadMs)).open()
    await this.untilConnected(process)
    return process
  }

  /** A revocation of a session; by default of one that no other revocation of the case has. */
  revocation(sessionId = this.id('sess'), atMs = Date.now()): Revocation {
    return this.read([sessionId, null, null, atMs])
  }

  /** The revocation that a row stands for. */
  read(row: readonly unknown[]): Revocation {
    const revocation = parseRevocation(row)
    if (revocation === null) throw new TypeError('the kit makes a row that is no revocation')
    return revocation
  }

  id(prefix: string): string {
    return `${prefix}_${++this.#ids}`
  }

  made(revocation: Revocation): void {
    this.#made.add(textOf(revocation))
  }

  async until(isSo: () => boolean, promise: string, intervalMs = LOOK_INTERVAL_MS): Promise<void> {
    const endMs = performance.now() + this.timeoutMs
    while (!isSo()) {
      if (performance.now() > endMs)
        throw new RevocationBusPromiseError(`${promise}; not so after ${this.timeoutMs} ms`)
      await delay(intervalMs)
    }
  }

  untilConnected(process: TestProcess): Promise<void> {
    return this.until(() => process.health().connected, 'health() says connected once the bus is open and hears')
  }

  untilAway(process: TestProcess): Promise<void> {
    return this.until(() => !process.health().connected, 'health() does not say connected of a bus that hears nothing')
  }

  untilHeld(peer: TestPeer, revocation: Revocation, promise: string): Promise<void> {
    return this.until(() => peer.holds(revocation), promise)
  }

  /** Cuts one process off. The function that it returns mends the way; the end of the scene does it at the latest. */
  async cutOff(process: TestProcess): Promise<() => Promise<void>> {
    const mend = await needed(this.world, 'cutOff')(process.bus)
    let isMended = false
    const once = async () => {
      if (isMended) return
      isMended = true
      await mend()
    }
    this.#mends.push(once)
    return once
  }

  /** Every revocation that a peer received is one that somebody made. */
  assertNothingInvented(): void {
    for (const peer of this.peers) {
      for (const revocation of peer.known()) {
        assert(
          this.#made.has(textOf(revocation)),
          'a bus delivers revocations as they were published, and nothing else; a peer received another one'
        )
      }
    }
  }

  async end(): Promise<void> {
    for (const mend of this.#mends) await mend()
    await Promise.allSettled(this.#processes.map(({ bus }) => bus.close()))
    await this.world.close?.()
  }
}

export function assert(isSo: boolean, promise: string): asserts isSo {
  if (!isSo) throw new RevocationBusPromiseError(promise)
}

/** The revocation without its moment. */
function targetOf(revocation: Revocation): string {
  return textOf({ ...revocation, atMs: 0 })
}

function textOf(revocation: Revocation): string {
  return JSON.stringify(serializeRevocation(revocation))
}

function nameOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}
