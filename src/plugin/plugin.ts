import type { FastifyInstance, FastifyRequest } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import type { SessionAuth } from '../core/auth/types.js'
import { AlreadyRegisteredError, DecoratorTakenError } from '../core/errors.js'
import { createInstance, type Instance } from '../core/instance.js'
import { readInstanceOptions } from '../core/options/instance-settings.js'
import { type ClerkDecorator, createClerkDecorator } from './clerk-decorator.js'
import { type CoverSettings, coverRoutes } from './covered-routes.js'
import { routesSoFar } from './early-routes.js'
import { FASTIFY_RANGE } from './fastify-range.js'
import { authorize, requireAuth } from './guards/guards.js'
import { authenticateName, nameHook } from './hook-name.js'
import { createInstances } from './instances.js'
import { madeRoutes } from './made-routes.js'
import { notYetAuthenticated } from './not-yet-authenticated.js'
import { type AuthenticatedSlots, createOnRequest, type OnRequestHook } from './on-request.js'
import { isLent, lendGuards } from './outside.js'
import { type ResolverOptions, readResolverOptions } from './resolver-options.js'
import { createResolvingOnRequest } from './resolving-on-request.js'
import {
  createDefaultPolicy,
  createRoutePolicies,
  type PolicyDefaults,
  type RoutePolicies,
  type RoutePolicy
} from './route-policy.js'
import { createRouteTable } from './route-table.js'
import { isWholeServer, scopesInside } from './scopes.js'
import { kAuth, kDecision, kInstance, kReply } from './symbols.js'
import type { PluginOptions } from './types.js'

/** Scopes that have the plugin: a second registration gets another error than a decorator of another plugin. */
const registered = new WeakSet<object>()

async function plugin(fastify: FastifyInstance, options: PluginOptions): Promise<void> {
  assertFree(fastify)
  registered.add(fastify)
  if (isResolver(options)) registerResolver(fastify, options)
  else
    registerInstance(fastify, createInstance(readInstanceOptions(options, { env: process.env, logger: fastify.log })))
}

function registerInstance(fastify: FastifyInstance, instance: Instance): void {
  const { defaultDeny, earlyRoutes, logger } = instance.settings
  const defaults = createDefaultPolicy(instance.settings)
  // First: what follows may refuse to boot, and the instance has joined the bus by now.
  fastify.addHook('onClose', () => instance.close())
  cover(fastify, defaults, { single: instance, list: () => [instance], defaultDeny, earlyRoutes, logger }, (policies) =>
    createOnRequest(instance, policies)
  )
  fastify.addHook('onReady', () => instance.ready())
}

function registerResolver(fastify: FastifyInstance, options: ResolverOptions): void {
  const { resolver, maxInstances, defaultDeny, earlyRoutes, logger } = readResolverOptions(options, fastify.log)
  const instances = createInstances({ maxInstances, logger })
  const defaults = createDefaultPolicy(LEFT_TO_INSTANCE)
  cover(fastify, defaults, { single: null, list: instances.list, defaultDeny, earlyRoutes, logger }, (policies) =>
    createResolvingOnRequest(resolver, instances, policies, logger)
  )
  fastify.addHook('onClose', () => instances.close())
}

/** Placeholders until the request's instance is known: `completePolicy` replaces those that a route has none of its own for. */
const LEFT_TO_INSTANCE: PolicyDefaults = Object.freeze({
  acceptsToken: Object.freeze(['session_token'] as const),
  handshake: true,
  audience: Object.freeze([]),
  requireAudience: null,
  crossOrigin: 'report'
})

function isResolver(options: PluginOptions): options is ResolverOptions {
  return 'resolver' in options && options.resolver !== undefined
}

function assertFree(fastify: FastifyInstance): void {
  for (let scope: object | null = fastify; scope !== null; scope = Object.getPrototypeOf(scope)) {
    if (registered.has(scope)) throw new AlreadyRegisteredError()
  }
  if (isInside(fastify)) throw new AlreadyRegisteredError()
  for (const name of ['clerk', 'requireAuth', 'authorize']) {
    if (fastify.hasDecorator(name) && !isLent(fastify, name)) throw new DecoratorTakenError(`fastify.${name}`)
  }
  if (fastify.hasRequestDecorator('auth')) throw new DecoratorTakenError('request.auth')
}

/** Whether a scope inside this one has the plugin: its requests would be authenticated twice, and the second would count. */
function isInside(fastify: FastifyInstance): boolean {
  return scopesInside(fastify).some((scope) => registered.has(scope) || isInside(scope))
}

let registrations = 0

/** What a plugin with one instance and one with a resolver have in common: decorators, the hook, and the routes. */
function cover(
  fastify: FastifyInstance,
  defaults: RoutePolicy,
  settings: Pick<CoverSettings, 'single' | 'defaultDeny' | 'earlyRoutes' | 'logger'> & {
    readonly list: () => readonly Instance[]
  },
  createHook: (policies: RoutePolicies) => OnRequestHook
): void {
  const table = createRouteTable()
  const before = routesSoFar(fastify)
  const policies = createRoutePolicies(
    defaults,
    before.some(({ method }) => method !== 'OPTIONS')
  )
  // The number tells the routes of this registration from those of one in another scope.
  const hookName = authenticateName(++registrations)
  decorate(fastify, createClerkDecorator(settings.single, settings.list, table))
  fastify.addHook('onRequest', nameHook(createHook(policies), hookName))
  coverRoutes(fastify, { ...settings, policies, table, hookName, before, made: madeRoutes(fastify) })
  if (!isWholeServer(fastify)) lendGuards(fastify)
}

function decorate(fastify: FastifyInstance, clerk: ClerkDecorator): void {
  fastify.decorateRequest(kAuth as unknown as string, null)
  fastify.decorateRequest(kDecision as unknown as string, null)
  fastify.decorateRequest(kInstance as unknown as string, null)
  fastify.decorateRequest(kReply as unknown as string, null)
  fastify.decorateRequest('auth', {
    // No setter: an assignment to `request.auth` throws, and cannot sign anybody in.
    getter(this: FastifyRequest): SessionAuth {
      // Before authentication, for example in the error handler of a request that an earlier hook refused, the auth is
      // signed out. Guards read the slot itself, and answer FST_CLERK_NOT_REGISTERED.
      return ((this as unknown as AuthenticatedSlots)[kAuth] ?? notYetAuthenticated) as SessionAuth
    }
  })
  fastify.decorate('requireAuth', requireAuth)
  fastify.decorate('authorize', authorize)
  fastify.decorate('clerk', clerk)
}

/**
 * Fastify plugin that authenticates every request of its scope with Clerk. Options default to Clerk's environment
 * variables; bad ones refuse to boot with a coded error that names the option.
 *
 * Decorates `request.auth`, `fastify.requireAuth`, `fastify.authorize` and `fastify.clerk`. Registers once per scope.
 */
export const clerkAuth = fastifyPlugin<PluginOptions>(plugin, {
  fastify: FASTIFY_RANGE,
  name: 'fastify-clerk-auth'
})
