import type { Contender } from '../contenders/contender.js'
import { contenders } from '../contenders/index.js'
import { assertCorrect } from '../measure/gate.js'
import { createProgress } from '../measure/progress.js'
import { pairedRatio, type Summary, summarize } from '../measure/statistics.js'
import { measureThroughput, type PipeGenerator, type ThroughputSample } from '../measure/throughput.js'
import type { PartResult } from '../report/result.js'
import { formatNumber } from '../report/table.js'
import { type ServerProcess, startServer } from '../servers/server-process.js'
import type { Settings } from '../settings.js'
import { startGenerator } from '../traffic/generator-process.js'
import { type Carrier, createInstance, type Headers, headersFor, signToken, trustOf } from '../traffic/material.js'
import { alternate, createRandom } from '../traffic/random.js'

export interface CompareRow {
  readonly name: string
  readonly duties: string
  readonly carrier: Carrier
  readonly requestsPerSecond: Summary
  readonly cpuMicroseconds: Summary
  /** Ratio to bare Fastify with the same requests, round by round. */
  readonly throughputRatio: Summary
  readonly cpuRatio: Summary
  readonly loopDelayP99Ms: Summary
}

interface Cell {
  readonly contender: Contender
  readonly carrier: Carrier
  readonly samples: ThroughputSample[]
}

/**
 * Compares contenders, one at a time, in an order that changes every round, and in new processes every round: chance in
 * the optimizer and the heap of one process then adds to the spread, and does not bias the result.
 */
export async function compare(settings: Settings, only: readonly string[] = []): Promise<PartResult> {
  const { rounds, roundMs, warmupMs, connections, pipelining } = settings.compare
  const clerk = await createInstance()
  const trust = trustOf(clerk)
  const tokens = Array.from({ length: settings.users }, (_, user) => signToken(clerk, String(user)))
  const requests: Record<Carrier, Headers[]> = {
    bearer: tokens.map((token) => headersFor(clerk, 'bearer', token)),
    cookie: tokens.map((token) => headersFor(clerk, 'cookie', token))
  }
  const generator: PipeGenerator = startGenerator('pipe-generator.js')
  const cells = contenders
    .filter(({ name }) => only.length === 0 || only.includes(name))
    .flatMap((contender) => contender.carriers.map((carrier): Cell => ({ contender, carrier, samples: [] })))

  async function gate(): Promise<void> {
    const servers = await Promise.all(cells.map(({ contender }) => startServer({ contender: contender.name, trust })))
    try {
      const gated = cells.map(({ contender: { name, judges }, carrier }, index) => {
        return { name, judges, carrier, port: (servers[index] as ServerProcess).port }
      })
      await assertCorrect(clerk, gated)
    } finally {
      await Promise.all(servers.map((server) => server.close()))
    }
  }

  async function sample({ contender, carrier }: Cell, round: number): Promise<ThroughputSample> {
    const server = await startServer({ contender: contender.name, trust })
    try {
      const job = { connections, pipelining, requests: requests[carrier], seed: settings.seed + round }
      await measureThroughput(server, generator, { ...job, durationMs: warmupMs })
      await server.collectGarbage()
      return await measureThroughput(server, generator, { ...job, durationMs: roundMs })
    } finally {
      await server.close()
    }
  }

  try {
    await gate()
    const progress = createProgress('compare', cells.length * rounds)
    for (const [round, order] of alternate(cells, rounds, createRandom(settings.seed)).entries()) {
      for (const cell of order) {
        progress.step(`${cell.contender.name}, ${cell.carrier}`)
        cell.samples.push(await sample(cell, round))
      }
    }
    progress.done()
    return describeComparison(cells.map((cell) => rowOf(cell, cells)))
  } finally {
    await generator.close()
    await clerk.close()
  }
}

function rowOf(cell: Cell, cells: readonly Cell[]): CompareRow {
  const { carrier, samples } = cell
  const { name, duties } = cell.contender
  const baseline = cells.find((other) => !other.contender.judges && other.carrier === carrier)?.samples ?? samples
  const rates = (all: readonly ThroughputSample[]) => all.map((sample) => sample.requestsPerSecond)
  const costs = (all: readonly ThroughputSample[]) => all.map((sample) => sample.cpuMicroseconds)
  return {
    name,
    duties,
    carrier,
    requestsPerSecond: summarize(rates(samples)),
    cpuMicroseconds: summarize(costs(samples)),
    throughputRatio: pairedRatio(rates(samples), rates(baseline)),
    cpuRatio: pairedRatio(costs(samples), costs(baseline)),
    loopDelayP99Ms: summarize(samples.map((sample) => sample.usage.loopDelayMs.p99))
  }
}

const CARRIER_NAMES: Record<Carrier, string> = { bearer: 'Bearer', cookie: 'cookie' }

function describeComparison(rows: readonly CompareRow[]): PartResult {
  const label = (row: CompareRow) => `${row.name} (${CARRIER_NAMES[row.carrier]})`
  const spread = ({ median, low, high }: Summary) =>
    `${formatNumber(median)} (${formatNumber(low)}–${formatNumber(high)})`
  return {
    part: 'compare',
    data: { rows },
    tables: [
      {
        title: 'A protected route with tokens seen before, against others',
        columns: ['contender', 'requests/s', 'of bare', 'CPU µs/request', 'of bare', 'duties'],
        rows: rows.map((row) => [
          label(row),
          spread(row.requestsPerSecond),
          row.throughputRatio.median.toFixed(3),
          spread(row.cpuMicroseconds),
          row.cpuRatio.median.toFixed(3),
          row.duties
        ]),
        notes: ['In brackets: the middle half of the rounds. CPU is the server process alone, all its threads.']
      }
    ],
    charts: (['bearer', 'cookie'] as const).map((carrier) => ({
      title: `Server CPU per request, ${CARRIER_NAMES[carrier]}`,
      kind: 'bars',
      xLabel: 'µs; shorter is better',
      yLabel: '',
      logarithmic: false,
      note: 'The black line spans the middle half of the rounds.',
      marks: rows
        .filter((row) => row.carrier === carrier)
        .map(({ name, cpuMicroseconds: { median, low, high } }) => ({
          at: name,
          series: 'CPU',
          value: median,
          low,
          high
        }))
    }))
  }
}
