import { retrySecondsOf } from '../backend-api/result.js'
import { helpOfCall, helpOfReason } from '../help-page.js'
import { logLine } from '../log-lines.js'
import type { Carried } from '../request/carried.js'
import type { VerificationFailure, VerificationFailureReason } from '../token/outcome.js'
import { NO_STORE } from './handshake-attempt.js'
import type { ClerkQuery } from './query.js'
import { type RequestState, type ResponseParts, signedIn, signedOut, signedOutByHandshake } from './request-state.js'
import { parseDirectives, sessionTokenOf } from './set-cookie-directives.js'
import type { StateContext } from './settings.js'
import { withTail } from './verification-failure.js'

/**
 * Tolerance for the clock of a developer's machine when a handshake returns: a day (state/README.md section 5.2 step
 * 7).
 */
const DEVELOPMENT_SKEW_MS = 86_400_000

/**
 * As Clerk's SDK sends them, but only with a handshake that brought cookies: by them every page, from a sandboxed frame,
 * may read the answer, and anybody can make up a nonce (hostile/README.md case 39).
 */
const RESOLVED: Readonly<Record<string, string>> = Object.freeze({
  'access-control-allow-origin': 'null',
  'access-control-allow-credentials': 'true'
})
const RESOLVED_AND_REDIRECTED: Readonly<Record<string, string>> = Object.freeze({ ...RESOLVED, ...NO_STORE })

export interface ReturnedHandshake {
  readonly form: 'nonce' | 'token'
  readonly value: string
}

/**
 * The nonce or token that FAPI sent the browser back with. A nonce is taken before a token, the URL before a cookie
 * (state/README.md section 5.2).
 */
export function returnedHandshake(carried: Carried, query: ClerkQuery): ReturnedHandshake | null {
  const nonce = query.handshakeNonce || carried.cookies.handshakeNonce
  if (nonce !== '') return { form: 'nonce', value: nonce }
  const token = query.handshake || carried.cookies.handshake
  return token === '' ? null : { form: 'token', value: token }
}

/**
 * A returned handshake without a state: the cookies have to decide. In production also for a handshake that does not
 * verify: its cookie lies on the registrable domain and may belong to a sibling application. The redirect counter bounds
 * the retries.
 */
export interface UnresolvedHandshake {
  readonly status: 'unresolved'
  /** The handshake could not be judged, so nothing is known unless the cookies sign the request in. Null: it was refused. */
  readonly retryAfterSeconds: number | null
  /** Why it was refused. */
  readonly reason: VerificationFailureReason | null
}

export async function resolveHandshake(
  context: StateContext,
  carried: Carried,
  returned: ReturnedHandshake
): Promise<RequestState | UnresolvedHandshake> {
  const { isDevelopment } = context.settings
  const resolved = await (returned.form === 'nonce'
    ? directivesOfNonce(context, returned.value)
    : directivesOfToken(context, returned.value))

  if ('status' in resolved) return resolved
  if (!resolved.ok) {
    logFailure(context, resolved.failure, returned.form)
    return isDevelopment ? refusedInDevelopment(resolved.failure) : unresolvedBy(resolved.failure)
  }

  const parts: ResponseParts = {
    location: isDevelopment ? withoutHandshake(carried.url) : null,
    headers: headersOf(resolved.directives.length > 0, isDevelopment),
    setCookies: resolved.directives
  }
  const token = sessionTokenOf(resolved.directives)
  if (token === '') return signedOutByHandshake('session-token-missing', parts)

  const outcome = await verifyReturnedSession(context, token)
  if (outcome.ok) return signedIn(outcome, parts)
  context.effects.log.warn(
    { reason: outcome.reason, help: helpOfReason(outcome.reason) },
    'Clerk: the session token that a handshake brought does not verify'
  )
  return unresolvedBy(outcome)
}

function headersOf(hasCookies: boolean, isRedirected: boolean): Readonly<Record<string, string>> | null {
  if (hasCookies) return isRedirected ? RESOLVED_AND_REDIRECTED : RESOLVED
  return isRedirected ? NO_STORE : null
}

/** The answer to a browser that came back from FAPI while neither handshake nor cookies can be judged. */
export function undecidable(retryAfterSeconds: number): RequestState {
  return signedOut('session-token-missing', UNDECIDABLE, retryAfterSeconds)
}

