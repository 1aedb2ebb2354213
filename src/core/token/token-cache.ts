import { LRUCache } from 'lru-cache'
import { createFrontTable } from './front-table.js'
import type { VerifiedToken } from './verified-token.js'

/**
 * Characters of the signature that make the key. Twelve hold 72 bits: two of a hundred thousand tokens share theirs once in
 * 10¹² caches, and then cost each other a verification. V8 copies a slice this short, where a longer one is a view that
 * costs more to hash and compare.
 */
const TAIL_LENGTH = 12

/** What tokens are looked up by, here and while they are verified. No identity: whoever finds one compares the whole text. */
export function tailOf(token: string): string {
  return token.slice(-TAIL_LENGTH)
}

/** What an entry costs besides its token text, in bytes: claims, auth, map and list slots. */
const ENTRY_OVERHEAD_BYTES = 1024

/** An entry whose token ran out this long ago is dropped when it comes up for eviction, even below the bounds. */
const EXPIRED_RETENTION_MS = 60_000

/** Expired entries are looked for at one addition in 32. */
const DROP_EVERY_MASK = 31

// lru-cache writes its status onto the options of a `get`: one object, so that a hit allocates none.
const GET_OPTIONS: LRUCache.GetOptions<string, VerifiedToken, unknown> = {}

export interface TokenCache {
  /** The verified token with exactly this text, or undefined. What time, key and revocation say of it is for the caller. */
  find(token: string, nowMs: number): VerifiedToken | undefined
  add(verified: VerifiedToken, nowMs: number): void
  delete(verified: VerifiedToken): void
  clear(): void
  readonly size: number
  readonly bytes: number
}

export interface TokenCacheSettings {
  readonly maxEntries: number
  readonly maxBytes: number
  /** Called for entries pushed out by the bounds. */
  readonly onEvict?: () => void
}

/**
 * An LRU of verified tokens, with a table of places in front of it. A server's other work pushes our memory out of the
 * processor's caches between two requests, and then a look-up costs what it has to wait for: the LRU's goes from its map to
 * its lists and to the entry, one in the table goes to a place and the entry.
 */
export function createTokenCache({ maxEntries, maxBytes, onEvict }: TokenCacheSettings): TokenCache {
  const front = createFrontTable()
  // Told `max`, lru-cache would fill lists of that length while the server boots. They grow with what is in them instead.
  const entries = new LRUCache<string, VerifiedToken>({
    maxSize: maxBytes,
    sizeCalculation: (verified) => verified.token.length + ENTRY_OVERHEAD_BYTES,
    dispose: (verified, _tail, why) => {
      front.remove(verified)
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

  /** Not in the table, or not used in this second yet. */
  function findBehind(token: string, second: number): VerifiedToken | undefined {
    const verified = entries.get(tailOf(token), GET_OPTIONS)
    // Two tokens can share a tail (the same signature under other claims, say): only the whole text is identity.
    if (verified === undefined || verified.token !== token) return undefined
    verified.usedSecond = second
    front.put(verified)
    return verified
  }

  return {
    find(token, nowMs) {
      const second = (nowMs / 1000) | 0
      // Order of use to the second is order enough, and spares the hit most of the LRU's bookkeeping.
      return front.find(token, second) ?? findBehind(token, second)
    },
    add(verified, nowMs) {
      if ((additions++ & DROP_EVERY_MASK) === 0) dropExpiredOldest(nowMs)
      entries.set(tailOf(verified.token), verified)
      if (entries.size > maxEntries) entries.pop()
      front.fit(entries.size)
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
