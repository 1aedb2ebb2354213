import type { Trust } from '../traffic/material.js'

/** Commands of the bench to a server process. */
export type ServerCommand =
  | {
      readonly kind: 'start'
      readonly contender: string
      readonly root: string | null
      readonly trust: Trust
      readonly barePath: string | null
    }
  | { readonly kind: 'begin' }
  | { readonly kind: 'end' }
  | { readonly kind: 'collect-garbage' }

export type ServerReply =
  | { readonly kind: 'listening'; readonly port: number; readonly barePort: number | null }
  | { readonly kind: 'begun' }
  | { readonly kind: 'ended'; readonly usage: ServerUsage }
  | { readonly kind: 'collected'; readonly memory: MemoryUse }
  | { readonly kind: 'failed'; readonly message: string }

/** The resources that a server process used between `begin` and `end`, measured inside it. */
export interface ServerUsage {
  readonly wallMs: number
  /** User and system time of all threads of the process. */
  readonly cpuMs: number
  /** Share of the wall time in which the event loop was busy. */
  readonly loopUtilization: number
  readonly loopDelayMs: { readonly p50: number; readonly p99: number; readonly max: number }
  readonly memory: MemoryUse
  /** The plugin's counters over the measurement; empty for a contender without any. */
  readonly counters: Readonly<Record<string, number>>
}

export interface MemoryUse {
  readonly heapUsed: number
  readonly external: number
  readonly rss: number
}

/** The counts of the load generator. */
export interface Traffic {
  readonly responses: number
  readonly statuses: Readonly<Record<string, number>>
  readonly wallMs: number
  /** CPU time of the generator's process over all jobs that ran at once. */
  readonly cpuMs: number
  readonly p99Ms: number
  /** Failed connections. A measurement with any is rejected. */
  readonly errors: number
}
