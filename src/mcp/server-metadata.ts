import { McpMetadataInvalidError, McpMetadataUnavailableError } from '../core/errors.js'
import { isRecord, parseJson } from '../core/json.js'
import { logLine } from '../core/log-lines.js'
import type { Logger } from '../core/logger.js'
import { isRecent } from '../core/recent.js'
import { discardBody, readBody } from '../core/response-body.js'
import { type SetTimer, setUnrefTimer, whileAwaited, withinTime } from '../core/timers.js'

export interface ServerMetadataSettings {
  /** Base URL of the authorization server. */
  readonly server: string
  readonly fetch: typeof globalThis.fetch
  readonly now: () => number
  readonly log: Pick<Logger, 'warn' | 'error'>
  /** Default: real time. */
  readonly setTimer?: SetTimer
}

/** The metadata of an authorization server (RFC 8414), as JSON text. */
export interface ServerMetadata {
  /** Rejects with 503 where the server cannot be asked, with 502 where it answers with something else. */
  read(): Promise<string>
}

export const FRESH_MS = 3_600_000
/** How long an old document is better than none: its endpoints hardly ever change. */
export const STALE_IF_ERROR_MS = 24 * 3_600_000
/** After a failure nobody is asked for this long, however many clients come. */
export const COOL_DOWN_MS = 5000
const TIMEOUT_MS = 3000
const MAX_BYTES = 256 * 1024

type Failure = 'unavailable' | 'invalid'
type Answer = { readonly text: string } | { readonly failure: Failure }

/**
 * Fetches the document once for any number of clients and keeps it for an hour; while the server is away, for a day.
 * Only members that are JSON leave it: it is read and written anew.
 */
export function createServerMetadata(settings: ServerMetadataSettings): ServerMetadata {
  const { server, fetch, now, log, setTimer = setUnrefTimer } = settings
  const url = `${server}/.well-known/oauth-authorization-server`
  let kept: { readonly text: string; readonly atMs: number } | null = null
  let failed: { readonly failure: Failure; readonly atMs: number } | null = null
  let pending: Promise<string> | null = null

  async function ask(signal: AbortSignal): Promise<Answer> {
    const response = await fetch(url, { headers: { accept: 'application/json' }, redirect: 'error', signal })
    if (!response.ok) {
      await discardBody(response)
      return response.status === 429 || response.status >= 500 ? AWAY : INVALID
    }
    const text = await readBody(response, MAX_BYTES)
    const document = text === null ? null : parseJson(text)
    return isServerMetadata(document) ? { text: JSON.stringify(document) } : INVALID
  }

  async function refresh(): Promise<string> {
    const limit = new AbortController()
    const asked = ask(limit.signal).catch(() => AWAY)
    const answer = await whileAwaited(withinTime(asked, TIMEOUT_MS, TOO_LATE, setTimer))
    if (answer === TOO_LATE) limit.abort()
    if ('text' in answer) {
      kept = { text: answer.text, atMs: now() }
      failed = null
      return answer.text
    }
    const { failure } = answer
    if (failed?.failure !== failure) {
      logLine(log, 'authorization-server-unavailable', { failure })
    }
    failed = { failure, atMs: now() }
    return otherwise(failure)
  }

  /** The old document, if it is not too old. */
  function otherwise(failure: Failure): string {
    if (kept !== null && isRecent(kept.atMs, STALE_IF_ERROR_MS, now())) return kept.text
    throw failure === 'invalid' ? new McpMetadataInvalidError() : new McpMetadataUnavailableError()
  }

  return {
    async read() {
      if (kept !== null && isRecent(kept.atMs, FRESH_MS, now())) return kept.text
      if (failed !== null && isRecent(failed.atMs, COOL_DOWN_MS, now())) return otherwise(failed.failure)
      pending ??= refresh().finally(() => {
        pending = null
      })
      return pending
    }
  }
}

const AWAY: Answer = { failure: 'unavailable' }
const TOO_LATE: Answer = { failure: 'unavailable' }
const INVALID: Answer = { failure: 'invalid' }

/** What a client cannot do without (RFC 8414 section 2). */
function isServerMetadata(value: unknown): boolean {
  return isRecord(value) && [value.issuer, value.authorization_endpoint, value.token_endpoint].every(isText)
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}
