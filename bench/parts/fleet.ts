import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { BUS_NETWORK, type BusRate, type BusStory, tellBusStory } from '../fleet/bus-story.js'
import { LATENCIES, type Sharing } from '../fleet/fleet.js'
import { findMissedGoals, type KeyRun } from '../fleet/goals.js'
import { type PhaseName, type PhaseResult, tellKeyStory } from '../fleet/key-story.js'
import type { FleetMemory, FleetMemoryInput } from '../fleet/memory-process.js'
import { converse, release } from '../measure/child.js'
import { createProgress } from '../measure/progress.js'
import type { Chart, PartResult } from '../report/result.js'
import { formatNumber, type Table } from '../report/table.js'
import type { Settings } from '../settings.js'

const SHARINGS: readonly Sharing[] = ['alone', 'snapshots', 'turns']
const LABELS: Readonly<Record<Sharing, string>> = {
  alone: 'each alone',
  snapshots: 'snapshots',
  turns: 'snapshots, turns'
}
/** Revocations held while memory is measured. */
const HELD = 100

/** Simulates fleets: requests to the key endpoint, the way of a revocation, traffic of the bus, memory of a process. */
export async function fleet({ fleet: settings, seed }: Settings): Promise<PartResult> {
  const { sizes, revocations, busRestSeconds, memorySize } = settings
  const progress = createProgress('fleet', sizes.length * (SHARINGS.length + 1) + 1)
  const runs: KeyRun[] = []
  const buses: BusStory[] = []
  for (const size of sizes) {
    for (const sharing of SHARINGS) {
      progress.step(`${size} processes, ${LABELS[sharing]}`)
      runs.push({ size, sharing, story: await tellKeyStory({ size, sharing, seed }, settings) })
    }
    progress.step(`${size} processes, bus`)
    buses.push(await tellBusStory({ size, seed, revocations, restSeconds: busRestSeconds }))
  }
  progress.step('memory')
  const memory = await measureMemory({ size: memorySize, seed, revocations: HELD })
  progress.done()
  const missed = [...runs.flatMap(findMissedGoals), ...buses.flatMap(findLostRevocations)]
  for (const goal of missed) console.error(`Missed goal: ${goal}`)
  return {
    part: 'fleet',
    data: { runs, buses, memory, missed },
    tables: tablesOf({ runs, buses, memory }, settings),
    charts: [requestChart(runs, Math.max(...sizes))]
  }
}

export interface FleetData {
  readonly runs: readonly KeyRun[]
  readonly buses: readonly BusStory[]
  readonly memory: FleetMemory
}

/** What the manual shows of the data. Of fleets, the two largest: a small one is told by the goals. */
export function tablesOf(
  { runs, buses, memory }: FleetData,
  { sizes, memorySize }: Pick<Settings['fleet'], 'sizes' | 'memorySize'>
): Table[] {
  const largest = [...sizes].sort((a, b) => a - b).slice(-2)
  return [
    requestTable(runs, largest),
    waitTable(runs, largest),
    busTable(buses.filter(({ size }) => largest.includes(size))),
    memoryTable(memory, memorySize)
  ]
}

async function measureMemory(input: FleetMemoryInput): Promise<FleetMemory> {
  const program = fileURLToPath(new URL('../fleet/memory-process.js', import.meta.url))
  const child = fork(program, [], { execArgv: ['--expose-gc'] })
  try {
    return await converse<FleetMemory>(child, input)
  } finally {
    await release(child)
  }
}

function findLostRevocations({ size, expected, known }: BusStory): string[] {
  return known === expected ? [] : [`${size} processes, bus: ${known} of ${expected} revocations known`]
}

/** The phases of all runs, a row for each phase and way of sharing in which something happened. */
function rowsOf(
  runs: readonly KeyRun[],
  sizes: readonly number[],
  isShown: (phase: PhaseResult) => boolean,
  show: (phase: PhaseResult) => string[]
): string[][] {
  const names = runs[0]?.story.phases.map(({ phase }) => phase) ?? []
  return names.flatMap((name) =>
    SHARINGS.flatMap((sharing) => {
      const phases = sizes.flatMap((size) => phaseOf(runs, size, sharing, name) ?? [])
      return phases.some(isShown) ? [[name, LABELS[sharing], ...phases.flatMap(show)]] : []
    })
  )
}

function phaseOf(runs: readonly KeyRun[], size: number, sharing: Sharing, name: PhaseName): PhaseResult | undefined {
  return runs
    .find((run) => run.size === size && run.sharing === sharing)
    ?.story.phases.find(({ phase }) => phase === name)
}

