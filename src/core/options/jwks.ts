import { OptionRangeError } from '../errors.js'
import { checkFunction, checkMethods, checkText } from './checks.js'
import type { Given } from './given.js'
import { readKeySet } from './keys.js'
import { boolean, choice, wholeNumber } from './readers.js'
import { group, type Option, type OptionTable, option, type SettingsOf } from './table.js'

/** When keys are fetched first, and who waits for them: see `jwks.warmUp`. */
export type WarmUp = 'wait' | 'wait-or-degrade' | 'background' | false

/** Keeps the text of the last good key set outside the process. What it returns is validated like a fetched set. */
export interface KeySetSnapshotStore {
  get(): Promise<string | null | undefined> | string | null | undefined
  set(snapshot: string): Promise<void> | void
  /**
   * Optional: lets the processes that share the store take turns, so that one fetches for all. Resolves to true for the
   * first caller and, until `ms` milliseconds have passed since, to false for all others. It need not be exact: if two
   * processes are told true, both fetch; a process that is always told false fetches for itself in the end.
   */
  claim?(ms: number): Promise<boolean> | boolean
}

/** Where verification keys come from and how long they are trusted. Durations in ms. */
export interface JwksOptions {
  /** A key set (RFC 7517) of public RSA keys given in code: no network. */
  readonly keys?: readonly object[] | undefined
  /** Where the last good key set is kept, so that a cold start needs no network: a file path, or a store. Security: sealed with the secret key where there is one; otherwise whoever can write there can add keys. */
  readonly snapshot?: string | KeySetSnapshotStore | undefined
  /** How long a fetched key set is fresh; `Cache-Control: max-age` may shorten it, to 60 s at least. Default 300000 (Clerk's own), 10000 to 86400000. Security: longest time a withdrawn key is believed while the endpoint answers. */
  readonly cacheMaxAgeInMs?: number | undefined
  /** How long before expiry a background refresh starts. Default 60000, or half of `cacheMaxAgeInMs` where that is less; 0 to less than `cacheMaxAgeInMs`. */
  readonly refreshAheadInMs?: number | undefined
  /**
   * How long past expiry known keys stay in use while the endpoint cannot be reached (RFC 5861, stale-if-error).
   * Default 14400000 (4 hours): longer than the incidents and egress faults a team repairs while users go on working,
   * shorter than a working day, because this is also how long a withdrawn key is believed by a server that someone
   * keeps from the endpoint. 0 to 604800000; 0: keys die with their freshness.
   */
  readonly staleIfErrorInMs?: number | undefined
  /**
   * Least time between two fetches that unknown key ids and bad signatures cause. Default 1000, 0 to 3600000. This
   * is the spacing only: after two fetches, such tokens cause one every 5.5 s, or every cool-down where that is longer.
   * Security: strangers can make up such tokens; this and the 5.5 s bound what they cost the key endpoint.
   */
  readonly cooldownInMs?: number | undefined
  /**
   * Time limit of a fetch, body included, and so the longest a request waits for keys. Default 3000, 100 to 60000. A
   * token with an unknown key id may wait for two fetches, and up to 1 s for the second to start.
   */
  readonly timeoutInMs?: number | undefined
  /** Largest accepted key set, in bytes. Default 65536, 1024 to 1048576. */
  readonly maxBytes?: number | undefined
  /** Most keys taken from a set. Default 32, 1 to 256. */
  readonly maxKeys?: number | undefined
  /**
   * Keys before the first request. `wait`: ready when they are there, or refuses to boot; `wait-or-degrade`: waits for the first fetch
   * and boots without keys if it fails; `background`, the default, waits for nothing; `false`: the first token fetches. A secret
   * key that Clerk refuses fails the boot in both waiting forms.
   */
  readonly warmUp?: WarmUp | undefined
  /** Refresh also while no requests come. Default false. */
  readonly pollWhenIdle?: boolean | undefined
}

const JWKS = {
  keys: option<readonly object[], readonly object[] | null>(readKeySet),
  snapshot: option<string | KeySetSnapshotStore, string | KeySetSnapshotStore | null>(readSnapshot),
  cacheMaxAgeInMs: wholeNumber({ min: 10_000, max: 86_400_000, default: 300_000 }),
  refreshAheadInMs: wholeNumber({ min: 0, max: 86_400_000, default: null }),
  staleIfErrorInMs: wholeNumber({ min: 0, max: 604_800_000, default: 14_400_000 }),
  cooldownInMs: wholeNumber({ min: 0, max: 3_600_000, default: 1_000 }),
  timeoutInMs: wholeNumber({ min: 100, max: 60_000, default: 3_000 }),
  maxBytes: wholeNumber({ min: 1_024, max: 1_048_576, default: 65_536 }),
  maxKeys: wholeNumber({ min: 1, max: 256, default: 32 }),
  warmUp: choice(['wait', 'wait-or-degrade', 'background', false], { default: 'background' }),
  pollWhenIdle: boolean({ default: false })
} satisfies OptionTable<JwksOptions>

const DEFAULT_AHEAD_MS = 60_000

export interface JwksSettings extends Omit<SettingsOf<typeof JWKS>, 'refreshAheadInMs'> {
  readonly refreshAheadInMs: number
}

export const jwks: Option<JwksOptions, JwksSettings> = group(JWKS, (given, path): JwksSettings => {
  const { cacheMaxAgeInMs, keys, maxKeys } = given
  if (keys !== null && keys.length > maxKeys) {
    throw new OptionRangeError(`${path}.keys`, `a list of at most ${path}.maxKeys keys`)
  }
  // The default gives way to a short maximum age; a value that was given does not.
  const refreshAheadInMs = given.refreshAheadInMs ?? Math.min(DEFAULT_AHEAD_MS, Math.floor(cacheMaxAgeInMs / 2))
  if (refreshAheadInMs >= cacheMaxAgeInMs) {
    throw new OptionRangeError(`${path}.refreshAheadInMs`, `less than ${path}.cacheMaxAgeInMs`)
  }
  return Object.freeze({ ...given, refreshAheadInMs })
})

function readSnapshot(given: Given): string | KeySetSnapshotStore | null {
  if (typeof given.value === 'string') return checkText(given) ?? null
  const store = checkMethods<KeySetSnapshotStore>(given, ['get', 'set'])
  checkFunction({ name: `${given.name}.claim`, value: store?.claim })
  return store ?? null
}
