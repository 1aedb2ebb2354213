import type { ServerUsage, Traffic } from '../servers/protocol.js'
import type { ServerProcess } from '../servers/server-process.js'
import { type GeneratorProcess, startGenerator } from '../traffic/generator-process.js'
import type { PipeJob, PipeMessage } from '../traffic/pipe-generator.js'
import { quantile } from './statistics.js'

export type PipeGenerator = GeneratorProcess<PipeMessage, Traffic[]>

/** `core`: where it runs alone; null: anywhere. */
export function startPipeGenerator(core: number | null = null): PipeGenerator {
  return startGenerator('pipe-generator.js', core)
}

/** The result of one round of load on a server. */
export interface ThroughputSample {
  readonly requestsPerSecond: number
  readonly responses: number
  /** CPU time of the server per request, all its threads together. */
  readonly cpuMicroseconds: number
  /** CPU time of the load generator, of the server's. Above 1 the generator sets the pace. */
  readonly generatorShare: number
  readonly p99Ms: number
  readonly wallMs: number
  readonly usage: ServerUsage
}

export type ThroughputJob = Omit<PipeJob, 'port' | 'path'> & { readonly path?: string; readonly port?: number }

/**
 * Loads a server once. Throws unless every response has status 200: errors are answered faster than requests are
 * authenticated, and would pass for speed.
 */
export async function measureThroughput(
  server: ServerProcess,
  generator: PipeGenerator,
  job: ThroughputJob
): Promise<ThroughputSample> {
  const [sample] = await measureTogether(server, generator, [job])
  return sample as ThroughputSample
}

/** Loads a server with several kinds of requests at the same time. The server's figures are over all of them. */
export async function measureTogether(
  server: ServerProcess,
  generator: PipeGenerator,
  jobs: readonly ThroughputJob[]
): Promise<ThroughputSample[]> {
  await server.begin()
  const traffic = await generator.send(jobs.map((job) => ({ path: '/me', port: server.port, ...job })))
  const usage = await server.end()
  for (const { statuses, errors, responses } of traffic) {
    const unexpected = Object.keys(statuses).filter((status) => status !== '200')
    if (unexpected.length > 0 || errors > 0 || responses === 0) {
      throw new Error(
        `Only responses with status 200 may be counted: ${JSON.stringify({ statuses, errors, responses })}`
      )
    }
  }
  const total = traffic.reduce((sum, { responses }) => sum + responses, 0)
  return traffic.map(({ responses, wallMs, cpuMs, p99Ms }) => ({
    requestsPerSecond: (responses / wallMs) * 1000,
    responses,
    cpuMicroseconds: (usage.cpuMs / total) * 1000,
    generatorShare: cpuMs / usage.cpuMs,
    p99Ms,
    wallMs,
    usage
  }))
}

/**
 * The CPU time that a contender adds to a request: beyond that of bare Fastify in the same process, for the same requests.
 * The two take turns, in either order, so that a process in a dear state by chance is so for both. Of the sample
 * `cpuMicroseconds` is the median of the pairs' differences: a pair in which V8 compiles or collects counts no more than
 * another; all else is the contender's last turn.
 */
export async function measureAdded(
  server: ServerProcess,
  generator: PipeGenerator,
  job: ThroughputJob,
  pairs: number
): Promise<ThroughputSample> {
  const { port, barePort } = server
  if (barePort === null) throw new Error('There is no bare Fastify in this process')
  const measure = (side: number) => measureThroughput(server, generator, { ...job, port: side })
  const added: number[] = []
  let last: ThroughputSample | null = null
  for (let pair = 0; pair < pairs; pair++) {
    const bareFirst = pair % 2 === 1 ? await measure(barePort) : null
    last = await measure(port)
    const bare = bareFirst ?? (await measure(barePort))
    added.push(last.cpuMicroseconds - bare.cpuMicroseconds)
  }
  if (last === null) throw new Error('There has to be at least one pair')
  return { ...last, cpuMicroseconds: quantile(added, 0.5) }
}

/** Throws unless every token was verified. A token that the server had in memory would pass for a cheap first-seen one. */
export function assertUnseen(sample: ThroughputSample): ThroughputSample {
  const { verifications } = sample.usage.counters
  if (verifications !== undefined && verifications < sample.responses) {
    throw new Error(`Of ${sample.responses} tokens that nobody has seen only ${verifications} were verified`)
  }
  return sample
}
