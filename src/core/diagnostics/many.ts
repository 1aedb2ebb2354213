/** So many within a minute are told, and again after ten minutes. */
const MANY = 20
const WINDOW_MS = 60_000
const AGAIN_MS = 600_000

/** Tells when something has happened often in a short time: gives the count then, and 0 otherwise. */
export type CountMany<Kind extends string> = (kind: Kind, nowMs: number) => number

/** Each kind is counted for itself. */
export function createCountMany<Kind extends string>(): CountMany<Kind> {
  const counts = new Map<Kind, { count: number; sinceMs: number; quietUntilMs: number }>()

  return (kind, nowMs) => {
    let entry = counts.get(kind)
    if (entry === undefined) {
      entry = { count: 0, sinceMs: nowMs, quietUntilMs: Number.NEGATIVE_INFINITY }
      counts.set(kind, entry)
    }
    const isTold = nowMs < entry.quietUntilMs && entry.quietUntilMs - nowMs <= AGAIN_MS
    // Also where the clock was set back.
    if (!isTold && (nowMs - entry.sinceMs > WINDOW_MS || nowMs < entry.sinceMs)) {
      entry.count = 0
      entry.sinceMs = nowMs
    }
    entry.count++
    if (isTold || entry.count < MANY) return 0
    const { count } = entry
    entry.count = 0
    entry.sinceMs = nowMs
    entry.quietUntilMs = nowMs + AGAIN_MS
    return count
  }
}
