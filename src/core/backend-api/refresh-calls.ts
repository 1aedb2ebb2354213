import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { isRecent } from '../recent.js'
import { toRetryAfterSeconds } from '../retry-after.js'
import { createTokenBucket, type TokenBucket } from '../token-bucket.js'
import type { BackendApi, RefreshRequest } from './backend-api.js'
import { createCallGate } from './call-gate.js'
import { type BackendFailure, type BackendResult, backendFailure, retrySecondsOf } from './result.js'

type Refreshed = BackendResult<readonly string[]>

/** Most calls under way at once with refresh tokens never seen here; as many again with refresh tokens that were good. */
const MAX_CONCURRENCY = 32

/**
 * Calls about one session: this many at once, then one per `SESSION_REFILL_MS`. A browser needs one in a minute. An attacker
 * with an account has expired tokens of a session, and can make up any number of refresh cookies for it.
 */
const SESSION_BURST = 3
const SESSION_REFILL_MS = 10_000
const MAX_SESSIONS = 10_000

/** How long a session that was refused is not asked about again. */
const REFUSED_MS = 10_000

/** Refresh tokens that were good, as digests. */
const MAX_GOOD = 10_000

interface Session {
  readonly budget: TokenBucket
  refusal: Refusal | null
}

interface Refusal {
  /** Digest of both tokens. */
  readonly tokens: string
  readonly failure: BackendFailure
  readonly atMs: number
}

/**
 * Refreshes sessions within bounds (backend-api/README.md section 4). The bounds are per session, as the id of the session is
 * under a signature and the refresh cookie can be made up. A refresh token that was good here before cannot be made up: it
 * spends nothing of the budget for strangers, and is asked about even right after another one of its session was refused.
 */
export function createRefreshCalls(
  refreshSession: BackendApi['refreshSession'],
  isDevelopment: boolean,
  now: () => number
): BackendApi['refreshSession'] {
  const gate = createCallGate(isDevelopment, MAX_CONCURRENCY, now)
  // By size: with `max`, lru-cache fills lists of that length at once, for each of many tenants.
  const sessions = new LRUCache<string, Session>({ maxSize: MAX_SESSIONS, sizeCalculation: () => 1 })
  const good = new LRUCache<string, true>({ maxSize: MAX_GOOD, sizeCalculation: () => 1 })

  function sessionOf(id: string): Session {
    const known = sessions.get(id)
    if (known !== undefined) return known
    const session: Session = { budget: createTokenBucket(SESSION_BURST, SESSION_REFILL_MS), refusal: null }
    sessions.set(id, session)
    return session
  }

  /** The answer that needs no call, or null. */
  function answerAtOnce({ refusal }: Session, request: RefreshRequest, isFamiliar: boolean): BackendFailure | null {
    if (refusal === null) return null
    const nowMs = now()
    if (!isRecent(refusal.atMs, REFUSED_MS, nowMs)) return null
    if (refusal.tokens === digestOfBoth(request)) return refusal.failure
    return isFamiliar ? null : busy(Math.min(REFUSED_MS, refusal.atMs + REFUSED_MS - nowMs))
  }

  async function ask(session: Session, request: RefreshRequest, isFamiliar: boolean): Promise<Refreshed> {
    const answer = await refreshSession(request).finally(() => gate.leave(isFamiliar))
    if (answer.ok) {
      session.refusal = null
      for (const token of [request.refreshToken, ...newRefreshTokens(answer.value)]) good.set(digest(token), true)
    } else if (retrySecondsOf(answer) === null) {
      session.refusal = { tokens: digestOfBoth(request), failure: answer, atMs: now() }
      good.delete(digest(request.refreshToken))
    }
    return answer
  }

  return async (request) => {
    const isFamiliar = good.has(digest(request.refreshToken))
    const session = sessionOf(request.sessionId)
    const answer = answerAtOnce(session, request, isFamiliar)
    if (answer !== null) return answer
    const waitMs = session.budget.take(now()) || gate.enter(isFamiliar)
    return waitMs > 0 ? busy(waitMs) : ask(session, request, isFamiliar)
  }
}

function busy(waitMs: number): BackendFailure {
  return backendFailure('busy', null, null, toRetryAfterSeconds(waitMs))
}

/** The refresh tokens that the answer gives to the browser, which presents one of them at its next refresh. */
function newRefreshTokens(lines: readonly string[]): string[] {
  return lines.flatMap((line) => /^__refresh[^=;]*=([^;]+)/.exec(line)?.[1] ?? [])
}

/** A cookie holds no line break. */
function digestOfBoth({ expiredToken, refreshToken }: RefreshRequest): string {
  return digest(`${expiredToken}\n${refreshToken}`)
}

/** Tokens are kept as digests: a secret, and the header that it is a part of, stays no longer than its request. */
function digest(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}
