import type { VerifiedToken } from '../token/verified-token.js'
import type { RequestState } from './request-state.js'
import { NO_COOKIES } from './signed-out.js'

/** One state per verified token, for as long as the token is kept: the answer to a known token allocates nothing. */
const states = new WeakMap<VerifiedToken, RequestState>()

export function signedIn(verified: VerifiedToken): RequestState {
  let state = states.get(verified)
  if (state === undefined) {
    state = Object.freeze(signedInWith(verified, null, null, NO_COOKIES))
    states.set(verified, state)
  }
  return state
}

/** A signed-in state that has something to send along: after a handshake or a refresh. */
export function signedInWith(
  verified: VerifiedToken,
  location: string | null,
  headers: RequestState['headers'],
  setCookies: readonly string[]
): RequestState {
  return {
    status: 'signed-in',
    tokenType: 'session_token',
    auth: verified.auth,
    verified,
    reason: null,
    message: null,
    location,
    headers,
    setCookies
  }
}
