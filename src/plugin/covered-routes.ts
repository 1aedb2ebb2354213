import type { FastifyInstance, RouteOptions } from 'fastify'
import {
  GuardUseError,
  NoRoutesError,
  OptionSecretKeyMissingError,
  RouteOverwrittenError,
  RoutePolicyError
} from '../core/errors.js'
import type { Instance } from '../core/instance.js'
import type { Logger } from '../core/logger.js'
import { nameOpaque, namesTokenType, opaqueAsked, typesOf } from '../core/options/accepts-token.js'
import { assertAllowed, assertNamed, coveredEarlyRoutes, type EarlyRoutesSetting, nameRoutes } from './early-routes.js'
import { assertGuardsFollow } from './guarded-scope.js'
import { GUARDED, requirementOf } from './guards/guard-hook.js'
import { authorize, authorizeAsync, denyByDefault } from './guards/guards.js'
import { guardsOf, type Hooks, hasGuard, listOf, mayPermit } from './guards/guards-of-route.js'
import type { GuardRequirement } from './guards/types.js'
import { type MadeRoute, noteUndefinedHook } from './made-routes.js'
import { assertNoGuardOutside } from './outside.js'
import { refuseAtReady } from './refuse-at-ready.js'
import type { RoutePolicies, RoutePolicy } from './route-policy.js'
import {
  assertGuarded,
  assertUncontradicted,
  attachPolicy,
  compileRoutePolicy,
  completeByGuards,
  detachPolicy,
  policyOf
} from './route-policy.js'
import { type RouteTable, urlsOf, type WrittenRoute } from './route-table.js'
import { type PrintedRoute, printConstraints } from './route-tree.js'
import { addRouteHook, hooksOf, isWholeServer, isWithin } from './scopes.js'
import { assertNoneUndefined, warnOfUnknownHooks } from './undefined-hooks.js'

export interface CoverSettings {
  readonly policies: RoutePolicies
  readonly table: RouteTable
  readonly defaultDeny: boolean
  readonly earlyRoutes: EarlyRoutesSetting
  /** Null with a resolver. */
  readonly single: Instance | null
  /** Routes that the server had before. */
  readonly before: readonly PrintedRoute[]
  /** The same as they were written; null: not known, as the server was made before this package was imported. */
  readonly made: readonly MadeRoute[] | null
  readonly logger: Logger
  /** Name of the hook that authenticates. */
  readonly hookName: string
}

interface CoveredRoute {
  readonly scope: FastifyInstance
  /** Fastify's own object: other plugins may still change it, until the server is ready. */
  readonly route: RouteOptions
  readonly policy: RoutePolicy
  /** `defaultDeny` guards it. */
  readonly isDenied: boolean
  /** A guard of its own hides it, and so `defaultDeny` does not guard it. */
  readonly isHidden: boolean
}

/**
 * Applies `config.clerk` and `defaultDeny` to each route of the scope as it is made. When the server is about to be
 * ready, refuses what would leave a route open by an oversight.
 */
