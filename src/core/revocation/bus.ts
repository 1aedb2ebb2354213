import type { Revocation } from './revocation.js'

/** What a process gives its bus. */
export interface RevocationPeer {
  /** Takes what others revoked. Anything known already is ignored, so a bus may repeat itself. */
  receive(revocations: Iterable<Revocation>): void
  /** Every revocation this process holds: what a bus tells again after it was away. */
  known(): Iterable<Revocation>
  /** How long a revocation matters from its moment on, in ms. Grows when longer-lived tokens are seen. */
  retentionMs(): number
}

export interface RevocationBusHealth {
  readonly kind: string
  /** Whether what is revoked here reaches the others now. */
  readonly connected: boolean
  /** Since when it does not, in ms since the epoch; null while connected. */
  readonly disconnectedSinceMs: number | null
}

/** Carries revocations between processes. No method throws or rejects: a bus that is away says so in `health()`. */
export interface RevocationBus {
  /** Joins; resolves when what others revoked lately has been received, or could not be had for now. */
  open(peer: RevocationPeer): Promise<void>
  /** Tells the others. False: they will be told when the bus is back. */
  publish(revocation: Revocation): Promise<boolean>
  health(): RevocationBusHealth
  close(): Promise<void>
}
