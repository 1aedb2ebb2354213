import { MAX_RETRY_AFTER_MS } from '../retry-after.js'

// When to fetch: pure arithmetic on milliseconds.

/** A set is fresh for at least this long, even if `Cache-Control` says less: bounds the refresh rate. */
const MIN_FRESHNESS_MS = 60_000
const BACKOFF_BASE_MS = 1000
const BACKOFF_CAP_MS = 60_000
/** Full jitter may draw zero, and an immediate retry would meet the same fault. */
const MIN_BACKOFF_MS = 250
/** Longest wait between two attempts: the longest `Retry-After` and its jitter, and a minute for the rate limit. */
export const MAX_BACKOFF_MS = MAX_RETRY_AFTER_MS + BACKOFF_CAP_MS + 60_000

export function freshnessMs(maxAgeMs: number | null, ceilingMs: number): number {
  return Math.min(ceilingMs, Math.max(maxAgeMs ?? ceilingMs, MIN_FRESHNESS_MS))
}

/** A random moment in the outer half of `aheadMs` before expiry: processes started together do not fetch together. */
export function refreshDueMs(fetchedAtMs: number, freshMs: number, aheadMs: number, random: () => number): number {
  const ahead = Math.min(aheadMs, freshMs / 2)
  return fetchedAtMs + freshMs - ahead * (0.5 + 0.5 * random())
}

/**
 * Exponential back-off with full jitter. With `Retry-After` (bounded: it may come from another process) the jitter is
 * added to it, and is as long again, up to a minute: all processes that the endpoint has turned away together would come
 * back together.
 */
export function backoffMs(failures: number, retryAfterMs: number | null, random: () => number): number {
  const ceiling = Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** Math.min(failures - 1, 16))
  if (retryAfterMs === null) return Math.max(MIN_BACKOFF_MS, random() * ceiling)
  const toldMs = Math.min(retryAfterMs, MAX_RETRY_AFTER_MS)
  return toldMs + Math.max(MIN_BACKOFF_MS, random() * Math.max(ceiling, Math.min(toldMs, BACKOFF_CAP_MS)))
}
