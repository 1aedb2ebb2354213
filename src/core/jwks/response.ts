/** Reads at most `maxBytes` of a decoded body; null when there is more. Time is bounded by the signal of the fetch. */
export async function readText(response: Response, maxBytes: number): Promise<string | null> {
  const announced = Number(response.headers.get('content-length'))
  if (announced > maxBytes) {
    await discard(response)
    return null
  }
  if (response.body === null) return ''
  const chunks: Uint8Array[] = []
  let bytes = 0
  const reader = response.body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    bytes += value.byteLength
    if (bytes > maxBytes) {
      await reader.cancel().catch(ignore)
      return null
    }
    chunks.push(value)
  }
  return new TextDecoder().decode(Buffer.concat(chunks))
}

/** An unread body keeps its connection busy. */
export async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(ignore)
}

/** Freshness that is left of an answer (RFC 9111 sections 4.2 and 5.2.2), in ms; null when it does not say. */
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

/** `Retry-After` in seconds or as a date (RFC 9110 section 10.2.3), as ms from now; null when absent or senseless. */
export function parseRetryAfterMs(headers: Headers, nowMs: number): number | null {
  const value = headers.get('retry-after')?.trim()
  if (value === undefined || value === '') return null
  if (/^\d{1,10}$/.test(value)) return Number(value) * 1000
  const dateMs = Date.parse(value)
  return Number.isNaN(dateMs) ? null : Math.max(0, dateMs - nowMs)
}

/**
 * How far the clock of the key endpoint is ahead of ours, in ms, from its `Date` (whole seconds, hence the half second)
 * and the middle of the exchange. Null when the exchange took too long to tell.
 */
export function estimateClockOffsetMs(headers: Headers, sentAtMs: number, receivedAtMs: number): number | null {
  const date = headers.get('date')
  if (date === null || receivedAtMs - sentAtMs > 2000 || receivedAtMs < sentAtMs) return null
  const dateMs = Date.parse(date)
  if (Number.isNaN(dateMs)) return null
  const ageMs = parseSeconds(headers.get('age')) * 1000
  return Math.round(dateMs + ageMs + 500 - (sentAtMs + receivedAtMs) / 2)
}

function parseSeconds(value: string | null): number {
  return value !== null && /^\d{1,10}$/.test(value) ? Number(value) : 0
}

function ignore(): void {}