export function coverRoutes(fastify: FastifyInstance, settings: CoverSettings): void {
  const { policies, table, defaultDeny, earlyRoutes, single, before, hookName, logger } = settings
  const made = settings.made ?? []
  assertNamed(earlyRoutes, defaultDeny)
  const covered: CoveredRoute[] = []

  function readPolicy(route: RouteOptions): RoutePolicy {
    assertNoFactory(route)
    const policy = compileRoutePolicy(route.config?.clerk, policies.defaults)
    if (policy.isEvaluated && policy.acceptsToken !== 'session_token') single?.revocations.expectMachineTokens()
    if (single?.settings.secretKey === null && policy.isEvaluated) {
      const opaque = opaqueAsked(policy.acceptsToken, single.settings.machineTokens.jwtOnly)
      if (opaque !== null) {
        throw new OptionSecretKeyMissingError(
          `config.clerk.acceptsToken with ${nameOpaque(opaque)} (route ${nameRoute(route)})`
        )
      }
    }
    if (single !== null && policy.ownRequireAudience !== null && policy.audience.values.length === 0) {
      throw new RoutePolicyError('requireAudience is given, but neither the route nor the plugin has an audience')
    }
    return policy
  }

  addRouteHook(fastify, function cover(route) {
    noteUndefinedHook(route)
    const policy = completeByGuards(readPolicy(route), guardsOf(route))
    // A guard that hides the route asks for more than the denial, whose 401 would tell of the route.
    const isHidden = hidesRoute(route)
    const isDenied = defaultDeny && !policy.isPublic && !isHidden
    removeDenial(route)
    if (hasGuard(route)) assertUncontradicted(policy, nameRoute(route))
    assertGuarded(policy, isDenied || hasGuard(route), nameRoute(route))
    assertScopesApply(route, policy, single !== null)
    if (policy !== policies.defaults) {
      policies.isInUse = true
      route.config = { ...route.config }
      attachPolicy(route.config, policy)
    } else if (policyOf(route.config) !== undefined) {
      // A copy of another route's configuration, without its `clerk`.
      route.config = detachPolicy(route.config as object)
    }
    if (isDenied) prependDenial(route)
    const added: CoveredRoute = { scope: this, route, policy, isDenied, isHidden }
    covered.push(added)
    table.add(route, policy, () => guardsOf(hooksOf(this), route))
  })

  refuseAtReady(fastify, () => {
    const isAlone = covered.length === 0
    const early = coveredEarlyRoutes(fastify, before, hookName, isAlone)
    assertAllowed(early, earlyRoutes)
    if (!isWholeServer(fastify)) {
      if (![...early, ...covered.map(({ route }) => route)].some(servesRequests)) throw new NoRoutesError()
      assertNoGuardOutside(fastify)
      if (settings.made === null) warnOfUnknownHooks(fastify, before, earlyRoutes, logger)
    }
    assertNoneUndefined(fastify, covered, made, earlyRoutes)
    assertIntact(covered, policies.defaults)
    for (const { route, scope, policy } of covered) {
      assertOpenInScope(route, hooksOf(scope), policy)
      assertScopesApply(route, policy, single !== null)
      assertTypesApply(route, guardsOf(hooksOf(scope), route), policy)
      assertSomebodyPasses(route, hooksOf(scope), policy, single !== null)
      assertTypePasses(route, guardsOf(hooksOf(scope), route), policy, single !== null)
      assertHiddenInTime(route, hooksOf(scope))
    }
    assertGuardsFollow(fastify, hookName)
    const written = new Map<string, WrittenRoute>()
    for (const { scope, route } of made) {
      if (!isWithin(scope, fastify)) continue
      const policy = readPolicy(route)
      if (hasGuard(route)) assertUncontradicted(policy, nameRoute(route))
      assertGuarded(policy, hasGuard(route), nameRoute(route))
      assertOpenInScope(route, hooksOf(scope), policy)
      assertScopesApply(route, policy, single !== null)
      assertSomebodyPasses(route, hooksOf(scope), policy, single !== null)
      assertHiddenInTime(route, hooksOf(scope))
      const guards = guardsOf(hooksOf(scope), route)
      assertTypesApply(route, guards, policy)
      assertTypePasses(route, guards, policy, single !== null)
      const { constraints = null } = route
      const printed = printConstraints(route.constraints)
      for (const method of [route.method].flat()) {
        for (const url of urlsOf(route)) written.set(`${method} ${url}${printed}`, { policy, guards, constraints })
      }
    }
    const unknown = { policy: policies.defaults, guards: [], constraints: null }
    table.addEarly(early, ({ method, url, constraints }) => written.get(`${method} ${url}${constraints}`) ?? unknown)
  })
}

function servesRequests({ method }: { readonly method: string | readonly string[] }): boolean {
  return typeof method === 'string' ? method !== 'OPTIONS' : method.some((one) => one !== 'OPTIONS')
}

/** Refuses an open route in a guarded scope: without authentication the guard would answer 500, to everybody. */
function assertOpenInScope(route: RouteOptions, hooks: Hooks, policy: RoutePolicy): void {
  if (hasGuard(hooks)) assertUncontradicted(policy, `the scope of ${nameRoute(route)}: register the route beside it`)
}

/** Refuses scopes on a route where no token with scopes is accepted: its author thought of another `acceptsToken`. */
function assertScopesApply(route: RouteOptions, policy: RoutePolicy, isInstanceKnown: boolean): void {
  if (!acceptsSessionsOnly(policy, isInstanceKnown) || guardsOf(route).every(({ scopes }) => scopes.length === 0))
    return
  throw new RoutePolicyError(
    `authorize asks for scopes, which machine tokens have, and acceptsToken has sessions only (route ${nameRoute(route)})`
  )
}

/** Whether a guard in `onRequest` answers as if the route did not exist. */
function hidesRoute({ onRequest }: RouteOptions): boolean {
  return listOf(onRequest).some((hook) => requirementOf(hook)?.isHidden)
}

/** Refuses a guard that hides the route after the body has been read: the answer to a bad body would tell of the route. */
function assertHiddenInTime(route: RouteOptions, ofScope: Hooks): void {
  const late = GUARDED.filter((name) => name !== 'onRequest').find((name) =>
    [...listOf(ofScope[name]), ...listOf(route[name])].some((hook) => requirementOf(hook)?.isHidden)
  )
  if (late === undefined) return
  throw new GuardUseError(
    `with as: "not-found" it has to be in onRequest, and is in ${late} (route ${nameRoute(route)})`
  )
}