const UNDECIDABLE = 'The handshake could not be resolved for now. Try again later with the same URL and cookies.'

function unresolved(
  retryAfterSeconds: number | null,
  reason: VerificationFailureReason | null = null
): UnresolvedHandshake {
  return { status: 'unresolved', retryAfterSeconds, reason }
}

function unresolvedBy(failure: VerificationFailure): UnresolvedHandshake {
  return failure.unavailable ? unresolved(failure.retryAfterSeconds) : unresolved(null, failure.reason)
}

type Resolved =
  | { readonly ok: true; readonly directives: readonly string[] }
  | { readonly ok: false; readonly failure: VerificationFailure }

/** A nonce that Clerk does not know brings no cookies. One that Clerk could not be asked about is not resolved. */
async function directivesOfNonce(context: StateContext, nonce: string): Promise<Resolved | UnresolvedHandshake> {
  const payload = await context.effects.fetchHandshakePayload?.(nonce)
  if (payload?.ok) return { ok: true, directives: parseDirectives(payload.value) }
  context.effects.log.warn(
    {
      kind: payload?.kind ?? 'no secret key',
      status: payload?.status ?? null,
      help: helpOfCall(payload?.kind ?? 'keyless')
    },
    'Clerk: the payload of a handshake nonce could not be had'
  )
  const retryAfterSeconds = payload === undefined ? null : retrySecondsOf(payload)
  return retryAfterSeconds === null ? { ok: true, directives: [] } : unresolved(retryAfterSeconds)
}

/**
 * Checks `typ`, `cat` and signature of a handshake token, and no times (hostile/README.md case 8): the session token
 * inside has its own.
 */
async function directivesOfToken(context: StateContext, text: string): Promise<Resolved> {
  const token = context.effects.decode(text)
  if (token?.jose.category !== 'session' || !token.jose.isJwt) return { ok: false, failure: INVALID }
  const outcome = await context.effects.verifySignature(token)
  if (!outcome.ok) return { ok: false, failure: outcome }
  return { ok: true, directives: parseDirectives(token.claims.handshake) }
}

const INVALID: VerificationFailure = Object.freeze({
  ok: false,
  reason: 'token-invalid',
  message: 'The handshake token is not one of Clerk.',
  unavailable: false,
  retryAfterSeconds: 0
})

async function verifyReturnedSession(context: StateContext, text: string) {
  const outcome = await context.effects.verifySessionText(text)
  if (outcome.ok || !context.settings.isDevelopment || !isClockTrouble(outcome)) return outcome
  context.effects.log.warn(
    { reason: outcome.reason, help: helpOfReason(outcome.reason) },
    'Clerk: the clock of this machine differs from that of Clerk. Development goes on with a day of tolerance; production would not.'
  )
  return context.effects.verifySessionText(text, { skewMs: DEVELOPMENT_SKEW_MS })
}

function isClockTrouble(failure: VerificationFailure): boolean {
  return (
    failure.reason === 'token-expired' ||
    failure.reason === 'token-not-active-yet' ||
    failure.reason === 'token-iat-in-the-future'
  )
}

function logFailure(context: StateContext, failure: VerificationFailure, form: string): void {
  const { log } = context.effects
  if (context.settings.isDevelopment && failure.reason === 'token-invalid-signature') {
    logLine(log, 'handshake-of-another-key')
    return
  }
  log.warn(
    { reason: failure.reason, form, help: helpOfReason(failure.reason) },
    'Clerk: a returned handshake does not verify'
  )
}

/** Signed out at once: another handshake would come back signed by the same key, three times over. */
function refusedInDevelopment(failure: VerificationFailure): RequestState {
  return signedOut(failure.reason, withTail(failure, 'cookie'), failure.unavailable ? failure.retryAfterSeconds : null)
}

/** The URL that the user asked for, without the parameters that the handshake added. */
function withoutHandshake(publicUrl: URL): string {
  const url = new URL(publicUrl)
  for (const name of ['__clerk_handshake', '__clerk_help', '__clerk_db_jwt', '__clerk_handshake_nonce']) {
    url.searchParams.delete(name)
  }
  return url.href
}
