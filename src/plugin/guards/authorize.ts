import type { AuthFor, InstanceAcceptsToken } from '../../core/auth/request-auth.js'
import type { HasParams, SessionConditions } from '../../core/auth/types.js'
import { AuthorizeParamsError, ForbiddenError, ReverificationError } from '../../core/errors.js'
import { isThenable } from '../../core/later.js'
import { assertAuthorizeCondition } from './authorize-params.js'
import { toGuardHook } from './guard-hook.js'
import { type AuthorizeOptions, isHiding, judgeWith } from './hidden.js'
import { hasScopes, insufficientScope, listScopes } from './required-scopes.js'
import { challengeToStepUp, compileReverificationRefusal } from './reverification.js'
import type { AuthenticatedAuth, GuardHook, GuardOutcome, GuardReply, GuardRequest, GuardSettings } from './types.js'

/**
 * Permits a request by returning `true`; any other value refuses, and so does throwing. Must not be `async`. `auth` is
 * typed by the instance's `acceptsToken`; where the route accepts other types, name them:
 * `authorize<'api_key'>((has, auth) => …)`.
 */
export type AuthorizePredicate<Accepted = InstanceAcceptsToken> = (
  has: (params: HasParams) => boolean,
  auth: Extract<AuthFor<Accepted>, { isAuthenticated: true }>
) => boolean

/** Scopes for machine tokens; beside them, conditions for sessions. */
export interface ScopeParams extends SessionConditions {
  /**
   * Scopes that a machine token needs, all of them (RFC 6749 section 3.3). A session has no scopes: it has to meet the
   * other conditions, and is refused where there are none.
   */
  readonly scopes: string | readonly string[]
}

/**
 * What `authorize` asks. Which part applies is decided by the type of the token: `scopes` are for machine tokens, all
 * other conditions for sessions. A token whose part is missing is refused.
 */
export type AuthorizeParams = HasParams | ScopeParams

/**
 * `fastify.authorize`: makes a hook that lets permitted requests pass.
 *
 * - not authenticated: as `requireAuth`
 * - not permitted: 403 `FST_CLERK_FORBIDDEN`; with `scopes`, every 403 of the guard carries
 *   `WWW-Authenticate: Bearer error="insufficient_scope", scope="…"` (RFC 6750 section 3.1)
 * - only the reverification condition fails: 403 `FST_CLERK_REVERIFICATION` with
 *   `WWW-Authenticate: Bearer error="insufficient_user_authentication", max_age=…` (RFC 9470 section 3) and, unless an error
 *   handler says otherwise, the body that Clerk's frontend SDKs read
 * - all of these with `{ as: 'not-found' }`: the answer of the router for a URL without a route
 *
 * Machine tokens have no roles, permissions, features or plans: without `scopes` they get 403; a predicate may look at
 * more of them. The conditions are checked once, here: throws `FST_CLERK_AUTHORIZE_PARAMS`. A guard that
 * no token of an accepted type can meet, as one with `scopes` on a route that accepts sessions only or a role on one that accepts
 * API keys only, keeps the server from starting (`FST_CLERK_ROUTE_POLICY`).
 */
export type Authorize = <Accepted = InstanceAcceptsToken>(
  condition: AuthorizeParams | AuthorizePredicate<Accepted>,
  options?: AuthorizeOptions
) => GuardHook

export function createAuthorize(settings: GuardSettings): Authorize {
  return (condition: AuthorizeParams | AuthorizePredicate<never>, ...rest: unknown[]) => {
    const isHidden = isHiding('authorize', rest)
    assertAuthorizeCondition(condition)
    const hasPredicate = typeof condition === 'function'
    const { conditions, scopes, errorOf } = hasPredicate
      ? compilePredicate(condition)
      : compileConditions(condition, isHidden)
    function decide(auth: AuthenticatedAuth, _request: GuardRequest, reply: GuardReply): GuardOutcome {
      const error = errorOf(auth, reply)
      return error === null ? null : { error, isHidden: isHidden && error instanceof ForbiddenError }
    }
    const requirement = { guard: 'authorize', conditions, scopes, hasPredicate, isHidden } as const
    return toGuardHook(requirement, settings, judgeWith(settings, isHidden, decide))
  }
}

