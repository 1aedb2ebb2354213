import diagnosticsChannel from 'node:diagnostics_channel'
import type { EvictionEvent, RefusalEvent, VerificationEvent } from '../core/diagnostics/events.js'
import type { KeyOutageEvent, KeyRefreshEvent, UnknownKidEvent } from '../core/jwks/events.js'
import type { RevocationBusEvent } from '../core/revocation/events.js'

/**
 * The channels of `node:diagnostics_channel` on which the plugin publishes, with their payloads. Names and payloads are
 * part of the public interface. Security: no payload holds a token, a user or session id, or other personal data.
 * Without a subscriber no payload is built. Subscribers run synchronously, on the path of a request or a refresh: keep
 * them short.
 */
export interface DiagnosticsEvents {
  /** An attempt to get a key set has ended. */
  'fastify-clerk-auth:jwks:refresh': KeyRefreshEvent
  /** Refreshing keys begins to fail, or works again. */
  'fastify-clerk-auth:jwks:outage': KeyOutageEvent
  /** A token names a key that is not in the key set. */
  'fastify-clerk-auth:jwks:unknown-kid': UnknownKidEvent
  /** A session token was judged, unless it was accepted from memory. */
  'fastify-clerk-auth:verification': VerificationEvent
  /** A request was evaluated and is not signed in. */
  'fastify-clerk-auth:refusal': RefusalEvent
  /** The token cache was full and evicted a token. */
  'fastify-clerk-auth:eviction': EvictionEvent
  /** The revocation bus goes away, or is back. */
  'fastify-clerk-auth:revocation-bus': RevocationBusEvent
}

export type DiagnosticsChannelName = keyof DiagnosticsEvents

export const CHANNELS: readonly DiagnosticsChannelName[] = Object.freeze([
  'fastify-clerk-auth:jwks:refresh',
  'fastify-clerk-auth:jwks:outage',
  'fastify-clerk-auth:jwks:unknown-kid',
  'fastify-clerk-auth:verification',
  'fastify-clerk-auth:refusal',
  'fastify-clerk-auth:eviction',
  'fastify-clerk-auth:revocation-bus'
])

/** `diagnostics_channel.subscribe` with the type of the payload. Returns a function that ends the subscription. */
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
export type { RevocationBusChange } from '../core/revocation/bus.js'
export type { RevocationBusEvent } from '../core/revocation/events.js'
