import { fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { converse, release } from '../measure/child.js'
import { type Cores, chooseCores } from '../measure/cores.js'
import { createProgress, type Progress } from '../measure/progress.js'
import { quantile, summarize } from '../measure/statistics.js'
import { measureThroughput, startPipeGenerator } from '../measure/throughput.js'
import type { CacheScale } from '../micro/cache-process.js'
import type { PartResult } from '../report/result.js'
import { cacheChart, cacheTable, loadChart, loadTable, type Series } from '../scale/tables.js'
import { type ServerProcess, startServer } from '../servers/server-process.js'
import type { Settings } from '../settings.js'
import {
  bearerHeaders,
  createInstance,
  createSigningKey,
  type Headers,
  signToken,
  trustOf
} from '../traffic/material.js'
import { alternate, createRandom } from '../traffic/random.js'
import { signMany } from '../traffic/signer.js'

interface Variant {
  readonly at: number
  readonly connections?: number
  readonly processes?: number
  readonly tokenBytes?: number
}

interface Cell {
  readonly variant: Variant
  /** As the tables name it. */
  readonly contender: string
  readonly server: ServerProcess
  readonly requests: readonly Headers[]
  readonly cpu: number[]
  readonly rate: number[]
  readonly shares: number[]
}

const CONTENDERS = ['bare Fastify', 'fastify-clerk-auth']
/** A second server of the same contender, with the first variant of each table: how far apart equal servers are. */
const AGAIN = 'fastify-clerk-auth'
const DEFAULT_CONNECTIONS = 50
const PIPELINING = 10

/** Measures how cost grows with cached tokens, connections, processes and token size, next to bare Fastify. */
export async function scale(settings: Settings): Promise<PartResult> {
  const { tokens, connections, tokenBytes, rounds } = settings.scale
  const cores = chooseCores()
  const count = availableParallelism()
  const processes = count > 1 ? [1, count] : [1]
  const variants = connections.length + tokenBytes.length + processes.length
  const progress = createProgress('scale', 2 + (variants * CONTENDERS.length + 3) * (rounds + 1))
  const signingKey = createSigningKey()

  const cached = await measureCache(settings, signingKey, progress)
  const measure = (name: string, unit: string, on: Cores | null, variants: readonly Variant[]) =>
    measureLoad({ settings, signingKey, progress, cores: on }, name, unit, variants)
  const series: Series[] = [
    await measure(
      'connections',
      '',
      cores,
      connections.map((at) => ({ at, connections: at }))
    ),
    // Several processes are to share all cores, so one has them too.
    await measure(
      'processes',
      '',
      null,
      processes.map((at) => ({ at, processes: at }))
    ),
    await measure(
      'token size',
      'bytes',
      cores,
      tokenBytes.map((at) => ({ at, tokenBytes: at }))
    )
  ]
  progress.done()
  return {
    part: 'scale',
    data: { cached, series, largest: Math.max(...tokens), isPinned: cores !== null },
    tables: [cacheTable(cached), ...series.map((one) => loadTable(one, cores !== null))],
    charts: [cacheChart(cached), ...series.filter(({ points }) => points.length > 5).map(loadChart)]
  }
}

async function measureCache(settings: Settings, signingKey: string, progress: Progress): Promise<CacheScale[]> {
  const { tokens: counts, rounds } = settings.scale
  progress.step(`signing ${Math.max(...counts).toLocaleString('en-US')} tokens`)
  const clerk = await createInstance(signingKey)
  const tokens = await signMany(signingKey, Math.max(...counts))
  progress.step('cached tokens')
  const file = fileURLToPath(new URL('../micro/cache-process.js', import.meta.url))
  const child = fork(file, [], { execArgv: ['--expose-gc', '--max-old-space-size=4096'] })
  try {
    return await converse(child, { trust: trustOf(clerk), tokens, counts, rounds, seed: settings.seed })
  } finally {
    await release(child)
    await clerk.close()
  }
}

interface Place {
  readonly settings: Settings
  readonly signingKey: string
  readonly progress: Progress
  /** Null: servers and generator share all cores. */
  readonly cores: Cores | null
}

async function measureLoad(
  { settings, signingKey, progress, cores }: Place,
  name: string,
  unit: string,
  variants: readonly Variant[]
): Promise<Series> {
  const { rounds, roundMs, warmupMs } = settings.scale
  const clerk = await createInstance(signingKey)
  const generator = startPipeGenerator(cores?.generator ?? null)
  const servers: ServerProcess[] = []
  const cells: Cell[] = []
  try {
    for (const variant of variants) {
      const users = Array.from({ length: Math.min(settings.users, 200) }, (_, user) => String(user))
      const requests = users.map((user) => bearerHeaders(signToken(clerk, user, 3600, variant.tokenBytes)))
      const { processes = 1 } = variant
      const core = cores?.server ?? null
      for (const contender of variant === variants[0] ? [...CONTENDERS, AGAIN] : CONTENDERS) {
        const server = await startServer({ contender, trust: trustOf(clerk), processes, core })
        servers.push(server)
        const isAgain = cells.some((cell) => cell.variant === variant && cell.contender === contender)
        const name = isAgain ? `${contender}, again` : contender
        cells.push({ variant, contender: name, server, requests, cpu: [], rate: [], shares: [] })
      }
    }
    const load = async (cell: Cell, durationMs: number, seed: number) => {
      progress.step(`${name} ${cell.variant.at}, ${cell.contender}`)
      return measureThroughput(cell.server, generator, {
        requests: cell.requests,
        connections: cell.variant.connections ?? DEFAULT_CONNECTIONS,
        pipelining: PIPELINING,
        durationMs,
        seed
      })
    }
    for (const cell of cells) await load(cell, warmupMs, settings.seed)
    for (const [round, order] of alternate(cells, rounds, createRandom(settings.seed)).entries()) {
      for (const cell of order) {
        const { cpuMicroseconds, requestsPerSecond, generatorShare } = await load(
          cell,
          roundMs,
          settings.seed + round + 1
        )
        cell.cpu.push(cpuMicroseconds)
        cell.rate.push(requestsPerSecond)
        cell.shares.push(generatorShare)
      }
    }
    const points = cells.map(({ variant, contender, cpu, rate, shares }) => ({
      at: variant.at,
      contender,
      cpuMicroseconds: summarize(cpu),
      requestsPerSecond: summarize(rate),
      generatorShare: quantile(shares, 0.5)
    }))
    return { name, unit, points }
  } finally {
    await generator.close()
    for (const server of servers) await server.close()
    await clerk.close()
  }
}
