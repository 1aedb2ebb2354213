import type { Logger } from '../logger.js'
import type { Revocation, RevocationKind } from './revocation.js'

/**
 * Why a bus is away: `connecting` for the first time; `refused`, nobody listens at the address; `unreachable`, no route to it,
 * or its name is unknown; `timeout`, no answer in time; `authentication`, no or a wrong user or password; `permission`, the
 * user may not do what the bus needs; `moved`, another node has the data now; `read-only`, the server is a replica; `unready`,
 * it is starting, or its cluster is down; `unusable`, the store is of another kind, or full; `silent`, messages are taken and
 * not delivered; `closed`, the connection was closed, or the bus has no peer; `unknown`.
 */
export type BusAwayCause =
  | 'connecting'
  | 'refused'
  | 'unreachable'
  | 'timeout'
  | 'authentication'
  | 'permission'
  | 'moved'
  | 'read-only'
  | 'unready'
  | 'unusable'
  | 'silent'
  | 'closed'
  | 'unknown'

/** A bus goes away, or is back. */
export interface RevocationBusChange {
  /** `kind` of its health. */
  readonly kind: string
  readonly connected: boolean
  /** Why it is away; when it is back, why it was. */
  readonly cause: BusAwayCause
  /** When it is back: for how long it was away, in ms. 0 when it goes. */
  readonly awayMs: number
  /** When it is back: revocations that were new to this process. 0 when it goes. */
  readonly received: number
  /** When it is back: revocations of this process that the others lacked. 0 when it goes. */
  readonly sent: number
}

/** One process, as its bus sees it. */
export interface RevocationPeer {
  /** Takes the revocations of other processes. Known ones are ignored, so a bus may deliver any of them again. */
  receive(revocations: Iterable<Revocation>): void
  /** Every revocation that this process holds. A bus that was away publishes them again when it is back. */
  known(): Iterable<Revocation>
  /**
   * For how long after its moment a revocation of the kind can cover an unexpired token of this process, in ms; without a
   * kind, the longest of all. Grows with the lifetimes seen. A store that other processes share has to keep revocations for
   * 25 hours at least where any of them accepts machine tokens: this process may not know of them.
   */
  retentionMs(kind?: RevocationKind): number
  /** How many revocations this process holds. */
  readonly size?: number
  /** For a bus that was given no logger of its own. */
  readonly logger?: Logger
  /** Called by a bus when it goes away and when it is back; at a start that fails, once with the first cause. */
  busChanged?(change: RevocationBusChange): void
}

export interface RevocationBusHealth {
  readonly kind: string
  /** Whether a revocation made now reaches the other processes now. */
  readonly connected: boolean
  /** Since when the bus is away, in ms since the epoch; null while connected. */
  readonly disconnectedSinceMs: number | null
  /** Null while connected. A bus of an application's own may leave it out. */
  readonly cause?: BusAwayCause | null
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
