import type { MachineTokenType, TokenType } from '../auth/types.js'
import type { MachineOutcome } from '../machine/outcome.js'
import { type AcceptsToken, acceptsSessions, namesTokenType } from '../options/accepts-token.js'
import type { Carried } from '../request/carried.js'
import type { UnverifiedToken } from '../token/decode.js'
import type { VerificationOutcome } from '../token/outcome.js'
import { failureFor } from '../token/outcome.js'
import {
  type RequestState,
  refusedByList,
  refusedMachine,
  signedIn,
  signedInByMachine,
  signedOut
} from './request-state.js'
import type { StateContext } from './settings.js'
import { isSessionToken, machineTypeOfJwt, machineTypeOfPrefix } from './token-kind.js'
import { answerFailure } from './verification-failure.js'

/**
 * The state that an `Authorization` header gives: it decides alone, cookies are not looked at
 * (state/README.md section 8; for a refresh see state/README.md section 6).
 */
export function decideByHeader(
  context: StateContext,
  carried: Carried,
  acceptsToken: AcceptsToken
): RequestState | Promise<RequestState> {
  const token = carried.headerToken
  // A verified session token cannot be a machine token: the verifier refuses those.
  const known = acceptsSessions(acceptsToken) ? context.effects.cachedSession(token) : null
  if (known !== null) return signedIn(known)

  const decoded = context.effects.decode(token)
  const machineType = machineTypeOfPrefix(token) ?? (decoded === null ? null : machineTypeOfJwt(decoded))
  if (acceptsToken === 'session_token') return decideSession(context, carried, decoded)
  if (acceptsToken !== 'any' && !namesTokenType(acceptsToken, machineType ?? 'session_token')) {
    return refusedFor(acceptsToken, 'token-type-mismatch')
  }
  return machineType === null ? decideSession(context, carried, decoded) : decideMachine(context, machineType, token)
}

/** The token is missing or of another type. `reason` is said of a single type; a list has one answer for both. */
export function refusedFor(acceptsToken: MachineTokenType | readonly TokenType[], reason: string): RequestState {
  return typeof acceptsToken === 'string' ? refusedMachine(acceptsToken, reason, '', null) : refusedByList()
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
  return outcome.ok
    ? signedInByMachine(outcome.type, outcome.auth)
    : refusedMachine(outcome.type, outcome.reason, outcome.message, outcome.retryAfterSeconds)
}
