import type { SetTimer } from '../timers.js'

/** An item of the clock. The clock keeps the item's place on the item itself, which saves a map beside it. */
export interface Expiring {
  /** Milliseconds since the epoch. */
  expiresAtMs: number
  /** The second under which the clock holds this item. Written by the clock only. */
  dueSecond: number
}

const SECOND_MS = 1_000

/**
 * One timer for any number of expiries. Items are held by the second in which they expire, and the clock ticks once a
 * second as long as it holds one. `exp` is in whole seconds (RFC 7519 section 2), so an item expires at the tick of its
 * own second.
 */
export class ExpiryClock<T extends Expiring> {
  size = 0
  readonly #due = new Map<number, Set<T>>()
  readonly #now: () => number
  readonly #setTimer: SetTimer
  readonly #onExpired: (item: T) => void
  #cancelTick: (() => void) | null = null
  #tickedSecond = 0

  constructor(now: () => number, setTimer: SetTimer, onExpired: (item: T) => void) {
    this.#now = now
    this.#setTimer = setTimer
    this.#onExpired = onExpired
  }

  add(item: T): void {
    if (this.#cancelTick === null) this.#start()
    // An item that has expired already waits for the next tick: the tick of its own second is over.
    const second = Math.max(Math.ceil(item.expiresAtMs / SECOND_MS), this.#tickedSecond + 1)
    item.dueSecond = second
    let items = this.#due.get(second)
    if (items === undefined) {
      items = new Set()
      this.#due.set(second, items)
    }
    items.add(item)
    this.size++
  }

  remove(item: T): void {
    const items = this.#due.get(item.dueSecond)
    if (items === undefined || !items.delete(item)) return
    this.size--
    if (items.size === 0) this.#due.delete(item.dueSecond)
  }

  stop(): void {
    this.#cancelTick?.()
    this.#cancelTick = null
    this.#due.clear()
    this.size = 0
  }

  *[Symbol.iterator](): Generator<T> {
    for (const items of this.#due.values()) yield* items
  }

  #start(): void {
    const nowMs = this.#now()
    this.#tickedSecond = Math.floor(nowMs / SECOND_MS)
    this.#scheduleTick(nowMs)
  }

  #scheduleTick(nowMs: number): void {
    const nextMs = (Math.floor(nowMs / SECOND_MS) + 1) * SECOND_MS
    this.#cancelTick = this.#setTimer(() => this.#tick(), nextMs - nowMs)
  }

  #tick(): void {
    const nowMs = this.#now()
    const second = Math.floor(nowMs / SECOND_MS)
    // After a pause of the process, or with a clock set forward, many seconds have passed and few of them hold items:
    // then walk the seconds that hold items instead.
    const passed = second - this.#tickedSecond
    const due = passed <= this.#due.size ? range(this.#tickedSecond + 1, passed) : [...this.#due.keys()]
    this.#tickedSecond = second
    this.#cancelTick = null
    if (this.size > 0) this.#scheduleTick(nowMs)
    for (const dueSecond of due) if (dueSecond <= second) this.#expire(dueSecond)
  }

  #expire(second: number): void {
    const items = this.#due.get(second)
    if (items === undefined) return
    this.#due.delete(second)
    this.size -= items.size
    for (const item of items) this.#onExpired(item)
  }
}

function range(first: number, count: number): number[] {
  return Array.from({ length: Math.max(0, count) }, (_, i) => first + i)
}
