// Runs autocannon in a forked process: several streams at once, whose latencies are kept apart.
import process from 'node:process'
import autocannon from 'autocannon'
import { serve } from '../measure/child.js'
import type { Headers } from './material.js'

export interface Stream {
  readonly name: string
  readonly requests: readonly Headers[]
  readonly connections: number
  /** Total number of requests; null: as many as fit into the duration. */
  readonly amount: number | null
  /**
   * True: each connection begins at another request. False: all connections send the same requests at the same time.
   */
  readonly spread: boolean
}

export interface CannonJob {
  readonly port: number
  readonly durationMs: number
  readonly streams: readonly Stream[]
}

export interface StreamResult {
  readonly name: string
  readonly responses: number
  readonly statuses: Readonly<Record<string, number>>
  readonly errors: number
  readonly wallMs: number
  /** CPU time of the generator's process over all streams that ran at once. */
  readonly cpuMs: number
  /** In ms, ascending, thinned to a thousand values. */
  readonly latenciesMs: readonly number[]
}

function runStream({ port, durationMs }: CannonJob, stream: Stream): Promise<Omit<StreamResult, 'cpuMs'>> {
  const latencies: number[] = []
  const statuses: Record<string, number> = {}
  const startedMs = performance.now()
  const share = Math.ceil(stream.requests.length / stream.connections)
  // A connection builds its requests in advance. More than it sends would only delay the other connections.
  const perConnection = Math.min(
    stream.requests.length,
    stream.amount === null ? Number.POSITIVE_INFINITY : Math.ceil(stream.amount / stream.connections)
  )
  let client = 0

  return new Promise((resolve, reject) => {
    const instance = autocannon(
      {
        url: `http://127.0.0.1:${port}/me`,
        connections: stream.connections,
        pipelining: 1,
        timeout: 30,
        ...(stream.amount === null ? { duration: durationMs / 1000 } : { amount: stream.amount }),
        requests: [{ method: 'GET' }],
        setupClient(connection) {
          const first = stream.spread ? client++ * share : 0
          const order = Array.from({ length: perConnection }, (_, i) => {
            return stream.requests[(first + i) % stream.requests.length] as Headers
          })
          connection.setRequests(order.map((headers) => ({ method: 'GET', headers: { ...headers } })))
        }
      },
      (error, result) => {
        if (error) return reject(error)
        latencies.sort((a, b) => a - b)
        resolve({
          name: stream.name,
          responses: latencies.length,
          statuses,
          errors: result.errors + result.timeouts,
          wallMs: performance.now() - startedMs,
          latenciesMs: thin(latencies, 1000)
        })
      }
    )
    // autocannon's own histogram counts whole milliseconds, and most responses take less.
    instance.on('response', (_client, status, _bytes, durationMs) => {
      latencies.push(durationMs)
      statuses[status] = (statuses[status] ?? 0) + 1
    })
  })
}

/** Thins the values so that quantiles and extremes stay. */
function thin(sorted: readonly number[], count: number): number[] {
  if (sorted.length <= count) return [...sorted]
  return Array.from({ length: count }, (_, i) => sorted[Math.round((i * (sorted.length - 1)) / (count - 1))] as number)
}

serve(async (job: CannonJob): Promise<StreamResult[]> => {
  const before = process.cpuUsage()
  const results = await Promise.all(job.streams.map((stream) => runStream(job, stream)))
  const { user, system } = process.cpuUsage(before)
  return results.map((result) => ({ ...result, cpuMs: (user + system) / 1000 }))
})
