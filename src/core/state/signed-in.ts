import type { VerifiedToken } from '../token/verified-token.js'
import type { RequestState } from './request-state.js'
import { NO_COOKIES } from './signed-out.js'

/** A session token that settles the request: nothing to send along. */
export function signedIn(verified: VerifiedToken): RequestState {
  return signedInWith(verified, null, null, NO_COOKIES)
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
