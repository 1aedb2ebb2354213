// When to fetch. Pure arithmetic on milliseconds, so that the whole policy is tested without a clock.

/** A set is fresh for at least this long, whatever `Cache-Control` says: the floor under the refresh rate. */
const MIN_FRESHNESS_MS = 60_000
const BACKOFF_BASE_MS = 1000
const BACKOFF_CAP_MS = 60_000
/** Full jitter may draw zero; a retry in the same instant would meet the same fault. */
const MIN_BACKOFF_MS = 250
/** A `Retry-After` beyond this would leave the keys to a typing error at the other end. */
const MAX_RETRY_AFTER_MS = 300_000
/** Longest wait between two attempts: the rate may add its window. */
export const MAX_BACKOFF_MS = MAX_RETRY_AFTER_MS + 60_000

export function freshnessMs(maxAgeMs: number | null, ceilingMs: number): number {
  return Math.min(ceilingMs, Math.max(maxAgeMs ?? ceilingMs, MIN_FRESHNESS_MS))
}

/** Ahead of expiry, somewhere in the outer half of `aheadMs`, so that a fleet started together does not fetch together. */
export function refreshDueMs(fetchedAtMs: number, freshMs: number, aheadMs: number, random: () => number): number {
  const ahead = Math.min(aheadMs, freshMs / 2)
  return fetchedAtMs + freshMs - ahead * (0.5 + 0.5 * random())
}

/** Exponential, with full jitter; never before the endpoint's own `Retry-After`. */
export function backoffMs(failures: number, retryAfterMs: number | null, random: () => number): number {
  const ceiling = Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** Math.min(failures - 1, 16))
  const delay = Math.max(MIN_BACKOFF_MS, random() * ceiling)
  return retryAfterMs === null ? delay : Math.max(delay, Math.min(retryAfterMs, MAX_RETRY_AFTER_MS))
}

/** At most `limit` events in any `windowMs`: exact, not on average. */
export interface RateWindow {
  /** Earliest moment, not before `nowMs`, at which another event is within the limit. */
  nextMs(nowMs: number): number
  record(nowMs: number): void
}

export function createRateWindow(limit: number, windowMs: number): RateWindow {
  const times = new Array<number>(limit).fill(Number.NEGATIVE_INFINITY)
  let oldest = 0
  return {
    nextMs(nowMs) {
      const latestMs = times[(oldest + limit - 1) % limit] as number
      // The clock was set back by more than the window: what is remembered says nothing about now.
      if (latestMs > nowMs + windowMs) times.fill(Number.NEGATIVE_INFINITY)
      return Math.max(nowMs, (times[oldest] as number) + windowMs)
    },
    record(nowMs) {
      times[oldest] = nowMs
      oldest = (oldest + 1) % limit
    }
  }
}

/** Token bucket that can promise its next token in advance. */
export interface Bucket {
  /** Takes a token, if need be the one to come, and says when it may be spent. */
  reserve(nowMs: number): number
  /** Takes a token that is there. */
  take(nowMs: number): boolean
}

export function createBucket(capacity: number, refillMs: number): Bucket {
  let tokens = capacity
  let countedAtMs = Number.NEGATIVE_INFINITY

  function refill(nowMs: number): void {
    // A clock that was set back gives no tokens and takes none.
    const elapsed = countedAtMs === Number.NEGATIVE_INFINITY ? 0 : Math.max(0, nowMs - countedAtMs)
    tokens = Math.min(capacity, tokens + elapsed / refillMs)
    countedAtMs = nowMs
  }

  return {
    reserve(nowMs) {
      refill(nowMs)
      tokens -= 1
      return tokens >= 0 ? nowMs : nowMs - tokens * refillMs
    },
    take(nowMs) {
      refill(nowMs)
      if (tokens < 1) return false
      tokens -= 1
      return true
    }
  }
}
