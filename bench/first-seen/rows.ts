import { floorMap, floorMapPooled, floorPooled } from '../contenders/floors.js'
import { ours } from '../contenders/ours.js'
import { roads } from '../contenders/roads.js'
import {
  type Comparison,
  compareSides,
  judgeRatio,
  judgeTarget,
  meanOf,
  type Side,
  type Target,
  type TargetVerdict
} from '../measure/comparison.js'
import { pairedRatio, quantile, type Summary, summarize } from '../measure/statistics.js'
import type { ThroughputSample } from '../measure/throughput.js'
import type { Cell } from './stage.js'
import type { VerifierCosts } from './verifier-process.js'

/** The measurements of a cell, round by round. `again` is empty for a cell that is measured once in a round. */
export interface Measured {
  readonly first: readonly ThroughputSample[]
  readonly again: readonly ThroughputSample[]
}

export interface TargetRow {
  readonly what: string
  readonly unit: string
  readonly ours: number
  readonly theirs: number
  readonly against: string
  readonly comparison: Comparison
  readonly target: Target
  readonly verdict: TargetVerdict | 'withheld'
  /** Null unless the verdict is `withheld`. */
  readonly withheldBecause: string | null
  /** CPU time of the load generator, of the server's, where it was largest; null without a server. */
  readonly generatorShare: number | null
}

export interface Measurements {
  of(cell: Cell): Measured
  readonly verifier: readonly VerifierCosts[]
  readonly coldRequests: number
  readonly burstTokens: number
}

const atMost = (value: number): Target => ({ kind: 'at most', value })
const atLeast = (value: number): Target => ({ kind: 'at least', value })

type Metric = 'requestsPerSecond' | 'cpuMicroseconds' | 'p99Ms'

const UNITS: Readonly<Record<Metric, string>> = { requestsPerSecond: '/s', cpuMicroseconds: 'µs CPU', p99Ms: 'ms' }
const CARRIERS = [
  ['bearer', 'Bearer'],
  ['cookie', 'cookie']
] as const

const medianOf = (values: readonly number[]) => quantile(values, 0.5)
const cells = {
  ours: (way: 'bearer' | 'cookie', load: Cell['load']): Cell => ({ contender: ours.name, way, load }),
  map: (way: 'bearer' | 'cookie'): Cell => ({ contender: floorMap.name, way, load: 'known' }),
  pooled: (way: 'bearer' | 'cookie', load: Cell['load']): Cell => ({ contender: floorPooled.name, way, load }),
  mapPooled: (way: 'bearer' | 'cookie', load: Cell['load']): Cell => ({ contender: floorMapPooled.name, way, load }),
  road: (way: keyof typeof roads): Cell => ({ contender: roads[way].name, way, load: 'added' })
}

const ROADS = (Object.keys(roads) as (keyof typeof roads)[]).filter((way) => way !== 'apiKey')

/** Cells that are measured twice in every round, so that each is also compared with itself. */
export const TWICE: readonly Cell[] = [
  ...CARRIERS.flatMap(([way]) => [
    cells.pooled(way, 'first seen'),
    cells.ours(way, 'first seen'),
    cells.pooled(way, 'cold'),
    cells.ours(way, 'cold'),
    cells.map(way),
    cells.ours(way, 'known'),
    cells.ours(way, 'added'),
    cells.ours(way, 'alone'),
    cells.ours(way, 'beside')
  ])
]

/** Cells that are compared with one of the others. */
export const ONCE: readonly Cell[] = [
  ...ROADS.map(cells.road),
  cells.road('apiKey'),
  ...CARRIERS.flatMap(([way]) => [cells.mapPooled(way, 'alone'), cells.mapPooled(way, 'beside')])
]

/** The targets, each with its measurement. */
export function judgeTargets(measurements: Measurements): TargetRow[] {
  return [...serverRows(measurements), ...verifierRows(measurements), ...addedRows(measurements)]
}

