import type { FastifyRequest } from 'fastify'
import type { TokenType } from '../core/auth/types.js'
import type { Instance } from '../core/instance.js'
import { logLine } from '../core/log-lines.js'
import { readCarried } from '../core/request/read-carried.js'
import { type DecisionPath, explainDecision } from '../core/state/explanation.js'
import { createStateSettings, type StateSettings } from '../core/state/settings.js'
import { type Decision, decisionOf } from './decision.js'
import { extractToken, isTokenExtracted } from './extracted-token.js'
import type { GuardVerdict } from './guards/types.js'
import type { AuthenticatedSlots } from './on-request.js'
import { FastifyRequestSource } from './request-source.js'
import { createDefaultPolicy, policyOf } from './route-policy.js'
import { kInstance } from './symbols.js'

/** How a request was decided. Names, kinds and times; never a token, the value of a cookie, a user or a session. */
export interface Explanation extends DecisionPath {
  /** `not-evaluated`: the route has `config.clerk: false`. */
  readonly state: Decision['state']
  /** Null: the token is of none of several accepted types, or the route is not authenticated. */
  readonly tokenType: TokenType | null
  /** Clerk's reason; null when signed in. */
  readonly reason: string | null
  readonly message: string | null
  /** Authentication answered with a redirect: the route did not run. */
  readonly isRedirected: boolean
  /** The guard that ended the request. */
  readonly verdict: GuardVerdict | null
}

/**
 * Null: it may not be seen (option `explain`), or nothing has authenticated the request (yet). What was decided is as it was
 * then; the token and memory are looked at now, so that a token may have expired, or been forgotten, since.
 */
export function explain(request: FastifyRequest): Explanation | null {
  const instance = (request as unknown as AuthenticatedSlots)[kInstance]
  const decision = decisionOf(request)
  if (!instance || decision === null || !mayExplain(instance, request)) return null
  const { state, tokenType, reason, message, isRedirected, verdict } = decision
  const policy = policyOf(request.routeOptions.config) ?? createDefaultPolicy(instance.settings)
  const token = extractToken(instance, request)
  const path = explainDecision(
    { settings: stateSettingsOf(instance), verifier: instance.verifier, now: instance.settings.now },
    {
      carried: readCarried(new FastifyRequestSource(request, token), instance.readCookies),
      acceptsToken: policy.isAcceptsTokenOwn ? policy.acceptsToken : instance.settings.acceptsToken,
      isEvaluated: state !== 'not-evaluated',
      isExtracted: isTokenExtracted(request),
      reason,
      isRedirected
    }
  )
  return { state, tokenType, reason, message, isRedirected, verdict, ...path }
}

/** A function of the application that fails permits nothing. */
function mayExplain({ settings, log }: Instance, request: FastifyRequest): boolean {
  const { explain, instanceType } = settings
  if (typeof explain !== 'function') return explain ?? instanceType === 'development'
  try {
    return explain(request) === true
  } catch (error) {
    logLine(log, 'explain-failed', { cause: error instanceof Error ? error.name : typeof error })
    return false
  }
}

const derived = new WeakMap<Instance, StateSettings>()

function stateSettingsOf(instance: Instance): StateSettings {
  const settings = derived.get(instance) ?? createStateSettings(instance.settings)
  derived.set(instance, settings)
  return settings
}
