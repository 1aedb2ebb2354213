import diagnosticsChannel from 'node:diagnostics_channel'
import type { FetchFailure } from './source.js'

/** Payload of `fastify-clerk-auth:jwks:refresh`: one per attempt to get a key set. */
export interface KeyRefreshEvent {
  /** FAPI host of the instance; null without a publishable key. */
  readonly instance: string | null
  readonly source: 'bapi' | 'fapi'
  readonly cause: RefreshCause
  /** `unchanged` covers 304 and an equal set; `snapshot`: another process had fetched it. */
  readonly outcome: 'changed' | 'unchanged' | 'snapshot' | 'failed'
  readonly failure: FetchFailure | null
  readonly durationMs: number
  readonly added: readonly string[]
  readonly withdrawn: readonly string[]
}

/** Payload of `fastify-clerk-auth:jwks:outage`: one when refreshing begins to fail, one when it works again. */
export interface KeyOutageEvent {
  /** FAPI host of the instance; null without a publishable key. */
  readonly instance: string | null
  readonly source: 'bapi' | 'fapi'
  readonly phase: 'begin' | 'end'
  readonly failure: FetchFailure
  /** Until when known keys stay in use, in ms since the epoch; null: there are none. */
  readonly usableUntilMs: number | null
}

/** Payload of `fastify-clerk-auth:jwks:unknown-kid`: one per token whose kid is in no known key set. */
export interface UnknownKidEvent {
  /** FAPI host of the instance; null without a publishable key. */
  readonly instance: string | null
  readonly source: 'bapi' | 'fapi'
  /** As the client sent it: printable ASCII of at most 256 characters, otherwise not to be trusted. */
  readonly kid: string
  readonly plausible: boolean
}

export type RefreshCause = 'warm-up' | 'refresh-ahead' | 'retry' | 'missing-keys' | 'unknown-kid' | 'bad-signature'

/** Whether a token asked for this fetch: it must be newer than the token's question. */
export function isDemand(cause: RefreshCause): boolean {
  return cause === 'unknown-kid' || cause === 'bad-signature'
}

// Publishing makes an object; callers ask hasSubscribers first, so that nobody listening costs nothing.
export const keyRefreshChannel = diagnosticsChannel.channel('fastify-clerk-auth:jwks:refresh')
export const keyOutageChannel = diagnosticsChannel.channel('fastify-clerk-auth:jwks:outage')
export const unknownKidChannel = diagnosticsChannel.channel('fastify-clerk-auth:jwks:unknown-kid')
