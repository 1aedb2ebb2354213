import { silentLogger } from '../../src/core/logger.js'
import { createRevocations } from '../../src/core/revocation/revocations.js'
import type { Revocations } from '../../src/core/revocation/types.js'
import { createLinkedBus } from '../../src/revocation/linked-bus.js'
import { createSimulatedTime, type SimulatedTime } from '../../test/fixtures/simulated-time.js'
import { quantile } from '../measure/statistics.js'
import { createRandom } from '../traffic/random.js'
import { createLatency } from './latency.js'
import { createModelHub, type HubCounts, type ModelHub } from './model-hub.js'

export interface BusStoryInput {
  readonly size: number
  readonly seed: number
  /** Revocations, one after another, each at another process. */
  readonly revocations: number
  readonly restSeconds: number
}

/** What the server of the bus has done, per second. */
export interface BusRate {
  readonly callsPerSecond: number
  readonly deliveriesPerSecond: number
  readonly bytesPerSecond: number
}

export interface BusStory {
  readonly size: number
  readonly atRest: BusRate
  readonly revoking: BusRate
  /** From `revoke` to the moment from which another process refuses the session, over all processes and revocations. */
  readonly followMs: { readonly p50: number; readonly p99: number; readonly last: number }
  readonly lostConnections: number
  /** The server stops for ten seconds and comes back empty, while every process holds the revocations so far. */
  readonly afterRestart: BusRate & {
    /** From the start of the server until every process is connected, in ms. */
    readonly connectedMs: number
    readonly sharedMessages: number
  }
  /** Processes times revocations, and how many of these the processes knew at the end. */
  readonly expected: number
  readonly known: number
}

/** Of the modelled network. A lost message is one whose connection breaks: the channel itself loses none. */
export const BUS_NETWORK = { medianMs: 0.5, p99Ms: 5, loss: 0.001 } as const

const SECOND_MS = 1000
const REVOKE_INTERVAL_MS = 500
const DOWN_MS = 10_000
const SETTLE_MS = 10_000
const LOOK_MS = 50
const DEFAULTS = { retentionInMs: 3_600_000, openTimeoutInMs: 2000, heartbeatInMs: 5000 }

export interface BusFleet {
  readonly time: SimulatedTime
  readonly hub: ModelHub
  readonly random: () => number
  readonly processes: readonly Revocations[]
  /** For each revocation and process that it is news to: how long after `revoke`, in ms. */
  readonly followMs: readonly number[]
  /** An id of the length of Clerk's. */
  sessionId(index: number): string
}

/** Real revocations and buses of processes that start within ten seconds, in simulated time, around a modelled server. */
export function startBuses({ size, seed }: Pick<BusStoryInput, 'size' | 'seed'>): BusFleet {
  const time = createSimulatedTime()
  const random = createRandom(seed)
  const latency = createLatency(BUS_NETWORK.medianMs, BUS_NETWORK.p99Ms, random)
  const hub = createModelHub({ time, latency, loss: BUS_NETWORK.loss, random })
  const processes: Revocations[] = []
  const followMs: number[] = []
  const { now, setTimer } = time

  function start(): void {
    const settings = { ...DEFAULTS, kind: 'model', logger: silentLogger, now, setTimer, random }
    const bus = createLinkedBus(hub.createEngine, settings)
    const process = createRevocations({ now, clockSkewMs: 5000, logger: silentLogger, bus, setTimer })
    process.onRevoked(({ atMs }) => followMs.push(now() - atMs))
    processes.push(process)
  }
  for (let i = 0; i < size; i++) setTimer(start, random() * SETTLE_MS)
  const sessionId = (index: number) => `sess_2hGq7XcM0kQyTnE4dV5${String(index).padStart(8, '0')}`
  return { time, hub, random, processes, followMs, sessionId }
}

/** At rest, revocations, and a restart of the server. */
export async function tellBusStory({ size, seed, revocations, restSeconds }: BusStoryInput): Promise<BusStory> {
  const { time, hub, random, processes, followMs, sessionId } = startBuses({ size, seed })
  const { counts } = hub
  await time.pass(2 * SETTLE_MS)
  const before = { ...counts }
  await time.pass(restSeconds * SECOND_MS)
  const atRest = rateOf(before, counts, restSeconds * SECOND_MS)

  const beforeRevoking = { ...counts }
  for (let i = 0; i < revocations; i++) {
    void processes[Math.floor(random() * size)]?.revoke({ sessionId: sessionId(i) })
    await time.pass(REVOKE_INTERVAL_MS)
  }
  const revoking = rateOf(beforeRevoking, counts, revocations * REVOKE_INTERVAL_MS)
  // Processes whose connection broke at the last message learn it when they are back.
  await time.pass(SETTLE_MS)
  const follow = { p50: quantile(followMs, 0.5), p99: quantile(followMs, 0.99), last: quantile(followMs, 1) }
  const lostConnections = counts.lost

  hub.stop()
  await time.pass(DOWN_MS)
  hub.start()
  const beforeBack = { ...counts }
  let connectedMs = Number.POSITIVE_INFINITY
  for (let passedMs = 0; passedMs < SETTLE_MS; passedMs += LOOK_MS) {
    await time.pass(LOOK_MS)
    if (connectedMs !== Number.POSITIVE_INFINITY) continue
    if (processes.every((process) => process.health().bus?.connected)) connectedMs = passedMs + LOOK_MS
  }
  const afterRestart = {
    ...rateOf(beforeBack, counts, SETTLE_MS),
    connectedMs,
    sharedMessages: counts.messages - beforeBack.messages
  }
  await Promise.all(processes.map((process) => process.close()))
  return {
    size,
    atRest,
    revoking,
    followMs: follow,
    lostConnections,
    afterRestart,
    expected: size * revocations,
    known: followMs.length
  }
}

function rateOf(before: Readonly<HubCounts>, after: Readonly<HubCounts>, ms: number): BusRate {
  const perSecond = (amount: (counts: Readonly<HubCounts>) => number) => ((amount(after) - amount(before)) * 1000) / ms
  return {
    callsPerSecond: perSecond(({ calls }) => calls),
    deliveriesPerSecond: perSecond(({ deliveries }) => deliveries),
    bytesPerSecond: perSecond(({ deliveredBytes, sentBytes, loadedBytes }) => deliveredBytes + sentBytes + loadedBytes)
  }
}
