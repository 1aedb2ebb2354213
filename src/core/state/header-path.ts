import type { MachineTokenType, TokenType } from '../auth/types.js'
import { convert, type Eventually } from '../later.js'
import { type AudienceRule, isForAudience } from '../machine/audience.js'
import { type MachineFailure, type MachineOutcome, machineFailure } from '../machine/outcome.js'
import { type AcceptsToken, acceptsSessions, namesTokenType } from '../options/accepts-token.js'
import type { Carried, CarriedCookies } from '../request/carried.js'
import type { VerificationOutcome } from '../token/outcome.js'
import type { UnverifiedToken } from '../token/unverified-token.js'
import { VerifiedToken } from '../token/verified-token.js'
import { isIssuedBy } from './cookie-family.js'
import type { RequestReason } from './reasons.js'
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
import { answerFailure, answerMalformed, isTooLong, withHint } from './verification-failure.js'

/**
 * The state of a request by its `Authorization` header, which decides alone (state/README.md section 8).
 * Cookies are read only for a refresh (state/README.md section 6) or a handshake that it leads to.
 */
export function decideByHeader(
  context: StateContext,
  carried: Carried,
  acceptsToken: AcceptsToken,
  audience: AudienceRule
): Eventually<RequestState> {
  const { effects } = context
  const text = carried.headerToken
  const token = acceptsSessions(acceptsToken) ? effects.lookUp(text, carried.retainedLength) : effects.decode(text)
  // A verified session token cannot be a machine token: the verifier refuses those.
  if (token instanceof VerifiedToken) return signedIn(effects.accept(token))
  if (acceptsToken === 'session_token') return decideSession(context, carried, token)

  const machineType = machineTypeOfPrefix(text) ?? (token === null ? null : machineTypeOfJwt(token))
  if (acceptsToken !== 'any' && !namesTokenType(acceptsToken, machineType ?? 'session_token')) {
    return refusedFor(acceptsToken, 'token-type-mismatch')
  }
  return machineType === null
    ? decideSession(context, carried, token)
    : decideMachine(context, machineType, text, token, audience)
}

/**
 * The answer when a token is missing or of another type. A list has one answer for both; `reason` is for a single type.
 */
export function refusedFor(acceptsToken: MachineTokenType | readonly TokenType[], reason: RequestReason): RequestState {
  return typeof acceptsToken === 'string' ? refusedMachine(acceptsToken, reason, '', null) : refusedByList()
}

function decideSession(
  context: StateContext,
  carried: Carried,
  token: UnverifiedToken | null
): Eventually<RequestState> {
  if (token === null) {
    if (!isTooLong(carried.headerToken)) noteCookies(context, carried)
    const hint = hintOfForm(context, carried) || hintOf(context, carried)
    return answerMalformed(context, 'header', carried.headerToken, hint)
  }
  if (!isSessionToken(token)) return signedOut('token-type-mismatch', '')
  return convert(context.effects.verifySession(token), (outcome: VerificationOutcome) => {
    if (outcome.ok) return signedIn(outcome)
    if (!isIssuedBy(token.claims.iss, context.settings.originalFrontendApi)) noteCookies(context, carried)
    return answerFailure(context, carried, 'header', token, withHint(outcome, hintOf(context, carried)))
  })
}

/** Counts session cookies beside a header that has no token of this instance: somebody else may have put it there. */
function noteCookies({ settings, effects }: StateContext, { cookies }: Carried): void {
  if (settings.readsCookies && hasSession(cookies)) effects.sawMisdirected('authorization-over-cookies')
}

function hasSession({ session, sessionSuffixed }: CarriedCookies): boolean {
  return session !== '' || sessionSuffixed !== ''
}

/** For the developer: a slip in the form of the header. */
function hintOfForm({ settings }: StateContext, { headerToken }: Carried): string {
  if (!settings.isDevelopment) return ''
  if (headerToken.toLowerCase() === 'bearer') return NO_TOKEN_AFTER_SCHEME
  if (machineTypeOfPrefix(headerToken) !== null) return OF_MACHINE
  return headerToken.startsWith('"') || headerToken.startsWith("'") ? QUOTED : ''
}

const NO_TOKEN_AFTER_SCHEME =
  'After "Bearer" comes one space and then the token: the word stands there twice, a second space does, or nothing.'
const OF_MACHINE =
  'It is a token of a machine by its prefix, and this route accepts session tokens alone: see acceptsToken.'
const QUOTED = 'The token is in quotes. Send it without them.'

/** For the developer: cookies that would have counted, had there been no `Authorization`. */
function hintOf({ settings }: StateContext, { cookies }: Carried): string {
  if (!settings.readsCookies || !settings.isDevelopment) return ''
  return hasSession(cookies) ? COOKIES_NOT_READ : ''
}

const COOKIES_NOT_READ =
  'The request has session cookies too, which do not count beside a bearer token. If a platform in front of this server has ' +
  'added the Authorization header, remove that header before authentication.'

function decideMachine(
  context: StateContext,
  type: MachineTokenType,
  text: string,
  token: UnverifiedToken | null,
  audience: AudienceRule
): Eventually<RequestState> {
  return convert(context.effects.verifyMachineToken(type, text, token), (outcome) => answerMachine(outcome, audience))
}

function answerMachine(outcome: MachineOutcome, audience: AudienceRule): RequestState {
  const judged =
    outcome.ok && !isForAudience(outcome.type, outcome.audience, audience) ? foreign(outcome.type) : outcome
  return judged.ok
    ? signedInByMachine(judged.type, judged.auth)
    : refusedMachine(judged.type, judged.reason, judged.message, judged.retryAfterSeconds)
}

/** The token is good, and was issued for another resource, or for none that it names. */
function foreign(type: MachineTokenType): MachineFailure {
  return machineFailure(type, 'token-verification-failed', 'The token is for another audience.')
}
