import diagnosticsChannel from 'node:diagnostics_channel'
import { type HelpAddress, helpAt, helpOfFailure } from '../help-page.js'
import type { FetchFailure } from './source.js'

/** Payload of `fastify-clerk-auth:jwks:refresh`, published when an attempt to get a key set has ended. */
export interface KeyRefreshEvent {
  /** FAPI host of the instance; null without a publishable key. */
  readonly instance: string | null
  readonly source: 'bapi' | 'fapi'
  readonly cause: RefreshCause
  /** `unchanged`: the endpoint answered 304 or with the same keys. `snapshot`: another process had fetched the set. */
  readonly outcome: 'changed' | 'unchanged' | 'snapshot' | 'failed'
  readonly failure: FetchFailure | null
  readonly durationMs: number
  /** Key ids that came with this set, and those that left or whose key was replaced. */
  readonly added: readonly string[]
  readonly withdrawn: readonly string[]
  /** Where the failure is explained, with its cure; null unless `failed`. */
  readonly help: HelpAddress | null
}

/** Payload of `fastify-clerk-auth:jwks:outage`, published when refreshing begins to fail and when it works again. */
export interface KeyOutageEvent {
  /** FAPI host of the instance; null without a publishable key. */
  readonly instance: string | null
  readonly source: 'bapi' | 'fapi'
  readonly phase: 'begin' | 'end'
  readonly failure: FetchFailure
  /** Until when the known keys stay in use, in ms since the epoch; null when there are none. */
  readonly usableUntilMs: number | null
  /** Where the failure is explained, with its cure. */
  readonly help: HelpAddress
}

/** Payload of `fastify-clerk-auth:jwks:unknown-kid`, published for each token whose kid is not in the key set. */
export interface UnknownKidEvent {
  /** FAPI host of the instance; null without a publishable key. */
  readonly instance: string | null
  readonly source: 'bapi' | 'fapi'
  /** As the client sent it: printable ASCII of at most 256 characters. Security: chosen by whoever sent the token. */
  readonly kid: string
  /** Whether the unverified token has the algorithm, issuer and expiry of a token of this instance. */
  readonly plausible: boolean
  /** Where an unknown key is explained, with the cure if the token is one of this instance. */
  readonly help: HelpAddress
}

export function helpOfRefresh(failure: FetchFailure | null): HelpAddress | null {
  return failure === null ? null : helpOfFailure(failure)
}

export const HELP_OF_UNKNOWN_KID = helpAt('jwk-kid-mismatch')

export type RefreshCause = 'warm-up' | 'refresh-ahead' | 'retry' | 'missing-keys' | 'unknown-kid' | 'bad-signature'

/** Whether a token caused the fetch. Its answer then has to be newer than the token's question. */
export function isDemand(cause: RefreshCause): boolean {
  return cause === 'unknown-kid' || cause === 'bad-signature'
}

// Callers check `hasSubscribers` before they build a payload: without a subscriber nothing is allocated.
export const keyRefreshChannel = diagnosticsChannel.channel('fastify-clerk-auth:jwks:refresh')
export const keyOutageChannel = diagnosticsChannel.channel('fastify-clerk-auth:jwks:outage')
export const unknownKidChannel = diagnosticsChannel.channel('fastify-clerk-auth:jwks:unknown-kid')
