import { createInvalidTokenAuth, createUnauthenticatedMachineAuth } from '../auth/machine-auth.js'
import type { MachineTokenType, TokenType } from '../auth/types.js'
import type { MachineOutcome } from '../machine/outcome.js'
import type { AcceptsToken } from '../options.js'
import type { Carried } from '../request/carried.js'
import type { UnverifiedToken } from '../token/decode.js'
import { failureFor } from '../token/failures.js'
import type { VerificationOutcome } from '../token/outcome.js'
import type { StateContext } from './context.js'
import type { RequestState } from './request-state.js'
import { signedIn } from './signed-in.js'
import { NO_COOKIES, signedOut } from './signed-out.js'
import { isSessionToken, machineTypeOfJwt, machineTypeOfPrefix } from './token-kind.js'
import { answerFailure } from './verification-failure.js'

/**
 * The state that an `Authorization` header gives: it decides alone, cookies are not looked at (protocol reference, sections
 * 7.2 and 7.3; for a refresh see 6.8).
 */
export function decideByHeader(
  context: StateContext,
  carried: Carried,
  acceptsToken: AcceptsToken
): RequestState | Promise<RequestState> {
  const token = carried.headerToken
  // A verified session token cannot be a machine token: the verifier refuses those.
  const known = acceptsSession(acceptsToken) ? context.effects.cachedSession(token) : null
  if (known !== null) return signedIn(known)

  const decoded = context.effects.decode(token)
  const machineType = machineTypeOfPrefix(token) ?? (decoded === null ? null : machineTypeOfJwt(decoded))
  if (acceptsToken === 'session_token') return decideSession(context, carried, decoded)
  if (acceptsToken === 'any') {
    return machineType === null ? decideSession(context, carried, decoded) : decideMachine(context, machineType, token)
  }
  if (typeof acceptsToken !== 'string') {
    if (!acceptsToken.includes(machineType ?? 'session_token')) return refusedByList()
    return machineType === null ? decideSession(context, carried, decoded) : decideMachine(context, machineType, token)
  }
  return machineType === acceptsToken
    ? decideMachine(context, machineType, token)
    : refusedMachine(acceptsToken, 'token-type-mismatch', '', null)
}

function acceptsSession(acceptsToken: AcceptsToken): boolean {
  if (typeof acceptsToken === 'string') return acceptsToken === 'session_token' || acceptsToken === 'any'
  return acceptsToken.includes('session_token')
}

function decideSession(
  context: StateContext,
  carried: Carried,
  decoded: UnverifiedToken | null
): RequestState | Promise<RequestState> {
  const token = carried.headerToken
  if (decoded === null) return answerFailure(context, carried, 'header', token, failureFor('token-invalid'))
  if (!isSessionToken(decoded)) return signedOut('token-type-mismatch', '')
  const answer = (outcome: VerificationOutcome) =>
    outcome.ok ? signedIn(outcome) : answerFailure(context, carried, 'header', token, outcome)
  const outcome = context.effects.verifySession(token)
  return outcome instanceof Promise ? outcome.then(answer) : answer(outcome)
}

function decideMachine(
  context: StateContext,
  type: MachineTokenType,
  token: string
): RequestState | Promise<RequestState> {
  const outcome = context.effects.verifyMachineToken(type, token)
  return outcome instanceof Promise ? outcome.then(answerMachine) : answerMachine(outcome)
}

function answerMachine(outcome: MachineOutcome): RequestState {
  if (!outcome.ok) return refusedMachine(outcome.type, outcome.reason, outcome.message, outcome.retryAfterSeconds)
  return {
    status: 'signed-in',
    tokenType: outcome.type,
    auth: outcome.auth,
    verified: null,
    reason: null,
    message: null,
    location: null,
    headers: null,
    setCookies: NO_COOKIES
  }
}

export function refusedMachine(
  type: MachineTokenType,
  reason: string,
  message: string,
  retryAfterSeconds: number | null
): RequestState {
  return refused(type, createUnauthenticatedMachineAuth(type, reason, message, retryAfterSeconds), reason, message)
}

/** None of the accepted types: the answer names no type of its own. */
export function refusedByList(): RequestState {
  return REFUSED_BY_LIST
}

const REFUSED_BY_LIST = Object.freeze(
  refused(null, createInvalidTokenAuth('token-type-mismatch', ''), 'token-type-mismatch', '')
)

function refused(
  tokenType: TokenType | null,
  auth: RequestState['auth'],
  reason: string,
  message: string
): RequestState {
  return {
    status: 'signed-out',
    tokenType,
    auth,
    verified: null,
    reason,
    message,
    location: null,
    headers: null,
    setCookies: NO_COOKIES
  }
}
