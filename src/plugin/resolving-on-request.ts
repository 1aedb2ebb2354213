import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import { authNotEvaluated } from '../core/auth/not-evaluated.js'
import { ResolverError } from '../core/errors.js'
import type { Instance } from '../core/instance.js'
import { NOT_EVALUATED } from './decision.js'
import type { Instances } from './instances.js'
import { type AuthenticatedSlots, authenticateFully, createOnRequest, type OnRequestHook } from './on-request.js'
import type { InstanceOptions, InstanceResolver } from './resolver-options.js'
import { completePolicy, createDefaultPolicy, createRoutePolicies, type RoutePolicies } from './route-policy.js'
import { kAuth, kDecision } from './symbols.js'

/** The hook of a plugin with a resolver: finds the request's instance, then does what a plugin with that one does. */
export function createResolvingOnRequest(
  resolver: InstanceResolver,
  instances: Instances,
  policies: RoutePolicies
): OnRequestHook {
  const hooks = new WeakMap<object, OnRequestHook>()

  function obtain(options: InstanceOptions): Instance {
    if (typeof options !== 'object' || options === null) throw new TypeError('the resolver answered without options')
    return instances.obtain(options)
  }

  function authenticate(
    instance: Instance,
    request: FastifyRequest,
    reply: FastifyReply,
    done: HookHandlerDoneFunction
  ): void {
    const policy = policies.of(request.routeOptions.config)
    // A route's policy was compiled before anybody knew its instance; what it leaves open is the instance's to say.
    if (policy !== policies.defaults) {
      authenticateFully(instance, completePolicy(policy, instance.settings), request, reply, done)
      return
    }
    let hook = hooks.get(instance)
    if (hook === undefined) {
      const { acceptsToken, handshake } = instance.settings
      hook = createOnRequest(instance, createRoutePolicies(createDefaultPolicy({ acceptsToken, handshake }), false))
      hooks.set(instance, hook)
    }
    hook(request, reply, done)
  }

  return function resolveInstance(request, reply, done) {
    const fail = (error: unknown): void => {
      request.log.error({ err: error }, 'Clerk: the resolver gave no instance for this request')
      done(new ResolverError())
    }
    if (!policies.of(request.routeOptions.config).isEvaluated) {
      const slots = request as unknown as AuthenticatedSlots
      slots[kAuth] = authNotEvaluated
      slots[kDecision] = NOT_EVALUATED
      done()
      return
    }
    let instance: Instance | Promise<Instance>
    try {
      const options = resolver(request)
      instance = options instanceof Promise ? options.then(obtain) : obtain(options)
    } catch (error) {
      fail(error)
      return
    }
    if (!(instance instanceof Promise)) {
      authenticate(instance, request, reply, done)
      return
    }
    // Only the resolver's failure is its own: what comes after it is answered for by whoever fails.
    instance.then((settled) => authenticate(settled, request, reply, done), fail).catch(done)
  }
}
