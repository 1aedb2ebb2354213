import { LRUCache } from 'lru-cache'
import { isRecent } from '../recent.js'
import type { MachineOutcome } from './outcome.js'

export interface OpaqueCacheSettings {
  /** 0: Clerk is asked at every request with a good token. */
  readonly positiveTtlMs: number
  /** 0: Clerk is asked at every request with a refused token. */
  readonly negativeTtlMs: number
  readonly maxEntries: number
  readonly now: () => number
}

/** Clerk's answers about opaque tokens. Kept for a short time, because a token can be revoked at any moment. */
export interface OpaqueCache {
  find(token: string): MachineOutcome | undefined
  /** As `find`, of good tokens alone. */
  recall(token: string): MachineOutcome | undefined
  add(token: string, outcome: MachineOutcome, expiresAtMs: number): void
  /** Whether the token was good when Clerk was last asked, however long ago: such a token is not a guess. */
  wasGood(token: string): boolean
  /** Lets go of the tokens that were refused, which anybody can make up. */
  forgetRefused(): void
  /** Ends all answers, so that Clerk is asked about each token at its next use. */
  expire(): void
}

interface Entry {
  readonly outcome: MachineOutcome
  /** When Clerk has answered. `-Infinity`: it is to be asked again. */
  atMs: number
  readonly expiresAtMs: number
}

// lru-cache writes its status onto the options that it is given: a shared object spares each call a new one.
const GET_OPTIONS: LRUCache.GetOptions<string, Entry, unknown> = {}

export function createOpaqueCache(settings: OpaqueCacheSettings): OpaqueCache {
  const { positiveTtlMs, negativeTtlMs, maxEntries, now } = settings
  // Two caches, so that a flood of guesses cannot evict good tokens.
  // By size: with `max`, lru-cache fills lists of that length at once, for each of many tenants.
  const good = new LRUCache<string, Entry>({ maxSize: maxEntries, sizeCalculation: () => 1 })
  const refused = new LRUCache<string, Entry>({ maxSize: maxEntries, sizeCalculation: () => 1 })

  function fresh(entry: Entry | undefined): MachineOutcome | undefined {
    if (entry === undefined) return undefined
    const { outcome, atMs, expiresAtMs } = entry
    const nowMs = now()
    return isRecent(atMs, outcome.ok ? positiveTtlMs : negativeTtlMs, nowMs) && nowMs < expiresAtMs
      ? outcome
      : undefined
  }

  return {
    find: (token) => fresh(good.get(token, GET_OPTIONS) ?? refused.get(token, GET_OPTIONS)),
    recall: (token) => fresh(good.get(token, GET_OPTIONS)),
    add(token, outcome, expiresAtMs) {
      if (outcome.ok) {
        refused.delete(token)
        good.set(token, { outcome, atMs: now(), expiresAtMs })
        return
      }
      good.delete(token)
      if (negativeTtlMs > 0) refused.set(token, { outcome, atMs: now(), expiresAtMs: Number.POSITIVE_INFINITY })
    },
    wasGood: (token) => good.has(token),
    forgetRefused: () => refused.clear(),
    expire() {
      for (const entry of good.values()) entry.atMs = Number.NEGATIVE_INFINITY
      refused.clear()
    }
  }
}
