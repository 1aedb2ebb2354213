import type { FastifyError } from '@fastify/error'
import { type AuthNotEvaluated, isAuthNotEvaluated } from '../auth/not-evaluated.js'
import type { Auth, MachineAuth, SignedInAuth } from '../auth/types.js'
import { KeysUnavailableError, NotEvaluatedError, NotRegisteredError, UnauthorizedError } from '../errors.js'
import { isCorsPreflight, type PreflightRequest } from './preflight.js'

/** The part of Fastify's request that guards look at. Structural, so that guards fit routes of any generics. */
export interface GuardRequest extends PreflightRequest {}

/** The part of Fastify's reply that guards use. */
export interface GuardReply {
  header(name: string, value: string | number): unknown
  type(contentType: string): unknown
  redirect(url: string, code?: number): unknown
  send(payload?: unknown): unknown
}

/** A Fastify hook; fits `onRequest`, `preValidation`, `preHandler`, and the functions of `@fastify/auth`. */
export type GuardHook = (request: GuardRequest, reply: GuardReply, done: (error?: Error) => void) => void

/** An auth that says who it is. */
export type AuthenticatedAuth = SignedInAuth | MachineAuth

/** An auth that says why nobody is known. */
export type UnauthenticatedAuth = Exclude<Auth, AuthenticatedAuth>

export interface GuardSettings {
  /** The auth the plugin put on this request; null when no plugin did. Never what others may have set. */
  readAuth(request: GuardRequest): Auth | AuthNotEvaluated | null
  /** Where to send a browser that is signed out instead of answering 401, or null for 401. */
  signInRedirect?(request: GuardRequest): string | null
}

/** Errors of guards carry Clerk's reason, for the application's error handler. */
export type RefusalError = FastifyError & { readonly reason: string }

export function isAuthenticated(auth: Auth | AuthNotEvaluated | null): auth is AuthenticatedAuth {
  return auth !== null && !isAuthNotEvaluated(auth) && auth.isAuthenticated
}

/** Ends a request that is not authenticated. Headers are set on the reply, so that every error handler keeps them. */
export function refuse(
  settings: GuardSettings,
  auth: UnauthenticatedAuth | AuthNotEvaluated | null,
  request: GuardRequest,
  reply: GuardReply,
  done: (error?: Error) => void
): void {
  const isPlain = auth !== null && !isAuthNotEvaluated(auth)
  if (isPlain && isCorsPreflight(request)) {
    done()
    return
  }
  const location = isPlain && auth.retryAfterSeconds === null ? settings.signInRedirect?.(request) : null
  if (typeof location === 'string') {
    reply.header('cache-control', 'no-store')
    reply.redirect(location)
    return
  }
  done(isPlain ? refusalOf(auth, request, reply) : auth === null ? new NotRegisteredError() : new NotEvaluatedError())
}

function refusalOf(auth: UnauthenticatedAuth, request: GuardRequest, reply: GuardReply): RefusalError {
  const { reason, retryAfterSeconds } = auth
  if (retryAfterSeconds !== null) {
    reply.header('retry-after', retryAfterSeconds)
    return Object.assign(new KeysUnavailableError(reason), { reason })
  }
  reply.header('www-authenticate', challengeFor(reason, request))
  return Object.assign(new UnauthorizedError(reason), { reason })
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

function challengeFor(reason: string, request: GuardRequest): string {
  // The one reason that also stands for "a token of an accepted type is missing".
  if (reason === 'token-type-mismatch' && !request.headers.authorization) return CHALLENGE
  const isBadToken =
    reason.startsWith('token-') || reason.startsWith('session-token-expired') || badTokenReasons.has(reason)
  return isBadToken ? CHALLENGE_INVALID_TOKEN : CHALLENGE
}
