import { wholeNumber } from './readers.js'
import { group, type Option, type OptionTable, type SettingsOf } from './table.js'

/**
 * Bounds of the cache of verified tokens. From 512 entries and 1 MiB on, a quarter of each bound is for tokens that were brought once, of
 * which only text and key are kept. Security: a full cache costs verifications, never a wrong answer.
 */
export interface TokenCacheOptions {
  /** Most tokens kept; the least recently used go first. Default 50000, 1 to 10000000. */
  readonly maxEntries?: number | undefined
  /** Estimated memory of the tokens kept, in bytes. Default 67108864 (64 MiB), 65536 to 4294967296. */
  readonly maxBytes?: number | undefined
}

const TOKEN_CACHE = {
  maxEntries: wholeNumber({ min: 1, max: 10_000_000, default: 50_000 }),
  maxBytes: wholeNumber({ min: 65_536, max: 4_294_967_296, default: 67_108_864 })
} satisfies OptionTable<TokenCacheOptions>

export const tokenCache: Option<TokenCacheOptions, SettingsOf<typeof TOKEN_CACHE>> = group(TOKEN_CACHE)
