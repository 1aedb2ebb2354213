import diagnosticsChannel from 'node:diagnostics_channel'
import type { TokenType } from '../auth/types.js'
import type { VerificationFailureReason } from '../token/outcome.js'

/**
 * Payload of `fastify-clerk-auth:verification`: one per session token that was not in memory, and per refusal of one
 * that was. A token that memory accepts publishes nothing: that is the hot path.
 */
export interface VerificationEvent {
  /** FAPI host of the instance; null without a publishable key. */
  readonly instance: string | null
  /** `unavailable`: it could not be judged, as keys could not be had. */
  readonly outcome: 'verified' | 'refused' | 'unavailable'
  /** Clerk's reason string; null when verified. */
  readonly reason: VerificationFailureReason | null
  /** From decoding to the answer, waiting for keys included, in ms; null when memory answered. */
  readonly durationMs: number | null
}

/** Payload of `fastify-clerk-auth:refusal`: one per request that is authenticated and does not come out signed in. */
export interface RefusalEvent {
  readonly instance: string | null
  readonly state: 'signed-out' | 'handshake' | 'unavailable'
  /** Null: none of the types that the route accepts. */
  readonly tokenType: TokenType | null
  /** Mostly of a closed set; the end of `session-token-expired-refresh-…` may be a code of Clerk's. */
  readonly reason: string | null
}

/** Payload of `fastify-clerk-auth:eviction`: one per verified token that the bounds of the token cache push out. */
export interface EvictionEvent {
  readonly instance: string | null
  readonly cachedTokens: number
  readonly cachedBytes: number
}

// As in jwks/events.ts: callers ask hasSubscribers first.
export const verificationChannel = diagnosticsChannel.channel('fastify-clerk-auth:verification')
export const refusalChannel = diagnosticsChannel.channel('fastify-clerk-auth:refusal')
export const evictionChannel = diagnosticsChannel.channel('fastify-clerk-auth:eviction')
