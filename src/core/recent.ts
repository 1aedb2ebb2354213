/**
 * Whether a moment is less than `withinMs` ago, or as little ahead. For what is kept, or waited for, from that moment on: a
 * clock that is set back does not prolong it.
 */
export function isRecent(atMs: number, withinMs: number, nowMs: number): boolean {
  return Math.abs(nowMs - atMs) < withinMs
}
