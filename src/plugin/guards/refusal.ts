import type { FastifyError } from '@fastify/error'
import { type AuthNotEvaluated, isAuthNotEvaluated } from '../../core/auth/not-evaluated.js'
import type { Auth } from '../../core/auth/types.js'
import { KeysUnavailableError, NotEvaluatedError, NotRegisteredError, UnauthorizedError } from '../../core/errors.js'
import { parseAuthorization } from '../../core/request/authorization.js'
import { isTokenExtracted } from '../extracted-token.js'
import type { AuthenticatedSlots } from '../on-request.js'
import { policyOf } from '../route-policy.js'
import { kInstance } from '../symbols.js'
import { addChallengeParameters, exposeChallenge } from './challenge.js'
import { isCorsPreflight } from './preflight.js'
import type {
  AuthenticatedAuth,
  GuardOutcome,
  GuardReply,
  GuardRequest,
  GuardSettings,
  UnauthenticatedAuth
} from './types.js'

/**
 * 401 and 503 carry Clerk's reason, for the application's error handler. `headers`: what the response needs; empty where
 * a guard has put them on the reply.
 */
export type RefusalError = FastifyError & {
  readonly reason: string
  readonly headers: Readonly<Record<string, string>>
}

export function isAuthenticated(auth: Auth | AuthNotEvaluated | null): auth is AuthenticatedAuth {
  return auth !== null && !isAuthNotEvaluated(auth) && auth.isAuthenticated
}

/**
 * How a guard ends a request that is not authenticated. Headers are set on the reply: a custom error handler keeps
 * them.
 */
export function refuse(
  settings: GuardSettings,
  auth: UnauthenticatedAuth | AuthNotEvaluated | null,
  request: GuardRequest,
  reply: GuardReply,
  challenge = challengeOf(request)
): GuardOutcome {
  if (auth === null) return { error: new NotRegisteredError() }
  if (isAuthNotEvaluated(auth)) return { error: new NotEvaluatedError() }
  if (isCorsPreflight(request)) return null
  // A user whose token could not be judged may be signed in: no redirect, as signing in again would not help.
  const redirect = auth.retryAfterSeconds === null ? settings.signInRedirect?.(request, auth.reason) : null
  return redirect ?? { error: refusalOf(auth, request, reply, challenge) }
}

/** Reasons of requests in which no credentials were found. The former is that of a development instance. */
const NO_CREDENTIALS = ['dev-browser-missing', 'session-token-and-uat-missing']

/**
 * `dev-browser-missing` means nothing to a developer who forgot the header. `authorization`: the value of that header. One that
 * was not read is told from one that did not come.
 */
function explained(reason: string, authorization: string | undefined, isMissing: boolean): string {
  if (isMissing) return `${reason}. ${NO_TOKEN}`
  if (!NO_CREDENTIALS.includes(reason)) return reason
  if (authorization && parseAuthorization(authorization) === '') return `${reason}. ${OTHER_SCHEME}`
  return reason === 'dev-browser-missing' ? `${reason}. ${NO_CREDENTIALS_IN_DEVELOPMENT}` : reason
}

const NO_TOKEN = 'No token came: send one of a type that the route accepts as "Authorization: Bearer".'
const OTHER_SCHEME =
  'The Authorization header was not read, as its scheme is not Bearer. Send the session token as "Authorization: Bearer".'
const NO_CREDENTIALS_IN_DEVELOPMENT =
  'Neither a bearer token nor the cookies of a page load came. Send the session token as "Authorization: Bearer"; cookies ' +
  'count on a development instance only next to __clerk_db_jwt, which a browser gets by a page load.'

interface SentCredentials {
  /** Instead of that of the reason. */
  readonly challenge?: string | undefined
  readonly authorization?: string | undefined
  /** No token came, and the reason does not say so. */
  readonly isMissing?: boolean
}

/**
 * The error for an unauthenticated request, with the headers that its response needs. `sent`: what is known of the request
 * besides the reason.
 */
export function toRefusalError(
  reason: string,
  retryAfterSeconds: number | null,
  sent: SentCredentials = {}
): RefusalError {
  const { challenge, authorization, isMissing = false } = sent
  return retryAfterSeconds === null
    ? Object.assign(new UnauthorizedError(explained(reason, authorization, isMissing)), {
        reason,
        headers: { 'www-authenticate': challenge ?? (isMissing ? CHALLENGE : challengeFor(reason)) }
      })
    : Object.assign(new KeysUnavailableError(reason), {
        reason,
        headers: { 'retry-after': String(Math.ceil(retryAfterSeconds)) }
      })
}

function refusalOf(
  auth: UnauthenticatedAuth,
  request: GuardRequest,
  reply: GuardReply,
  challenge: string | null
): RefusalError {
  const { authorization } = request.headers
  // A list of types for machines has the reason of a token of another type for a request without a token too.
  const isMissing = auth.tokenType === null && parseAuthorization(authorization) === '' && !isTokenExtracted(request)
  const error = toRefusalError(auth.reason, auth.retryAfterSeconds, { authorization, isMissing })
  addCause(error, request)
  return onReply(error, reply, challenge)
}

/**
 * Adds the cause that the operator has to remove, once it is known, for the log and the application's error handler. Fastify
 * logs the cause of an error and does not send it: clients are told no more than before.
 */
function addCause(error: RefusalError, request: object): void {
  const text = (request as Partial<AuthenticatedSlots>)[kInstance]?.causeOf(error.reason) ?? null
  // Not enumerable, like that of the constructor of Error: a handler that sends a copy of the error leaves it out.
  if (text !== null)
    Object.defineProperty(error, 'cause', { value: new Error(text), configurable: true, writable: true })
}

/** How a guard ends a request with a token that is good, and not for this guard. */
export function refuseToken(reason: string, reply: GuardReply, challenge: string): GuardOutcome {
  return { error: onReply(toRefusalError(reason, null), reply, challenge) }
}

function onReply(error: RefusalError, reply: GuardReply, challenge: string | null): RefusalError {
  for (const [name, value] of Object.entries(error.headers)) {
    if (name !== 'www-authenticate' || challenge === null) reply.header(name, value)
    else {
      reply.header(name, addChallengeParameters(value, challenge))
      exposeChallenge(reply)
    }
  }
  // On the reply alone: headers of an error would overwrite those that an error handler sets before it sends the error.
  return Object.assign(error, { headers: NO_HEADERS })
}

/** What the guards of the route add to each challenge, also to that of another guard which refuses before them. */
function challengeOf(request: GuardRequest): string | null {
  return policyOf(request.routeOptions.config)?.challenge ?? null
}

const NO_HEADERS = Object.freeze({})

// RFC 6750 section 3: a client that sent no credentials gets the challenge without an error code.
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