/** A side compared with itself for the rows that judge contenders by. */
export function compareWithThemselves({ of }: Measurements): { what: string; side: Side }[] {
  return TWICE.map((cell) => ({
    what: `${cell.contender} (${cell.way}), ${cell.load}`,
    side: sideOf(of(cell), cell.load === 'alone' || cell.load === 'beside' ? 'p99Ms' : 'cpuMicroseconds')
  }))
}

/** The row of p99 for a hook that does nothing but what no server can leave out: what the target asks of this machine. */
export function compareFloors({ of }: Measurements): { what: string; beside: number; alone: number; ratio: Summary }[] {
  return CARRIERS.map(([way, name]) => {
    const [beside, alone] = (['beside', 'alone'] as const).map((load) =>
      of(cells.mapPooled(way, load)).first.map(({ p99Ms }) => p99Ms)
    ) as [number[], number[]]
    return {
      what: `p99 of known tokens, while as many connections bring new ones, ${name}: ${floorMapPooled.name}`,
      beside: medianOf(beside),
      alone: medianOf(alone),
      ratio: pairedRatio(beside, alone)
    }
  })
}

function sideOf({ first, again }: Measured, metric: Metric): Side {
  return { first: first.map((sample) => sample[metric]), again: again.map((sample) => sample[metric]) }
}

const sharesOf = (...measured: readonly Measured[]) =>
  Math.max(
    ...measured.map(({ first, again }) => medianOf([...first, ...again].map(({ generatorShare }) => generatorShare)))
  )

function createRow(
  figures: Pick<TargetRow, 'what' | 'unit' | 'ours' | 'theirs' | 'against' | 'target' | 'generatorShare'>,
  comparison: Comparison
): TargetRow {
  const withheldBecause = whyWithheld(figures, comparison)
  const verdict = withheldBecause === null ? judgeTarget(comparison, figures.target) : 'withheld'
  return { ...figures, comparison, verdict, withheldBecause }
}

function whyWithheld(
  { ours, theirs, generatorShare }: Pick<TargetRow, 'ours' | 'theirs' | 'generatorShare'>,
  { ratio }: Comparison
): string | null {
  if (Number.isNaN(ours) || Number.isNaN(theirs)) return 'not measured'
  // Such a server waited for requests: its figures are those of the generator.
  if (generatorShare !== null && generatorShare > 1) return 'the load generator was busier than the server'
  return Number.isNaN(ratio.median) ? 'what it is compared with does not show' : null
}

function serverRows({ of, coldRequests }: Measurements): TargetRow[] {
  const row = (what: string, ourCell: Cell, theirCell: Cell, against: string, metric: Metric, target: Target) => {
    const [our, their] = [of(ourCell), of(theirCell)]
    const [ourSide, theirSide] = [sideOf(our, metric), sideOf(their, metric)]
    return createRow(
      {
        what,
        unit: UNITS[metric],
        ours: medianOf([...ourSide.first, ...ourSide.again]),
        theirs: medianOf([...theirSide.first, ...theirSide.again]),
        against,
        target,
        generatorShare: sharesOf(our, their)
      },
      compareSides(ourSide, theirSide)
    )
  }
  const saturated = (way: 'bearer' | 'cookie', metric: Metric, target: Target) => {
    const [name, kind] = [way === 'bearer' ? 'Bearer' : 'cookie', metric === 'cpuMicroseconds' ? 'CPU' : 'throughput']
    const [our, their] = [cells.ours(way, 'first seen'), cells.pooled(way, 'first seen')]
    return row(`first-seen ${name}, saturated: ${kind}`, our, their, floorPooled.name, metric, target)
  }
  const cold = (way: 'bearer' | 'cookie', name: string) => {
    const what = `first ${coldRequests.toLocaleString('en-US')} requests of a process, ${name}`
    const [our, their] = [cells.ours(way, 'cold'), cells.pooled(way, 'cold')]
    return row(what, our, their, floorPooled.name, 'cpuMicroseconds', atMost(1.4))
  }
  const p99 = (way: 'bearer' | 'cookie', name: string) => {
    const what = `p99 of known tokens, while as many connections bring new ones, ${name}`
    return row(what, cells.ours(way, 'beside'), cells.ours(way, 'alone'), 'p99 without', 'p99Ms', atMost(2))
  }
  const hit = (way: 'bearer' | 'cookie', name: string, target: number) =>
    row(`hit, ${name}`, cells.ours(way, 'known'), cells.map(way), floorMap.name, 'cpuMicroseconds', atMost(target))
  return [
    saturated('bearer', 'requestsPerSecond', atLeast(0.92)),
    saturated('bearer', 'cpuMicroseconds', atMost(1.12)),
    saturated('cookie', 'requestsPerSecond', atLeast(0.9)),
    saturated('cookie', 'cpuMicroseconds', atMost(1.15)),
    ...CARRIERS.map(([way, name]) => cold(way, name)),
    ...CARRIERS.map(([way, name]) => p99(way, name)),
    hit('bearer', 'Bearer', 1.03),
    hit('cookie', 'cookie', 1.05)
  ]
}

