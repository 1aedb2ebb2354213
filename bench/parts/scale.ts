import { fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { converse, release } from '../measure/child.js'
import { createProgress, type Progress } from '../measure/progress.js'
import { type Summary, summarize } from '../measure/statistics.js'
import { measureThroughput, startPipeGenerator } from '../measure/throughput.js'
import type { CacheScale } from '../micro/cache-process.js'
import type { Chart, PartResult } from '../report/result.js'
import { formatNumber, type Table } from '../report/table.js'
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

interface LoadPoint {
  readonly at: number
  readonly contender: string
  readonly cpuMicroseconds: Summary
  readonly requestsPerSecond: Summary
}

interface Series {
  readonly name: string
  readonly unit: string
  readonly points: readonly LoadPoint[]
}

interface Variant {
  readonly at: number
  readonly connections?: number
  readonly processes?: number
  readonly tokenBytes?: number
}

interface Cell {
  readonly variant: Variant
  readonly contender: string
  readonly server: ServerProcess
  readonly requests: readonly Headers[]
  readonly cpu: number[]
  readonly rate: number[]
}

const CONTENDERS = ['bare Fastify', 'fastify-clerk-auth']
const DEFAULT_CONNECTIONS = 50
const PIPELINING = 10

/** Measures how cost grows with cached tokens, connections, processes and token size, next to bare Fastify. */
export async function scale(settings: Settings): Promise<PartResult> {
  const { tokens, connections, tokenBytes, rounds } = settings.scale
  const cores = availableParallelism()
  const processes = cores > 1 ? [1, cores] : [1]
  const variants = connections.length + tokenBytes.length + processes.length
  const progress = createProgress('scale', 2 + variants * CONTENDERS.length * (rounds + 1))
  const signingKey = createSigningKey()

  const cached = await measureCache(settings, signingKey, progress)
  const series: Series[] = [
    await measureLoad(
      settings,
      signingKey,
      progress,
      'connections',
      '',
      connections.map((at) => ({ at, connections: at }))
    ),
    await measureLoad(
      settings,
      signingKey,
      progress,
      'processes',
      '',
      processes.map((at) => ({ at, processes: at }))
    ),
    await measureLoad(
      settings,
      signingKey,
      progress,
      'token size',
      'bytes',
      tokenBytes.map((at) => ({ at, tokenBytes: at }))
    )
  ]
  progress.done()
  return {
    part: 'scale',
    data: { cached, series, largest: Math.max(...tokens) },
    tables: [cacheTable(cached), ...series.map(loadTable)],
    charts: [cacheChart(cached), ...series.filter(({ points }) => points.length > 4).map(loadChart)]
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

async function measureLoad(
  settings: Settings,
  signingKey: string,
  progress: Progress,
  name: string,
  unit: string,
  variants: readonly Variant[]
): Promise<Series> {
  const { rounds, roundMs, warmupMs } = settings.scale
  const clerk = await createInstance(signingKey)
  const generator = startPipeGenerator()
  const servers: ServerProcess[] = []
  const cells: Cell[] = []
  try {
    for (const variant of variants) {
      const users = Array.from({ length: Math.min(settings.users, 200) }, (_, user) => String(user))
      const requests = users.map((user) => bearerHeaders(signToken(clerk, user, 3600, variant.tokenBytes)))
      for (const contender of CONTENDERS) {
        const server = await startServer({ contender, trust: trustOf(clerk), processes: variant.processes ?? 1 })
        servers.push(server)
        cells.push({ variant, contender, server, requests, cpu: [], rate: [] })
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
        const { cpuMicroseconds, requestsPerSecond } = await load(cell, roundMs, settings.seed + round + 1)
        cell.cpu.push(cpuMicroseconds)
        cell.rate.push(requestsPerSecond)
      }
    }
    const points = cells.map(({ variant, contender, cpu, rate }) => ({
      at: variant.at,
      contender,
      cpuMicroseconds: summarize(cpu),
      requestsPerSecond: summarize(rate)
    }))
    return { name, unit, points }
  } finally {
    await generator.close()
    for (const server of servers) await server.close()
    await clerk.close()
  }
}

function cacheTable(cached: readonly CacheScale[]): Table {
  const base = cached[0]?.hitMicroseconds.median ?? Number.NaN
  return {
    title: 'Cached tokens',
    columns: ['tokens', 'hit µs', 'quartiles', 'of the smallest', 'bytes per token'],
    rows: cached.map(({ tokens, hitMicroseconds: { median, low, high }, bytesPerToken }) => [
      tokens.toLocaleString('en-US'),
      formatNumber(median),
      `${formatNumber(low)}–${formatNumber(high)}`,
      (median / base).toFixed(2),
      bytesPerToken.toFixed(0)
    ]),
    notes: [
      'The hook alone, Bearer, tokens in random order: with many tokens, most of the time goes into waiting for memory.',
      'Bytes: heap and external memory after garbage collection, for each token of 974 bytes.'
    ]
  }
}

function loadTable({ name, unit, points }: Series): Table {
  return {
    title: `By ${name}`,
    columns: [name, 'contender', 'CPU µs/request', 'quartiles', 'requests/s'],
    rows: points.map(({ at, contender, cpuMicroseconds: { median, low, high }, requestsPerSecond }) => [
      `${at.toLocaleString('en-US')} ${unit}`.trim(),
      contender,
      formatNumber(median),
      `${formatNumber(low)}–${formatNumber(high)}`,
      formatNumber(requestsPerSecond.median)
    ]),
    notes:
      name === 'processes'
        ? ['The load generator shares the cores: throughput does not double, CPU per request is what to compare.']
        : []
  }
}

function cacheChart(cached: readonly CacheScale[]): Chart {
  return {
    title: 'Hit cost by cached tokens',
    kind: 'lines',
    xLabel: 'cached tokens, logarithmic',
    yLabel: 'µs per hit',
    logarithmic: true,
    note: 'The vertical lines span the middle half of the rounds.',
    marks: cached.map(({ tokens, hitMicroseconds: { median, low, high } }) => ({
      at: tokens,
      series: 'hit',
      value: median,
      low,
      high
    }))
  }
}

function loadChart({ name, unit, points }: Series): Chart {
  return {
    title: `Server CPU per request by ${name}`,
    kind: 'lines',
    xLabel: unit === '' ? name : `${name}, ${unit}`,
    yLabel: 'µs per request',
    logarithmic: true,
    note: 'The vertical lines span the middle half of the rounds.',
    marks: points.map(({ at, contender, cpuMicroseconds: { median, low, high } }) => ({
      at,
      series: contender,
      value: median,
      low,
      high
    }))
  }
}