function requestTable(runs: readonly KeyRun[], sizes: readonly number[]): Table {
  const { endpoint, store } = LATENCIES
  const lengths = runs[0]?.story.phases.map(({ phase, minutes }) => `${phase}, ${minutes}`) ?? []
  return {
    title: 'Requests to the key endpoint, by the number of processes',
    columns: ['phase', 'key sets', ...sizes.flatMap((size) => [`${count(size)}: a minute`, 'most a second'])],
    rows: rowsOf(
      runs,
      sizes,
      ({ perMinute }) => perMinute > 0,
      ({ perMinute, mostInASecond }) => [figure(perMinute), count(mostInASecond)]
    ),
    notes: [
      `Simulated minutes: ${lengths.join('; ')}.`,
      'Each alone: without jwks.snapshot. Snapshots: a store with get and set. Turns: with claim, too. Everything else by default.',
      'Ways without a request in a phase are left out. The store is empty at the first deploy. The outage answers 503 at once.',
      `Latencies are log-normal: the endpoint ${endpoint.medianMs} ms, 1 % above ${endpoint.p99Ms} ms; the store ${store.medianMs} and ${store.p99Ms} ms.`
    ]
  }
}

function waitTable(runs: readonly KeyRun[], sizes: readonly number[]): Table {
  return {
    title: 'How long a fleet takes',
    columns: ['phase', 'key sets', ...sizes.flatMap((size) => [`${count(size)}: longest wait`, 'all done'])],
    rows: rowsOf(
      runs,
      sizes,
      ({ lastMs }) => lastMs !== null,
      ({ longestWaitMs, lastMs }) => [time(longestWaitMs), lastMs === null ? '–' : `${count(lastMs / 1000)} s`]
    ),
    notes: [
      'Longest wait: of a first token, from its arrival until it is accepted. All done: every process has the keys, counted in whole seconds from the beginning of the phase.',
      'Processes start within 5 s; the first token of a new key reaches them within 10 s. As an outage ends, no token waits: known keys are in use throughout.'
    ]
  }
}

function busTable(buses: readonly BusStory[]): Table {
  const rate = ({ callsPerSecond, deliveriesPerSecond, bytesPerSecond }: BusRate) => [
    figure(callsPerSecond),
    figure(deliveriesPerSecond),
    figure(bytesPerSecond / 1000)
  ]
  const { medianMs, p99Ms, loss } = BUS_NETWORK
  return {
    title: 'Revocations on a bus, by the number of processes',
    columns: ['processes', 'phase', 'calls/s', 'messages/s', 'kB/s', 'p50 ms', 'p99 ms', 'last ms'],
    rows: buses.flatMap(({ size, atRest, revoking, followMs, afterRestart }) => [
      [count(size), 'at rest', ...rate(atRest), '', '', ''],
      [
        count(size),
        'two revocations a second',
        ...rate(revoking),
        ...[followMs.p50, followMs.p99, followMs.last].map((ms) => ms.toFixed(1))
      ],
      [count(size), 'server back, empty', ...rate(afterRestart), '', '', count(afterRestart.connectedMs)]
    ]),
    notes: [
      'Calls of processes to the server of the bus; messages from it to processes. Bytes are of both, and of what is read at a start, without the frames of a protocol.',
      'ms: from revoke() until another process refuses. With the server back: from its start until every process is connected and has all revocations; rates over the first ten seconds.',
      `One way takes ${medianMs} ms, 1 % above ${p99Ms} ms; at ${loss * 100} % of messages the connection breaks instead.`
    ]
  }
}

function memoryTable({ keyStoreBytes, busBytes, busWithRevocationsBytes }: FleetMemory, size: number): Table {
  return {
    title: 'Memory of a process for it',
    columns: ['what', 'kB'],
    rows: [
      ['key store with one key', figure(keyStoreBytes / 1000)],
      ['bus and revocations', figure(busBytes / 1000)],
      [`the same with ${HELD} revocations held`, figure(busWithRevocationsBytes / 1000)]
    ],
    notes: [
      `Heap and external memory after garbage collection, for each of ${count(size)} in one process; keys inside OpenSSL and connections are not in it.`
    ]
  }
}

function requestChart(runs: readonly KeyRun[], size: number): Chart {
  const shown = runs.filter((run) => run.size === size)
  const marks = shown.flatMap(({ sharing, story }) =>
    story.phases
      .filter(({ perMinute }) => perMinute > 0)
      .map(({ phase, perMinute: value }) => ({ at: phase, series: LABELS[sharing], value, low: value, high: value }))
  )
  return {
    title: `Requests to the key endpoint per minute, ${count(size)} processes`,
    kind: 'bars',
    xLabel: 'requests per minute',
    yLabel: '',
    logarithmic: true,
    marks,
    note: 'Simulated. A phase without a bar had no request.'
  }
}

function count(value: number): string {
  return value.toLocaleString('en-US')
}

function figure(value: number): string {
  return value === 0 ? '0' : formatNumber(value)
}

function time(ms: number | null): string {
  if (ms === null) return '–'
  return ms >= 1000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.max(1, Math.round(ms))} ms`
}
