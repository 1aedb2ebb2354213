import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import { authNotEvaluated } from '../core/auth/not-evaluated.js'
import type { Auth } from '../core/auth/types.js'
import { refusalChannel, refusalEvent } from '../core/diagnostics/events.js'
import type { Instance } from '../core/instance.js'
import { isToCome, listen } from '../core/later.js'
import type { CarriedCookies } from '../core/request/carried.js'
import { isWorthForging } from '../core/request/own-origin.js'
import { readCarried } from '../core/request/read-carried.js'
import { type RequestState, signedOut } from '../core/state/request-state.js'
import type { Refused } from '../core/state/state-machine.js'
import { UnseenSession } from '../core/state/unseen-session.js'
import { allowsAudience } from '../core/token/claims.js'
import type { VerificationOutcome } from '../core/token/outcome.js'
import type { UnverifiedToken } from '../core/token/unverified-token.js'
import { VerifiedToken } from '../core/token/verified-token.js'
import { countCookielessRedirect } from './cookieless-redirects.js'
import { refusalOfForeign, refuseForeign } from './cross-origin.js'
import {
  type DecidedRequest,
  type Decision,
  NOT_EVALUATED,
  SIGNED_IN,
  SIGNED_IN_BY_MACHINE,
  toDecision
} from './decision.js'
import { extractToken } from './extracted-token.js'
import { warnOfForwardedHeaders } from './forwarded-headers.js'
import { leaveHiddenRoute } from './nothing-there.js'
import { FastifyRequestSource } from './request-source.js'
import { addToResponse, setDebugHeaders } from './response-parts.js'
import type { RoutePolicies, RoutePolicy } from './route-policy.js'
import { kAuth, kDecision, kInstance, kReply } from './symbols.js'
import { closeUpgradeAfterAnswer } from './upgrade.js'

/** A Fastify request with our slots. */
export interface AuthenticatedSlots extends DecidedRequest {
  [kAuth]: Auth | typeof authNotEvaluated | null
  [kInstance]: Instance | null
  [kReply]: FastifyReply | null
}

export type OnRequestHook = (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction) => void

/** One hit in 64 is timed: two readings of the clock cost a good part of a hit. */
const TIMED_HIT_MASK = 63

/** The hook of a plugin with one instance. For a token in memory it calls `done()` before it makes any object. */
export function createOnRequest(instance: Instance, policies: RoutePolicies): OnRequestHook {
  const { knownSession, knownMachine, counters: stats } = instance
  // Tokens come from elsewhere than the hot path looks. It is left out, and memory is asked by the state machine.
  if (instance.settings.extractToken !== null) {
    return (request, reply, done) => {
      const policy = policies.isInUse ? policies.of(request.routeOptions.config) : policies.defaults
      authenticateFully(instance, policy, request, reply, done)
    }
  }

  return function authenticate(request, reply, done) {
    const policy = policies.isInUse ? policies.of(request.routeOptions.config) : policies.defaults
    let cookies: CarriedCookies | null = null
    if (policy.acceptsSession) {
      const isTimed = (stats.hits & TIMED_HIT_MASK) === 0
      const startMs = isTimed ? performance.now() : 0
      const { raw } = request
      // `originalUrl`: the target before `rewriteUrl`, which is what the browser knows.
      const target = (raw as { originalUrl?: string }).originalUrl ?? (raw.url as string)
      const known = knownSession(raw.method as string, target, raw.headers, request)
      if (known instanceof VerifiedToken) {
        const slots = request as unknown as AuthenticatedSlots
        slots[kDecision] = SIGNED_IN
        slots[kInstance] = instance
        slots[kReply] = reply
        slots[kAuth] = known.pendingAuth === null || !policy.treatPendingAsSignedOut ? known.auth : known.pendingAuth
        stats.signedIn++
        if (isTimed) stats.hitMs = performance.now() - startMs
        // GET is told apart here, as most requests are: nothing is called or made for it.
        if (raw.method !== 'GET' || (raw as { upgrade?: boolean }).upgrade === true) {
          goOnUnlessForeign(instance, policy, request, reply, done)
          return
        }
        done()
        return
      }
      if (known instanceof UnseenSession) {
        // A token of the header is a machine's where the route accepts these.
        const isOfSession = known.clientUat !== null || policy.acceptsToken === 'session_token'
        const token = isOfSession ? instance.firstSeen(known) : null
        if (token !== null) {
          authenticateFirstSeen(instance, policy, token, request, reply, done)
          return
        }
      } else cookies = known
    }
    if (policy.acceptsMachine) {
      const { raw } = request
      const known = knownMachine(raw.method as string, raw.headers.authorization, policy.acceptsToken, policy.audience)
      if (known !== null) {
        const slots = request as unknown as AuthenticatedSlots
        slots[kDecision] = SIGNED_IN_BY_MACHINE[known.type]
        slots[kInstance] = instance
        slots[kReply] = reply
        slots[kAuth] = known.auth
        stats.signedIn++
        // No page of another origin can have caused it: browsers add no such header of their own.
        done()
        return
      }
    }
    authenticateFully(instance, policy, request, reply, done, cookies)
  }
}

/** For a request that is signed in if its token is good: then no record is made of it. */
function authenticateFirstSeen(
  instance: Instance,
  policy: RoutePolicy,
  token: UnverifiedToken,
  request: FastifyRequest,
  reply: FastifyReply,
  done: HookHandlerDoneFunction
): void {
  const slots = request as unknown as AuthenticatedSlots
  slots[kInstance] = instance
  slots[kReply] = reply
  warnOfForwardedHeaders(instance, request)
  const outcome = instance.verifySession(token)
  if (!isToCome(outcome)) {
    concludeFirstSeen(instance, policy, token, outcome, request, reply, done)
    return
  }
  instance.enterWaiting()
  listen(
    outcome,
    (settled) => {
      instance.leaveWaiting()
      concludeFirstSeen(instance, policy, token, settled, request, reply, done)
    },
    (error) => {
      instance.leaveWaiting()
      closeUpgradeAfterAnswer(reply)
      done(error as Error)
    }
  )
}

