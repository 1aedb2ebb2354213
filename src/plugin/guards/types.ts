import type { AuthNotEvaluated } from '../../core/auth/not-evaluated.js'
import type { Auth, MachineAuth, SessionConditions, SignedInAuth } from '../../core/auth/types.js'
import type { AudienceRule } from '../../core/machine/audience.js'
import type { TokenType } from '../../core/token-types.js'
import type { PreflightRequest } from './preflight.js'

/** The part of Fastify's request that guards look at. Structural, so that guards fit routes of any generics. */
export interface GuardRequest extends PreflightRequest {}

/** The part of Fastify's reply that guards use. */
export interface GuardReply {
  header(name: string, value: string | number): unknown
  getHeader?(name: string): unknown
  type(contentType: string): unknown
  redirect(url: string, code?: number): unknown
  send(payload?: unknown): unknown
  readonly sent?: boolean
  callNotFound?(): unknown
  /** Node's own response. */
  readonly raw?: { once(event: 'close', listener: () => void): unknown }
}

export type GuardDone = (error?: Error) => void

/**
 * A Fastify hook for `onRequest`, `preParsing`, `preValidation` and `preHandler`, and a function for `@fastify/auth`.
 */
export interface GuardHook {
  (request: GuardRequest, reply: GuardReply, done: GuardDone): void
  /** As `preParsing` calls it. */
  (request: GuardRequest, reply: GuardReply, payload: unknown, done: GuardDone): void
  /** By hand, in a hook or handler of your own: resolves where the hook would let the request pass, else rejects. */
  (request: GuardRequest, reply: GuardReply): Promise<void>
}

/** Auths of a verified user or machine. */
export type AuthenticatedAuth = SignedInAuth | MachineAuth

/** Auths that say why the request is not authenticated. */
export type UnauthenticatedAuth = Exclude<Auth, AuthenticatedAuth>

/** What a guard asks of a request, for checks at boot and for documents. */
export interface GuardRequirement {
  readonly guard: 'requireAuth' | 'authorize'
  /** What a session has to meet. Null: nothing further, unless `scopes` are given; then no session is permitted. */
  readonly conditions: SessionConditions | null
  /** Scopes that a machine token needs, all of them. Empty: `conditions` and a predicate decide. */
  readonly scopes: readonly string[]
  /** A function of the application decides as well. */
  readonly hasPredicate: boolean
  /** A refusal is answered as by the router for a URL without a route. */
  readonly isHidden: boolean
  /**
   * The only types of token that the guard permits; the route accepts these if its `config.clerk` names none. Absent: all
   * that the route accepts.
   */
  readonly tokenTypes?: readonly TokenType[]
  /** What tokens have to be for, on a route whose `config.clerk` names no audience. Absent: what the plugin says. */
  readonly audience?: AudienceRule
  /** Parameters of each challenge on the route, as `resource_metadata="…"` (RFC 9110 section 11.6.1). */
  readonly challenge?: string
}

/** How a guard ended a request, or the check of its origin. */
export interface GuardVerdict {
  readonly guard: 'requireAuth' | 'authorize' | 'crossOrigin'
  /** Code of the error that it refused with; null: a redirect to the sign-in page, or an error without a code. */
  readonly code: string | null
  readonly isRedirect: boolean
  /** The answer is that of the router for a URL without a route. */
  readonly isHidden: boolean
}

/** The answer of a guard to a request. Null lets it pass. */
export type GuardOutcome = { readonly error: Error; readonly isHidden?: boolean } | SignInRedirect | null

/** A redirect to the sign-in page, and the cookie that counts it. */
export interface SignInRedirect {
  readonly location: string
  readonly setCookie: string
}

export interface GuardSettings {
  /**
   * The auth from the plugin's own slot, which nothing else can set; null: the plugin has not authenticated the
   * request.
   */
  readAuth(request: GuardRequest): Auth | AuthNotEvaluated | null
  /** Where to send a browser that is signed out for `reason`; null: answer 401. */
  signInRedirect?(request: GuardRequest, reason: string): SignInRedirect | null
  /** Answers as the router would if the route did not exist, and calls `note` before the answer is sent. */
  answerAsNothingThere?(request: GuardRequest, reply: GuardReply, note: () => void): void
  /** Notes how a guard ended the request; called before the answer is sent. */
  noteVerdict?(request: GuardRequest, verdict: GuardVerdict): void
}
