import type { FastifyError } from '@fastify/error'
import { type AuthNotEvaluated, isAuthNotEvaluated } from '../../core/auth/not-evaluated.js'
import type { Auth, MachineAuth, SignedInAuth } from '../../core/auth/types.js'
import { KeysUnavailableError, NotEvaluatedError, NotRegisteredError, UnauthorizedError } from '../../core/errors.js'
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

export type GuardDone = (error?: Error) => void

/**
 * A Fastify hook for `onRequest`, `preParsing`, `preValidation` and `preHandler`, and a function for `@fastify/auth`.
 */
export interface GuardHook {
  (request: GuardRequest, reply: GuardReply, done: GuardDone): void
  /** As `preParsing` calls it. */
  (request: GuardRequest, reply: GuardReply, payload: unknown, done: GuardDone): void
}

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

/** 401 and 503 carry Clerk's reason, for the application's error handler. */
export type RefusalError = FastifyError & {
  readonly reason: string
  readonly headers: Readonly<Record<string, string>>
}

export function isAuthenticated(auth: Auth | AuthNotEvaluated | null): auth is AuthenticatedAuth {
  return auth !== null && !isAuthNotEvaluated(auth) && auth.isAuthenticated
}

/** Ends a request that is not authenticated. Headers are set on the reply, so that every error handler keeps them. */
export function refuse(
  settings: GuardSettings,
  auth: UnauthenticatedAuth | AuthNotEvaluated | null,
  request: GuardRequest,
  reply: GuardReply,
  done: GuardDone
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
