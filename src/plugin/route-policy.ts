import { RouteOptionsError, RoutePolicyError } from '../core/errors.js'
import type { AuthenticationPolicy } from '../core/instance.js'
import { type AcceptsToken, acceptsSessions, isTokenType } from '../core/options/accepts-token.js'
import type { AuditRouteOptions } from './audit-route-options.js'
import { kRoutePolicy } from './symbols.js'

/** `config.clerk` of a route. `false`: no authentication on this route; `request.auth` is not evaluated there. */
export type ClerkRouteConfig = false | ClerkRouteOptions

export interface ClerkRouteOptions {
  /** What requests to this route may authenticate with. Default: the plugin's. */
  readonly acceptsToken?: AcceptsToken
  /** `false`: a session with outstanding tasks counts as signed in here. Default true. */
  readonly treatPendingAsSignedOut?: boolean
  /** `false`: never a redirect on this route, as for JSON endpoints of an application with pages. Default: the plugin's. */
  readonly handshake?: boolean
  /** With `defaultDeny`: this route needs no authentication. Default false. */
  readonly public?: boolean
  /** For `fastify-clerk-auth/audit`: `true` records every request of this route, `false` none. */
  readonly audit?: boolean | AuditRouteOptions
}

/** The same, resolved once when the route was registered. */
export interface RoutePolicy extends AuthenticationPolicy {
  readonly isEvaluated: boolean
  /** A known session token settles the request: then nothing else of the policy but pending sessions matters. */
  readonly acceptsSession: boolean
  /** The route itself says what it accepts. */
  readonly isAcceptsTokenOwn: boolean
  readonly treatPendingAsSignedOut: boolean
  readonly isPublic: boolean
}

/** Options of the plugin that hold for routes which say nothing else. */
export interface PolicyDefaults {
  readonly acceptsToken: AcceptsToken
  readonly handshake: boolean
}

export function createDefaultPolicy({ acceptsToken, handshake }: PolicyDefaults): RoutePolicy {
  return Object.freeze({
    isEvaluated: true,
    acceptsSession: acceptsSessions(acceptsToken),
    acceptsToken,
    allowsHandshake: handshake,
    isAcceptsTokenOwn: false,
    treatPendingAsSignedOut: true,
    isPublic: false
  })
}

function frozenCopy(acceptsToken: AcceptsToken): AcceptsToken {
  return typeof acceptsToken === 'string' ? acceptsToken : Object.freeze([...acceptsToken])
}

/** By name, so that an option without its name here does not compile. `audit` is checked by the audit entry. */
const OPTION_NAMES = Object.keys({
  acceptsToken: true,
  treatPendingAsSignedOut: true,
  handshake: true,
  public: true,
  audit: true
} satisfies Record<keyof ClerkRouteOptions, true>)

function isAcceptsToken(value: unknown): value is AcceptsToken {
  if (Array.isArray(value)) return value.length > 0 && value.every(isTokenType)
  return value === 'any' || isTokenType(value)
}

function assertBoolean(value: unknown, name: string): asserts value is boolean | undefined {
  if (value !== undefined && typeof value !== 'boolean') throw new RouteOptionsError(name, 'true or false')
}

