import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import { authNotEvaluated } from '../core/auth/not-evaluated.js'
import { countRepeats } from '../core/counted-log.js'
import { ResolverError } from '../core/errors.js'
import { helpAt } from '../core/help-page.js'
import type { Instance } from '../core/instance.js'
import { isThenable } from '../core/later.js'
import type { Logger } from '../core/logger.js'
import { NOT_EVALUATED } from './decision.js'
import type { Instances } from './instances.js'
import { type AuthenticatedSlots, authenticateFully, createOnRequest, type OnRequestHook } from './on-request.js'
import type { InstanceOptions, InstanceResolver } from './resolver-options.js'
import {
  completePolicy,
  createDefaultPolicy,
  createRoutePolicies,
  type RoutePolicies,
  type RoutePolicy
} from './route-policy.js'
import { kAuth, kDecision } from './symbols.js'
import type { Tenant } from './tenant.js'
import { closeUpgradeAfterAnswer } from './upgrade.js'

/**
 * The hook of a plugin with a resolver: finds the request's instance, then authenticates as a plugin with that
 * instance.
 */
export function createResolvingOnRequest(
  resolver: InstanceResolver,
  instances: Instances,
  policies: RoutePolicies,
  logger: Logger
): OnRequestHook {
  const log = countRepeats(logger)
  let latest: { readonly text: string; readonly policies: RoutePolicies } | null = null

  /** Fastify makes a new object for each reading of `routeOptions`. */
  function policyOf(request: FastifyRequest): RoutePolicy {
    return policies.isInUse ? policies.of(request.routeOptions.config) : policies.defaults
  }

  /** Tenants of which none has settings of its own share the policies, which stay in the processor's cache then. */
  function defaultPoliciesOf({ settings }: Instance): RoutePolicies {
    const policy = createDefaultPolicy(settings)
    const text = JSON.stringify(policy)
    if (latest?.text !== text) latest = { text, policies: createRoutePolicies(policy, false) }
    return latest.policies
  }

  function obtain(options: InstanceOptions): Tenant {
    if (typeof options !== 'object' || options === null) throw new TypeError('the resolver answered without options')
    return instances.obtain(options)
  }

  function authenticate(
    tenant: Tenant,
    request: FastifyRequest,
    reply: FastifyReply,
    done: HookHandlerDoneFunction
  ): void {
    const policy = policyOf(request)
    // The policy of a route is compiled before its instance is known.
    if (policy !== policies.defaults) {
      const { instance } = tenant
      authenticateFully(instance, completePolicy(policy, instance.settings), request, reply, done)
      return
    }
    tenant.hook ??= createOnRequest(tenant.instance, defaultPoliciesOf(tenant.instance))
    tenant.hook(request, reply, done)
  }

  return function resolveInstance(request, reply, done) {
    const fail = (error: unknown): void => {
      log.error(
        { err: error, reqId: request.id, help: helpAt('FST_CLERK_RESOLVER') },
        'Clerk: the resolver gave no instance for this request'
      )
      closeUpgradeAfterAnswer(reply)
      done(new ResolverError())
    }
    if (!policyOf(request).isEvaluated) {
      const slots = request as unknown as AuthenticatedSlots
      slots[kAuth] = authNotEvaluated
      slots[kDecision] = NOT_EVALUATED
      done()
      return
    }
    let tenant: Tenant | Promise<Tenant>
    try {
      const options = resolver(request)
      tenant = isThenable(options) ? Promise.resolve(options).then(obtain) : obtain(options)
    } catch (error) {
      fail(error)
      return
    }
    if (!(tenant instanceof Promise)) {
      authenticate(tenant, request, reply, done)
      return
    }
    // `fail` is for the resolver alone: an error of `authenticate` or of `done` is passed on as it is.
    tenant.then((settled) => authenticate(settled, request, reply, done), fail).catch(done)
  }
}
