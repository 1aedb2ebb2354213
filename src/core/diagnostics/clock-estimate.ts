/** How far Clerk's clock is ahead of ours, and how that is known. */
export interface ClockOffset {
  /**
   * Clerk's time minus ours in ms: positive when this server is behind. Good to about a second from the key endpoint;
   * from tokens to a few, and then rather too low.
   */
  readonly offsetMs: number
  /** `key-endpoint`: from the `Date` of its answers; `tokens`: from the issue times of fresh tokens. */
  readonly from: 'key-endpoint' | 'tokens'
}

export interface ClockEstimate {
  /** A token with a good signature has arrived. `issuedAt`: its `iat`, in seconds. */
  witness(issuedAt: number, nowMs: number): void
  /** Null: not known. */
  current(nowMs: number): ClockOffset | null
}

/** Tokens are remembered for one to two of these: long enough to have met a fresh one, short enough to follow a clock. */
const WINDOW_MS = 300_000
/** Of so many first-seen tokens of several sessions one was nearly new: they live 60 s and most are sent when issued. */
const ENOUGH_TOKENS = 20
/** `iat` is cut to whole seconds: on average a half is missing. */
const HALF_SECOND_MS = 500
/** Beyond this a `Date` that contradicts the tokens is somebody else's: a proxy, a cache. */
const TOLERANCE_MS = 2000

/**
 * A token cannot have been issued after it arrived, so Clerk's clock is at least `iat` minus our time ahead: a bound
 * that holds for every signed token, and that a fresh one, sent within a second or two of its issue, makes an estimate.
 * An old one says next to nothing, so tokens alone count once there are enough of them, or one comes from our future.
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
