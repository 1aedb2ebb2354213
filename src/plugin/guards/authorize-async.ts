import type { FastifyRequest, RouteGenericInterface } from 'fastify'
import type { AuthFor, InstanceAcceptsToken } from '../../core/auth/request-auth.js'
import { AuthorizeParamsError } from '../../core/errors.js'
import { toGuardHook } from './guard-hook.js'
import { type AuthorizeOptions, forbidden, isHiding, judgeWith } from './hidden.js'
import type { AuthenticatedAuth, GuardHook, GuardOutcome, GuardRequest, GuardSettings } from './types.js'

/**
 * Permits a request by resolving to `true`, for example after a look into the database whose the thing is; any other
 * value refuses. A rejection is an error of the application, which its error handler gets, and never permits anything.
 */
export type AuthorizeCheck<
  RouteGeneric extends RouteGenericInterface = RouteGenericInterface,
  Accepted = InstanceAcceptsToken
> = (
  auth: Extract<AuthFor<Accepted>, { isAuthenticated: true }>,
  request: FastifyRequest<RouteGeneric>
) => Promise<boolean>

/**
 * Makes a hook that asks `check` about authenticated requests; others are answered as by `requireAuth`. Not permitted: 403
 * `FST_CLERK_FORBIDDEN`, or with `{ as: 'not-found' }` as the router answers for a URL without a route. The types of the
 * request's parameters, and of the accepted tokens where they are not the instance's, are arguments:
 * `authorizeAsync<{ Params: { id: string } }, 'api_key'>(…)`.
 */
export type AuthorizeAsync = <
  RouteGeneric extends RouteGenericInterface = RouteGenericInterface,
  Accepted = InstanceAcceptsToken
>(
  check: AuthorizeCheck<RouteGeneric, Accepted>,
  options?: AuthorizeOptions
) => GuardHook

export function createAuthorizeAsync(settings: GuardSettings): AuthorizeAsync {
  return (check, ...rest: unknown[]) => {
    const isHidden = isHiding('authorizeAsync', rest)
    if (typeof check !== 'function') {
      throw new AuthorizeParamsError('check', 'a function (auth, request) => Promise<boolean>')
    }
    async function decide(auth: AuthenticatedAuth, request: GuardRequest): Promise<GuardOutcome> {
      const permitted: unknown = await check(auth as never, request as unknown as FastifyRequest<never>)
      return permitted === true ? null : forbidden(isHidden)
    }
    const requirement = { guard: 'authorize', conditions: null, scopes: [], hasPredicate: true, isHidden } as const
    return toGuardHook(requirement, settings, judgeWith(settings, isHidden, decide))
  }
}
