import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { createSignedOutAuth } from '../core/auth/session-auth.js'
import type { SessionAuth } from '../core/auth/types.js'
import {
  AlreadyRegisteredError,
  DecoratorTakenError,
  EarlyRoutesError,
  OptionSecretKeyMissingError
} from '../core/errors.js'
import { createInstance, type Instance } from '../core/instance.js'
import type { Logger } from '../core/logger.js'
import { namedOpaqueType } from '../core/options/accepts-token.js'
import { readInstanceOptions } from '../core/options/instance-settings.js'
import { createClerkDecorator } from './clerk-decorator.js'
import { noteVerdict } from './decision.js'
import { hasRoutes, isWholeServer } from './early-routes.js'
import { createAuthorize } from './guards/authorize.js'
import { isGuardHook } from './guards/guard-hook.js'
import { createRequireAuth } from './guards/require-auth.js'
import type { GuardDone, GuardRequest, GuardSettings } from './guards/types.js'
import { createInstances } from './instances.js'
import { type AuthenticatedSlots, createOnRequest } from './on-request.js'
import { type ResolverOptions, readResolverOptions } from './resolver-options.js'
import { createResolvingOnRequest } from './resolving-on-request.js'
import {
  assertUncontradicted,
  attachPolicy,
  compileRoutePolicy,
  createDefaultPolicy,
  createRoutePolicies,
  type RoutePolicies
} from './route-policy.js'
import { createRouteTable } from './route-table.js'
import { signInRedirect } from './sign-in-redirect.js'
import { kAuth, kDecision, kInstance, kReply } from './symbols.js'
import type { PluginOptions } from './types.js'

const notYetAuthenticated = createSignedOutAuth(
  'not-authenticated-yet',
  'This request has not reached authentication: hooks that need it must be added after fastify-clerk-auth.'
)

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
  const { acceptsToken, handshake, defaultDeny } = instance.settings
  const policies = createRoutePolicies(createDefaultPolicy({ acceptsToken, handshake }), hasRoutes(fastify))
  decorate(fastify, instance, policies, defaultDeny)
  fastify.addHook('onRequest', createOnRequest(instance, policies))
  if (defaultDeny) denyEarlyRoutes(fastify, policies)
  else warnOfEarlyRoutes(fastify, instance.settings.logger)
  fastify.addHook('onReady', () => instance.ready())
  fastify.addHook('onClose', () => instance.close())
}

function registerResolver(fastify: FastifyInstance, options: ResolverOptions): void {
  const { resolver, maxInstances, defaultDeny, logger } = readResolverOptions(options, fastify.log)
  const instances = createInstances({ maxInstances, logger })
  const defaults = createDefaultPolicy({ acceptsToken: LEFT_TO_INSTANCE, handshake: true })
  const policies = createRoutePolicies(defaults, hasRoutes(fastify))
  decorate(fastify, null, policies, defaultDeny)
  fastify.addHook('onRequest', createResolvingOnRequest(resolver, instances, policies, logger))
  if (defaultDeny) denyEarlyRoutes(fastify, policies)
  else warnOfEarlyRoutes(fastify, logger)
  fastify.addHook('onClose', () => instances.close())
}

/**
 * Placeholder until the request's instance is known: `completePolicy` replaces it where a route has no list of its own.
 */
const LEFT_TO_INSTANCE = Object.freeze(['session_token'] as const)

/**
 * `onRoute` hooks do not see routes that existed before. With `defaultDeny` a hook guards such routes of this scope on
 * each request. On the whole server the plugin refuses to boot instead: scopes made before it have none of its hooks,
 * so their routes would be open.
 */
function denyEarlyRoutes(fastify: FastifyInstance, policies: RoutePolicies): void {
  if (!hasRoutes(fastify)) return
  if (isWholeServer(fastify)) throw new EarlyRoutesError()
  const { requireAuth } = fastify
  fastify.addHook('onRequest', (request, reply, done) => {
    if (request.is404 || policies.of(request.routeOptions.config).isPublic) done()
    else requireAuth(request, reply, done as GuardDone)
  })
}

/**
 * On a route made before the plugin, `preHandler: fastify.requireAuth` was `undefined`, which Fastify takes for no
 * hook.
 */
function warnOfEarlyRoutes(fastify: FastifyInstance, logger: Logger): void {
  if (!hasRoutes(fastify) || !isWholeServer(fastify)) return
  logger.warn(
    {},
    'This server had routes before fastify-clerk-auth was loaded. fastify.requireAuth was not there yet: a route made ' +
      'before that names it as a hook has none, and is open. Await the registration, and make the routes after it.'
  )
}

