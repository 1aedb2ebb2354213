import type { FastifyReply } from 'fastify'

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

/**
 * Requests whose client went away while their handler was at work: the outcome is not known until it answers. A handler may
 * never answer, and clients can come and leave in a loop: beyond the bound the oldest is recorded as it is. Those of which
 * there need not be a record push out none of the others.
 */
export class Abandoned {
  readonly #certain = new Set<Exchange>()
  readonly #others = new Set<Exchange>()

  add(exchange: Exchange, isCertain: boolean): void {
    const waiting = isCertain ? this.#certain : this.#others
    waiting.add(exchange)
    if (waiting.size <= MAX_ABANDONED) return
    for (const oldest of waiting) {
      finish(oldest)
      waiting.delete(oldest)
      return
    }
  }

  /** False: it does not wait, or not any more. */
  delete(exchange: Exchange): boolean {
    return this.#certain.delete(exchange) || this.#others.delete(exchange)
  }

  /** The server closes. */
  finish(): void {
    for (const waiting of [this.#certain, this.#others]) {
      for (const exchange of waiting) finish(exchange)
      waiting.clear()
    }
  }
}

function finish({ finish, reply }: Exchange): void {
  finish(reply, 0, true)
}
