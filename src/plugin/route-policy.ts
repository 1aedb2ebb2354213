import { RouteOptionsError, RoutePolicyError } from '../core/errors.js'
import type { AuthenticationPolicy } from '../core/instance.js'
import type { AudienceRule } from '../core/machine/audience.js'
import { type AcceptsToken, acceptsMachines, acceptsSessions, isTokenType } from '../core/options/accepts-token.js'
import type { CrossOrigin } from '../core/options/instance-options.js'
import type { AuditRouteOptions } from './audit-route-options.js'
import type { GuardRequirement } from './guards/types.js'
import { kRoutePolicy } from './symbols.js'

/** `config.clerk` of a route. `false`: no authentication on this route; `request.auth` is not evaluated there. */
export type ClerkRouteConfig = false | ClerkRouteOptions

export interface ClerkRouteOptions {
  /** What requests to this route may authenticate with. Default: the plugin's. */
  readonly acceptsToken?: AcceptsToken
  /**
   * Accepted `aud` of tokens on this route, instead of the plugin's `audience`: OAuth and M2M tokens that name another
   * resource are refused. A session token that names an audience has to name one of the plugin's as well.
   */
  readonly audience?: string | readonly string[]
  /** Whether OAuth and M2M tokens that name no audience are refused. Default: the plugin's. Needs an `audience`. */
  readonly requireAudience?: boolean
  /** As the plugin's `crossOrigin`, for this route. Default: the plugin's. */
  readonly crossOrigin?: CrossOrigin
  /** `false`: a session with outstanding tasks counts as signed in here. Default true. */
  readonly treatPendingAsSignedOut?: boolean
  /**
   * `false`: never a redirect on this route, as for JSON endpoints of an application with pages. Default: the plugin's.
   */
  readonly handshake?: boolean
  /** With `defaultDeny`: this route needs no authentication. Default false. */
  readonly public?: boolean
  /**
   * `true`: `request.auth` has the type of an authenticated user or machine in the handler. The server does not start
   * unless a guard is among the hooks of the route, or `defaultDeny` guards it. Default false.
   */
  readonly guarded?: boolean
  /** For `fastify-clerk-auth/audit`: `true` records every request of this route, `false` none. */
  readonly audit?: boolean | AuditRouteOptions
}

/** `config.clerk` with all defaults, made once when the route is registered. */
export interface RoutePolicy extends AuthenticationPolicy {
  /** False: `config.clerk: false`, the request is not authenticated. */
  readonly isEvaluated: boolean
  /**
   * Whether the hot path may answer: sessions are accepted, and the route has no audience for them. If it does, only
   * `treatPendingAsSignedOut` of this policy matters.
   */
  readonly acceptsSession: boolean
  /** Whether the route is authenticated and machine tokens are accepted, so that memory is asked for theirs too. */
  readonly acceptsMachine: boolean
  /** `acceptsToken` comes from the route. False: from the plugin, or with a resolver from the request's instance. */
  readonly isAcceptsTokenOwn: boolean
  readonly treatPendingAsSignedOut: boolean
  /** `audience` of the route itself; empty: it has none. Session tokens that name an audience have to meet it as well. */
  readonly ownAudience: readonly string[]
  /** `requireAudience` of the route itself. */
  readonly ownRequireAudience: boolean | null
  /** What becomes of requests that pages of other origins cause. */
  readonly crossOrigin: CrossOrigin
  /** `crossOrigin` of the route itself; null: it has none. */
  readonly ownCrossOrigin: CrossOrigin | null
  readonly isPublic: boolean
  /** The handler relies on a guard. */
  readonly isGuarded: boolean
  /** Parameters of each challenge that a guard of the route makes; null: none beyond its own. */
  readonly challenge: string | null
}

/** Options of the plugin that a route may override. */
export interface PolicyDefaults {
  readonly acceptsToken: AcceptsToken
  readonly handshake: boolean
  readonly audience: readonly string[]
  readonly requireAudience: boolean | null
  readonly crossOrigin: CrossOrigin
}

export function createDefaultPolicy(defaults: PolicyDefaults): RoutePolicy {
  const { acceptsToken, handshake, audience, requireAudience, crossOrigin } = defaults
  return Object.freeze({
    isEvaluated: true,
    acceptsSession: acceptsSessions(acceptsToken),
    acceptsMachine: acceptsMachines(acceptsToken),
    acceptsToken,
    allowsHandshake: handshake,
    isAcceptsTokenOwn: false,
    treatPendingAsSignedOut: true,
    audience: Object.freeze({ values: audience, isRequired: requireAudience }),
    ownAudience: Object.freeze([]),
    ownRequireAudience: null,
    crossOrigin,
    ownCrossOrigin: null,
    isPublic: false,
    isGuarded: false,
    challenge: null
  })
}

