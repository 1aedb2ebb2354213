// Runs one contender in a forked process, which takes commands over IPC.
import cluster from 'node:cluster'
import { createHistogram, monitorEventLoopDelay, performance } from 'node:perf_hooks'
import process from 'node:process'
import Fastify, { type FastifyInstance } from 'fastify'
import { createBare } from '../contenders/bare.js'
import type { Contender } from '../contenders/contender.js'
import { everyContender } from '../contenders/index.js'
import { createOurs } from '../contenders/ours.js'
import { roads } from '../contenders/roads.js'
import type { MemoryUse, ServerCommand, ServerReply, ServerUsage } from './protocol.js'
import { keptTicks } from './tick-shape.js'

type Start = Extract<ServerCommand, { kind: 'start' }>

// The bare contender has no plugin and no counters.
let readCounters = (): Record<string, number> => ({})
let measurement: ReturnType<typeof beginMeasurement> | null = null

async function start({ contender: name, root, trust, barePath }: Start): Promise<ServerReply> {
  if (keptTicks() !== 2) throw new Error('The shape of ticks is not kept: look at tick-shape.ts')
  const contender = root === null ? everyContender.find((known) => known.name === name) : createOurs(root, { name })
  if (contender === undefined) throw new Error(`No contender is called ${name}`)
  const { fastify, port } = await serve(contender, trust)
  const { clerk } = fastify as unknown as { clerk?: { stats?: () => object } }
  // With a resolver the counters are those of many instances, each of its own.
  if (typeof clerk?.stats === 'function' && name !== roads.tenants.name) {
    readCounters = () => numbersOf(clerk.stats?.() ?? {})
  }
  const barePort = barePath === null ? null : (await serve(createBare(barePath), trust)).port
  return { kind: 'listening', port, barePort }
}

async function serve(contender: Contender, trust: Start['trust']): Promise<{ fastify: FastifyInstance; port: number }> {
  const fastify: FastifyInstance = Fastify({ logger: false })
  await contender.register(fastify, trust)
  return { fastify, port: Number(new URL(await fastify.listen({ host: '127.0.0.1', port: 0 })).port) }
}

function numbersOf(stats: object): Record<string, number> {
  return Object.fromEntries(
    Object.entries(stats).flatMap(([name, value]) => (typeof value === 'number' ? [[name, value]] : []))
  )
}

function beginMeasurement() {
  // With a resolution of 5 ms the timer of the monitor itself does not show in the figures.
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  return {
    delay,
    counters: readCounters(),
    utilization: performance.eventLoopUtilization(),
    cpu: process.cpuUsage(),
    startedMs: performance.now()
  }
}

function endMeasurement(begun: ReturnType<typeof beginMeasurement>): ServerUsage {
  const wallMs = performance.now() - begun.startedMs
  const cpu = process.cpuUsage(begun.cpu)
  const utilization = performance.eventLoopUtilization(begun.utilization)
  begun.delay.disable()
  const counters = readCounters()
  const delay = begun.delay.count === 0 ? createHistogram() : begun.delay
  const toMs = (percentile: number) => (begun.delay.count === 0 ? 0 : delay.percentile(percentile) / 1e6)
  return {
    wallMs,
    cpuMs: (cpu.user + cpu.system) / 1000,
    loopUtilization: utilization.utilization,
    loopDelayMs: { p50: toMs(50), p99: toMs(99), max: begun.delay.count === 0 ? 0 : delay.max / 1e6 },
    memory: memoryUse(),
    counters: Object.fromEntries(
      Object.entries(counters).map(([name, value]) => [name, value - (begun.counters[name] ?? 0)])
    )
  }
}

function memoryUse(): MemoryUse {
  const { heapUsed, external, rss } = process.memoryUsage()
  return { heapUsed, external, rss }
}

async function obey(command: ServerCommand): Promise<ServerReply> {
  switch (command.kind) {
    case 'start':
      return await start(command)
    case 'begin':
      measurement = beginMeasurement()
      return { kind: 'begun' }
    case 'end':
      if (measurement === null) throw new Error('A measurement has to begin before it ends')
      return { kind: 'ended', usage: endMeasurement(measurement) }
    case 'collect-garbage':
      // Twice: memory that finalizers free is collected by the second run.
      globalThis.gc?.()
      globalThis.gc?.()
      return { kind: 'collected', memory: memoryUse() }
  }
}

process.on('message', (command: ServerCommand) => {
  obey(command).then(
    (reply) => process.send?.(reply),
    (error: unknown) =>
      process.send?.({ kind: 'failed', message: error instanceof Error ? `${error.stack}` : `${error}` })
  )
})

if (cluster.isWorker) process.send?.({ kind: 'begun' })

// The bench has ended.
process.on('disconnect', () => process.exit(0))
