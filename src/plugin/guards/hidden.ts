import { isAuthNotEvaluated } from '../../core/auth/not-evaluated.js'
import {
  AuthorizeParamsError,
  ForbiddenError,
  GuardUseError,
  NotEvaluatedError,
  NotRegisteredError,
  UnauthorizedError
} from '../../core/errors.js'
import { isRecord } from '../../core/json.js'
import { isCorsPreflight } from './preflight.js'
import { isAuthenticated, refuse } from './refusal.js'
import type { AuthenticatedAuth, GuardOutcome, GuardReply, GuardRequest, GuardSettings } from './types.js'

/** How a guard answers the requests that it does not permit. */
export interface AuthorizeOptions {
  /**
   * `not-found`: as the router answers where there is no route, by the not-found handler of the application. So a
   * stranger cannot learn by the answer that the route exists, whether signed in or out, and not while Clerk cannot be
   * asked either: no 401, 403, 503, challenge or redirect. The guard has to be an `onRequest` hook.
   */
  readonly as?: 'not-found' | undefined
}

/** Reads the options of a guard. Throws when it is used as a hook, where it gets a reply in their place. */
export function isHiding(guard: string, rest: readonly unknown[]): boolean {
  const [options] = rest
  if (rest.length > 1 || (options !== undefined && (!isRecord(options) || 'raw' in options))) {
    throw new GuardUseError(`${guard} is called with a condition, and what it returns is the hook`)
  }
  const unknown = Object.keys(options ?? {}).find((name) => name !== 'as')
  if (unknown !== undefined) throw new AuthorizeParamsError(unknown, 'left out; the only option is as')
  const as = (options as AuthorizeOptions | undefined)?.as
  if (as !== undefined && as !== 'not-found') throw new AuthorizeParamsError('as', '"not-found", or left out')
  return as === 'not-found'
}

/** Lets `decide` judge authenticated requests, and refuses all others: openly, or as if nothing were there. */
export function judgeWith(
  settings: GuardSettings,
  isHidden: boolean,
  decide: (auth: AuthenticatedAuth, request: GuardRequest, reply: GuardReply) => GuardOutcome | Promise<GuardOutcome>
) {
  return (request: GuardRequest, reply: GuardReply): GuardOutcome | Promise<GuardOutcome> => {
    const auth = settings.readAuth(request)
    if (isAuthenticated(auth)) return decide(auth, request, reply)
    if (!isHidden) return refuse(settings, auth, request, reply)
    // Faults of the application, which no client causes.
    if (auth === null) return { error: new NotRegisteredError() }
    if (isAuthNotEvaluated(auth)) return { error: new NotEvaluatedError() }
    return isCorsPreflight(request) ? null : { error: new UnauthorizedError(auth.reason), isHidden }
  }
}

/** The outcome for a request that is not permitted. */
export function forbidden(isHidden: boolean): GuardOutcome {
  return { error: new ForbiddenError(), isHidden }
}
