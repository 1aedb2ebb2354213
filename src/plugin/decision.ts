import type { MachineTokenType, TokenType } from '../core/auth/types.js'
import type { RefusalEvent } from '../core/diagnostics/events.js'
import type { RequestState } from '../core/state/request-state.js'
import type { GuardVerdict } from './guards/types.js'
import { kDecision } from './symbols.js'

/**
 * What was decided about a request. Debug headers, counters and the `refusal` channel are made from it, and the audit
 * log learns from it which redirects were the plugin's. Authentication puts it into the request's slot once; a guard
 * that ends the request replaces it by a copy with its verdict. It holds no token, cookie or URL.
 */
export interface Decision {
  /** `signed-in` also of a session with outstanding tasks, which most routes treat as signed out. */
  readonly state: 'signed-in' | RefusalEvent['state'] | 'not-evaluated'
  /** Null: the token is of none of several accepted types, or the route is not authenticated. */
  readonly tokenType: TokenType | null
  /** Clerk's reason; null when signed in. */
  readonly reason: string | null
  readonly message: string | null
  /**
   * Authentication answered with a redirect (a handshake, or the end of one in development): the route does not run.
   */
  readonly isRedirected: boolean
  /** The guard that ended the request. A composed guard (`@fastify/auth`) may have let it pass after all. */
  readonly verdict: GuardVerdict | null
}

export interface DecidedRequest {
  [kDecision]: Decision | null
}

/** For session tokens in memory: the hot path puts this object into the slot of every request, so it is frozen. */
export const SIGNED_IN: Decision = Object.freeze({
  state: 'signed-in',
  tokenType: 'session_token',
  reason: null,
  message: null,
  isRedirected: false,
  verdict: null
})

/** For opaque machine tokens in memory, likewise. */
export const SIGNED_IN_BY_MACHINE: Readonly<Record<MachineTokenType, Decision>> = Object.freeze({
  api_key: Object.freeze({ ...SIGNED_IN, tokenType: 'api_key' }),
  m2m_token: Object.freeze({ ...SIGNED_IN, tokenType: 'm2m_token' }),
  oauth_token: Object.freeze({ ...SIGNED_IN, tokenType: 'oauth_token' })
})

/** For routes with `config.clerk: false`. */
export const NOT_EVALUATED: Decision = Object.freeze({ ...SIGNED_IN, state: 'not-evaluated', tokenType: null })

export function toDecision(state: RequestState): Decision {
  const { tokenType, reason, message, location } = state
  return { state: stateOf(state), tokenType, reason, message, isRedirected: location !== null, verdict: null }
}

function stateOf({ status, auth }: RequestState): Decision['state'] {
  const isUnavailable = status === 'signed-out' && !auth.isAuthenticated && auth.retryAfterSeconds !== null
  return isUnavailable ? 'unavailable' : status
}

/** Null before authentication, and on a request that no plugin authenticates. */
export function decisionOf(request: object): Decision | null {
  return (request as DecidedRequest)[kDecision] ?? null
}

/** Whether the plugin itself answered with a redirect; false for redirects by the application. */
export function isRedirect(decision: Decision): boolean {
  return decision.isRedirected || decision.verdict?.isRedirect === true
}

/** Adds the verdict of a guard to the decision. Does nothing before authentication, when there is no decision. */
export function noteVerdict(request: object, verdict: GuardVerdict): void {
  const decision = decisionOf(request)
  if (decision !== null) (request as DecidedRequest)[kDecision] = { ...decision, verdict }
}
