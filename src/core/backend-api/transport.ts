import { type BackendResult, backendFailure } from './result.js'

export interface TransportSettings {
  readonly fetch: typeof globalThis.fetch
  /** For the whole call, the body included. */
  readonly timeoutMs: number
  readonly userAgent: string
  readonly now: () => number
}

export interface BackendCall {
  readonly method: 'GET' | 'POST'
  readonly url: string
  /** Null: there is none, and nothing is asked. */
  readonly key: string | null
  readonly body?: object
}

export type Transport = (call: BackendCall) => Promise<BackendResult<unknown>>

/** The BAPI version whose shapes this package reads. */
const API_VERSION = '2026-05-12'

/** Answers are small; a longer one is not read to its end. */
const MAX_ANSWER_BYTES = 512 * 1024

/** Clerk asks for seconds; a pause of more than this is taken for a mistake. */
const MAX_PAUSE_SECONDS = 300

/** After a 429 without `Retry-After`. The rate limit counts in windows of ten seconds. */
const DEFAULT_PAUSE_SECONDS = 10

/**
 * Sends calls to BAPI. Never throws or rejects; nothing of an answer's text and nothing secret gets into a failure. A 429
 * stops every further call until Clerk has said: the limit counts for the key, not for the call.
 */
export function createTransport(settings: TransportSettings): Transport {
  const { fetch, timeoutMs, userAgent, now } = settings
  let pausedUntilMs = 0

  return async ({ method, url, key, body }) => {
    if (key === null) return backendFailure('keyless')
    const pausedMs = pausedUntilMs - now()
    if (pausedMs > 0) return backendFailure('busy', null, null, Math.ceil(pausedMs / 1000))

    const signal = AbortSignal.timeout(timeoutMs)
    let response: Response
    let text: string | null
    try {
      response = await fetch(url, {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          'clerk-api-version': API_VERSION,
          'content-type': 'application/json',
          'user-agent': userAgent
        },
        body: body === undefined ? null : JSON.stringify(body),
        // A redirect would take the key to another place.
        redirect: 'error',
        signal
      })
      text = await readBounded(response)
    } catch {
      return backendFailure(signal.aborted ? 'timeout' : 'network')
    }

    const retryAfterSeconds = parseRetryAfter(response.headers.get('retry-after'), now())
    if (response.status === 429) pausedUntilMs = now() + (retryAfterSeconds ?? DEFAULT_PAUSE_SECONDS) * 1000
    const value = text === null ? undefined : parseAnswer(response, text)
    if (!response.ok) return backendFailure('http', response.status, errorCode(value), retryAfterSeconds)
    return value === undefined ? backendFailure('malformed', response.status) : { ok: true, value }
  }
}

async function readBounded(response: Response): Promise<string | null> {
  if (response.body === null) return ''
  const chunks: Uint8Array[] = []
  let bytes = 0
  // Leaving the loop cancels the stream, and with it the connection.
  for await (const chunk of response.body) {
    bytes += chunk.byteLength
    if (bytes > MAX_ANSWER_BYTES) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/** Undefined: no JSON. */
function parseAnswer(response: Response, text: string): unknown {
  if (!(response.headers.get('content-type') ?? '').startsWith('application/json')) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** `errors[0].code` of Clerk's error body. It goes into reasons and headers, so only what has the form of a code. */
function errorCode(value: unknown): string | null {
  if (!isRecord(value) || !Array.isArray(value.errors)) return null
  const first: unknown = value.errors[0]
  return isRecord(first) && typeof first.code === 'string' && /^[a-z0-9_-]{1,64}$/.test(first.code) ? first.code : null
}

/** Seconds or a date (RFC 9110 section 10.2.3), as whole seconds from now. */
export function parseRetryAfter(header: string | null, nowMs: number): number | null {
  if (header === null || header === '') return null
  const seconds = /^\d+$/.test(header) ? Number(header) : Math.ceil((Date.parse(header) - nowMs) / 1000)
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, MAX_PAUSE_SECONDS) : null
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