function verifierRows({ verifier, burstTokens }: Measurements): TargetRow[] {
  const row = (what: string, kind: 'awaits' | 'burst', time: 'wall' | 'loop', target: number) => {
    const side = (name: keyof VerifierCosts): Side => ({
      first: verifier.map((costs) => costs[name][0][time]),
      again: verifier.map((costs) => costs[name][1][time])
    })
    const [our, their] = [side(kind), side('cryptoVerify')]
    return createRow(
      {
        what,
        unit: time === 'wall' ? 'µs' : 'µs CPU of the loop',
        ours: medianOf([...our.first, ...our.again]),
        theirs: medianOf([...their.first, ...their.again]),
        against: 'crypto.verify, synchronous',
        target: atMost(target),
        generatorShare: null
      },
      compareSides(our, their)
    )
  }
  const burst = `burst of ${burstTokens.toLocaleString('en-US')} in one turn`
  return [
    row('a loop of awaits, per token', 'awaits', 'wall', 1.5),
    row(`${burst}: wall per token`, 'burst', 'wall', 0.9),
    row(`${burst}: event-loop thread per token`, 'burst', 'loop', 0.5)
  ]
}

/** What a way adds to bare Fastify, of what the plain hit adds. */
function addedRows({ of }: Measurements): TargetRow[] {
  const row = (way: keyof typeof roads, carrier: 'bearer' | 'cookie', against: string) => {
    const measured = [cells.road(way), cells.ours(carrier, 'added')].map(of)
    const [road, plain] = measured.map((cell) => sideOf(cell, 'cpuMicroseconds')) as [Side, Side]
    const [roadAdds, plainAdds] = [medianOf(meanOf(road)), medianOf(meanOf(plain))]
    // Of a difference that is no larger than nothing there is no multiple.
    const ratio = summarize(plainAdds > 0 ? meanOf(road).map((cost) => cost / plainAdds) : [])
    const noise = plainAdds > 0 ? 1 + deviationOf(plain) / plainAdds : Number.NaN
    return createRow(
      {
        what: `${roads[way].name.replace(`${ours.name}, `, '')}: CPU added to bare`,
        unit: 'µs CPU',
        ours: roadAdds,
        theirs: plainAdds,
        against,
        target: atMost(2),
        generatorShare: sharesOf(...measured)
      },
      judgeRatio(ratio, [noise])
    )
  }
  return [...ROADS.map((way) => row(way, 'cookie', 'cookie hit')), row('apiKey', 'bearer', 'Bearer hit')]
}

/** How far apart both measurements of a round are, at most in three of four rounds. */
function deviationOf({ first, again }: Side): number {
  return again.length === 0
    ? 0
    : quantile(
        again.map((value, round) => Math.abs(value - (first[round] ?? value))),
        0.75
      )
}
