import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import { authNotEvaluated } from '../core/auth/not-evaluated.js'
import type { Auth } from '../core/auth/types.js'
import { type RefusalEvent, refusalChannel } from '../core/diagnostics/events.js'
import type { Instance } from '../core/instance.js'
import type { DebugHeaders } from '../core/options/instance-options.js'
import { readCarried } from '../core/request/read-carried.js'
import type { RequestState } from '../core/state/request-state.js'
import { FastifyRequestSource, ignoredForwardedHeader } from './request-source.js'
import type { RoutePolicies, RoutePolicy } from './route-policy.js'
import { kAuth, kInstance, kVerified } from './symbols.js'

/** A Fastify request with our slots. */
export interface AuthenticatedSlots {
  [kAuth]: Auth | typeof authNotEvaluated | null
  [kVerified]: RequestState['verified']
  [kInstance]: Instance | null
}

export type OnRequestHook = (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction) => void

/** How often the time of a hit is taken: reading the clock twice costs a good part of what a hit does. */
const TIMED_HIT_MASK = 63

/** The hook of a plugin with one instance. A token seen before ends in `done()` before anything else is made. */
export function createOnRequest(instance: Instance, policies: RoutePolicies): OnRequestHook {
  const { knownSession, counters: stats } = instance

  return function authenticate(request, reply, done) {
    const policy = policies.isInUse ? policies.of(request.routeOptions.config) : policies.defaults
    if (policy.acceptsSession) {
      const isTimed = (stats.hits & TIMED_HIT_MASK) === 0
      const startMs = isTimed ? performance.now() : 0
      const { raw } = request
      // `originalUrl`: what the browser asked for, where the server rewrites URLs.
      const target = (raw as { originalUrl?: string }).originalUrl ?? (raw.url as string)
      const verified = knownSession(raw.method as string, target, raw.headers)
      if (verified !== null) {
        const slots = request as unknown as AuthenticatedSlots
        slots[kVerified] = verified
        slots[kInstance] = instance
        slots[kAuth] =
          verified.pendingAuth === null || !policy.treatPendingAsSignedOut ? verified.auth : verified.pendingAuth
        stats.hits++
        if (isTimed) stats.hitMs = performance.now() - startMs
        done()
        return
      }
    }
    authenticateFully(instance, policy, request, reply, done)
  }
}

/** Everything that is not plainly signed in, or on a route of its own mind: the whole state machine. */
export function authenticateFully(
  instance: Instance,
  policy: RoutePolicy,
  request: FastifyRequest,
  reply: FastifyReply,
  done: HookHandlerDoneFunction
): void {
  const slots = request as unknown as AuthenticatedSlots
  slots[kInstance] = instance
  if (!policy.isEvaluated) {
    slots[kAuth] = authNotEvaluated
    done()
    return
  }
  warnOfForwardedHeaders(instance, request)
  const carried = readCarried(new FastifyRequestSource(request), instance.readCookies)
  const { counters } = instance
  const { hits, misses } = counters
  const state = instance.authenticate(carried, policy.acceptsToken, policy.handshake)
  if (state instanceof Promise) {
    state.then(
      (settled) => finish(instance, policy, settled, slots, reply, done),
      // The state machine answers for everything a client can send: what gets here is a defect, and Fastify's to report.
      done
    )
    return
  }
  // The state machine found the token in memory, and nobody has counted it yet.
  if (state.verified !== null && counters.misses === misses && counters.hits === hits) counters.hits++
  finish(instance, policy, state, slots, reply, done)
}

function finish(
  instance: Instance,
  policy: RoutePolicy,
  state: RequestState,
  slots: AuthenticatedSlots,
  reply: FastifyReply,
  done: HookHandlerDoneFunction
): void {
  count(instance, state)
  const pending = policy.treatPendingAsSignedOut ? (state.verified?.pendingAuth ?? null) : null
  slots[kVerified] = state.verified
  slots[kAuth] = pending ?? state.auth
  if (applyState(state, reply, instance.settings.debugHeaders)) return
  done()
}

/** Sends a request state's headers. True when the state is a redirect, which has then been sent. */
function applyState(state: RequestState, reply: FastifyReply, debugHeaders: DebugHeaders): boolean {
  if (state.status !== 'signed-in' && debugHeaders !== false) setDebugHeaders(state, reply, debugHeaders)
  if (state.headers !== null) reply.headers(state.headers)
  // One call a line: Fastify appends, and what an earlier hook has set stays.
  for (const cookie of state.setCookies) reply.header('set-cookie', cookie)
  if (state.location === null) return false
  reply.code(307).header('location', state.location).send()
  return true
}

/**
 * The headers by which Clerk's tools and support explain a request that is not signed in (state/README.md section 9.4).
 */
function setDebugHeaders(state: RequestState, reply: FastifyReply, debugHeaders: DebugHeaders): void {
  reply.header('x-clerk-auth-status', state.status)
  if (state.reason) reply.header('x-clerk-auth-reason', state.reason)
  if (state.message && debugHeaders === 'full') reply.header('x-clerk-auth-message', state.message)
}

function count(instance: Instance, state: RequestState): void {
  const { counters: stats } = instance
  if (state.status === 'signed-in') {
    stats.signedIn++
    return
  }
  let answer: RefusalEvent['state'] = state.status
  if (answer === 'handshake') stats.handshakes++
  else if (state.auth.isAuthenticated === false && state.auth.retryAfterSeconds !== null) {
    answer = 'unavailable'
    stats.unavailable++
  } else stats.signedOut++
  if (!refusalChannel.hasSubscribers) return
  const { tokenType, reason } = state
  refusalChannel.publish({
    instance: instance.settings.frontendApi,
    state: answer,
    tokenType,
    reason
  } satisfies RefusalEvent)
}

/** Instances that have been warned about: once says it. */
const warned = new WeakSet<Instance>()

function warnOfForwardedHeaders(instance: Instance, request: FastifyRequest): void {
  const header = ignoredForwardedHeader(request)
  if (header === null || warned.has(instance)) return
  warned.add(instance)
  instance.settings.logger.warn(
    { header },
    'A forwarded header arrived and was ignored because trustProxy is off. If this server is behind a proxy, set ' +
      "Fastify's trustProxy to the proxy's addresses: redirects and same-origin checks use the wrong URL otherwise."
  )
}
