import type { Revocation, RevocationKind } from './revocation.js'

/** One process, as its bus sees it. */
export interface RevocationPeer {
  /** Takes the revocations of other processes. Known ones are ignored, so a bus may deliver any of them again. */
  receive(revocations: Iterable<Revocation>): void
  /** Every revocation that this process holds. A bus that was away publishes them again when it is back. */
  known(): Iterable<Revocation>
  /**
   * For how long after its moment a revocation of the kind can cover an unexpired token, in ms; without a kind, the longest of
   * all. Grows with the lifetimes seen.
   */
  retentionMs(kind?: RevocationKind): number
}

export interface RevocationBusHealth {
  readonly kind: string
  /** Whether a revocation made now reaches the other processes now. */
  readonly connected: boolean
  /** Since when the bus is away, in ms since the epoch; null while connected. */
  readonly disconnectedSinceMs: number | null
}

/**
 * Carries revocations between processes. No method throws or rejects; a bus that is away says so in `health()`. The same
 * bus may be in the options of several instances of a process: each is a peer of it.
 */
export interface RevocationBus {
  /**
   * Joins. Resolves when the recent revocations of other processes have been received, or cannot be had for now. A peer
   * that has joined already joins once. A bus that was closed can be joined again.
   */
  open(peer: RevocationPeer): Promise<void>
  /**
   * Sends a revocation to the other processes and to the other peers of this one; `from` is the peer that made it. False:
   * the bus is away and will send it when it is back.
   */
  publish(revocation: Revocation, from?: RevocationPeer): Promise<boolean>
  /** A bus without peers hears nothing, and is not connected. */
  health(): RevocationBusHealth
  /** The peer leaves; without one, all do. With its last peer the bus closes. */
  close(peer?: RevocationPeer): Promise<void>
}
