import { bare } from '../contenders/bare.js'
import type { Contender } from '../contenders/contender.js'
import { type Comparison, compareSides } from '../measure/comparison.js'
import { pairedRatio, quantile, type Summary, summarize } from '../measure/statistics.js'
import type { ThroughputSample } from '../measure/throughput.js'
import type { Carrier } from '../traffic/material.js'

export const CARRIER_NAMES: Record<Carrier, string> = { bearer: 'Bearer', cookie: 'cookie' }

export type SeenTokens = 'known' | 'first seen'

export interface CompareRow {
  readonly name: string
  readonly duties: string
  readonly carrier: Carrier
  readonly tokens: SeenTokens
  readonly requestsPerSecond: Summary
  readonly cpuMicroseconds: Summary
  /** Against bare Fastify with the same requests, round by round. */
  readonly throughput: Comparison
  readonly cpu: Comparison
  readonly loopDelayP99Ms: Summary
  /** Median CPU time of the load generator, of the server's. Above 1 the row is withheld. */
  readonly generatorShare: number
}

export interface Cell {
  readonly contender: Contender
  readonly carrier: Carrier
  readonly tokens: SeenTokens
  readonly samples: ThroughputSample[]
  /** Of a second process in the same round, for those that are compared with themselves. */
  readonly again: ThroughputSample[]
}

const ratesOf = (samples: readonly ThroughputSample[]) => samples.map((sample) => sample.requestsPerSecond)
const costsOf = (samples: readonly ThroughputSample[]) => samples.map((sample) => sample.cpuMicroseconds)

const shareOf = ({ samples, again }: Pick<Cell, 'samples' | 'again'>) =>
  quantile(
    [...samples, ...again].map((sample) => sample.generatorShare),
    0.5
  )

/** The row of a cell, beside the others. */
export function rowOf(cell: Cell, cells: readonly Cell[]): CompareRow {
  const { carrier, tokens, samples, again } = cell
  const { name, duties } = cell.contender
  const baseline =
    cells.find((other) => other.contender === bare && other.carrier === carrier && other.tokens === tokens) ?? cell
  // Figures of the load generator are no baseline.
  const base = shareOf(baseline) > 1 ? { samples: [], again: [] } : baseline
  const compareBy = (figures: typeof ratesOf) =>
    compareSides(
      { first: figures(samples), again: figures(again) },
      { first: figures(base.samples), again: figures(base.again) }
    )
  const all = [...samples, ...again]
  return {
    name,
    duties,
    carrier,
    tokens,
    requestsPerSecond: summarize(ratesOf(all)),
    cpuMicroseconds: summarize(costsOf(all)),
    throughput: compareBy(ratesOf),
    cpu: compareBy(costsOf),
    loopDelayP99Ms: summarize(all.map((sample) => sample.usage.loopDelayMs.p99)),
    generatorShare: shareOf(cell)
  }
}

/** The A/A row: a second process of the same contender against the first. */
export function selfRowOf({ contender, carrier, tokens, samples, again }: Cell): (string | number)[] {
  const ratio = (figures: typeof ratesOf) => formatQuartiles(pairedRatio(figures(again), figures(samples)))
  return [`${contender.name} (${CARRIER_NAMES[carrier]})`, tokens, ratio(ratesOf), ratio(costsOf)]
}

const formatQuartiles = ({ median, low, high }: Summary) =>
  `${median.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)})`
