import type { ServerUsage, Traffic } from '../servers/protocol.js'
import type { ServerProcess } from '../servers/server-process.js'
import type { GeneratorProcess } from '../traffic/generator-process.js'
import type { Headers } from '../traffic/material.js'
import type { PipeJob } from '../traffic/pipe-generator.js'

export type PipeGenerator = GeneratorProcess<PipeJob, Traffic>

/** The result of one round of load on a server. */
export interface ThroughputSample {
  readonly requestsPerSecond: number
  /** CPU time of the server per request, all its threads together. */
  readonly cpuMicroseconds: number
  readonly usage: ServerUsage
}

export interface ThroughputJob {
  readonly requests: readonly Headers[]
  readonly connections: number
  readonly pipelining: number
  readonly durationMs: number | null
  readonly seed: number
}

/**
 * Loads a server once. Throws unless every response has status 200: errors are answered faster than requests are
 * authenticated, and would pass for speed.
 */
export async function measureThroughput(
  server: ServerProcess,
  generator: PipeGenerator,
  job: ThroughputJob
): Promise<ThroughputSample> {
  await server.begin()
  const traffic = await generator.send({ ...job, port: server.port, path: '/me' })
  const usage = await server.end()
  const unexpected = Object.keys(traffic.statuses).filter((status) => status !== '200')
  if (unexpected.length > 0 || traffic.errors > 0 || traffic.responses === 0) {
    throw new Error(`Only responses with status 200 may be counted: ${JSON.stringify(traffic)}`)
  }
  return {
    requestsPerSecond: (traffic.responses / traffic.wallMs) * 1000,
    cpuMicroseconds: (usage.cpuMs / traffic.responses) * 1000,
    usage
  }
}
