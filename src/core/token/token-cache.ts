import { LRUCache } from 'lru-cache'
import { tailOf } from './tail.js'
import type { VerifiedToken } from './verified-token.js'

/** Estimated bytes of an entry besides the text that is kept for it: claims, auth, map and list slots. */
const ENTRY_OVERHEAD_BYTES = 1024

/** Entries whose token expired at least this long ago are dropped, oldest use first, at one addition in 32. */
const EXPIRED_RETENTION_MS = 60_000
const DROP_EVERY_MASK = 31

// lru-cache writes its status onto the options that it is given: shared objects spare each call a new one.
const GET_OPTIONS: LRUCache.GetOptions<string, VerifiedToken, unknown> = {}
const SET_OPTIONS: LRUCache.SetOptions<string, VerifiedToken, unknown> = {}

export interface TokenCache {
  /** The verified token with exactly this text. The caller judges it by time, key and revocations. */
  find(token: string): VerifiedToken | undefined
  add(verified: VerifiedToken, nowMs: number): void
  delete(verified: VerifiedToken): void
  clear(): void
  readonly size: number
  readonly bytes: number
}

export interface TokenCacheSettings {
  readonly maxEntries: number
  readonly maxBytes: number
  /** Called for each entry that the bounds push out. */
  readonly onEvict?: () => void
}

/** The verified tokens of one instance, least recently used out first. */
export function createTokenCache({ maxEntries, maxBytes, onEvict }: TokenCacheSettings): TokenCache {
  // With `max`, lru-cache would fill lists of that length at once: 1 MB and 5 ms for 50,000 entries, and a plugin with a
  // resolver has an instance for each tenant. Bounded by size its lists grow with their entries.
  const entries = new LRUCache<string, VerifiedToken>({
    maxSize: maxBytes,
    sizeCalculation: (verified) => verified.retainedLength + ENTRY_OVERHEAD_BYTES,
    dispose: (_verified, _tail, why) => {
      if (why === 'evict') onEvict?.()
    }
  })

  let additions = 0

  function dropExpiredOldest(nowMs: number): void {
    for (const tail of entries.rkeys()) {
      const oldest = entries.peek(tail)
      if (oldest === undefined || nowMs - oldest.expiresAtMs < EXPIRED_RETENTION_MS) return
      entries.delete(tail)
    }
  }

  return {
    find(token) {
      const verified = entries.get(tailOf(token), GET_OPTIONS)
      // The text and not the tail identifies a token: a client can put a known signature under other claims.
      return verified !== undefined && verified.token === token ? verified : undefined
    },
    add(verified, nowMs) {
      if ((additions++ & DROP_EVERY_MASK) === 0) dropExpiredOldest(nowMs)
      entries.set(tailOf(verified.token), verified, SET_OPTIONS)
      if (entries.size > maxEntries) entries.pop()
    },
    delete(verified) {
      const tail = tailOf(verified.token)
      if (entries.peek(tail) === verified) entries.delete(tail)
    },
    clear() {
      entries.clear()
    },
    get size() {
      return entries.size
    },
    get bytes() {
      return entries.calculatedSize
    }
  }
}
