import { parseHttpDate } from './http-date.js'

/** A longer wait is taken for a mistake at the other end: nothing here stops asking for more than five minutes. */
export const MAX_RETRY_AFTER_MS = 300_000

/**
 * `Retry-After` (RFC 9110 section 10.2.3): whole seconds or an HTTP-date, as ms from now, between 0 (the date has
 * passed) and `MAX_RETRY_AFTER_MS`. Null when the field is absent or is neither.
 */
export function parseRetryAfterMs(value: string | null, nowMs: number): number | null {
  if (value === null) return null
  if (/^\d+$/.test(value)) return Math.min(Number(value) * 1000, MAX_RETRY_AFTER_MS)
  const dateMs = parseHttpDate(value)
  return dateMs === null ? null : Math.min(Math.max(0, dateMs - nowMs), MAX_RETRY_AFTER_MS)
}

/**
 * A wait as our own `Retry-After` says it: whole seconds, at least one, so that nobody is told to come back at once.
 */
export function toRetryAfterSeconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000))
}
