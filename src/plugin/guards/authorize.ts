import type { AuthFor, InstanceAcceptsToken } from '../../core/auth/request-auth.js'
import type { HasParams, ReverificationConfig } from '../../core/auth/types.js'
import { AuthorizeParamsError, ForbiddenError, GuardUseError } from '../../core/errors.js'
import { assertAuthorizeCondition } from './authorize-params.js'
import { toGuardHook } from './guard-hook.js'
import { isAuthenticated, refuse } from './refusal.js'
import { compileReverificationRefusal } from './reverification.js'
import type { AuthenticatedAuth, GuardHook, GuardReply, GuardSettings } from './types.js'

/**
 * Permits a request by returning `true`; any other value refuses, and so does throwing. Must not be `async`. `auth` is
 * typed by the instance's `acceptsToken`; where the route accepts other types, name them:
 * `authorize<'api_key'>((has, auth) => …)`.
 */
export type AuthorizePredicate<Accepted = InstanceAcceptsToken> = (
  has: (params: HasParams) => boolean,
  auth: Extract<AuthFor<Accepted>, { isAuthenticated: true }>
) => boolean

/**
 * `fastify.authorize`: makes a hook that lets permitted requests pass.
 *
 * - not authenticated: as `requireAuth`
 * - not permitted: 403 `FST_CLERK_FORBIDDEN`
 * - only the reverification condition fails: 403 `FST_CLERK_REVERIFICATION`, see `compileReverificationRefusal`
 *
 * Machine tokens have no roles, permissions, features or plans: with conditions they get 403; a predicate may look at
 * their `scopes`. The conditions are checked once, here: throws `FST_CLERK_AUTHORIZE_PARAMS`.
 */
export type Authorize = <Accepted = InstanceAcceptsToken>(
  condition: HasParams | AuthorizePredicate<Accepted>
) => GuardHook

export function createAuthorize(settings: GuardSettings): Authorize {
  return (condition: HasParams | AuthorizePredicate<never>, ...rest: unknown[]) => {
    // As a hook it is called with request, reply and done.
    if (rest.length > 0) {
      throw new GuardUseError('authorize is called with a condition, and what it returns is the hook')
    }
    assertAuthorizeCondition(condition)
    const errorOf = typeof condition === 'function' ? compilePredicate(condition) : compileConditions(condition)
    return toGuardHook('authorize', settings, (request, reply) => {
      const auth = settings.readAuth(request)
      if (!isAuthenticated(auth)) return refuse(settings, auth, request, reply)
      const error = errorOf(auth, reply)
      return error === null ? null : { error }
    })
  }
}

/** The error that ends the request; null: it is permitted. */
type ErrorOf = (auth: AuthenticatedAuth, reply: GuardReply) => Error | null

function compilePredicate(predicate: AuthorizePredicate<never>): ErrorOf {
  return (auth) => {
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
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

function compileConditions(params: HasParams): ErrorOf {
  const { reverification, ...rest } = params
  const conditions = Object.values(rest).some((value) => value !== undefined)
    ? (Object.freeze(rest) as HasParams)
    : null
  const recency = reverification === undefined ? null : Object.freeze({ reverification: frozenCopy(reverification) })
  const needsReverification = recency === null ? null : compileReverificationRefusal(recency.reverification)
  return (auth, reply) => {
    if (conditions !== null && !auth.has(conditions)) return new ForbiddenError()
    if (recency === null || needsReverification === null || auth.has(recency)) return null
    return auth.tokenType === 'session_token' ? needsReverification(reply) : new ForbiddenError()
  }
}

/** A copy: changing the object later must not change the condition that was checked. */
function frozenCopy(config: ReverificationConfig): ReverificationConfig {
  return typeof config === 'string' ? config : Object.freeze({ ...config })
}
