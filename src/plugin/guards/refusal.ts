import type { FastifyError } from '@fastify/error'
import { type AuthNotEvaluated, isAuthNotEvaluated } from '../../core/auth/not-evaluated.js'
import type { Auth } from '../../core/auth/types.js'
import { KeysUnavailableError, NotEvaluatedError, NotRegisteredError, UnauthorizedError } from '../../core/errors.js'
import { isCorsPreflight } from './preflight.js'
import type {
  AuthenticatedAuth,
  GuardOutcome,
  GuardReply,
  GuardRequest,
  GuardSettings,
  UnauthenticatedAuth
} from './types.js'

/** 401 and 503 carry Clerk's reason, for the application's error handler. */
export type RefusalError = FastifyError & {
  readonly reason: string
  readonly headers: Readonly<Record<string, string>>
}

export function isAuthenticated(auth: Auth | AuthNotEvaluated | null): auth is AuthenticatedAuth {
  return auth !== null && !isAuthNotEvaluated(auth) && auth.isAuthenticated
}

/** How a request that is not authenticated ends. Headers are set on the reply, so that every error handler keeps them. */
export function refuse(
  settings: GuardSettings,
  auth: UnauthenticatedAuth | AuthNotEvaluated | null,
  request: GuardRequest,
  reply: GuardReply
): GuardOutcome {
  if (auth === null) return { error: new NotRegisteredError() }
  if (isAuthNotEvaluated(auth)) return { error: new NotEvaluatedError() }
  if (isCorsPreflight(request)) return null
  // Whose token could not be judged may be signed in: signing in again would not help.
  const location = auth.retryAfterSeconds === null ? (settings.signInRedirect?.(request) ?? null) : null
  return location === null ? { error: refusalOf(auth, request, reply) } : { location }
}

/** The error of an unauthenticated request; `headers` are those that the response needs. */
export function toRefusalError(reason: string, retryAfterSeconds: number | null, challenge?: string): RefusalError {
  return retryAfterSeconds === null
    ? Object.assign(new UnauthorizedError(reason), {
        reason,
        headers: { 'www-authenticate': challenge ?? challengeFor(reason) }
      })
    : Object.assign(new KeysUnavailableError(reason), {
        reason,
        headers: { 'retry-after': String(Math.ceil(retryAfterSeconds)) }
      })
}

function refusalOf(auth: UnauthenticatedAuth, request: GuardRequest, reply: GuardReply): RefusalError {
  // This reason also stands for "a token of an accepted type is missing".
  const isMissing = auth.reason === 'token-type-mismatch' && !request.headers.authorization
  const error = toRefusalError(auth.reason, auth.retryAfterSeconds, isMissing ? CHALLENGE : undefined)
  for (const [name, value] of Object.entries(error.headers)) reply.header(name, value)
  return error
}

// RFC 6750 section 3: without credentials the challenge stands alone, so that a client which did not know that it had
// to authenticate is not told that its token is bad.
const CHALLENGE = 'Bearer'
const CHALLENGE_INVALID_TOKEN = 'Bearer error="invalid_token"'

const badTokenReasons = new Set([
  'session-revoked',
  'session-token-iat-before-client-uat',
  'session-token-iat-in-the-future',
  'session-token-nbf',
  'jwk-kid-mismatch'
])

function challengeFor(reason: string): string {
  const isBadToken =
    reason.startsWith('token-') || reason.startsWith('session-token-expired') || badTokenReasons.has(reason)
  return isBadToken ? CHALLENGE_INVALID_TOKEN : CHALLENGE
}
