import type { KeyObject } from 'node:crypto'
import type { SignatureAlgorithm } from '../jwk.js'

/**
 * An imported, validated RSA public key. One object per key material and key store: a refreshed key set that still
 * holds the key reuses the object, so `trustedUntilMs` is the one place that says whether it still counts.
 */
export interface VerificationKey {
  /** `null` for a PEM, which answers for every `kid`. */
  readonly kid: string | null
  readonly algorithm: SignatureAlgorithm
  readonly keyObject: KeyObject
  /** Length in bytes of every signature under this key (RFC 8017 section 8.2.1: the length of the modulus). */
  readonly signatureLength: number
  /**
   * Until when tokens verified under this key are believed, in ms since the epoch. `0` once the key has left the key
   * set (its verified tokens die with it, at once), `Infinity` for a PEM. Otherwise the end of its key set's freshness,
   * and once a refresh has failed, the stale limit: stale is for errors (RFC 5861 section 4), not for idleness.
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
      /** Keys could not be had, as opposed to: the key set is known and has no such key. */
      readonly unavailable: boolean
      readonly retryAfterSeconds: number
    }

export const NO_KEYS: readonly VerificationKey[] = Object.freeze([])

/** The key set is known and has no such kid. */
export const KID_MISMATCH: KeyResolution = Object.freeze({
  ok: false,
  reason: 'jwk-kid-mismatch',
  unavailable: false,
  retryAfterSeconds: 0
})

/** What the verifier needs of a key store. The store of PEM keys answers every `kid` with all of its keys. */
export interface KeyStore {
  /** From memory, never any I/O. Empty: not known now; ask `resolve`. Keys past their trust are not returned. */
  find(kid: string | undefined): readonly VerificationKey[]
  /**
   * May fetch, within its budget. `plausible`: the unverified token has the shape, algorithm, issuer and expiry of one
   * of ours. An implausible one waits for the first key set like any other, but never spends from the budget of
   * unknown kids: with a key set in memory it is answered `jwk-kid-mismatch` at once.
   *
   * `sessionId`: the unverified `sid`. All that makes a token plausible can be forged by a stranger; the id of a session
   * that `witness` has seen cannot be guessed, so such a token spends from a budget that a flood cannot drain.
   */
  resolve(kid: string | undefined, plausible: boolean, sessionId?: string): Promise<KeyResolution>
  /**
   * A plausible token with a known `kid` has a bad signature: the key material may have been replaced under the same
   * name. May spend from the refresh budget. `false`, synchronously, when nothing will be tried (flood of forged
   * tokens: no promise each); otherwise resolves to true when the key set changed, so that another attempt makes sense.
   */
  reconsider(kid: string | undefined, sessionId?: string): Promise<boolean> | false
  /** A token of this session was verified: called on the cold path, for each first-seen good token with a `sid`. */
  witness(sessionId: string): void
  /** Runs on every change of the key set (new generation or withdrawal). */
  onChange(listener: () => void): void
  /** Called on `onReady`: warm-up as configured. */
  ready(): Promise<void>
  close(): void
  health(): KeyStoreHealth
  stats(): KeyStoreStats
}

export interface KeyStoreHealth {
  readonly source: 'jwtKey' | 'jwks' | 'bapi' | 'fapi'
  readonly kids: readonly string[]
  /** Milliseconds since the key set in use was confirmed; null before the first. */
  readonly ageMs: number | null
  readonly nextRefreshInMs: number | null
  readonly lastError: string | null
  readonly consecutiveFailures: number
  /** Keys are missing, or are used beyond their freshness because refreshing fails. */
  readonly degraded: boolean
  /** Keys of the newest answer that were left out, by reason. */
  readonly skippedKeys: Readonly<Record<string, number>>
  /** Estimated time of the key endpoint minus ours, in ms; null when not known. */
  readonly clockOffsetMs: number | null
}

/** Counters since the key store was made. */
export interface KeyStoreStats {
  /** Attempts to fetch, of them those that failed. */
  readonly fetches: number
  readonly failedFetches: number
  /** Fetches answered 304. */
  readonly notModified: number
  /** Key sets that differed from the one before. */
  readonly generations: number
  readonly withdrawnKeys: number
  readonly skippedKeys: number
  /** Key sets taken from a snapshot instead of a fetch. */
  readonly adoptedSnapshots: number
  readonly failedSnapshots: number
  /** Tokens with a `kid` that is in no known key set, and of them those refused without a fetch of their own. */
  readonly unknownKids: number
  readonly unknownKidsRefused: number
  /** Fetches that unknown kids and bad signatures caused. */
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
