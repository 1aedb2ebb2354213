/** Bounds a rate on average: `capacity` at once, then one more every `refillMs`. */
export interface TokenBucket {
  /** Takes a token and gives 0, or takes nothing and gives the ms until there is one. */
  take(nowMs: number): number
  /** Takes a token, if need be the next one to come, and gives the moment from which it may be spent. */
  reserve(nowMs: number): number
}

export function createTokenBucket(capacity: number, refillMs: number): TokenBucket {
  let tokens = capacity
  let filledAtMs = Number.NEGATIVE_INFINITY

  function refill(nowMs: number): void {
    // The first call finds the bucket full. A clock that was set back adds no tokens and removes none.
    if (nowMs > filledAtMs) tokens = Math.min(capacity, tokens + (nowMs - filledAtMs) / refillMs)
    filledAtMs = nowMs
  }

  return {
    take(nowMs) {
      refill(nowMs)
      if (tokens < 1) return (1 - tokens) * refillMs
      tokens -= 1
      return 0
    },
    reserve(nowMs) {
      refill(nowMs)
      tokens -= 1
      return tokens >= 0 ? nowMs : nowMs - tokens * refillMs
    }
  }
}
