import { EMPTY_GENERATION, type Generation, succeed, trustUntil } from './generation.js'
import type { KeySet, SkipCounts } from './key-set.js'
import { freshnessMs } from './refresh-policy.js'
import { NO_KEYS, type VerificationKey } from './types.js'

/** Holds the key set in use: its generation, its age, and until when it is trusted. Does not fetch. */
export interface KeySetHolder {
  readonly generation: Generation
  readonly skipped: SkipCounts
  /** When the endpoint was asked that last confirmed the set; null before the first set. */
  readonly fetchedAtMs: number | null
  readonly freshUntilMs: number
  /** From this moment the keys are not used, even while refreshing fails. */
  readonly staleUntilMs: number
  readonly etag: string | null
  find(kid: string, nowMs: number): readonly VerificationKey[]
  /** Whether keys of the set may be used now. */
  isUsable(nowMs: number): boolean
  /** A later call replaces an earlier one even if its `fetchedAtMs` is smaller: the clock may have been set back. */
  install(set: KeySet, answer: Confirmation & { readonly etag: string | null }): Change
  /** The endpoint has answered that the set is still the newest. */
  confirm(answer: Confirmation): void
  /** Refreshing fails: known keys stay in use until `staleUntilMs`. */
  extendToStale(): void
}

export interface Confirmation {
  readonly fetchedAtMs: number
  readonly maxAgeMs: number | null
}

export interface Change {
  readonly added: readonly string[]
  readonly withdrawn: readonly string[]
}

export function createKeySetHolder(bounds: {
  readonly cacheMaxAgeInMs: number
  readonly staleIfErrorInMs: number
}): KeySetHolder {
  let generation = EMPTY_GENERATION
  let skipped: SkipCounts = {}
  let fetchedAtMs: number | null = null
  let freshUntilMs = 0
  let staleUntilMs = 0
  let trustedUntilMs = 0
  let etag: string | null = null

  function setAge(answer: Confirmation): void {
    fetchedAtMs = answer.fetchedAtMs
    freshUntilMs = answer.fetchedAtMs + freshnessMs(answer.maxAgeMs, bounds.cacheMaxAgeInMs)
    staleUntilMs = freshUntilMs + bounds.staleIfErrorInMs
    trustedUntilMs = freshUntilMs
  }

  return {
    get generation() {
      return generation
    },
    get skipped() {
      return skipped
    },
    get fetchedAtMs() {
      return fetchedAtMs
    },
    get freshUntilMs() {
      return freshUntilMs
    },
    get staleUntilMs() {
      return staleUntilMs
    },
    get etag() {
      return etag
    },
    find(kid, nowMs) {
      return nowMs < trustedUntilMs ? (generation.byKid.get(kid) ?? NO_KEYS) : NO_KEYS
    },
    isUsable: (nowMs) => nowMs < trustedUntilMs,
    install(set, answer) {
      setAge(answer)
      const succession = succeed(generation, set.keys, trustedUntilMs)
      generation = succession.generation
      skipped = set.skipped
      etag = answer.etag
      return { added: succession.added, withdrawn: succession.withdrawn }
    },
    confirm(answer) {
      setAge(answer)
      trustUntil(generation, trustedUntilMs)
    },
    extendToStale() {
      trustedUntilMs = staleUntilMs
      trustUntil(generation, trustedUntilMs)
    }
  }
}
