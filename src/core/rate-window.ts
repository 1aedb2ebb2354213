/** Bounds a rate exactly, not on average: at most `limit` events in any `windowMs`. */
export interface RateWindow {
  /** Earliest moment, not before `nowMs`, at which another event is within the limit. */
  nextMs(nowMs: number): number
  record(nowMs: number): void
}

export function createRateWindow(limit: number, windowMs: number): RateWindow {
  /** When the last `limit` events were; a ring, in which `oldest` is the next to be replaced. */
  const times = new Array<number>(limit).fill(Number.NEGATIVE_INFINITY)
  let oldest = 0
  return {
    nextMs(nowMs) {
      const latestMs = times[(oldest + limit - 1) % limit] as number
      // The clock was set back by more than the window: the recorded times say nothing about now.
      if (latestMs > nowMs + windowMs) times.fill(Number.NEGATIVE_INFINITY)
      return Math.max(nowMs, (times[oldest] as number) + windowMs)
    },
    record(nowMs) {
      times[oldest] = nowMs
      oldest = (oldest + 1) % limit
    }
  }
}
