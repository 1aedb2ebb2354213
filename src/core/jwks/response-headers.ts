import { parseHttpDate } from '../http-date.js'

/** Remaining freshness of an answer (RFC 9111 sections 4.2 and 5.2.2), in ms; null without a usable `Cache-Control`. */
export function parseMaxAgeMs(headers: Headers): number | null {
  const cacheControl = headers.get('cache-control')
  if (cacheControl === null) return null
  let maxAge: number | null = null
  for (const part of cacheControl.toLowerCase().split(',')) {
    const directive = part.trim()
    if (directive === 'no-store' || directive === 'no-cache') return 0
    const seconds = /^max-age="?(\d{1,10})"?$/.exec(directive)?.[1]
    if (seconds !== undefined && maxAge === null) maxAge = Number(seconds)
  }
  if (maxAge === null) return null
  return Math.max(0, maxAge - parseSeconds(headers.get('age'))) * 1000
}

/**
 * How far the clock of the key endpoint is ahead of ours, in ms: its `Date` (cut to whole seconds, hence the added half
 * second) against the middle of the exchange. Null when the exchange took more than 2 s, or there is no usable `Date`.
 */
export function estimateClockOffsetMs(headers: Headers, sentAtMs: number, receivedAtMs: number): number | null {
  const date = headers.get('date')
  if (date === null || receivedAtMs - sentAtMs > 2000 || receivedAtMs < sentAtMs) return null
  const dateMs = parseHttpDate(date)
  if (dateMs === null) return null
  const ageMs = parseSeconds(headers.get('age')) * 1000
  return Math.round(dateMs + ageMs + 500 - (sentAtMs + receivedAtMs) / 2)
}

function parseSeconds(value: string | null): number {
  return value !== null && /^\d{1,10}$/.test(value) ? Number(value) : 0
}
