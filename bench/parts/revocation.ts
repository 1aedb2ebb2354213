import { fork } from 'node:child_process'
import { redisProgram } from '../../test/fixtures/redis-server.js'
import { converse, release } from '../measure/child.js'
import { createProgress } from '../measure/progress.js'
import { pairedRatio, quantile, type Summary, summarize } from '../measure/statistics.js'
import { measureThroughput, startPipeGenerator, type ThroughputSample } from '../measure/throughput.js'
import type { PartResult } from '../report/result.js'
import { formatNumber, type Table } from '../report/table.js'
import { ENGINES } from '../revocation/engines.js'
import { type Following, measureFollowing, memoryProcess } from '../revocation/follow.js'
import { HELD } from '../revocation/holding/index.js'
import type { MemoryResult } from '../revocation/memory-process.js'
import { type ServerProcess, startServer } from '../servers/server-process.js'
import type { Settings } from '../settings.js'
import { bearerHeaders, createInstance, signToken, trustOf } from '../traffic/material.js'
import { alternate, createRandom } from '../traffic/random.js'

interface Held {
  readonly none: Summary
  readonly held: Summary
  readonly ratio: Summary
  /** Ratio of server CPU per request: steadier than throughput where the machine has other work. */
  readonly cpuRatio: Summary
}

interface Cell {
  readonly server: ServerProcess
  readonly samples: ThroughputSample[]
}

/** Measures revocations: memory, cost on warm requests, and the time until other processes refuse. */
export async function revocation(settings: Settings): Promise<PartResult> {
  const rounds = settings.compare.rounds * 7
  const progress = createProgress('revocation', 3)
  progress.step('memory')
  const memory = await measureMemory()
  progress.step('warm requests')
  const held = await measureHeld(settings)
  progress.step('four processes')
  const following = redisProgram === null ? null : await measureEngines(rounds)
  progress.done()
  const tables = [memoryTable(memory), heldTable(held)]
  if (following !== null) tables.push(followingTable(following))
  return { part: 'revocation', data: { memory, held, following }, tables, charts: [] }
}

async function measureMemory(): Promise<MemoryResult> {
  const child = fork(memoryProcess, [], { execArgv: ['--expose-gc'] })
  try {
    return await converse<MemoryResult>(child, {})
  } finally {
    await release(child)
  }
}

/** Measures the plugin alone and the plugin while it holds revocations of other users, in alternation. */
async function measureHeld({ compare, seed, users }: Settings): Promise<Held> {
  const { rounds, roundMs, warmupMs, connections, pipelining } = compare
  const clerk = await createInstance()
  const requests = Array.from({ length: users }, (_, user) => bearerHeaders(signToken(clerk, String(user))))
  const generator = startPipeGenerator()
  const cells: Cell[] = []
  try {
    for (const root of ['../../src/', '../revocation/holding/']) {
      const options = { contender: 'fastify-clerk-auth', trust: trustOf(clerk) }
      const server = await startServer({ ...options, root: new URL(root, import.meta.url).href })
      cells.push({ server, samples: [] })
    }
    const load = ({ server }: Cell, durationMs: number, round: number) =>
      measureThroughput(server, generator, { connections, pipelining, durationMs, seed: seed + round, requests })
    for (const cell of cells) await load(cell, warmupMs, 0)
    for (const [round, order] of alternate(cells, rounds, createRandom(seed)).entries()) {
      for (const cell of order) cell.samples.push(await load(cell, roundMs, round + 1))
    }
    const [none = [], held = []] = cells.map(({ samples }) => samples.map((sample) => sample.requestsPerSecond))
    const [noneCpu = [], heldCpu = []] = cells.map(({ samples }) => samples.map((sample) => sample.cpuMicroseconds))
    return {
      none: summarize(none),
      held: summarize(held),
      ratio: pairedRatio(held, none),
      cpuRatio: pairedRatio(heldCpu, noneCpu)
    }
  } finally {
    await generator.close()
    for (const { server } of cells) await server.close()
    await clerk.close()
  }
}

async function measureEngines(rounds: number): Promise<Record<string, Following>> {
  const clerk = await createInstance()
  const results: Record<string, Following> = {}
  try {
    for (const [name, start] of Object.entries(ENGINES)) {
      const engine = await start()
      if (engine === null) continue
      results[name] = await measureFollowing(clerk, engine, rounds).finally(() => engine.close())
    }
    return results
  } finally {
    await clerk.close()
  }
}

function memoryTable({ rows, revokeAllMs, overflowMs }: MemoryResult): Table {
  return {
    title: 'Memory of revocations and of idle connections',
    columns: ['what', 'number', 'MB', 'bytes each'],
    rows: rows.map(({ what, count, bytes }) => [
      what,
      count.toLocaleString('en-US'),
      formatNumber(bytes / 1e6),
      (bytes / count).toFixed(0)
    ]),
    notes: [
      `Revoking the sessions of 50,000 connections one by one, each of which fires a signal: ${revokeAllMs.toFixed(0)} ms.`,
      `One revocation more than ${HELD.toLocaleString('en-US')} allowed, when the oldest fold: ${overflowMs.toFixed(1)} ms.`
    ]
  }
}

function heldTable({ none, held, ratio, cpuRatio }: Held): Table {
  const row = (what: string, { median, low, high }: Summary, ...of: string[]): (string | number)[] => [
    what,
    formatNumber(median),
    `${formatNumber(low)}–${formatNumber(high)}`,
    ...of
  ]
  return {
    title: `Warm requests while ${HELD.toLocaleString('en-US')} revocations of others are held`,
    columns: ['held', 'requests/s', 'quartiles', 'of none', 'CPU of none'],
    rows: [
      row('none', none, '', ''),
      row(HELD.toLocaleString('en-US'), held, ratio.median.toFixed(3), cpuRatio.median.toFixed(3))
    ],
    notes: ['A third each: sessions, users, memberships. Ratio round by round.']
  }
}

function followingTable(following: Readonly<Record<string, Following>>): Table {
  const ms = (values: readonly number[], of: (values: readonly number[]) => number) =>
    values.length === 0 ? '' : of(values).toFixed(1)
  const slowest = (values: readonly number[]) => Math.max(...values)
  return {
    title: 'A webhook to one of four processes: until the others refuse',
    columns: ['between them', 'measured', 'p50 ms', 'p99 ms', 'slowest ms', 'after an outage: slowest ms'],
    rows: Object.entries(following).map(([name, { followMs, afterRestartMs }]) => [
      name,
      followMs.length,
      ms(followMs, (values) => quantile(values, 0.5)),
      ms(followMs, (values) => quantile(values, 0.99)),
      ms(followMs, slowest),
      ms(afterRestartMs, slowest)
    ]),
    notes: [
      'From the answer to the webhook to the first refused request. Between the rounds, all servers of the engine are killed and started again.',
      'Last column: revoked while they were gone, counted from the moment they are started. A Redis Cluster takes no writes for two seconds after its start.'
    ]
  }
}