function concludeFirstSeen(
  instance: Instance,
  policy: RoutePolicy,
  token: UnverifiedToken,
  outcome: VerificationOutcome,
  request: FastifyRequest,
  reply: FastifyReply,
  done: HookHandlerDoneFunction
): void {
  if (!outcome.ok) {
    authenticateFully(instance, policy, request, reply, done, null, { token, failure: outcome })
    return
  }
  const slots = request as unknown as AuthenticatedSlots
  slots[kDecision] = SIGNED_IN
  slots[kAuth] = policy.treatPendingAsSignedOut ? (outcome.pendingAuth ?? outcome.auth) : outcome.auth
  instance.counters.signedIn++
  goOnUnlessForeign(instance, policy, request, reply, done)
}

/**
 * For requests that the hot path does not answer, and with a resolver for routes with a policy of their own. `cookies`: of
 * a Cookie header that has been read already. `refused`: its token has been judged already.
 */
export function authenticateFully(
  instance: Instance,
  policy: RoutePolicy,
  request: FastifyRequest,
  reply: FastifyReply,
  done: HookHandlerDoneFunction,
  cookies: CarriedCookies | null = null,
  refused: Refused | null = null
): void {
  const slots = request as unknown as AuthenticatedSlots
  slots[kInstance] = instance
  slots[kReply] = reply
  if (!policy.isEvaluated) {
    slots[kAuth] = authNotEvaluated
    slots[kDecision] = NOT_EVALUATED
    done()
    return
  }
  warnOfForwardedHeaders(instance, request)
  const carried = readCarried(
    new FastifyRequestSource(request, extractToken(instance, request)),
    instance.readCookies,
    cookies
  )
  const state = instance.authenticate(carried, policy, refused)
  if (isToCome(state)) {
    listen(
      state,
      (settled) => finish(instance, policy, settled, slots, reply, done),
      // The state machine fails for nothing that a client sends. A failure is a defect, which Fastify reports.
      (error) => {
        closeUpgradeAfterAnswer(reply)
        done(error as Error)
      }
    )
    return
  }
  finish(instance, policy, state, slots, reply, done)
}

/** Ends a request that is signed in by cookie and that a page of another origin has caused, or hands it on. */
function goOnUnlessForeign(
  instance: Instance,
  policy: RoutePolicy,
  request: FastifyRequest,
  reply: FastifyReply,
  done: HookHandlerDoneFunction
): void {
  const { method = '', upgrade } = request.raw as { method?: string; upgrade?: boolean }
  const isUpgrade = upgrade === true
  const error = isWorthForging(method, isUpgrade) ? refusalOfForeign(instance, policy, request) : null
  if (error === null) {
    done()
    return
  }
  closeUpgradeAfterAnswer(reply)
  refuseForeign(error, request, reply, done)
}

function finish(
  instance: Instance,
  policy: RoutePolicy,
  state: RequestState,
  slots: AuthenticatedSlots,
  reply: FastifyReply,
  done: HookHandlerDoneFunction
): void {
  if (isForeign(state.verified, policy)) {
    // Cookies and headers that a handshake or refresh has brought are sent all the same: other routes need them.
    finish(instance, policy, { ...state, ...REFUSED_FOR_AUDIENCE }, slots, reply, done)
    return
  }
  const decision = toDecision(state)
  const pending = policy.treatPendingAsSignedOut ? (state.verified?.pendingAuth ?? null) : null
  slots[kDecision] = decision
  slots[kAuth] = pending ?? state.auth
  report(instance, decision)
  // By a timeout, for example. Fastify logs a second answer with the URL, and with a handshake's token in it.
  if (reply.sent) return
  if (decision.state !== 'signed-in') setDebugHeaders(decision, reply, instance.settings.debugHeaders)
  if (state.status === 'handshake') countCookielessRedirect(instance, slots as unknown as FastifyRequest)
  if (state.location !== null) leaveHiddenRoute(slots as unknown as FastifyRequest)
  if (addToResponse(state, reply)) return
  if (state.status === 'signed-in') goOnUnlessForeign(instance, policy, slots as unknown as FastifyRequest, reply, done)
  else done()
}

/** Whether a session token names an audience that is not the route's. */
function isForeign(verified: VerifiedToken | null, { ownAudience }: RoutePolicy): boolean {
  return verified !== null && ownAudience.length > 0 && !allowsAudience(verified.claims.aud, ownAudience)
}

const { status, auth, verified, reason, message } = signedOut(
  'token-verification-failed',
  'The session token is for another audience.'
)
const REFUSED_FOR_AUDIENCE = Object.freeze({ status, auth, verified, reason, message })

/** Counts every decision, and publishes those that are not `signed-in`. */
function report(instance: Instance, { state, tokenType, reason }: Decision): void {
  const { counters, settings } = instance
  switch (state) {
    case 'signed-in':
      counters.signedIn++
      return
    case 'not-evaluated':
      return
    case 'handshake':
      counters.handshakes++
      break
    case 'unavailable':
      counters.unavailable++
      break
    case 'signed-out':
      counters.signedOut++
  }
  if (!refusalChannel.hasSubscribers) return
  const cause = instance.causeOf(reason)
  refusalChannel.publish(refusalEvent({ instance: settings.frontendApi, state, tokenType, reason, cause }))
}
