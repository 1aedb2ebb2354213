import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { createSignedOutAuth } from '../auth/session-auth.js'
import type { SessionAuth } from '../auth/types.js'
import { AlreadyRegisteredError, DecoratorTakenError } from '../errors.js'
import { createAuthorize } from '../guards/authorize.js'
import type { GuardRequest, GuardSettings } from '../guards/refusal.js'
import { createRequireAuth } from '../guards/require-auth.js'
import { createInstance, type Instance } from '../instance.js'
import { resolveResolverOptions } from '../options/resolver.js'
import { resolveOptions } from '../options.js'
import { createClerkDecorator } from './clerk-decorator.js'
import { createInstances } from './instances.js'
import { type AuthenticatedSlots, createOnRequest, type RoutePolicies } from './on-request.js'
import { createResolvingOnRequest } from './resolving-on-request.js'
import { attachPolicy, compileRoutePolicy, createDefaultPolicy, type RoutePolicy } from './route-policy.js'
import { createRouteTable } from './route-table.js'
import { signInRedirect } from './sign-in-redirect.js'
import { kAuth, kInstance, kVerified } from './symbols.js'
import type { PluginOptions, ResolverOptions } from './types.js'

const notYetAuthenticated = createSignedOutAuth(
  'not-authenticated-yet',
  'This request has not reached authentication: hooks that need it must be added after fastify-clerk-auth.'
)

/** Scopes that have the plugin, so that a second registration is told apart from somebody else's decorators. */
const registered = new WeakSet<object>()

async function plugin(fastify: FastifyInstance, options: PluginOptions): Promise<void> {
  assertFree(fastify)
  registered.add(fastify)
  if (isResolver(options)) registerResolver(fastify, options)
  else registerInstance(fastify, createInstance(resolveOptions(options, { env: process.env, logger: fastify.log })))
}

function registerInstance(fastify: FastifyInstance, instance: Instance): void {
  const { acceptsToken, handshake, defaultDeny } = instance.options
  const policies: RoutePolicies = { isInUse: false, defaults: createDefaultPolicy({ acceptsToken, handshake }) }
  decorate(fastify, instance, policies, defaultDeny)
  fastify.addHook('onRequest', createOnRequest(instance, policies))
  fastify.addHook('onReady', () => instance.ready())
  fastify.addHook('onClose', () => instance.close())
}

function registerResolver(fastify: FastifyInstance, options: ResolverOptions): void {
  const { resolver, maxInstances, defaultDeny, logger } = resolveResolverOptions(options, { logger: fastify.log })
  const instances = createInstances({ maxInstances, logger })
  const policies: RoutePolicies = {
    isInUse: true,
    defaults: createDefaultPolicy({ acceptsToken: 'session_token', handshake: true })
  }
  decorate(fastify, null, policies, defaultDeny)
  fastify.addHook('onRequest', createResolvingOnRequest(resolver, instances))
  fastify.addHook('onClose', () => instances.close())
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
    signInRedirect: (request) => signInRedirect(request as unknown as FastifyRequest)
  }
  const requireAuth = createRequireAuth(guards)

  fastify.decorateRequest(kAuth as unknown as string, null)
  fastify.decorateRequest(kVerified as unknown as string, null)
  fastify.decorateRequest(kInstance as unknown as string, null)
  fastify.decorateRequest('auth', {
    // Without a setter: what others assign does not become the auth, it throws.
    getter(this: FastifyRequest): SessionAuth {
      // Not yet authenticated, as in the error handler of a request that an earlier hook refused: that counts as signed
      // out, and guards, which read the slot, answer with an error of ours.
      return (readAuth(this as unknown as GuardRequest) ?? notYetAuthenticated) as SessionAuth
    }
  })
  fastify.decorate('requireAuth', requireAuth)
  fastify.decorate('authorize', createAuthorize(guards))
  fastify.decorate('clerk', createClerkDecorator(single, table))

  fastify.addHook('onRoute', (route) => {
    const policy = compileRoutePolicy(route.config?.clerk, policies.defaults)
    const isRequired = defaultDeny && !policy.isPublic
    if (policy !== policies.defaults) {
      policies.isInUse = true
      route.config = { ...route.config }
      attachPolicy(route.config, policy)
    }
    if (isRequired) prependHook(route, requireAuth as unknown as RouteHook)
    table.add(route.method, route.url, policy, isRequired)
  })
}

type RouteHook = Extract<NonNullable<RouteOptions['onRequest']>, (...args: never[]) => unknown>

/** Before the route's own hooks: nothing of the route runs for a request that is refused. */
function prependHook(route: RouteOptions, hook: RouteHook): void {
  const own = route.onRequest
  route.onRequest = own === undefined ? [hook] : Array.isArray(own) ? [hook, ...own] : [hook, own]
}

export type { RoutePolicy }

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
