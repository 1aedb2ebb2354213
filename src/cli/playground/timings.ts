/** Times of the latest requests, whose median follows a change within `size` requests. */
export interface Timings {
  add(elapsedMs: number): void
  medianMs(): number | null
}

export function createTimings(size = 200): Timings {
  const latest = new Float64Array(size)
  let count = 0
  return {
    add(elapsedMs) {
      latest[count++ % size] = elapsedMs
    },
    medianMs() {
      if (count === 0) return null
      const sorted = latest.slice(0, Math.min(count, size)).sort()
      return sorted[sorted.length >> 1] ?? null
    }
  }
}
