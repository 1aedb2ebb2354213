/** A token bucket: how many calls unknown callers can make us make. */
export interface Budget {
  /** Takes one, and says 0; or the seconds until there is one again. */
  take(): number
}

export function createBudget(capacity: number, perSecond: number, now: () => number): Budget {
  let level = capacity
  let filledAtMs = now()

  return {
    take() {
      const nowMs = now()
      // A clock that was set back fills nothing and takes nothing away.
      level = Math.min(capacity, level + (Math.max(0, nowMs - filledAtMs) / 1000) * perSecond)
      filledAtMs = nowMs
      if (level < 1) return Math.max(1, Math.ceil((1 - level) / perSecond))
      level--
      return 0
    }
  }
}