function isResolver(options: PluginOptions): options is ResolverOptions {
  return 'resolver' in options && options.resolver !== undefined
}

function assertFree(fastify: FastifyInstance): void {
  for (let scope: object | null = fastify; scope !== null; scope = Object.getPrototypeOf(scope)) {
    if (registered.has(scope)) throw new AlreadyRegisteredError()
  }
  for (const name of ['clerk', 'requireAuth', 'authorize']) {
    if (fastify.hasDecorator(name)) throw new DecoratorTakenError(`fastify.${name}`)
  }
  if (fastify.hasRequestDecorator('auth')) throw new DecoratorTakenError('request.auth')
}

function readAuth(request: GuardRequest): AuthenticatedSlots[typeof kAuth] {
  return (request as unknown as AuthenticatedSlots)[kAuth]
}

function decorate(
  fastify: FastifyInstance,
  single: Instance | null,
  policies: RoutePolicies,
  defaultDeny: boolean
): void {
  const table = createRouteTable()
  const guards: GuardSettings = {
    readAuth,
    signInRedirect: (request, reason) => signInRedirect(request as unknown as FastifyRequest, reason),
    noteVerdict
  }
  const requireAuth = createRequireAuth(guards)

  fastify.decorateRequest(kAuth as unknown as string, null)
  fastify.decorateRequest(kDecision as unknown as string, null)
  fastify.decorateRequest(kInstance as unknown as string, null)
  fastify.decorateRequest(kReply as unknown as string, null)
  fastify.decorateRequest('auth', {
    // No setter: an assignment to `request.auth` throws, and cannot sign anybody in.
    getter(this: FastifyRequest): SessionAuth {
      // Before authentication, for example in the error handler of a request that an earlier hook refused, the auth is
      // signed out. Guards read the slot itself, and answer FST_CLERK_NOT_REGISTERED.
      return (readAuth(this as unknown as GuardRequest) ?? notYetAuthenticated) as SessionAuth
    }
  })
  fastify.decorate('requireAuth', requireAuth)
  fastify.decorate('authorize', createAuthorize(guards))
  fastify.decorate('clerk', createClerkDecorator(single, table))

  fastify.addHook('onRoute', (route) => {
    const policy = compileRoutePolicy(route.config?.clerk, policies.defaults)
    const opaqueType = policy.isEvaluated ? namedOpaqueType(policy.acceptsToken) : null
    if (single?.settings.secretKey === null && opaqueType !== null) {
      throw new OptionSecretKeyMissingError(`config.clerk.acceptsToken of a route with "${opaqueType}"`)
    }
    const isRequired = defaultDeny && !policy.isPublic
    const isGuarded = hasGuard(route)
    if (isGuarded) assertUncontradicted(policy)
    if (policy !== policies.defaults) {
      policies.isInUse = true
      route.config = { ...route.config }
      attachPolicy(route.config, policy)
    }
    if (isRequired) prependHook(route, requireAuth as unknown as RouteHook)
    table.add(route.method, route.url, policy, isRequired || isGuarded)
  })
}

type RouteHook = Extract<NonNullable<RouteOptions['onRequest']>, (...args: never[]) => unknown>

/** Whether a guard is among the route's own hooks. Hooks of its scope may still be added, so they are not looked at. */
function hasGuard({ onRequest, preParsing, preValidation, preHandler }: RouteOptions): boolean {
  return [onRequest, preParsing, preValidation, preHandler].flat().some(isGuardHook)
}

/** Puts a hook before the route's own hooks, so that none of them runs for a refused request. */
function prependHook(route: RouteOptions, hook: RouteHook): void {
  const own = route.onRequest
  route.onRequest = own === undefined ? [hook] : Array.isArray(own) ? [hook, ...own] : [hook, own]
}

/**
 * Fastify plugin that authenticates every request of its scope with Clerk. Options default to Clerk's environment
 * variables; bad ones refuse to boot with a coded error that names the option.
 *
 * Decorates `request.auth`, `fastify.requireAuth`, `fastify.authorize` and `fastify.clerk`. Registers once per scope.
 */
export const clerkAuth = fastifyPlugin<PluginOptions>(plugin, {
  fastify: '5.x',
  name: 'fastify-clerk-auth'
})
