import { horizonOf, latestOf, type MomentByReach, NO_MOMENTS, reachOf } from './reach.js'
import type { Revocation } from './revocation.js'

/** A step of the clock up to this is left as it is. */
const TOLERANCE_MS = 2_000

interface Dated {
  revocation: Revocation
  /** Reading of the steady clock that the moment stands for. */
  readonly steadyMs: number
  /** The moment is never moved beyond. `Infinity`: it was dated by this clock alone. */
  readonly limitMs: number
}

/** What a step of the clock makes of moments that it had dated. */
export interface Redated {
  /** Those that lie later now. */
  readonly own: readonly Revocation[]
  /** The same of moments that another process has given, and that had been moved back to the clock of this one. */
  readonly received: readonly Revocation[]
  /** Every token issued until then is to be refused, for revocations that are remembered no more. */
  readonly refusedUntil: MomentByReach
  /** Of revocations that no token had outlived. */
  readonly swept: MomentByReach
}

/**
 * Revocations whose moments the clock of this process has given. Once the clock was behind and is set right, they lie before
 * the instants at which they were made, and tokens from in between would pass as younger. So each is kept with the reading
 * of a steady clock, by which its moment is known anew. A moment that the application or the peer has given is theirs.
 */
export class DatedHere {
  // In the order of their readings.
  readonly #dated = new Set<Dated>()
  #folded = NO_MOMENTS
  #swept = NO_MOMENTS
  /** By how much the clock is ahead of the steady one. Null: nothing was dated yet. */
  #offsetMs: number | null = null
  readonly #now: () => number
  readonly #steadyNow: () => number
  readonly #maxEntries: number

  constructor(now: () => number, steadyNow: () => number, maxEntries: number) {
    this.#now = now
    this.#steadyNow = steadyNow
    this.#maxEntries = maxEntries
  }

  get size(): number {
    return this.#dated.size
  }

  add(revocation: Revocation, aheadMs: number, limitMs: number): void {
    this.#offsetMs ??= this.#offset()
    this.#dated.add({ revocation, steadyMs: this.#steadyNow() + aheadMs, limitMs })
    if (this.#dated.size <= this.#maxEntries) return
    const [oldest] = this.#dated
    if (oldest === undefined) return
    this.#dated.delete(oldest)
    this.#folded = latestOf(this.#folded, reachOf(oldest.revocation.kind, oldest.steadyMs))
  }

  /** Null: the clock was not stepped since the last call. */
  redate(): Redated | null {
    if (this.#offsetMs === null) return null
    const offsetMs = this.#offset()
    if (Math.abs(offsetMs - this.#offsetMs) <= TOLERANCE_MS) return null
    this.#offsetMs = offsetMs
    const own: Revocation[] = []
    const received: Revocation[] = []
    for (const dated of this.#dated) {
      const atMs = Math.min(dated.steadyMs + offsetMs, dated.limitMs)
      if (atMs <= dated.revocation.atMs) continue
      dated.revocation = { ...dated.revocation, atMs }
      const moved = dated.limitMs === Infinity ? own : received
      moved.push(dated.revocation)
    }
    return { own, received, refusedUntil: shifted(this.#folded, offsetMs), swept: shifted(this.#swept, offsetMs) }
  }

  /** Forgets revocations that no token has outlived, by the time that has passed. */
  forget(retention: MomentByReach): void {
    const steadyMs = this.#steadyNow()
    const horizons = shifted({ sessionsMs: -retention.sessionsMs, machinesMs: -retention.machinesMs }, steadyMs)
    for (const dated of this.#dated) {
      const { kind } = dated.revocation
      if (dated.steadyMs > horizonOf(kind, horizons)) continue
      this.#dated.delete(dated)
      this.#swept = latestOf(this.#swept, reachOf(kind, dated.steadyMs))
    }
  }

  clear(): void {
    this.#dated.clear()
  }

  #offset(): number {
    return this.#now() - this.#steadyNow()
  }
}

function shifted({ sessionsMs, machinesMs }: MomentByReach, byMs: number): MomentByReach {
  return { sessionsMs: sessionsMs + byMs, machinesMs: machinesMs + byMs }
}
