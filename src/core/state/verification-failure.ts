import type { Eventually } from '../later.js'
import type { Carried } from '../request/carried.js'
import { MAX_TOKEN_LENGTH } from '../token/decode.js'
import { failureFor, type VerificationFailure } from '../token/outcome.js'
import type { UnverifiedToken } from '../token/unverified-token.js'
import { tryHandshake } from './handshake-attempt.js'
import { type Carrier, type RequestState, signedIn, signedOut } from './request-state.js'
import type { StateContext } from './settings.js'

/**
 * The answer when a session token does not verify (state/README.md section 4.4). A browser can mend only a failure of
 * time, by a refresh or a handshake. Every other failure is signed out, with the verifier's reason.
 */
export function answerFailure(
  context: StateContext,
  carried: Carried,
  carrier: Carrier,
  token: UnverifiedToken,
  failure: VerificationFailure
): Eventually<RequestState> {
  switch (failure.reason) {
    case 'token-expired':
      return answerExpired(context, carried, carrier, token, failure)
    case 'token-not-active-yet':
      return tryHandshake(context, carried, 'session-token-nbf', withTail(failure, carrier))
    case 'token-iat-in-the-future':
      return tryHandshake(context, carried, 'session-token-iat-in-the-future', withTail(failure, carrier))
    default:
      return signedOut(
        failure.reason,
        withTail(failure, carrier),
        failure.unavailable ? failure.retryAfterSeconds : null
      )
  }
}

/** The answer to a text that is not a JWT, or too long to be looked at. */
export function answerMalformed({ effects }: StateContext, carrier: Carrier, text: string, hint = ''): RequestState {
  const failure = isTooLong(text) ? TOO_LONG : failureFor('token-invalid')
  if (isTooLong(text)) effects.sawMisdirected('tokens-too-long')
  return signedOut(failure.reason, withTail(withHint(failure, hint), carrier))
}

export function isTooLong(text: string): boolean {
  return text.length > MAX_TOKEN_LENGTH
}

const TOO_LONG: VerificationFailure = Object.freeze({
  ...failureFor('token-invalid'),
  message: `The token is longer than ${MAX_TOKEN_LENGTH} characters. Remove custom claims from it.`
})

/** The failure with a hint at the end of its message. */
export function withHint(failure: VerificationFailure, hint: string): VerificationFailure {
  return hint === '' ? failure : { ...failure, message: `${failure.message} ${hint}` }
}

function answerExpired(
  context: StateContext,
  carried: Carried,
  carrier: Carrier,
  token: UnverifiedToken,
  failure: VerificationFailure
): Eventually<RequestState> {
  const message = withTail(failure, carrier)
  const reasonOf = (code: string) => `session-token-expired-refresh-${code}` as const
  const expired = (code: string) => tryHandshake(context, carried, reasonOf(code), message)

  if (carried.method !== 'GET') return expired('non-eligible-non-get')
  if (carried.cookies.refreshSuffixed === '') return expired('non-eligible-no-refresh-cookie')
  return context.refresh(context, carried, token).then((refreshed) => {
    if (refreshed.ok) {
      return signedIn(refreshed.verified, { location: null, headers: null, setCookies: refreshed.setCookies })
    }
    // FAPI may be there while BAPI is not: only what ends here could not be judged.
    const state = expired(refreshed.code)
    return state.status === 'handshake' || refreshed.retryAfterSeconds === null
      ? state
      : signedOut(reasonOf(refreshed.code), message, refreshed.retryAfterSeconds)
  })
}

/** The message with the ending that clients may rely on: reason and carrier (state/README.md section 9.3). */
export function withTail(failure: VerificationFailure, carrier: Carrier): string {
  return `${failure.message} (reason=${failure.reason}, token-carrier=${carrier})`
}
