/** How far Clerk's clock is ahead of ours, and the source of that estimate. */
export interface ClockOffset {
  /**
   * Clerk's time minus ours, in ms: positive when this server is behind. From the key endpoint it is exact to about a
   * second; from tokens to a few seconds, and it tends to be too low.
   */
  readonly offsetMs: number
  /** `key-endpoint`: the `Date` of its answers. `tokens`: the issue times of fresh tokens. */
  readonly from: 'key-endpoint' | 'tokens'
}

export interface ClockEstimate {
  /** Tells of a token with a good signature. `issuedAt`: its `iat`, in seconds. */
  witness(issuedAt: number, nowMs: number): void
  /** Null when there is not enough evidence. */
  current(nowMs: number): ClockOffset | null
}

/**
 * Tokens count for one to two windows: long enough to meet a fresh token, short enough to follow a clock that is set.
 */
const WINDOW_MS = 300_000
/** Among this many first-seen tokens one is nearly new: they live 60 s, and most are sent soon after their issue. */
const ENOUGH_TOKENS = 20
/** `iat` is cut to whole seconds, so on average half a second is missing. */
const HALF_SECOND_MS = 500
/** A `Date` that contradicts the tokens by more than this comes from a proxy or a cache, and is not used. */
const TOLERANCE_MS = 2000

/**
 * A token cannot be issued after it arrives, so Clerk's clock is ahead of ours by at least `iat` minus our time. Every
 * signed token gives this lower bound; a fresh token, sent within a second or two of its issue, makes it an estimate. A
 * token issued long ago gives only a weak bound. Without a `Date`, tokens are therefore used once there are enough of
 * them, or one was issued in our future.
 */
export function createClockEstimate(endpointOffsetMs: () => number | null): ClockEstimate {
  let windowEndMs = 0
  let tokens = 0
  let highestMs = Number.NEGATIVE_INFINITY
  let tokensBefore = 0
  let highestBeforeMs = Number.NEGATIVE_INFINITY

  function turn(nowMs: number): void {
    if (nowMs < windowEndMs && nowMs >= windowEndMs - WINDOW_MS) return
    const isNext = nowMs >= windowEndMs && nowMs < windowEndMs + WINDOW_MS
    tokensBefore = isNext ? tokens : 0
    highestBeforeMs = isNext ? highestMs : Number.NEGATIVE_INFINITY
    tokens = 0
    highestMs = Number.NEGATIVE_INFINITY
    windowEndMs = nowMs + WINDOW_MS
  }

  return {
    witness(issuedAt, nowMs) {
      turn(nowMs)
      tokens++
      highestMs = Math.max(highestMs, issuedAt * 1000 - nowMs)
    },
    current(nowMs) {
      turn(nowMs)
      const atLeastMs = Math.max(highestMs, highestBeforeMs)
      const endpointMs = endpointOffsetMs()
      if (endpointMs !== null && endpointMs >= atLeastMs - TOLERANCE_MS) {
        return { offsetMs: endpointMs, from: 'key-endpoint' }
      }
      if (atLeastMs < 0 && tokens + tokensBefore < ENOUGH_TOKENS) return null
      return { offsetMs: Math.round(atLeastMs + HALF_SECOND_MS), from: 'tokens' }
    }
  }
}