/** A guard of a scope may serve several kinds of routes. It is refused where it permits nobody. */
function assertSomebodyPasses(route: RouteOptions, hooks: Hooks, policy: RoutePolicy, isInstanceKnown: boolean): void {
  const isForMachines = ({ scopes, conditions }: GuardRequirement) => scopes.length > 0 && conditions === null
  if (!acceptsSessionsOnly(policy, isInstanceKnown) || !guardsOf(hooks).some(isForMachines)) return
  throw new RoutePolicyError(
    `authorize in its scope asks for scopes alone, and acceptsToken has sessions only (route ${nameRoute(route)})`
  )
}

/** Refuses a guard that permits other types of token than its route accepts: it would refuse everybody. */
function assertTypesApply(route: RouteOptions, guards: readonly GuardRequirement[], policy: RoutePolicy): void {
  const { acceptsToken, isEvaluated } = policy
  if (!isEvaluated || acceptsToken === 'any') return
  for (const { tokenTypes = [] } of guards) {
    if (tokenTypes.length === 0 || tokenTypes.some((type) => namesTokenType(acceptsToken, type))) continue
    throw new RoutePolicyError(
      `a guard permits ${tokenTypes.join(', ')} alone, which acceptsToken has to name, as the guard is that of a scope or acceptsToken is given (route ${nameRoute(route)})`
    )
  }
}

/** Refuses guards that all types of token fail, such as a role on a route for machines alone. */
function assertTypePasses(
  route: RouteOptions,
  guards: readonly GuardRequirement[],
  { acceptsToken, isAcceptsTokenOwn, isEvaluated }: RoutePolicy,
  isInstanceKnown: boolean
): void {
  const types = typesOf(isAcceptsTokenOwn || isInstanceKnown ? acceptsToken : 'any')
  if (!isEvaluated || types.some((type) => guards.every((guard) => mayPermit(guard, type)))) return
  throw new RoutePolicyError(
    `its guards permit no type of token that acceptsToken has (${types.join(', ')}): machine tokens need scopes, and sessions role, permission, feature, plan or reverification (route ${nameRoute(route)})`
  )
}

/** False with a resolver where the route leaves `acceptsToken` to the instance. */
function acceptsSessionsOnly({ acceptsToken, isAcceptsTokenOwn }: RoutePolicy, isInstanceKnown: boolean): boolean {
  if (!isAcceptsTokenOwn && !isInstanceKnown) return false
  return [acceptsToken].flat().every((type) => type === 'session_token')
}

/** `preHandler: authorize` boots, and would fail each request: there it gets the request for its condition. */
function assertNoFactory(route: RouteOptions): void {
  const factory = [authorize, authorizeAsync].find((made) => GUARDED.some((name) => listOf(route[name]).includes(made)))
  if (factory === undefined) return
  const name = factory === authorize ? 'authorize' : 'authorizeAsync'
  throw new GuardUseError(
    `${name} is called with a condition, and what it returns is the hook (route ${nameRoute(route)})`
  )
}

function assertIntact(covered: readonly CoveredRoute[], defaults: RoutePolicy): void {
  for (const { route, policy, isDenied, isHidden } of covered) {
    const isGuarded = !isDenied || listOf(route.onRequest).includes(denyByDefault)
    if (!isGuarded || (isHidden && !hidesRoute(route))) throw new RouteOverwrittenError(nameRoute(route), 'onRequest')
    if ((policyOf(route.config) ?? defaults) !== policy) throw new RouteOverwrittenError(nameRoute(route), 'config')
    if (hasGuard(route) && !isDenied) assertUncontradicted(policy, nameRoute(route))
    assertGuarded(policy, hasGuard(route), nameRoute(route))
  }
}

function nameRoute({ method, url }: RouteOptions): string {
  return nameRoutes([{ method: String(method), url }])
}

type RouteHooks = NonNullable<RouteOptions['onRequest']>

/** Before the route's own hooks, so that none of them runs for a refused request. */
function prependDenial(route: RouteOptions): void {
  route.onRequest = [denyByDefault, ...listOf(route.onRequest)] as RouteHooks
}

/** A route that was made of another one has its guard already, which may not be what its own policy asks for. */
function removeDenial(route: RouteOptions): void {
  const own = listOf(route.onRequest)
  if (own.includes(denyByDefault)) route.onRequest = own.filter((hook) => hook !== denyByDefault) as RouteHooks
}
