import type { Logger } from '../logger.js'
import type { JwksSettings } from '../options/jwks.js'
import type { SetTimer } from '../timers.js'
import type { Counters } from './counters.js'
import type { RefreshCause } from './events.js'
import type { KeySetHolder } from './key-set-holder.js'
import type { Snapshots } from './snapshot.js'
import type { FetchFailure, KeySource } from './source.js'

export interface RefresherSettings {
  readonly source: KeySource
  /** How events name the instance: its FAPI host. */
  readonly instance: string | null
  readonly cache: Omit<JwksSettings, 'keys' | 'snapshot'>
  readonly snapshots: Snapshots | null
  readonly now: () => number
  readonly logger: Logger
  /** Grows with every authenticated request: how traffic is noticed without a call from the hot path. */
  readonly activity: () => number
  readonly setTimer: SetTimer
  readonly random: () => number
}

export interface RefreshState {
  /** The fetch under way; resolves when it has landed, well or not, at its deadline at the latest. */
  flight: Promise<void> | null
  /** How many fetches have started, and the number of the last one by which the endpoint confirmed the set in hand. */
  started: number
  confirmed: number
  failures: number
  lastError: FetchFailure | null
  /** While refreshing fails: when the next attempt is due. */
  retryAtMs: number
  /** When the next demanded fetch starts; `Infinity`: none is demanded. */
  scheduledAtMs: number
  /** Clock of the endpoint minus ours. */
  clockOffsetMs: number | null
}

/** Keeps the key set in hand the newest one. All fetching goes through here: one at a time, within the rate. */
export interface Refresher {
  readonly held: KeySetHolder
  readonly counters: Counters
  readonly state: Readonly<RefreshState>
  /** Nothing usable is in memory: waits for the fetch under way, or for one that starts now unless backing off. */
  obtain(): Promise<void>
  /** Fetch at `atMs`, or as soon after it as the rate allows; gives the start. */
  schedule(cause: RefreshCause, atMs: number): number
  /** Resolves when the fetch under way, or else the next one, has landed. */
  nextLanding(): Promise<void>
  /** When the next fetch starts as things stand; `Infinity`: nothing is planned. */
  nextStartMs(nowMs: number): number
  start(cause: RefreshCause): Promise<void>
  onChange(listener: () => void): void
  close(): void
}
