// Keeps connections full of pipelined requests, and counts the responses. Runs in a forked process.
//
// autocannon parses every response in JavaScript, which takes longer than the fastest server spends on a request: it
// would limit the measurement. This generator only looks for status lines, with `Buffer.indexOf`.
import { connect, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { serve } from '../measure/child.js'
import { quantile } from '../measure/statistics.js'
import type { Traffic } from '../servers/protocol.js'
import type { Headers } from './material.js'
import { createRandom, shuffle } from './random.js'

export interface PipeJob {
  readonly port: number
  readonly path: string
  /** The requests, or a part of those that were kept before: a message of many megabytes takes long. */
  readonly requests: readonly Headers[] | KeptRequests
  readonly connections: number
  readonly pipelining: number
  /** Null: until each request has been sent once. */
  readonly durationMs: number | null
  /** Sends each request once at most, for tokens that the server is to see for the first time. Default: without end. */
  readonly once?: boolean
  readonly seed: number
}

export interface KeptRequests {
  readonly kept: string
  readonly from: number
  readonly to: number
}

/** Keeps requests under a name for later jobs. */
export interface Keep {
  readonly keep: string
  readonly requests: readonly Headers[]
}

/** Jobs of one message run at the same time. The reply has the counts of each, in their order. */
export type PipeMessage = readonly PipeJob[] | Keep

const STATUS_LINE = Buffer.from('HTTP/1.1 ')
/** Length of the status line up to the end of the code. */
const NEEDED = STATUS_LINE.length + 3

const keptRequests = new Map<string, readonly Headers[]>()

function requestsOf({ requests }: PipeJob): readonly Headers[] {
  if (!('kept' in requests)) return requests
  const found = keptRequests.get(requests.kept)
  if (found === undefined) throw new Error(`No requests are kept as ${requests.kept}`)
  return found.slice(requests.from, requests.to)
}

const isSentOnce = ({ durationMs, once = false }: PipeJob) => once || durationMs === null

function createBatches(job: PipeJob): Buffer[] {
  const { path, pipelining, seed } = job
  const random = createRandom(seed)
  const messages = shuffle(requestsOf(job), random).map((headers) => {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    return Buffer.from(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`)
  })
  // Repeated until the number divides evenly, so that every request is sent equally often.
  const all = isSentOnce(job) ? messages : Array.from({ length: pipelining }, () => messages).flat()
  const batches: Buffer[] = []
  for (let i = 0; i + pipelining <= all.length; i += pipelining)
    batches.push(Buffer.concat(all.slice(i, i + pipelining)))
  return batches
}

const NOTHING: Buffer = Buffer.alloc(0)

interface Counts {
  readonly statuses: Map<string, number>
  /** Of batches, from the first byte of the first request to the status line of the last response. */
  readonly latenciesMs: number[]
}

class Connection {
  readonly #socket: Socket
  readonly #batches: readonly Buffer[]
  readonly #pipelining: number
  readonly #counts: Counts
  readonly #isOver: (sentBatches: number) => boolean
  readonly finished: Promise<void>
  #sentMs = 0
  #next: number
  #sent = 0
  #outstanding = 0
  #carry: Buffer = NOTHING

  constructor(
    job: PipeJob,
    batches: readonly Buffer[],
    first: number,
    counts: Counts,
    isOver: (sentBatches: number) => boolean
  ) {
    this.#batches = batches
    this.#pipelining = job.pipelining
    this.#next = first
    this.#counts = counts
    this.#isOver = isOver
    this.#socket = connect({ port: job.port, host: '127.0.0.1', noDelay: true })
    this.finished = new Promise((resolve, reject) => {
      this.#socket.on('error', reject)
      this.#socket.on('close', resolve)
    })
    this.#socket.on('connect', () => this.#send())
    this.#socket.on('data', (chunk: Buffer) => this.#read(chunk))
  }

  /** Called at least once for each connection, also for one that is made when the time is over. */
  #send(): void {
    this.#outstanding = this.#pipelining
    this.#sentMs = performance.now()
    this.#socket.write(this.#batches[this.#next] as Buffer)
    this.#next = (this.#next + 1) % this.#batches.length
    this.#sent++
  }

  #read(chunk: Buffer): void {
    const data = this.#carry.length === 0 ? chunk : Buffer.concat([this.#carry, chunk])
    let from = 0
    for (;;) {
      const found = data.indexOf(STATUS_LINE, from)
      if (found === -1 || found + NEEDED > data.length) {
        // The end of the chunk may cut a status line: keep the bytes that may be its beginning.
        this.#carry = data.subarray(found === -1 ? Math.max(from, data.length - STATUS_LINE.length + 1) : found)
        break
      }
      const status = data.toString('latin1', found + STATUS_LINE.length, found + NEEDED)
      this.#counts.statuses.set(status, (this.#counts.statuses.get(status) ?? 0) + 1)
      this.#outstanding--
      from = found + NEEDED
    }
    if (this.#outstanding === 0) {
      this.#carry = NOTHING
      this.#counts.latenciesMs.push(performance.now() - this.#sentMs)
      if (this.#isOver(this.#sent)) this.#socket.end()
      else this.#send()
    }
  }
}

async function run(job: PipeJob, batches: readonly Buffer[]): Promise<Omit<Traffic, 'cpuMs'>> {
  const counts: Counts = { statuses: new Map(), latenciesMs: [] }
  const startedMs = performance.now()
  const { durationMs } = job
  const isLate = () => durationMs !== null && performance.now() - startedMs >= durationMs
  const connections = Array.from({ length: job.connections }, (_, index) => {
    const first = Math.floor((index * batches.length) / job.connections)
    const end = Math.floor(((index + 1) * batches.length) / job.connections)
    const isOver = isSentOnce(job) ? (sent: number) => sent >= end - first || isLate() : isLate
    return new Connection(job, batches, first, counts, isOver)
  })
  const settled = await Promise.allSettled(connections.map((connection) => connection.finished))
  const wallMs = performance.now() - startedMs
  let responses = 0
  for (const count of counts.statuses.values()) responses += count
  return {
    responses,
    statuses: Object.fromEntries(counts.statuses),
    wallMs,
    p99Ms: quantile(counts.latenciesMs, 0.99),
    errors: settled.filter((outcome) => outcome.status === 'rejected').length
  }
}

async function obey(message: PipeMessage): Promise<Traffic[]> {
  if ('keep' in message) {
    keptRequests.set(message.keep, message.requests)
    return []
  }
  // Built before the time runs, which is the server's.
  const prepared = message.map((job) => ({ job, batches: createBatches(job) }))
  const before = process.cpuUsage()
  const traffic = await Promise.all(prepared.map(({ job, batches }) => run(job, batches)))
  const { user, system } = process.cpuUsage(before)
  return traffic.map((counted) => ({ ...counted, cpuMs: (user + system) / 1000 }))
}

serve(obey)