interface Compiled {
  readonly conditions: SessionConditions | null
  readonly scopes: readonly string[]
  /** The error that ends the request; null: it is permitted. */
  readonly errorOf: (auth: AuthenticatedAuth, reply: GuardReply) => Error | null
}

function compilePredicate(predicate: AuthorizePredicate<never>): Compiled {
  function errorOf(auth: AuthenticatedAuth): Error | null {
    let permitted: unknown
    try {
      permitted = predicate(auth.has, auth as never)
    } catch (error) {
      // `throw undefined` is a refusal too: Fastify would take it for no error, and let the request pass.
      return error instanceof Error ? error : new ForbiddenError()
    }
    if (permitted === true) return null
    if (!isThenable(permitted)) return new ForbiddenError()
    // A promise is truthy: taken for an answer, it would permit everybody. Its rejection must not end the process.
    permitted.then(undefined, () => {})
    return new AuthorizeParamsError('predicate', 'synchronous')
  }
  return { conditions: null, scopes: listScopes(undefined), errorOf }
}

function compileConditions(params: SessionConditions & Partial<ScopeParams>, isHidden: boolean): Compiled {
  if (isHidden && params.reverification !== undefined) {
    throw new AuthorizeParamsError('reverification', 'left out where as is "not-found": nobody could be asked for it')
  }
  const { scopes: required, ...given } = withoutUndefined(params)
  const scopes = listScopes(required)
  const conditions = Object.freeze({ ...given, ...copyOfReverification(given) })
  const errorForSession = compileSessionConditions(conditions)

  function errorOf(auth: AuthenticatedAuth, reply: GuardReply): Error | null {
    if (auth.tokenType === 'session_token') return errorForSession(auth, reply)
    return scopes.length > 0 && hasScopes(auth, scopes) ? null : new ForbiddenError()
  }

  const challenge = insufficientScope(scopes)
  const stepUp = conditions.reverification === undefined ? '' : `${challengeToStepUp(conditions.reverification)}, `
  function errorWithChallenge(auth: AuthenticatedAuth, reply: GuardReply): Error | null {
    const error = errorOf(auth, reply)
    if (error === null) return null
    reply.header('www-authenticate', error instanceof ReverificationError ? `${stepUp}${challenge}` : challenge)
    return error
  }

  return {
    conditions: Object.keys(conditions).length === 0 ? null : conditions,
    scopes,
    errorOf: scopes.length === 0 || isHidden ? errorOf : errorWithChallenge
  }
}

function withoutUndefined<T extends object>(params: T): T {
  return Object.fromEntries(Object.entries(params).filter(([, value]) => value !== undefined)) as T
}

/** Without any condition no session is permitted: the guard is for machines. */
function compileSessionConditions(params: SessionConditions): Compiled['errorOf'] {
  const { reverification, ...rest } = params
  const conditions = Object.keys(rest).length === 0 ? null : (Object.freeze(rest) as HasParams)
  const recency = reverification === undefined ? null : Object.freeze({ reverification })
  const needsReverification = reverification === undefined ? null : compileReverificationRefusal(reverification)
  return (auth, reply) => {
    if (conditions === null && recency === null) return new ForbiddenError()
    if (conditions !== null && !auth.has(conditions)) return new ForbiddenError()
    if (recency === null || needsReverification === null || auth.has(recency)) return null
    return needsReverification(reply)
  }
}

/** A copy: changing the object later must not change the condition that was checked. */
function copyOfReverification({ reverification }: SessionConditions): SessionConditions {
  return typeof reverification === 'object' ? { reverification: Object.freeze({ ...reverification }) } : {}
}
