import type { Logger } from '../logger.js'
import type { SetTimer } from '../timers.js'
import type { RevocationBus, RevocationBusChange, RevocationBusHealth } from './bus.js'
import type { ObservedMachineToken, ObservedToken } from './observed.js'
import type { MomentByReach } from './reach.js'
import type { Revocation, RevocationTarget } from './revocation.js'
import type { RevocableMachineToken, RevocableToken } from './revocation-store.js'

export interface RevocationsHealth {
  /** Number of entries, plus one for each sort of tokens of which every token issued before some instant is refused. */
  readonly entries: number
  /**
   * Session tokens issued at or before this instant (ms) are refused whoever they belong to; null: there is no such instant.
   */
  readonly everyoneIssuedUntilMs: number | null
  /** The same for machine tokens that are JWTs. */
  readonly machinesIssuedUntilMs: number | null
  /**
   * Times since the start that more than `revocation.maxEntries` were revoked at once, so that the oldest gave way to such an
   * instant.
   */
  readonly folds: number
  /** For how long after its moment an entry is kept that covers session tokens only, in ms. */
  readonly retentionMs: number
  /** The same of an entry that covers machine tokens. */
  readonly machineRetentionMs: number
  readonly bus: RevocationBusHealth | null
}

export interface Revocations {
  /** 0: nothing is revoked, and neither `covers` nor `coversMachine` need be called. */
  readonly size: number
  /** Whether a revocation covers the token. At most six map look-ups, no allocation. */
  covers(token: RevocableToken): boolean
  /** The same for a machine token. */
  coversMachine(token: RevocableMachineToken): boolean
  /** To be called with every newly verified session token, before `covers` is called with it. */
  observe(token: ObservedToken): void
  /** The same for a machine token. */
  observeMachine(token: ObservedMachineToken): void
  /** Machine tokens are accepted here: from now on the bus is told to keep revocations for as long as these live. */
  expectMachineTokens(): void
  /**
   * Refuses every token of the target issued until now, or until `at`. In this process it takes effect before the call
   * returns. The promise says whether the bus has taken it for the other processes; false: they get it when the bus is
   * back, or this instance has been closed and refuses nothing any more.
   */
  revoke(target: RevocationTarget, at?: number | Date): Promise<boolean>
  /**
   * Refuses every token issued until then: for revocations of which only the latest moments are known any more. No peer is
   * told, since a bus may carry the revocations of other instances too.
   */
  refuseIssuedUntil(moments: MomentByReach): void
  /** The moments of the latest revocations, `-Infinity` where there is none. */
  latest(): MomentByReach
  /**
   * Calls the listener with each revocation that is new here, made locally or received. Returns a function that stops
   * it.
   */
  onRevoked(listener: (revocation: Revocation) => void): () => void
  /** Resolves when the bus has delivered the revocations made before this process started, or cannot for now. */
  readonly ready: Promise<void>
  health(): RevocationsHealth
  close(): Promise<void>
}

export interface RevocationsOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** A clock that nobody sets. Default: `steadyOf(now)`. */
  readonly steadyNow?: () => number
  readonly clockSkewMs: number
  readonly logger: Logger
  /** Carries revocations to other processes. Without a bus they take effect in this process only. */
  readonly bus?: RevocationBus | undefined
  /** Called when the bus goes away and when it is back. */
  readonly onBusChange?: (change: RevocationBusChange) => void
  /** Upper bound of entries, default 250,000. Beyond it the oldest are replaced by "every token issued before". */
  readonly maxEntries?: number
  /** Default: real time, without keeping the process alive. */
  readonly setTimer?: SetTimer
}
