import { compileRoutePolicy, policyOf, type RoutePolicy } from './route-policy.js'

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
