import { createPublicJwk } from '../../test/fixtures/rsa-keys.js'
import { quantile } from '../measure/statistics.js'
import type { EndpointCounts } from './endpoint.js'
import { createFleet, type Fleet, type FleetInput } from './fleet.js'

/** One phase of the story, with the requests that reached the key endpoint in it. */
export interface PhaseResult {
  readonly phase: PhaseName
  readonly minutes: number
  readonly requests: number
  readonly perMinute: number
  /** The most in any second: a herd shows here. */
  readonly mostInASecond: number
  /** Calls of the shared store, per minute; null without a store. */
  readonly storeCallsPerMinute: number | null
  /** Until the last process had what the phase is about, in ms; null where that is nothing. */
  readonly lastMs: number | null
  /** Longest wait of a token for its key, in ms; null where no token waits. */
  readonly longestWaitMs: number | null
}

export type PhaseName =
  | 'first deploy, all at once'
  | 'at rest'
  | 'deploy, all at once'
  | 'rolling deploy'
  | 'rotation'
  | 'outage begins'
  | 'in an outage'
  | 'outage ends'

export interface KeyStory {
  readonly phases: readonly PhaseResult[]
  /** Most fetches that any process made within four minutes at rest. */
  readonly mostAtRestPerProcess: number
  /** Requests by the count of the endpoint, and fetches by the count of the processes: they have to agree. */
  readonly requests: number
  readonly fetches: number
  readonly answers: Readonly<EndpointCounts>
}

export interface StoryLengths {
  readonly restMinutes: number
  readonly rollingMinutes: number
  readonly outageMinutes: number
}

const MINUTE_MS = 60_000
const SECOND_MS = 1000
/** Freshness with the defaults; after it every process has refreshed at least once. */
const SETTLE_MINUTES = 6
/** An orchestrator starts all processes at once, and they are up within this time. */
const BOOT_SPREAD_MS = 5000
/** A new key signs the next token of each session, so every busy process sees one soon. */
const ROTATION_SPREAD_MS = 10_000

/** A day in the life of a fleet's keys, from its first deploy to the end of an outage. */
export async function tellKeyStory(input: FleetInput, lengths: StoryLengths): Promise<KeyStory> {
  const fleet = createFleet(input)
  const phases: PhaseResult[] = []
  const tell = async (phase: PhaseName, minutes: number, act: () => void, isOver?: () => boolean) => {
    phases.push(await tellPhase(fleet, phase, minutes, act, isOver))
  }
  const deploy = () =>
    fleet.spread(BOOT_SPREAD_MS, (place) => {
      fleet.restart(place)
      fleet.meet(place, 'ins_0')
    })
  const { processes, endpoint } = fleet

  await tell('first deploy, all at once', 1, deploy, () => fleet.waitsMs.length === input.size)
  await fleet.time.pass(SETTLE_MINUTES * MINUTE_MS)
  const before = processes.map((store) => store.stats().fetches)
  const mostAtRestPerProcess = await watchRest(fleet, before, () => tell('at rest', lengths.restMinutes, () => {}))
  await tell('deploy, all at once', 1, deploy, () => fleet.waitsMs.length === input.size)
  await fleet.time.pass(SETTLE_MINUTES * MINUTE_MS)
  await tell('rolling deploy', lengths.rollingMinutes, () =>
    fleet.spread(lengths.rollingMinutes * MINUTE_MS, (place) => {
      fleet.restart(place)
      fleet.meet(place, 'ins_0')
    })
  )
  await fleet.time.pass(SETTLE_MINUTES * MINUTE_MS)
  const rotated = createPublicJwk(1)
  await tell(
    'rotation',
    1,
    () => {
      endpoint.publish(rotated.jwk)
      fleet.spread(ROTATION_SPREAD_MS, (place) => fleet.meet(place, rotated.kid))
    },
    () => fleet.waitsMs.length === input.size
  )
  await fleet.time.pass(SETTLE_MINUTES * MINUTE_MS)
  await tell('outage begins', SETTLE_MINUTES, () => {
    endpoint.mood = 'fails'
  })
  await tell('in an outage', lengths.outageMinutes, () => {})
  await tell(
    'outage ends',
    3,
    () => {
      endpoint.mood = 'answers'
    },
    () => processes.every((store) => store.health().consecutiveFailures === 0)
  )
  const result = {
    phases,
    mostAtRestPerProcess,
    requests: endpoint.arrivalsMs.length,
    fetches: fleet.fetches(),
    answers: { ...endpoint.counts }
  }
  fleet.close()
  return result
}

async function tellPhase(
  fleet: Fleet,
  phase: PhaseName,
  minutes: number,
  act: () => void,
  isOver: (() => boolean) | undefined
): Promise<PhaseResult> {
  const { time, endpoint, storeCounts, waitsMs } = fleet
  const startMs = time.now()
  const requestsBefore = endpoint.arrivalsMs.length
  const callsBefore = storeCounts === null ? 0 : sum(Object.values(storeCounts))
  waitsMs.length = 0
  act()
  let lastMs: number | null = null
  for (let passedMs = 0; passedMs < minutes * MINUTE_MS; passedMs += SECOND_MS) {
    await time.pass(SECOND_MS)
    if (lastMs === null && isOver?.()) lastMs = time.now() - startMs
  }
  const arrivals = endpoint.arrivalsMs.slice(requestsBefore)
  return {
    phase,
    minutes,
    requests: arrivals.length,
    perMinute: arrivals.length / minutes,
    mostInASecond: Math.max(0, ...countBy(arrivals, arrivals[0] ?? 0, SECOND_MS)),
    storeCallsPerMinute: storeCounts === null ? null : (sum(Object.values(storeCounts)) - callsBefore) / minutes,
    lastMs: isOver === undefined ? null : (lastMs ?? Number.POSITIVE_INFINITY),
    longestWaitMs: waitsMs.length === 0 ? null : quantile(waitsMs, 1)
  }
}

/** Counts, every four minutes at rest, the fetches of each process since. */
async function watchRest(fleet: Fleet, before: number[], rest: () => Promise<void>): Promise<number> {
  let most = 0
  let isOver = false
  const look = () => {
    if (isOver) return
    for (const [place, store] of fleet.processes.entries()) {
      const { fetches } = store.stats()
      most = Math.max(most, fetches - (before[place] ?? 0))
      before[place] = fetches
    }
    fleet.time.setTimer(look, 4 * MINUTE_MS)
  }
  fleet.time.setTimer(look, 4 * MINUTE_MS)
  await rest()
  isOver = true
  return most
}

/** How many moments fall in each step from `fromMs` on. */
function countBy(momentsMs: readonly number[], fromMs: number, stepMs: number): number[] {
  const counts: number[] = []
  for (const atMs of momentsMs) {
    const step = Math.floor((atMs - fromMs) / stepMs)
    while (counts.length <= step) counts.push(0)
    counts[step] = (counts[step] ?? 0) + 1
  }
  return counts
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
