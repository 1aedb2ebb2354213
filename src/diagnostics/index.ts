import diagnosticsChannel from 'node:diagnostics_channel'
import type { EvictionEvent, RefusalEvent, VerificationEvent } from '../core/diagnostics/events.js'
import type { KeyOutageEvent, KeyRefreshEvent, UnknownKidEvent } from '../core/jwks/events.js'

/**
 * What the plugin publishes on `node:diagnostics_channel`, by channel name. Names and payloads are part of the public
 * interface. No payload holds a token, a user or session id, or anything else of a person. Without a subscriber nothing
 * is made or published; a subscriber runs synchronously, so it should do little.
 */
export interface DiagnosticsEvents {
  /** An attempt to get a key set has ended. */
  'fastify-clerk-auth:jwks:refresh': KeyRefreshEvent
  /** Refreshing keys begins to fail, or works again. */
  'fastify-clerk-auth:jwks:outage': KeyOutageEvent
  /** A token names a key that no known key set has. */
  'fastify-clerk-auth:jwks:unknown-kid': UnknownKidEvent
  /** A session token was judged, except for those that memory accepts. */
  'fastify-clerk-auth:verification': VerificationEvent
  /** A request did not come out signed in. */
  'fastify-clerk-auth:refusal': RefusalEvent
  /** The token cache is full and let an entry go. */
  'fastify-clerk-auth:eviction': EvictionEvent
}

export type DiagnosticsChannelName = keyof DiagnosticsEvents

export const CHANNELS: readonly DiagnosticsChannelName[] = Object.freeze([
  'fastify-clerk-auth:jwks:refresh',
  'fastify-clerk-auth:jwks:outage',
  'fastify-clerk-auth:jwks:unknown-kid',
  'fastify-clerk-auth:verification',
  'fastify-clerk-auth:refusal',
  'fastify-clerk-auth:eviction'
])

/** `diagnostics_channel.subscribe` with the payload's type. Returns what ends the subscription. */
export function subscribe<Name extends DiagnosticsChannelName>(
  name: Name,
  listener: (event: DiagnosticsEvents[Name]) => void
): () => void {
  const onMessage = (message: unknown): void => listener(message as DiagnosticsEvents[Name])
  diagnosticsChannel.subscribe(name, onMessage)
  return () => {
    diagnosticsChannel.unsubscribe(name, onMessage)
  }
}

export type { EvictionEvent, RefusalEvent, VerificationEvent } from '../core/diagnostics/events.js'
export type { KeyOutageEvent, KeyRefreshEvent, RefreshCause, UnknownKidEvent } from '../core/jwks/events.js'