/** Compiles `config.clerk`. Throws a coded error, at route registration, for anything that is not understood. */
export function compileRoutePolicy(clerk: unknown, defaults: RoutePolicy): RoutePolicy {
  if (clerk === undefined) return defaults
  if (clerk === false) return Object.freeze({ ...defaults, isEvaluated: false, acceptsSession: false, isPublic: true })
  if (typeof clerk !== 'object' || clerk === null) throw new RouteOptionsError('clerk', 'false or an object')
  for (const name of Object.keys(clerk)) {
    if (!OPTION_NAMES.includes(name)) throw new RouteOptionsError(name, `one of ${OPTION_NAMES.join(', ')}`)
  }
  const { acceptsToken, treatPendingAsSignedOut, handshake, public: isPublic } = clerk as ClerkRouteOptions
  if (acceptsToken !== undefined && !isAcceptsToken(acceptsToken)) {
    throw new RouteOptionsError('acceptsToken', '"any", a token type or a list of token types')
  }
  assertBoolean(treatPendingAsSignedOut, 'treatPendingAsSignedOut')
  assertBoolean(handshake, 'handshake')
  assertBoolean(isPublic, 'public')
  if (handshake === true && !defaults.allowsHandshake) {
    throw new RoutePolicyError('handshake is true, but the plugin is registered with handshake: false')
  }
  return Object.freeze({
    isEvaluated: true,
    acceptsSession: acceptsSessions(acceptsToken ?? defaults.acceptsToken),
    // A copy: what the route accepts is settled here, whatever becomes of the list.
    acceptsToken: frozenCopy(acceptsToken ?? defaults.acceptsToken),
    isAcceptsTokenOwn: acceptsToken !== undefined,
    treatPendingAsSignedOut: treatPendingAsSignedOut ?? true,
    allowsHandshake: handshake ?? defaults.allowsHandshake,
    isPublic: isPublic ?? false
  })
}

/** The policy of a route for one of several instances: what the route leaves open is the instance's to say. */
export function completePolicy(policy: RoutePolicy, instance: PolicyDefaults): RoutePolicy {
  const acceptsToken = policy.isAcceptsTokenOwn ? policy.acceptsToken : instance.acceptsToken
  return {
    ...policy,
    acceptsToken,
    acceptsSession: policy.isEvaluated && acceptsSessions(acceptsToken),
    allowsHandshake: policy.allowsHandshake && instance.handshake
  }
}

/** A route that has a guard cannot be open as well: refuses to boot, as one of the two is not what its author thinks. */
export function assertUncontradicted(policy: RoutePolicy): void {
  if (!policy.isEvaluated) {
    throw new RoutePolicyError('clerk is false, but requireAuth or authorize is among the hooks of the route')
  }
  if (policy.isPublic) {
    throw new RoutePolicyError('public is true, but requireAuth or authorize is among the hooks of the route')
  }
}

/** Config objects of routes carry their policy, so that a request finds it without a look-up by name. */
export function attachPolicy(config: object, policy: RoutePolicy): void {
  Object.defineProperty(config, kRoutePolicy, { value: policy, enumerable: true, configurable: true })
}

export function policyOf(config: unknown): RoutePolicy | undefined {
  return (config as { [kRoutePolicy]?: RoutePolicy } | undefined)?.[kRoutePolicy]
}

/** The policies of a scope's routes. */
export interface RoutePolicies {
  /** False until a route says something under `config.clerk`: then no request looks for a policy. */
  isInUse: boolean
  readonly defaults: RoutePolicy
  /** The policy of the route with this config. Throws the coded error of one that nobody could check at registration. */
  of(config: unknown): RoutePolicy
}

/**
 * `hasEarlyRoutes`: routes may have been registered before the plugin, as in `app.register(clerkAuth)` without
 * `await` and then `app.get(…)`: Fastify tells no hook of them, so their policies are compiled when first asked for.
 */
export function createRoutePolicies(defaults: RoutePolicy, hasEarlyRoutes: boolean): RoutePolicies {
  if (!hasEarlyRoutes) return { isInUse: false, defaults, of: (config) => policyOf(config) ?? defaults }

  const early = new WeakMap<object, RoutePolicy>()
  function compileEarly(config: unknown): RoutePolicy {
    if (typeof config !== 'object' || config === null) return defaults
    let policy = early.get(config)
    if (policy === undefined) {
      policy = compileRoutePolicy((config as { clerk?: unknown }).clerk, defaults)
      early.set(config, policy)
    }
    return policy
  }
  return { isInUse: true, defaults, of: (config) => policyOf(config) ?? compileEarly(config) }
}
