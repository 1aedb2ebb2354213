import { CARRIER_NAMES, type Cell, type CompareRow, rowOf, type SeenTokens, selfRowOf } from '../compare/rows.js'
import { bare } from '../contenders/bare.js'
import type { Contender } from '../contenders/contender.js'
import { contenders } from '../contenders/index.js'
import { ours } from '../contenders/ours.js'
import { type Comparison, formatComparison } from '../measure/comparison.js'
import { chooseCores, describeCores } from '../measure/cores.js'
import { assertCorrect, createClient } from '../measure/gate.js'
import { createProgress } from '../measure/progress.js'
import type { Summary } from '../measure/statistics.js'
import { assertUnseen, measureThroughput, startPipeGenerator, type ThroughputSample } from '../measure/throughput.js'
import type { PartResult } from '../report/result.js'
import { formatNumber, type Table } from '../report/table.js'
import { startServer } from '../servers/server-process.js'
import type { Settings } from '../settings.js'
import { type Carrier, createInstance, createSigningKey, headersFor, signToken, trustOf } from '../traffic/material.js'
import { alternate, createRandom } from '../traffic/random.js'
import { signMany } from '../traffic/signer.js'

interface Turn {
  readonly cell: Cell
  readonly into: ThroughputSample[]
}

const CARRIERS: readonly Carrier[] = ['bearer', 'cookie']
const TOKENS: readonly SeenTokens[] = ['known', 'first seen']
const WITH_THEMSELVES: readonly Contender[] = [bare, ours]

/**
 * Compares contenders, one at a time, in an order that changes every round, and in new processes every round: chance in
 * the optimizer and the heap of one process then adds to the spread, and does not bias the result.
 */
export async function compare(settings: Settings, only: readonly string[] = []): Promise<PartResult> {
  const { rounds, roundMs, warmupMs, connections, pipelining } = settings.compare
  const { warmupTokens, firstSeenTokens } = settings['first-seen']
  const cores = chooseCores()
  const signingKey = createSigningKey()
  const clerk = await createInstance(signingKey)
  const trust = trustOf(clerk)
  const pinned = startPipeGenerator(cores?.generator ?? null)
  const free = startPipeGenerator()
  const chosen = contenders.filter(({ name }) => only.length === 0 || only.includes(name))
  const cells = chosen.flatMap((contender) =>
    contender.carriers.flatMap((carrier) =>
      TOKENS.map((tokens): Cell => ({ contender, carrier, tokens, samples: [], again: [] }))
    )
  )
  const turns = cells.flatMap((cell): Turn[] => [
    { cell, into: cell.samples },
    ...(WITH_THEMSELVES.includes(cell.contender) ? [{ cell, into: cell.again }] : [])
  ])

  async function gate(): Promise<void> {
    const gated = await Promise.all(
      chosen.flatMap((contender) =>
        contender.carriers.map(async (carrier) => {
          const { name, refuses } = contender
          const server = await startServer({ contender: name, trust })
          return { name: `${name} (${carrier})`, refuses, client: createClient(clerk, carrier), server }
        })
      )
    )
    try {
      await assertCorrect(gated.map(({ server, ...rest }) => ({ ...rest, port: server.port })))
    } finally {
      await Promise.all(gated.map(({ server }) => server.close()))
    }
  }

  async function keepRequests(): Promise<void> {
    const known = Array.from({ length: settings.users }, (_, user) => signToken(clerk, String(user)))
    const unseen = await signMany(signingKey, warmupTokens + firstSeenTokens, { kid: clerk.kid })
    for (const carrier of CARRIERS) {
      const headers = (token: string) => headersFor(clerk, carrier, token)
      await pinned.send({ keep: carrier, requests: known.map(headers) })
      await free.send({ keep: carrier, requests: unseen.map(headers) })
    }
  }

  // Known tokens leave the server no work that another core could take. First-seen ones do: they have all cores.
  async function sample({ contender, carrier, tokens }: Cell, round: number): Promise<ThroughputSample> {
    const isKnown = tokens === 'known'
    const core = isKnown ? (cores?.server ?? null) : null
    const server = await startServer({ contender: contender.name, trust, core })
    const job = { connections, pipelining, seed: settings.seed + round, once: !isKnown }
    const requests = (from: number, to: number) => ({ kept: carrier, from, to })
    const generator = isKnown ? pinned : free
    try {
      const warmup = isKnown ? requests(0, settings.users) : requests(0, warmupTokens)
      await measureThroughput(server, generator, { ...job, requests: warmup, durationMs: warmupMs })
      await server.collectGarbage()
      const measured = isKnown ? warmup : requests(warmupTokens, warmupTokens + firstSeenTokens)
      const counted = await measureThroughput(server, generator, { ...job, requests: measured, durationMs: roundMs })
      return isKnown ? counted : assertUnseen(counted)
    } finally {
      await server.close()
    }
  }

  try {
    const progress = createProgress('compare', turns.length * rounds + 1)
    progress.step('gate, signing')
    await gate()
    await keepRequests()
    for (const [round, order] of alternate(turns, rounds, createRandom(settings.seed)).entries()) {
      for (const { cell, into } of order) {
        progress.step(`${cell.contender.name}, ${cell.carrier}, ${cell.tokens}`)
        into.push(await sample(cell, round))
      }
    }
    progress.done()
    return describeComparison(
      cells.map((cell) => rowOf(cell, cells)),
      cells.filter(({ again }) => again.length > 0).map(selfRowOf),
      cores !== null
    )
  } finally {
    await pinned.close()
    await free.close()
    await clerk.close()
  }
}

