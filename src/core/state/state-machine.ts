import { createNonceCalls } from '../backend-api/stranger-calls.js'
import { type AcceptsToken, acceptsMachinesOnly } from '../options/accepts-token.js'
import type { Carried } from '../request/carried.js'
import { decideByCookies } from './cookie-path.js'
import type { Effects } from './effects.js'
import { decideByHeader, refusedFor } from './header-path.js'
import { createRefreshFlow } from './refresh.js'
import type { RequestState } from './request-state.js'
import type { StateContext, StateSettings } from './settings.js'

export type StateMachine = (carried: Carried, acceptsToken: AcceptsToken) => RequestState | Promise<RequestState>

/**
 * Decides what Clerk's `authenticateRequest` decides, from the record of a request alone (state/README.md). No client
 * input makes it throw or reject. A token in memory is answered without a promise.
 */
export function createStateMachine(settings: StateSettings, effects: Effects): StateMachine {
  const now = () => effects.now()
  const context: StateContext = { settings, effects: bounded(settings, effects, now), refresh: createRefreshFlow(now) }

  return (carried, acceptsToken) => {
    if (carried.headerToken !== '') return decideByHeader(context, carried, acceptsToken)
    if (acceptsMachinesOnly(acceptsToken)) return refusedFor(acceptsToken, 'No token in header')
    return decideByCookies(context, carried)
  }
}

function bounded(settings: StateSettings, effects: Effects, now: () => number): Effects {
  if (effects.fetchHandshakePayload === null) return effects
  return {
    ...effects,
    fetchHandshakePayload: createNonceCalls(effects.fetchHandshakePayload, settings.isDevelopment, now)
  }
}
