import type { VerificationKey } from '../jwks/types.js'
import { createSignatureMemory } from './signature-memory.js'
import { createTokenCache, type TokenCache } from './token-cache.js'

/**
 * All that an instance remembers of tokens: of those that were brought once that their signature is good, and of those that
 * were brought again the verified token.
 */
export interface TokenMemory extends TokenCache {
  /** The key under which the signature of exactly this text is good, if the token was brought once. The caller judges the key. */
  keyOf(text: string): VerificationKey | undefined
  /** Remembers a token that is brought for the first time. False: there is no room, and `add` has to be called. */
  addSignature(text: string, key: VerificationKey, expiresAtMs: number, nowMs: number): boolean
  /** Of a token whose key is trusted no more. */
  deleteSignature(text: string): void
}

export interface TokenMemorySettings {
  readonly maxEntries: number
  readonly maxBytes: number
  /** Told how many tokens the bounds have pushed out. */
  readonly onEvict?: (count: number) => void
}

/** The part of each bound that is for tokens that were brought once. */
const SIGNATURE_SHARE = 1 / 4
/** Smaller bounds are for verified tokens alone: tokens that were brought once would be forgotten before they are brought again. */
const MIN_ENTRIES = 512
const MIN_BYTES = 1_048_576

export function createTokenMemory({ maxEntries, maxBytes, onEvict }: TokenMemorySettings): TokenMemory {
  const isShared = maxEntries >= MIN_ENTRIES && maxBytes >= MIN_BYTES
  const share = (bound: number) => (isShared ? Math.floor(bound * SIGNATURE_SHARE) : 0)
  const signatures = createSignatureMemory({
    maxEntries: share(maxEntries),
    maxBytes: share(maxBytes),
    onForget: (count) => onEvict?.(count)
  })
  const tokens = createTokenCache({
    maxEntries: maxEntries - share(maxEntries),
    maxBytes: maxBytes - share(maxBytes),
    onEvict: () => onEvict?.(1)
  })

  return {
    find: tokens.find,
    keyOf: signatures.keyOf,
    addSignature: signatures.add,
    deleteSignature: signatures.delete,
    add(verified, nowMs) {
      signatures.delete(verified.token)
      tokens.add(verified, nowMs)
    },
    delete: tokens.delete,
    clear() {
      signatures.clear()
      tokens.clear()
    },
    get size() {
      return signatures.size + tokens.size
    },
    get bytes() {
      return signatures.bytes + tokens.bytes
    }
  }
}
