import type { Peak } from './protocol.js'

const MINUTE_MS = 60_000

/** Counts events, and keeps the most that any minute had. Keeps the times of one minute only. */
export class Rate {
  readonly #times: number[] = []
  #underWay = 0
  #perMinute = 0
  #atOnce = 0

  get peak(): Peak {
    return { perMinute: this.#perMinute, atOnce: this.#atOnce }
  }

  add(): void {
    const nowMs = performance.now()
    this.#times.push(nowMs)
    while ((this.#times[0] as number) <= nowMs - MINUTE_MS) this.#times.shift()
    this.#perMinute = Math.max(this.#perMinute, this.#times.length)
  }

  /** Counts a call from its start until it settles. */
  during<T>(call: Promise<T>): Promise<T> {
    this.add()
    this.#atOnce = Math.max(this.#atOnce, ++this.#underWay)
    return call.finally(() => this.#underWay--)
  }
}

/** Rates by name. Each name comes from a bounded set. */
export class Rates {
  readonly #rates = new Map<string, Rate>()

  of(name: string): Rate {
    let rate = this.#rates.get(name)
    if (rate === undefined) {
      rate = new Rate()
      this.#rates.set(name, rate)
    }
    return rate
  }

  entries(): IterableIterator<[name: string, rate: Rate]> {
    return this.#rates.entries()
  }
}
