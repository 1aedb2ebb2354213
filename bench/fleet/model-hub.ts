import type { BusEngine, BusEngineListener } from '../../src/revocation/bus-engine.js'
import type { SimulatedTime } from '../../test/fixtures/simulated-time.js'
import type { Latency } from './latency.js'

/** A modelled server of a bus, such as Redis: a store, and a channel without memory. */
export interface ModelHub {
  /** The way of one process to the server. */
  createEngine(): BusEngine
  readonly counts: Readonly<HubCounts>
  /** The server stops: all connections close, and its memory is lost. */
  stop(): void
  start(): void
}

export interface HubCounts {
  /** Calls of all processes: connect, load, share, beat, trim. */
  calls: number
  /** Messages with revocations that processes have published. */
  messages: number
  /** Messages that the server has sent to processes, and their bytes. */
  deliveries: number
  deliveredBytes: number
  /** Bytes of what processes have sent to the server, and read from its store. */
  sentBytes: number
  loadedBytes: number
  /** Connections that broke as a message was to be delivered. */
  lost: number
}

export interface HubModel {
  readonly time: SimulatedTime
  /** One way between a process and the server. */
  readonly latency: Latency
  /** Share of deliveries at which the connection breaks instead. */
  readonly loss: number
  readonly random: () => number
}

interface Subscriber {
  readonly listener: BusEngineListener
}

const BATCH_ENTRIES = 500
/** Deliveries within a tenth of a millisecond happen together. */
const STEPS_PER_MS = 10

export function createModelHub({ time, latency, loss, random }: HubModel): ModelHub {
  const counts: HubCounts = {
    calls: 0,
    messages: 0,
    deliveries: 0,
    deliveredBytes: 0,
    sentBytes: 0,
    loadedBytes: 0,
    lost: 0
  }
  const subscribers = new Set<Subscriber>()
  let stored = new Map<string, number>()
  let isUp = true

  const wait = (ms: number) => new Promise<void>((resolve) => void time.setTimer(resolve, ms))

  /** Everything that arrives at the same tenth of a millisecond has one timer. */
  function deliver(message: string, to: Iterable<Subscriber>): void {
    const groups = new Map<number, Subscriber[]>()
    for (const subscriber of to) {
      const step = Math.ceil(latency() * STEPS_PER_MS)
      const group = groups.get(step)
      if (group === undefined) groups.set(step, [subscriber])
      else group.push(subscriber)
    }
    const bytes = Buffer.byteLength(message)
    for (const [step, group] of groups) {
      time.setTimer(() => {
        for (const subscriber of group) arrive(subscriber, message, bytes)
      }, step / STEPS_PER_MS)
    }
  }

  function arrive(subscriber: Subscriber, message: string, bytes: number): void {
    if (!subscribers.has(subscriber)) return
    if (loss > 0 && random() < loss) {
      counts.lost++
      cut(subscriber)
      return
    }
    counts.deliveries++
    counts.deliveredBytes += bytes
    subscriber.listener.onMessage(message)
  }

  function cut(subscriber: Subscriber): void {
    if (subscribers.delete(subscriber)) subscriber.listener.onLost(new Error('the connection broke'))
  }

  function createEngine(): BusEngine {
    let own: Subscriber | null = null

    /** A call, its work done half-way. Rejects when the connection is gone before or after. */
    async function call<T>(work: (subscriber: Subscriber) => T): Promise<T> {
      counts.calls++
      const before = own
      await wait(latency())
      if (before === null || !subscribers.has(before)) throw new Error('not connected')
      const result = work(before)
      await wait(latency())
      if (!subscribers.has(before)) throw new Error('the connection broke')
      return result
    }

    return {
      maxMessageBytes: Number.POSITIVE_INFINITY,
      async connect(listener) {
        counts.calls++
        const subscriber = { listener }
        own = subscriber
        await wait(2 * latency())
        if (!isUp || own !== subscriber) throw new Error('refused')
        subscribers.add(subscriber)
        await wait(latency())
        if (!subscribers.has(subscriber)) throw new Error('the connection broke')
      },
      async *load() {
        const entries = await call(() => [...stored])
        for (let i = 0; i === 0 || i < entries.length; i += BATCH_ENTRIES) {
          const batch = entries.slice(i, i + BATCH_ENTRIES).map(([target, atMs]) => ({ target, atMs }))
          counts.loadedBytes += batch.reduce((bytes, { target }) => bytes + target.length + NUMBER_BYTES, 0)
          yield batch
          if (i + BATCH_ENTRIES < entries.length) await call(() => {})
        }
      },
      share: (revocations, messages) =>
        call(() => {
          for (const { target, atMs } of revocations) keep(target, atMs)
          counts.messages += messages.length
          for (const message of messages) {
            counts.sentBytes += Buffer.byteLength(message)
            deliver(message, subscribers)
          }
        }),
      beat: (message) =>
        call((subscriber) => {
          counts.sentBytes += message.length
          // A heartbeat goes to the channel of its own process.
          deliver(message, [subscriber])
        }),
      holds: ({ target, atMs }) => call(() => (stored.get(target) ?? Number.NEGATIVE_INFINITY) >= atMs),
      trim: (beforeMs) =>
        call(() => {
          for (const [target, atMs] of stored) if (atMs < beforeMs) stored.delete(target)
        }),
      disconnect() {
        if (own !== null) subscribers.delete(own)
        own = null
      },
      causeOf: () => 'refused'
    }
  }

  function keep(target: string, atMs: number): void {
    counts.sentBytes += target.length + NUMBER_BYTES
    stored.set(target, Math.max(atMs, stored.get(target) ?? Number.NEGATIVE_INFINITY))
  }

  return {
    createEngine,
    counts,
    stop() {
      isUp = false
      stored = new Map()
      for (const subscriber of [...subscribers]) cut(subscriber)
    },
    start() {
      isUp = true
    }
  }
}

/** A moment in milliseconds, written out. */
const NUMBER_BYTES = 13