const label = (row: CompareRow) => `${row.name} (${CARRIER_NAMES[row.carrier]})`
const spread = ({ median, low, high }: Summary) =>
  `${formatNumber(median)} (${formatNumber(low)}–${formatNumber(high)})`

function describeComparison(
  rows: readonly CompareRow[],
  selves: readonly (readonly (string | number)[])[],
  isPinned: boolean
): PartResult {
  return {
    part: 'compare',
    data: { rows, isPinned },
    tables: [
      compareTable('A protected route with tokens seen before, against others', rows, 'known'),
      compareTable('A protected route with tokens never seen, against others', rows, 'first seen'),
      {
        title: 'The same contender against itself',
        columns: ['contender', 'tokens', 'requests/s, again/first', 'CPU, again/first'],
        rows: selves,
        notes: [
          'A/A rows: two processes of one contender in every round. A ratio of the tables above that is within the larger of these spreads is not distinguishable from 1.',
          describeCores(isPinned, 'Tokens seen before', 'Tokens never seen'),
          'Load: bench/traffic/pipe-generator.ts. A row in which it used more CPU than the server is withheld.'
        ]
      }
    ],
    charts: CARRIERS.map((carrier) => ({
      title: `Server CPU per request, ${CARRIER_NAMES[carrier]}`,
      kind: 'bars',
      xLabel: 'µs; shorter is better',
      yLabel: '',
      logarithmic: false,
      note: 'The black line spans the middle half of the rounds.',
      marks: rows
        .filter((row) => row.carrier === carrier && row.generatorShare <= 1)
        .map(({ name, tokens, cpuMicroseconds: { median, low, high } }) => ({
          at: name,
          series: tokens,
          value: median,
          low,
          high
        }))
    }))
  }
}

function compareTable(title: string, rows: readonly CompareRow[], tokens: SeenTokens): Table {
  return {
    title,
    columns: ['contender', 'requests/s', 'of bare', 'CPU µs/request', 'of bare', 'duties'],
    rows: rows
      .filter((row) => row.tokens === tokens)
      .map((row) =>
        row.generatorShare > 1
          ? [label(row), 'withheld', '–', 'withheld', '–', 'the load generator was busier than the server']
          : [
              label(row),
              spread(row.requestsPerSecond),
              formatRatio(row, row.throughput),
              spread(row.cpuMicroseconds),
              formatRatio(row, row.cpu),
              row.duties
            ]
      ),
    notes: ['In brackets: the middle half of the rounds. CPU is the server process alone, all its threads.']
  }
}

/** The baseline is 1 by definition. */
const formatRatio = (row: CompareRow, comparison: Comparison) =>
  row.name === bare.name ? '1' : formatComparison(comparison)
