import type { KeyObject } from 'node:crypto'
import type { SignatureAlgorithm } from '../jwk.js'

/**
 * An imported, validated RSA public key. There is one object for each key material in a key store, and a refreshed key
 * set that still has the key reuses it: `trustedUntilMs` of that object tells every holder whether the key may be used.
 */
export interface VerificationKey {
  /** Null for a PEM, which is tried for every kid. */
  readonly kid: string | null
  readonly algorithm: SignatureAlgorithm
  readonly keyObject: KeyObject
  /** Length in bytes of every signature under this key (RFC 8017 section 8.2.1: the length of the modulus). */
  readonly signatureLength: number
  /**
   * Until when tokens verified under this key are accepted, in ms since the epoch. `0` once the key has left the key
   * set (its verified tokens are refused from then on), `Infinity` for a PEM. Otherwise the end of its key set's
   * freshness or, once a refresh has failed, the stale limit: keys are used stale on errors (RFC 5861 section 4), not
   * when idle.
   */
  trustedUntilMs: number
}

export type KeyFailureReason =
  | 'secret-key-invalid'
  | 'jwk-remote-failed-to-load'
  | 'jwk-failed-to-resolve'
  | 'jwk-kid-mismatch'

export type KeyResolution =
  | { readonly ok: true; readonly keys: readonly VerificationKey[] }
  | {
      readonly ok: false
      readonly reason: KeyFailureReason
      /** True: no key set could be had, so nothing is known of the token. False: the key set has no such key. */
      readonly unavailable: boolean
      readonly retryAfterSeconds: number
    }

export const NO_KEYS: readonly VerificationKey[] = Object.freeze([])

/** The key set is known, and has no such kid. */
export const KID_MISMATCH: KeyResolution = Object.freeze({
  ok: false,
  reason: 'jwk-kid-mismatch',
  unavailable: false,
  retryAfterSeconds: 0
})

/** Gives the verifier its keys. The store of PEM keys answers every kid with all of its keys. */
export interface KeyStore {
  /** Looks in memory, without I/O. Empty when no trusted key has the kid; then ask `resolve`. */
  find(kid: string | undefined): readonly VerificationKey[]
  /**
   * May fetch, within its budget. `plausible`: the unverified token has the form, algorithm, issuer and expiry of a
   * token of this instance. An implausible token waits for the first key set like any other, but never spends from the
   * budget of unknown kids: with a key set in memory it is answered `jwk-kid-mismatch` at once.
   *
   * `sessionId`: the unverified `sid`. A stranger can forge everything that makes a token plausible, but cannot guess
   * the id of a session that `witness` has seen: a token with such an id spends from a budget that a flood cannot
   * drain.
   */
  resolve(kid: string | undefined, plausible: boolean, sessionId?: string): Promise<KeyResolution>
  /**
   * For a plausible token with a known kid and a bad signature: the key may have been replaced under the same kid. May
   * spend from the budget. Returns `false`, without a promise, when nothing is tried, as in a flood of forged tokens;
   * otherwise resolves to whether the key of this kid changed, so that the signature is worth another try.
   */
  reconsider(kid: string | undefined, sessionId?: string): Promise<boolean> | false
  /** A token of this session was verified. Called on the cold path, for each first-seen good token with a `sid`. */
  witness(sessionId: string): void
  /** The instance is not in use for now: memory that serves its users is given back. Keys stay. */
  rest(): void
  /** Adds a listener that is called after each change of the key set. */
  onChange(listener: () => void): void
  /** Warms up as configured (`jwks.warmUp`). Rejects when the configuration wants keys at boot and there are none. */
  ready(): Promise<void>
  close(): void
  health(): KeyStoreHealth
  stats(): KeyStoreStats
}

/** State of the keys, for readiness checks. */
export interface KeyStoreHealth {
  /** Where keys come from: the options `jwtKey` or `jwks.keys`, the Backend API, or the Frontend API. */
  readonly source: 'jwtKey' | 'jwks' | 'bapi' | 'fapi'
  /** Ids of the keys that tokens are verified with; empty for `jwtKey`, whose keys have none. */
  readonly kids: readonly string[]
  /**
   * Milliseconds since the endpoint confirmed the key set in use; null before the first set, and for keys that are not
   * fetched.
   */
  readonly ageMs: number | null
  /** Milliseconds until the next fetch is planned; null when none is. */
  readonly nextRefreshInMs: number | null
  /**
   * Why the last fetch failed: a word of a closed list, with the code of the system or the HTTP status where there is one,
   * such as `dns-ENOTFOUND` or `http-503`; null once a fetch has succeeded. No host, URL or key is in it.
   */
  readonly lastError: string | null
  /** Failed fetches since the last that succeeded. */
  readonly consecutiveFailures: number
  /** True while keys are missing, or are used beyond their freshness because refreshing fails. */
  readonly degraded: boolean
  /** Number of keys of the newest set that were left out, by reason. */
  readonly skippedKeys: Readonly<Record<string, number>>
  /** Estimated clock of the key endpoint minus ours, in ms; null when not known. */
  readonly clockOffsetMs: number | null
}

/** Counts since the key store was made. */
export interface KeyStoreStats {
  /** Fetches made, and of those the failed ones. */
  readonly fetches: number
  readonly failedFetches: number
  /** Fetches answered 304. */
  readonly notModified: number
  /** Key sets that differed from the set before. */
  readonly generations: number
  /** Keys that left a key set, or were replaced under their id. */
  readonly withdrawnKeys: number
  /** Keys of all sets that were left out as unusable. */
  readonly skippedKeys: number
  /** Key sets taken from a snapshot instead of a fetch. */
  readonly adoptedSnapshots: number
  /** Snapshots that could not be read or written, or were not valid. */
  readonly failedSnapshots: number
  /** Tokens whose kid was not in the key set, and of those the ones refused without waiting for a fetch. */
  readonly unknownKids: number
  readonly unknownKidsRefused: number
  /** Fetches caused by unknown kids and bad signatures. */
  readonly demandedFetches: number
}

export type Counters = { -readonly [Name in keyof KeyStoreStats]: number }

export function createCounters(): Counters {
  return {
    fetches: 0,
    failedFetches: 0,
    notModified: 0,
    generations: 0,
    withdrawnKeys: 0,
    skippedKeys: 0,
    adoptedSnapshots: 0,
    failedSnapshots: 0,
    unknownKids: 0,
    unknownKidsRefused: 0,
    demandedFetches: 0
  }
}
