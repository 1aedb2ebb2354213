import diagnosticsChannel from 'node:diagnostics_channel'
import type { TokenType } from '../auth/types.js'
import { type HelpAddress, helpOfReason, helpOfRefusal } from '../help-page.js'
import { helpOfLine } from '../log-lines.js'
import type { VerificationFailureReason } from '../token/outcome.js'

/**
 * Payload of `fastify-clerk-auth:verification`, published for each session token that was not in memory, and for each
 * refusal of a token that was. Accepting a token from memory, the hot path, publishes nothing.
 */
export interface VerificationEvent {
  /** FAPI host of the instance; null without a publishable key. */
  readonly instance: string | null
  /** `unavailable`: no key set, or no revocations, could be had, so the token could not be judged. */
  readonly outcome: 'verified' | 'refused' | 'unavailable'
  /** Clerk's reason; null when verified. */
  readonly reason: VerificationFailureReason | null
  /** Time from decoding to the answer, the wait for keys included, in ms; null when memory answered. */
  readonly durationMs: number | null
  /** Where the reason is explained, with its cure; null when verified. */
  readonly help: HelpAddress | null
}

export function verificationEvent(event: Omit<VerificationEvent, 'help'>): VerificationEvent {
  return { ...event, help: event.reason === null ? null : helpOfReason(event.reason) }
}

/** Payload of `fastify-clerk-auth:refusal`, published for each evaluated request that is not signed in. */
export interface RefusalEvent {
  readonly instance: string | null
  readonly state: 'signed-out' | 'handshake' | 'unavailable'
  /** Null when the token is of none of the types that the route accepts. */
  readonly tokenType: TokenType | null
  /** Of a closed set, except that the end of `session-token-expired-refresh-…` may be an error code of Clerk's. */
  readonly reason: string | null
  /** The two options whose keys are of different instances, and the cure, if that is why; else null. Not for clients. */
  readonly cause: string | null
  /** Where the cause, or else the reason, is explained with its cure; null without a reason. */
  readonly help: HelpAddress | null
}

export function refusalEvent(event: Omit<RefusalEvent, 'help'>): RefusalEvent {
  const { reason, tokenType, cause } = event
  if (cause !== null) return { ...event, help: helpOfLine('keys-of-two-instances') }
  const isMachine = tokenType !== null && tokenType !== 'session_token'
  return { ...event, help: reason === null ? null : helpOfRefusal(reason, isMachine) }
}

/**
 * Payload of `fastify-clerk-auth:eviction`, published when the bounds of the token cache push out a verified token,
 * or at once all that were brought once and the longest ago.
 */
export interface EvictionEvent {
  readonly instance: string | null
  readonly cachedTokens: number
  readonly cachedBytes: number
}

// As in jwks/events.ts, callers check `hasSubscribers` before they build a payload.
export const verificationChannel = diagnosticsChannel.channel('fastify-clerk-auth:verification')
export const refusalChannel = diagnosticsChannel.channel('fastify-clerk-auth:refusal')
export const evictionChannel = diagnosticsChannel.channel('fastify-clerk-auth:eviction')
