import { LRUCache } from 'lru-cache'
import { type BackendFailure, retrySecondsOf } from '../backend-api/result.js'
import type { Carried } from '../request/carried.js'
import type { UnverifiedToken } from '../token/unverified-token.js'
import { usesSuffixedCookies } from './cookie-family.js'
import type { RefreshFailureCode } from './reasons.js'
import { parseDirectives, sessionTokenOf } from './set-cookie-directives.js'
import type { RefreshFlow, RefreshOutcome, StateContext } from './settings.js'

/**
 * For so long a finished refresh also answers other requests with the same two tokens: a page sends them before its
 * browser has the new cookies. Refreshing again would cost a call, and fail once Clerk has rotated the refresh token.
 */
const SHARED_MS = 5_000
const MAX_SHARED = 1_000

/**
 * Trades an expired session token and its refresh token for a new one (state/README.md section 6). A page's parallel
 * requests refresh once.
 */
export function createRefreshFlow(now: () => number): RefreshFlow {
  const shared = new LRUCache<string, { readonly untilMs: number; readonly outcome: Promise<RefreshOutcome> }>({
    // By size: with `max`, lru-cache fills lists of that length at once, for each of many tenants.
    maxSize: MAX_SHARED,
    sizeCalculation: () => 1
  })

  return (context, carried, expired) => {
    const name = `${carried.cookies.refreshSuffixed}\n${expired.text}`
    const before = shared.get(name)
    if (before !== undefined && before.untilMs > now()) return before.outcome

    const outcome = refresh(context, carried, expired)
    shared.set(name, { untilMs: Number.POSITIVE_INFINITY, outcome })
    const forget = () => shared.delete(name)
    outcome.then((settled) => {
      if (settled.ok) shared.set(name, { untilMs: now() + SHARED_MS, outcome })
      else forget()
    }, forget)
    return outcome
  }
}

async function refresh(context: StateContext, carried: Carried, expired: UnverifiedToken): Promise<RefreshOutcome> {
  const { effects } = context
  if (effects.refreshSession === null) return failed('missing-api-client')
  const sessionId = expired.claims.sid
  if (typeof sessionId !== 'string' || sessionId === '') return failed('expired-session-token-missing-sid-claim')

  const answer = await effects.refreshSession({
    sessionId,
    expiredToken: expired.text,
    refreshToken: carried.cookies.refreshSuffixed,
    requestOrigin: carried.url.origin,
    requestHeaders: carried.headers,
    suffixedCookies: usesSuffixedCookies(context, carried.cookies)
  })
  if (!answer.ok) return { ok: false, code: codeOf(answer), retryAfterSeconds: retrySecondsOf(answer) }

  const directives = parseDirectives(answer.value)
  if (directives.length === 0) return failed('unexpected-sdk-error')
  const token = sessionTokenOf(directives)
  if (token === '') return failed('invalid-session-token')
  const verified = await effects.verifySessionText(token)
  if (verified.ok) return { ok: true, verified, setCookies: directives }
  return failed('invalid-session-token', verified.unavailable ? verified.retryAfterSeconds : null)
}

function failed(code: RefreshFailureCode, retryAfterSeconds: number | null = null): RefreshOutcome {
  return { ok: false, code, retryAfterSeconds }
}

/** A code of Clerk's is passed on unchanged, e.g. `session_is_revoked`. */
function codeOf(failure: BackendFailure): string {
  const { kind, code } = failure
  return kind === 'http' && code !== null && code !== 'unexpected_error' ? code : ownCodeOf(failure)
}

/** Failures of the transport share one code. */
function ownCodeOf({ kind, code }: BackendFailure): RefreshFailureCode {
  if (kind === 'keyless') return 'missing-api-client'
  if (kind === 'malformed') return 'unexpected-sdk-error'
  return kind === 'http' && code === null ? 'unexpected-bapi-error' : 'fetch-error'
}
