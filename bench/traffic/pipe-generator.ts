// Keeps connections full of pipelined requests, and counts the responses. Runs in a forked process.
//
// autocannon parses every response in JavaScript, which takes longer than the fastest server spends on a request: it
// would limit the measurement. This generator only looks for status lines, with `Buffer.indexOf`.
import { connect, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { serve } from '../measure/child.js'
import type { Traffic } from '../servers/protocol.js'
import type { Headers } from './material.js'
import { createRandom, shuffle } from './random.js'

export interface PipeJob {
  readonly port: number
  readonly path: string
  readonly requests: readonly Headers[]
  readonly connections: number
  readonly pipelining: number
  /** Null: until each request has been sent once, for tokens that the server is to see for the first time. */
  readonly durationMs: number | null
  readonly seed: number
}

const STATUS_LINE = Buffer.from('HTTP/1.1 ')
/** Length of the status line up to the end of the code. */
const NEEDED = STATUS_LINE.length + 3

function createBatches({ path, requests, pipelining, durationMs, seed }: PipeJob): Buffer[] {
  const random = createRandom(seed)
  const messages = shuffle(requests, random).map((headers) => {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    return Buffer.from(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`)
  })
  // Repeated until the number divides evenly, so that every request is sent equally often.
  const all = durationMs === null ? messages : Array.from({ length: pipelining }, () => messages).flat()
  const batches: Buffer[] = []
  for (let i = 0; i + pipelining <= all.length; i += pipelining)
    batches.push(Buffer.concat(all.slice(i, i + pipelining)))
  return batches
}

class Connection {
  readonly #socket: Socket
  readonly #batches: readonly Buffer[]
  readonly #pipelining: number
  readonly #statuses: Map<string, number>
  readonly #isOver: (sentBatches: number) => boolean
  readonly finished: Promise<void>
  #next: number
  #sent = 0
  #outstanding = 0
  #carry: Buffer = Buffer.alloc(0)

  constructor(
    job: PipeJob,
    batches: readonly Buffer[],
    first: number,
    statuses: Map<string, number>,
    isOver: (sentBatches: number) => boolean
  ) {
    this.#batches = batches
    this.#pipelining = job.pipelining
    this.#next = first
    this.#statuses = statuses
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
      this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1)
      this.#outstanding--
      from = found + NEEDED
    }
    if (this.#outstanding === 0) {
      this.#carry = Buffer.alloc(0)
      if (this.#isOver(this.#sent)) this.#socket.end()
      else this.#send()
    }
  }
}

async function run(job: PipeJob): Promise<Traffic> {
  const batches = createBatches(job)
  const statuses = new Map<string, number>()
  const startedMs = performance.now()
  const { durationMs } = job
  const connections = Array.from({ length: job.connections }, (_, index) => {
    const first = Math.floor((index * batches.length) / job.connections)
    const end = Math.floor(((index + 1) * batches.length) / job.connections)
    const isOver =
      durationMs === null ? (sent: number) => sent >= end - first : () => performance.now() - startedMs >= durationMs
    return new Connection(job, batches, first, statuses, isOver)
  })
  const settled = await Promise.allSettled(connections.map((connection) => connection.finished))
  let responses = 0
  for (const count of statuses.values()) responses += count
  return {
    responses,
    statuses: Object.fromEntries(statuses),
    wallMs: performance.now() - startedMs,
    errors: settled.filter((outcome) => outcome.status === 'rejected').length
  }
}

serve(run)
