import type { Logger } from '../core/logger.js'
import type { RevocationBusChange, RevocationPeer } from '../core/revocation/bus.js'
import type { Revocation } from '../core/revocation/revocation.js'

/** The peers of one bus: the instances of this process that have the same bus object in their options. */
export class Peers {
  readonly #joined = new Set<RevocationPeer>()

  get size(): number {
    return this.#joined.size
  }

  /** False: the peer has joined before. */
  add(peer: RevocationPeer): boolean {
    return this.#joined.size < this.#joined.add(peer).size
  }

  /** Removes the peer, or all peers if none is given. */
  remove(peer: RevocationPeer | undefined): void {
    if (peer === undefined) this.#joined.clear()
    else this.#joined.delete(peer)
  }

  /** Passes revocations to all peers but `from`, which made them. */
  receive(revocations: readonly Revocation[], from?: RevocationPeer): void {
    // A copy: a peer that hears of a revocation may leave, or bring another one in.
    for (const peer of [...this.#joined]) if (peer !== from) peer.receive(revocations)
  }

  /** The revocations of all peers. A revocation that several peers hold is given several times. */
  *known(): Generator<Revocation> {
    for (const peer of this.#joined) yield* peer.known()
  }

  /** The longest retention that a peer needs. */
  retentionMs(): number {
    let longestMs = 0
    for (const peer of this.#joined) longestMs = Math.max(longestMs, peer.retentionMs())
    return longestMs
  }

  /** How many revocations all peers hold together. */
  held(): number {
    let held = 0
    for (const peer of this.#joined) held += peer.size ?? 0
    return held
  }

  /** The logger of the peer that joined first among those that have one. */
  logger(): Logger | undefined {
    for (const { logger } of this.#joined) if (logger !== undefined) return logger
    return undefined
  }

  busChanged(change: RevocationBusChange): void {
    for (const peer of [...this.#joined]) peer.busChanged?.(change)
  }
}
