import { createNonceCalls } from '../backend-api/nonce-calls.js'
import { createRefreshCalls } from '../backend-api/refresh-calls.js'
import type { Eventually } from '../later.js'
import { ANY_AUDIENCE, type AudienceRule } from '../machine/audience.js'
import { type AcceptsToken, acceptsMachinesOnly } from '../options/accepts-token.js'
import type { Carried } from '../request/carried.js'
import { neverAuthenticates } from '../request/method.js'
import type { VerificationFailure } from '../token/outcome.js'
import type { UnverifiedToken } from '../token/unverified-token.js'
import { decideByCookies } from './cookie-path.js'
import type { Effects } from './effects.js'
import { decideByHeader, refusedFor } from './header-path.js'
import { createRefreshFlow } from './refresh.js'
import { type RequestState, signedOut } from './request-state.js'
import type { StateContext, StateSettings } from './settings.js'

/** A session token that was judged for a request before the state machine is asked, and refused. */
export interface Refused {
  readonly token: UnverifiedToken
  readonly failure: VerificationFailure
}

/**
 * `allowsHandshake`, true unless given: false on a route that never redirects. `audience`: of machine tokens on this
 * route, any unless given. `refused`: that token is not looked up and judged again.
 */
export type StateMachine = (
  carried: Carried,
  acceptsToken: AcceptsToken,
  allowsHandshake?: boolean,
  audience?: AudienceRule,
  refused?: Refused | null
) => Eventually<RequestState>

/**
 * Decides what Clerk's `authenticateRequest` decides, from the record of a request alone (state/README.md). No client
 * input makes it throw or reject. A token in memory is answered without a promise.
 */
export function createStateMachine(settings: StateSettings, effects: Effects): StateMachine {
  const now = () => effects.now()
  const context: StateContext = {
    settings,
    effects: bounded(settings, effects, now),
    refresh: createRefreshFlow(now),
    refusedHandshake: null
  }
  // A second context, not a second machine: the two share `effects` and `refresh`, so bounds hold for all routes together.
  const withoutHandshake: StateContext = { ...context, settings: { ...settings, canHandshake: false } }

  return (carried, acceptsToken, allowsHandshake = true, audience = ANY_AUDIENCE, refused = null) => {
    if (neverAuthenticates(carried.method)) return refuseMethod(acceptsToken)
    const ofRoute = allowsHandshake ? context : withoutHandshake
    const chosen = refused === null ? ofRoute : knowing(refused, ofRoute)
    if (carried.headerToken !== '') return decideByHeader(chosen, carried, acceptsToken, audience)
    if (acceptsMachinesOnly(acceptsToken)) return refusedFor(acceptsToken, 'No token in header')
    return decideByCookies(chosen, carried)
  }
}

/** The context of one request, whose token has been refused already. */
function knowing({ token, failure }: Refused, context: StateContext): StateContext {
  const { effects } = context
  return {
    ...context,
    effects: {
      ...effects,
      lookUp: (text, retainedLength) => (text === token.text ? token : effects.lookUp(text, retainedLength)),
      verifySession: (given) => (given === token ? failure : effects.verifySession(given))
    }
  }
}

/** The answer as for a request without credentials: the credentials of a TRACE request are not read. */
function refuseMethod(acceptsToken: AcceptsToken): RequestState {
  if (acceptsMachinesOnly(acceptsToken)) return refusedFor(acceptsToken, 'No token in header')
  return signedOut('session-token-and-uat-missing', 'A TRACE request is never authenticated.')
}

/** The effects, with the calls to Clerk that strangers can cause kept within bounds. */
function bounded({ isDevelopment }: StateSettings, effects: Effects, now: () => number): Effects {
  const { fetchHandshakePayload, refreshSession } = effects
  return {
    ...effects,
    fetchHandshakePayload: fetchHandshakePayload && createNonceCalls(fetchHandshakePayload, isDevelopment, now),
    refreshSession: refreshSession && createRefreshCalls(refreshSession, isDevelopment, now)
  }
}
