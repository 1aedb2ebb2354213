// Every request state is made in this file.
//
// Shared by all requests, and frozen: the states that `signedOut` and `refusedByList` return. `signedOut` keeps its states by
// reason, message and retryAfterSeconds, so that a flood of bad requests allocates none; all three must be constants or
// come from a small set. Nothing of a single request (a header, a URL, a cookie, a time) may be put into a shared
// state: other requests would be answered with it.
//
// Made for one request: all others. Only these have a location, headers or cookies.
import { createInvalidTokenAuth, createUnauthenticatedMachineAuth } from '../auth/machine-auth.js'
import { createSignedOutAuth } from '../auth/session-auth.js'
import type { Auth, MachineAuth, MachineTokenType, TokenType } from '../auth/types.js'
import type { VerifiedToken } from '../token/verified-token.js'
import type { RequestReason } from './reasons.js'

export type Carrier = 'header' | 'cookie'

/** The answer of the state machine for one request. The plugin applies it: auth, response headers, redirect. */
export interface RequestState extends ResponseParts {
  readonly status: 'signed-in' | 'signed-out' | 'handshake'
  /** Null: the token is of none of several accepted types. */
  readonly tokenType: TokenType | null
  /** What the route sees. With a handshake: the signed-out auth, for routes that never redirect. */
  readonly auth: Auth
  /** The session token behind a signed-in state: has the auth that a pending session gets, and when it runs out. */
  readonly verified: VerifiedToken | null
  readonly reason: RequestReason | null
  readonly message: string | null
}

/** What a request state adds to the response, besides the headers `x-clerk-auth-*`. */
export interface ResponseParts {
  /** Redirect target (307) of a handshake, or of the development clean-up redirect in any status. */
  readonly location: string | null
  /** For example `cache-control`; never `location` or `set-cookie`. */
  readonly headers: Readonly<Record<string, string>> | null
  /** `Set-Cookie` lines, each a header of its own. */
  readonly setCookies: readonly string[]
}

const NOTHING_TO_ADD: ResponseParts = Object.freeze({
  location: null,
  headers: null,
  setCookies: Object.freeze([])
})

/** Signed in by a session token. `parts`: what a handshake or a refresh has to send along. */
export function signedIn(verified: VerifiedToken, parts: ResponseParts = NOTHING_TO_ADD): RequestState {
  return compose('signed-in', 'session_token', verified.auth, verified, null, null, parts)
}

export function signedInByMachine(type: MachineTokenType, auth: MachineAuth): RequestState {
  return compose('signed-in', type, auth, null, null, null, NOTHING_TO_ADD)
}

const shared = new Map<string, RequestState>()

/** Reasons and messages are constants, but for the codes that Clerk may answer a refresh with. */
const MAX_SHARED = 512

/**
 * Signed out, with nothing to send along. `retryAfterSeconds`: the token could not be judged now; null: it was judged,
 * or there is no token.
 */
export function signedOut(
  reason: RequestReason,
  message: string,
  retryAfterSeconds: number | null = null
): RequestState {
  const name = `${reason}\n${message}\n${retryAfterSeconds}`
  const before = shared.get(name)
  if (before !== undefined) return before

  const auth = createSignedOutAuth(reason, message, retryAfterSeconds)
  const state = Object.freeze(compose('signed-out', 'session_token', auth, null, reason, message, NOTHING_TO_ADD))
  if (shared.size < MAX_SHARED) shared.set(name, state)
  return state
}

/** Signed out by a handshake that has come back: its cookies are sent along. */
export function signedOutByHandshake(reason: RequestReason, parts: ResponseParts): RequestState {
  return compose('signed-out', 'session_token', createSignedOutAuth(reason, ''), null, reason, '', parts)
}

/** The browser is sent away to have its state resolved. */
export function sentToHandshake(reason: RequestReason, message: string, parts: ResponseParts): RequestState {
  return compose('handshake', 'session_token', createSignedOutAuth(reason, message), null, reason, message, parts)
}

/** A machine token of the one accepted type is missing, refused, or could not be judged (`retryAfterSeconds`). */
export function refusedMachine(
  type: MachineTokenType,
  reason: RequestReason,
  message: string,
  retryAfterSeconds: number | null
): RequestState {
  const auth = createUnauthenticatedMachineAuth(type, reason, message, retryAfterSeconds)
  return compose('signed-out', type, auth, null, reason, message, NOTHING_TO_ADD)
}

/** The token is of none of several accepted types: the answer names no type of its own. */
export function refusedByList(): RequestState {
  return REFUSED_BY_LIST
}

const MISMATCH = 'token-type-mismatch'
const REFUSED_BY_LIST = Object.freeze(
  compose('signed-out', null, createInvalidTokenAuth(MISMATCH, ''), null, MISMATCH, '', NOTHING_TO_ADD)
)

// One place for all fields in one order: every state has the same hidden class.
function compose(
  status: RequestState['status'],
  tokenType: RequestState['tokenType'],
  auth: Auth,
  verified: VerifiedToken | null,
  reason: RequestReason | null,
  message: string | null,
  { location, headers, setCookies }: ResponseParts
): RequestState {
  return { status, tokenType, auth, verified, reason, message, location, headers, setCookies }
}
