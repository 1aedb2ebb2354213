import { causeSentences, type NetworkFailure, networkFailureOf } from '../fetch-cause.js'
import { helpOfFailure } from '../help-page.js'
import { isRecord, parseJson } from '../json.js'
import type { Logger } from '../logger.js'
import { isRecent } from '../recent.js'
import { readBody } from '../response-body.js'
import { parseRetryAfterMs, toRetryAfterSeconds } from '../retry-after.js'
import { type SetTimer, setUnrefTimer, whileAwaited, withinTime } from '../timers.js'
import { CLERK_API_DATE } from '../version.js'
import { type BackendResult, backendFailure } from './result.js'

export interface TransportSettings {
  readonly fetch: typeof globalThis.fetch
  /** For the whole call, the body included. */
  readonly timeoutMs: number
  readonly userAgent: string
  readonly now: () => number
  /** For lines that a request can cause. Default: none. */
  readonly log?: Logger | undefined
  /** Default: real time. */
  readonly setTimer?: SetTimer
}

export interface BackendCall {
  /** A 429 pauses the calls of its kind. */
  readonly kind: 'nonce' | 'refresh' | 'session-token' | 'machine-token'
  readonly method: 'GET' | 'POST'
  readonly url: string
  /** Null: the key is not configured, and no call is made. */
  readonly key: string | null
  readonly body?: object
}

export type Transport = (call: BackendCall) => Promise<BackendResult<unknown>>

/** Far beyond any answer of BAPI. A longer body is not read to its end. */
const MAX_ANSWER_BYTES = 512 * 1024

/** After a 429 whose `Retry-After` names no wait. The rate limit counts in windows of ten seconds. */
const DEFAULT_PAUSE_MS = 10_000

/**
 * Sends calls to BAPI. Never throws or rejects. A failure holds nothing of an answer's text and nothing secret. A 429
 * pauses the calls of its kind for the time that Clerk names. The rate limit counts per secret key, so a call of another
 * kind may meet it too, and then pauses that kind: a flood of one kind must not stop calls that Clerk would still answer.
 */
export function createTransport(settings: TransportSettings): Transport {
  const { fetch, timeoutMs, userAgent, now, log, setTimer = setUnrefTimer } = settings
  const pauses = new Map<BackendCall['kind'], { readonly atMs: number; readonly forMs: number }>()

  function pausedMs(kind: BackendCall['kind']): number {
    const pause = pauses.get(kind)
    const nowMs = now()
    if (pause === undefined || !isRecent(pause.atMs, pause.forMs, nowMs)) return 0
    return Math.min(pause.forMs, pause.atMs + pause.forMs - nowMs)
  }

  return async (call) => {
    if (call.key === null) return backendFailure('keyless')
    const waitMs = pausedMs(call.kind)
    if (waitMs > 0) return backendFailure('busy', null, null, toRetryAfterSeconds(waitMs))

    const limit = new AbortController()
    const exchanged: Promise<Exchange | NetworkFailure> = exchange(call, call.key, limit.signal).catch(networkFailureOf)
    // Not AbortSignal.timeout: it lets the process exit before the answer, no test can fake it, and a `fetch` that takes no
    // notice of its signal would be waited for without end.
    const outcome = await whileAwaited(withinTime(exchanged, timeoutMs, 'timeout', setTimer))
    if (outcome === 'timeout') limit.abort(new DOMException('The call took too long', 'TimeoutError'))
    if (typeof outcome !== 'string') return judge(call.kind, outcome)
    log?.warn(
      { call: call.kind, failure: outcome, help: helpOfFailure(outcome) },
      `Clerk: the Backend API has not answered. ${causeSentences(outcome)}`
    )
    return backendFailure(outcome === 'timeout' ? 'timeout' : 'network')
  }

  async function exchange({ method, url, body }: BackendCall, key: string, signal: AbortSignal): Promise<Exchange> {
    const response = await fetch(url, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        'clerk-api-version': CLERK_API_DATE,
        'content-type': 'application/json',
        'user-agent': userAgent
      },
      body: body === undefined ? null : JSON.stringify(body),
      // Following a redirect would send the secret key to another host.
      redirect: 'error',
      signal
    })
    return { response, text: await readBody(response, MAX_ANSWER_BYTES) }
  }

  function judge(kind: BackendCall['kind'], { response, text }: Exchange): BackendResult<unknown> {
    const namedMs = parseRetryAfterMs(response.headers.get('retry-after'), now())
    const pauseMs = response.status === 429 ? namedMs || DEFAULT_PAUSE_MS : null
    if (pauseMs !== null) pauses.set(kind, { atMs: now(), forMs: pauseMs })
    const retryAfterMs = pauseMs ?? namedMs
    const value = text === null ? undefined : parseAnswer(response, text)
    if (!response.ok)
      return backendFailure(
        'http',
        response.status,
        errorCode(value),
        retryAfterMs === null ? null : toRetryAfterSeconds(retryAfterMs)
      )
    return value === undefined ? backendFailure('malformed', response.status) : { ok: true, value }
  }
}

interface Exchange {
  readonly response: Response
  /** Null: longer than any answer of BAPI. */
  readonly text: string | null
}

function parseAnswer(response: Response, text: string): unknown {
  return response.headers.get('content-type')?.startsWith('application/json') ? parseJson(text) : undefined
}

/**
 * `errors[0].code` of Clerk's error body; null unless it has the form of a code, because it goes into reasons and
 * headers.
 */
function errorCode(value: unknown): string | null {
  if (!isRecord(value) || !Array.isArray(value.errors)) return null
  const first: unknown = value.errors[0]
  return isRecord(first) && typeof first.code === 'string' && /^[a-z0-9_-]{1,64}$/.test(first.code) ? first.code : null
}
