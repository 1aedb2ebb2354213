import { LRUCache } from 'lru-cache'
import { type BackendFailure, retrySecondsOf } from '../backend-api/result.js'
import { isRecent } from '../recent.js'
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

/** The tokens that BAPI has given, not judged. */
interface Refreshed {
  readonly ok: true
  readonly token: string
  readonly setCookies: readonly string[]
}

type Answer = Refreshed | Extract<RefreshOutcome, { ok: false }>

interface Shared {
  /** `null`: the call is under way. */
  readonly answeredAtMs: number | null
  readonly answer: Promise<Answer>
}

/**
 * Trades an expired session token and its refresh token for a new one (state/README.md section 6). A page's parallel
 * requests refresh once. Each judges the new token for itself: it may have been revoked, or its key may have left, since
 * the first of them was answered.
 */
export function createRefreshFlow(now: () => number): RefreshFlow {
  const shared = new LRUCache<string, Shared>({
    // By size: with `max`, lru-cache fills lists of that length at once, for each of many tenants.
    maxSize: MAX_SHARED,
    sizeCalculation: () => 1
  })

  function answersStill({ answeredAtMs }: Shared): boolean {
    return answeredAtMs === null || isRecent(answeredAtMs, SHARED_MS, now())
  }

  function ask(context: StateContext, carried: Carried, expired: UnverifiedToken): Promise<Answer> {
    const name = `${carried.cookies.refreshSuffixed}\n${expired.text}`
    const before = shared.get(name)
    if (before !== undefined && answersStill(before)) return before.answer

    const answer = refresh(context, carried, expired)
    shared.set(name, { answeredAtMs: null, answer })
    const forget = () => shared.delete(name)
    answer.then((settled) => {
      if (settled.ok) shared.set(name, { answeredAtMs: now(), answer })
      else forget()
    }, forget)
    return answer
  }

  return async (context, carried, expired) => {
    const answer = await ask(context, carried, expired)
    return answer.ok ? judge(context, answer) : answer
  }
}

async function judge({ effects }: StateContext, { token, setCookies }: Refreshed): Promise<RefreshOutcome> {
  const verified = await effects.verifySessionText(token)
  if (verified.ok) return { ok: true, verified, setCookies }
  return failed('invalid-session-token', verified.unavailable ? verified.retryAfterSeconds : null)
}

async function refresh(context: StateContext, carried: Carried, expired: UnverifiedToken): Promise<Answer> {
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

  const setCookies = parseDirectives(answer.value)
  if (setCookies.length === 0) return failed('unexpected-sdk-error')
  const token = sessionTokenOf(setCookies)
  return token === '' ? failed('invalid-session-token') : { ok: true, token, setCookies }
}

function failed(code: RefreshFailureCode, retryAfterSeconds: number | null = null) {
  return { ok: false, code, retryAfterSeconds } as const
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
