import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import {
  compareFloors,
  compareWithThemselves,
  judgeTargets,
  type Measured,
  ONCE,
  type TargetRow,
  TWICE
} from '../first-seen/rows.js'
import { type Cell, openStage, type Stage } from '../first-seen/stage.js'
import type { VerifierCosts, VerifierJob } from '../first-seen/verifier-process.js'
import { converse, release } from '../measure/child.js'
import { formatComparison, formatTarget, noiseOf } from '../measure/comparison.js'
import { describeCores } from '../measure/cores.js'
import { createProgress } from '../measure/progress.js'
import { pairedRatio, type Summary } from '../measure/statistics.js'
import type { ThroughputSample } from '../measure/throughput.js'
import type { PartResult } from '../report/result.js'
import { formatNumber, type Table } from '../report/table.js'
import type { Settings } from '../settings.js'
import { createRandom, shuffle } from '../traffic/random.js'

/** One measurement of a round: of a cell, or of the verifier without a server. */
type Turn = { readonly cell: Cell; readonly into: ThroughputSample[] } | 'verifier'

/**
 * Measures first-seen and known tokens against floors, and judges the targets. Every measurement has a process of its
 * own, and all of a round come in an order of chance.
 */
export async function firstSeen(settings: Settings): Promise<PartResult> {
  const { rounds, coldRequests, burstTokens } = settings['first-seen']
  const measured = new Map<Cell, { first: ThroughputSample[]; again: ThroughputSample[] }>(
    [...TWICE, ...ONCE].map((cell) => [cell, { first: [], again: [] }])
  )
  const verifier: VerifierCosts[] = []
  const turns: Turn[] = ['verifier']
  for (const [cell, into] of measured) {
    turns.push({ cell, into: into.first })
    if (TWICE.includes(cell)) turns.push({ cell, into: into.again })
  }
  const progress = createProgress('first-seen', turns.length * rounds + 1)
  progress.step('signing, gate')
  const stage = await openStage(settings, [...measured.keys()])
  try {
    const random = createRandom(settings.seed)
    for (let round = 0; round < rounds; round++) {
      for (const turn of shuffle(turns, random)) {
        progress.step(turn === 'verifier' ? turn : `${turn.cell.contender}, ${turn.cell.way}, ${turn.cell.load}`)
        if (turn === 'verifier') verifier.push(await measureVerifier(settings, stage))
        else turn.into.push(await stage.sample(turn.cell, settings.seed + round))
      }
    }
    progress.done()
  } finally {
    await stage.close()
  }
  const find = ({ contender, way, load }: Cell): Measured => {
    const found = [...measured].find(([cell]) => cell.contender === contender && cell.way === way && cell.load === load)
    return found?.[1] ?? { first: [], again: [] }
  }
  const measurements = { of: find, verifier, coldRequests, burstTokens }
  const rows = judgeTargets(measurements)
  const selves = compareWithThemselves(measurements).map(({ what, side }) => {
    return { what, ratio: pairedRatio(side.again, side.first), noise: noiseOf(side) }
  })
  const floors = compareFloors(measurements)
  return {
    part: 'first-seen',
    data: { rows, floors, selves, isPinned: stage.isPinned },
    tables: [targetTable(rows, stage.isPinned), floorTable(floors), selfTable(selves)],
    charts: []
  }
}

async function measureVerifier(settings: Settings, { trust, tokens }: Stage): Promise<VerifierCosts> {
  const { burstTokens, burstWarmupPasses: warmupPasses, burstPasses: passes } = settings['first-seen']
  const file = fileURLToPath(new URL('../first-seen/verifier-process.js', import.meta.url))
  const child = fork(file)
  const job: VerifierJob = { trust, tokens: tokens.slice(0, burstTokens), warmupPasses, passes }
  try {
    return await converse<VerifierCosts>(child, job)
  } finally {
    await release(child)
  }
}

function targetTable(rows: readonly TargetRow[], isPinned: boolean): Table {
  const named = (wanted: TargetRow['verdict']) => {
    const names = rows.filter(({ verdict }) => verdict === wanted).map(({ what }) => what)
    return names.length === 0 ? [] : [`${wanted}: ${names.join('; ')}`]
  }
  return {
    title: 'First-seen and known tokens, against floors',
    columns: ['what', 'ours', 'against', 'there', 'ratio', 'quartiles', 'A/A', 'target', 'verdict'],
    rows: rows.map(({ what, unit, ours, theirs, against, comparison, target, verdict, withheldBecause }) => {
      const isShown = verdict !== 'withheld'
      const { ratio, noise } = comparison
      return [
        what,
        isShown ? `${formatNumber(ours)} ${unit}` : '–',
        against,
        isShown ? formatNumber(theirs) : '–',
        isShown ? formatComparison(comparison) : `withheld: ${withheldBecause}`,
        isShown ? formatQuartiles(ratio) : '–',
        formatNoise(noise),
        formatTarget(target),
        verdict
      ]
    }),
    notes: [
      `Of ${rows.length} targets ${rows.filter(({ verdict }) => verdict === 'met').length} are met. ${[...named('missed'), ...named('not distinguishable'), ...named('withheld')].join('. ')}`.trim(),
      describeCores(isPinned, 'Known tokens', 'First-seen tokens, p99 and first requests'),
      'Load: bench/traffic/pipe-generator.ts, one request at a time on each connection; for what is added to bare, several.',
      'Ratios are medians of the rounds. A/A: the larger spread of the two sides against themselves. A ratio within it is not distinguishable from 1. One beyond its target is so too, if the spread also explains the distance from the target; else the target is missed.',
      'Added to bare: bare Fastify in the same process answers the same requests, in turns; the median difference counts. The ratio is to the median of what the plain hit adds. A/A: of what the plain hit adds, in two processes.',
      'CPU is of the server process, all its threads.'
    ]
  }
}

const formatNoise = (noise: number) => (Number.isFinite(noise) ? `± ${((noise - 1) * 100).toFixed(1)} %` : '–')
const formatQuartiles = ({ low, high }: Summary) => `${low.toFixed(3)}–${high.toFixed(3)}`

function floorTable(floors: ReturnType<typeof compareFloors>): Table {
  return {
    title: 'The same of a floor',
    columns: ['what', 'beside', 'without', 'ratio', 'quartiles'],
    rows: floors.map(({ what, beside, alone, ratio }) => [
      what,
      `${formatNumber(beside)} ms`,
      `${formatNumber(alone)} ms`,
      ratio.median.toFixed(3),
      formatQuartiles(ratio)
    ]),
    notes: [
      'Twice as many connections ask a server that is busy already: known tokens wait twice as long even where new ones cost no more. What new ones cost beyond that shows here, for a hook that checks nothing but the signature.'
    ]
  }
}

function selfTable(selves: readonly { what: string; ratio: Summary; noise: number }[]): Table {
  return {
    title: 'The same against itself',
    columns: ['what', 'again/first', 'quartiles', 'A/A'],
    rows: selves.map(({ what, ratio, noise }) => [
      what,
      ratio.median.toFixed(3),
      formatQuartiles(ratio),
      formatNoise(noise)
    ]),
    notes: ['CPU per request; of “alone” and “beside” the p99.']
  }
}
