import type { FastifyReply } from 'fastify'
import { type SetTimer, setUnrefTimer } from '../core/timers.js'

/** Attached to the raw response by the first hook, so that a request is recorded whose client goes away. */
export interface Exchange {
  readonly finish: (reply: FastifyReply, status: number, isAborted: boolean) => void
  readonly reply: FastifyReply
  isAnswered: boolean
  isAborted: boolean
  /** Also true if the request was turned away for lack of room: its handler did not run. */
  isRecorded: boolean
}

/** Most requests of each sort that wait for their handler. */
export const MAX_ABANDONED = 1_000
/** A request waits for one to two of it. */
export const SWEEP_MS = 150_000

/**
 * Requests whose client went away while their handler was at work: the outcome is not known until it answers. It may never do
 * so: Fastify sends nothing for a handler that returns nothing once the client is gone, and clients can come and leave in a
 * loop. So after some minutes, or beyond the bound, the oldest are recorded as they are. Those of which there need not be a
 * record push out none of the others.
 */
export class Abandoned {
  readonly #certain = new Set<Exchange>()
  readonly #others = new Set<Exchange>()
  readonly #setTimer: SetTimer
  /** Those of them that waited at the last sweep. */
  #old = new Set<Exchange>()
  #cancelSweep: (() => void) | null = null

  constructor(setTimer: SetTimer = setUnrefTimer) {
    this.#setTimer = setTimer
  }

  add(exchange: Exchange, isCertain: boolean): void {
    const waiting = isCertain ? this.#certain : this.#others
    waiting.add(exchange)
    this.#cancelSweep ??= this.#setTimer(() => this.#sweep(), SWEEP_MS)
    if (waiting.size <= MAX_ABANDONED) return
    for (const oldest of waiting) {
      this.#finish(oldest)
      return
    }
  }

  /** False: it does not wait, or not any more. */
  delete(exchange: Exchange): boolean {
    this.#old.delete(exchange)
    return this.#certain.delete(exchange) || this.#others.delete(exchange)
  }

  /** The server closes. */
  finish(): void {
    this.#cancelSweep?.()
    this.#cancelSweep = null
    for (const exchange of [...this.#certain, ...this.#others]) this.#finish(exchange)
  }

  #sweep(): void {
    this.#cancelSweep = null
    for (const exchange of this.#old) this.#finish(exchange)
    this.#old = new Set([...this.#certain, ...this.#others])
    if (this.#old.size > 0) this.#cancelSweep = this.#setTimer(() => this.#sweep(), SWEEP_MS)
  }

  #finish(exchange: Exchange): void {
    this.delete(exchange)
    exchange.finish(exchange.reply, 0, true)
  }
}
