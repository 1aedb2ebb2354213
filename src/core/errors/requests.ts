import { createError } from './create-error.js'

export const UnauthorizedError = createError('FST_CLERK_UNAUTHORIZED', 'Authentication is required: %s', 401)
export const ForbiddenError = createError('FST_CLERK_FORBIDDEN', 'This account is not permitted to do that', 403)
export const CrossOriginError = createError(
  'FST_CLERK_CROSS_ORIGIN',
  'A page of another origin may not do that with the cookies of this browser: send the session token as a bearer token, or add the origin to authorizedParties',
  403
)
export const ExtractTokenError = createError(
  'FST_CLERK_EXTRACT_TOKEN',
  'extractToken has thrown, or has returned neither a string nor undefined: the request counts as one with a malformed token',
  401
)
export const ReverificationError = createError(
  'FST_CLERK_REVERIFICATION',
  'The user has to verify their identity again before doing that',
  403
)
export const KeysUnavailableError = createError(
  'FST_CLERK_KEYS_UNAVAILABLE',
  'Authentication cannot be decided at the moment, try again later: %s',
  503
)
export const ResolverError = createError(
  'FST_CLERK_RESOLVER',
  'The instance of this request could not be resolved; the log has the cause',
  500
)
export const ResolverOnlyError = createError(
  'FST_CLERK_NO_INSTANCE',
  'This plugin has a resolver and so no instance of its own: pass a request that it has authenticated',
  500
)
export const NotEvaluatedError = createError(
  'FST_CLERK_NOT_EVALUATED',
  'request.auth is not evaluated here: the route has config.clerk set to false',
  500
)
export const NotRegisteredError = createError(
  'FST_CLERK_NOT_REGISTERED',
  'Nothing has authenticated this request: register fastify-clerk-auth in this scope or above it, before the hook that asks',
  500
)
export const TokenFetchError = createError('FST_CLERK_GET_TOKEN', 'Clerk issued no token for this session: %s', 502)