function frozenCopy(acceptsToken: AcceptsToken): AcceptsToken {
  return typeof acceptsToken === 'string' ? acceptsToken : Object.freeze([...acceptsToken])
}

/** By name, so that an option without its name here does not compile. `audit` is checked by the audit entry. */
const OPTION_NAMES = Object.keys({
  acceptsToken: true,
  audience: true,
  requireAudience: true,
  crossOrigin: true,
  treatPendingAsSignedOut: true,
  handshake: true,
  public: true,
  guarded: true,
  audit: true
} satisfies Record<keyof ClerkRouteOptions, true>)

function isAcceptsToken(value: unknown): value is AcceptsToken {
  if (Array.isArray(value)) return value.length > 0 && value.every(isTokenType)
  return value === 'any' || isTokenType(value)
}

function readAudience(audience: unknown): readonly string[] {
  if (audience === undefined) return Object.freeze([])
  const values: readonly unknown[] = Array.isArray(audience) ? audience : [audience]
  if (values.length > 0 && values.every((value) => typeof value === 'string' && value !== '')) {
    return Object.freeze([...values]) as readonly string[]
  }
  throw new RouteOptionsError('audience', 'a string or a list of strings, none of them empty')
}

function ruleOf(ownAudience: readonly string[], ownRequire: boolean | null, instance: AudienceRule): AudienceRule {
  return Object.freeze({
    values: ownAudience.length > 0 ? ownAudience : instance.values,
    isRequired: ownRequire ?? instance.isRequired
  })
}

function assertBoolean(value: unknown, name: string): asserts value is boolean | undefined {
  if (value !== undefined && typeof value !== 'boolean') throw new RouteOptionsError(name, 'true or false')
}

/** Compiles `config.clerk` when a route is registered. Throws a coded error for an unknown name or a bad value. */
export function compileRoutePolicy(clerk: unknown, defaults: RoutePolicy): RoutePolicy {
  if (clerk === undefined) return defaults
  if (clerk === false) {
    return Object.freeze({
      ...defaults,
      isEvaluated: false,
      acceptsSession: false,
      acceptsMachine: false,
      isPublic: true
    })
  }
  if (typeof clerk !== 'object' || clerk === null) throw new RouteOptionsError('clerk', 'false or an object')
  for (const name of Object.keys(clerk)) {
    if (!OPTION_NAMES.includes(name)) throw new RouteOptionsError(name, `one of ${OPTION_NAMES.join(', ')}`)
  }
  const { acceptsToken, treatPendingAsSignedOut, handshake, public: isPublic, guarded } = clerk as ClerkRouteOptions
  const { audience, requireAudience, crossOrigin } = clerk as ClerkRouteOptions
  if (crossOrigin !== undefined && crossOrigin !== false && crossOrigin !== 'refuse' && crossOrigin !== 'report') {
    throw new RouteOptionsError('crossOrigin', '"refuse", "report" or false')
  }
  if (acceptsToken !== undefined && !isAcceptsToken(acceptsToken)) {
    throw new RouteOptionsError('acceptsToken', '"any", a token type or a list of token types')
  }
  const ownAudience = readAudience(audience)
  assertBoolean(requireAudience, 'requireAudience')
  assertBoolean(treatPendingAsSignedOut, 'treatPendingAsSignedOut')
  assertBoolean(handshake, 'handshake')
  assertBoolean(isPublic, 'public')
  assertBoolean(guarded, 'guarded')
  if (handshake === true && !defaults.allowsHandshake) {
    throw new RoutePolicyError('handshake is true, but the plugin is registered with handshake: false')
  }
  return Object.freeze({
    isEvaluated: true,
    acceptsSession: acceptsSessions(acceptsToken ?? defaults.acceptsToken) && ownAudience.length === 0,
    acceptsMachine: acceptsMachines(acceptsToken ?? defaults.acceptsToken),
    // A copy: changing the list later must not change what the route accepts.
    acceptsToken: frozenCopy(acceptsToken ?? defaults.acceptsToken),
    isAcceptsTokenOwn: acceptsToken !== undefined,
    audience: ruleOf(ownAudience, requireAudience ?? null, defaults.audience),
    ownAudience,
    ownRequireAudience: requireAudience ?? null,
    crossOrigin: crossOrigin ?? defaults.crossOrigin,
    ownCrossOrigin: crossOrigin ?? null,
    treatPendingAsSignedOut: treatPendingAsSignedOut ?? true,
    allowsHandshake: handshake ?? defaults.allowsHandshake,
    isPublic: isPublic ?? false,
    isGuarded: guarded ?? false,
    challenge: null
  })
}

/** The policy with what its guards say, where the route leaves it open: which tokens they permit, and their challenge. */
export function completeByGuards(policy: RoutePolicy, guards: readonly GuardRequirement[]): RoutePolicy {
  const types = guards.flatMap(({ tokenTypes }) => tokenTypes ?? [])
  const audience = guards.find((guard) => guard.audience !== undefined)?.audience
  const challenge = guards.find((guard) => guard.challenge !== undefined)?.challenge ?? null
  if (!policy.isEvaluated || (types.length === 0 && audience === undefined && challenge === null)) return policy
  const isLeftOpen = types.length > 0 && !policy.isAcceptsTokenOwn
  const acceptsToken = isLeftOpen ? Object.freeze([...new Set(types)]) : policy.acceptsToken
  return Object.freeze({
    ...policy,
    challenge,
    acceptsToken,
    isAcceptsTokenOwn: policy.isAcceptsTokenOwn || isLeftOpen,
    acceptsSession: policy.acceptsSession && acceptsSessions(acceptsToken),
    acceptsMachine: acceptsMachines(acceptsToken),
    audience: audience !== undefined && policy.ownAudience.length === 0 ? audience : policy.audience
  })
}

/** The policy of a route for one of several instances, whose options fill what the route leaves open. */
export function completePolicy(policy: RoutePolicy, instance: PolicyDefaults): RoutePolicy {
  const acceptsToken = policy.isAcceptsTokenOwn ? policy.acceptsToken : instance.acceptsToken
  return {
    ...policy,
    acceptsToken,
    acceptsSession: policy.isEvaluated && acceptsSessions(acceptsToken) && policy.ownAudience.length === 0,
    acceptsMachine: policy.isEvaluated && acceptsMachines(acceptsToken),
    crossOrigin: policy.ownCrossOrigin ?? instance.crossOrigin,
    audience: ruleOf(policy.ownAudience, policy.ownRequireAudience, {
      values: instance.audience,
      isRequired: instance.requireAudience
    }),
    allowsHandshake: policy.allowsHandshake && instance.handshake
  }
}

/** Refuses to boot when the handler of a route relies on a guard that is not there. */
export function assertGuarded(policy: RoutePolicy, hasGuard: boolean, route: string): void {
  if (policy.isGuarded && !hasGuard) {
    throw new RoutePolicyError(`guarded is true, but neither requireAuth nor authorize is among the hooks of ${route}`)
  }
}

/** Refuses to boot when a route has a guard and is open as well: one of the two is a mistake. */
export function assertUncontradicted(policy: RoutePolicy, route: string): void {
  if (!policy.isEvaluated) {
    throw new RoutePolicyError(`clerk is false, but requireAuth or authorize is among the hooks of ${route}`)
  }
  if (policy.isPublic) {
    throw new RoutePolicyError(`public is true, but requireAuth or authorize is among the hooks of ${route}`)
  }
}

/** Puts the policy on the route's config object, where a request finds it without a look-up by name. */
export function attachPolicy(config: object, policy: RoutePolicy): void {
  Object.defineProperty(config, kRoutePolicy, { value: policy, enumerable: true, configurable: true })
}

/** The configuration without the policy of the route that it was copied from. */
export function detachPolicy(config: object): object {
  const copy: { [kRoutePolicy]?: RoutePolicy } = { ...config }
  delete copy[kRoutePolicy]
  return copy
}

export function policyOf(config: unknown): RoutePolicy | undefined {
  return (config as { [kRoutePolicy]?: RoutePolicy } | undefined)?.[kRoutePolicy]
}

/** The policies of a scope's routes. */
export interface RoutePolicies {
  /** True once a route has a policy of its own. Until then requests use `defaults` and look nothing up. */
  isInUse: boolean
  readonly defaults: RoutePolicy
  /**
   * The policy of the route with this config. Throws, for a route made before the plugin, the errors of
   * `compileRoutePolicy`.
   */
  of(config: unknown): RoutePolicy
}

/**
 * `hasEarlyRoutes`: the scope had routes before the plugin was loaded, as after `app.register(clerkAuth)` without
 * `await`. `onRoute` hooks do not see such routes, so their policies are compiled at their first request. A server
 * that was made after this package was imported has refused bad ones at boot.
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
