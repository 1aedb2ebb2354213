import type { LocalPluginOptions } from '../../src/local/index.js'

export interface StartOptions {
  readonly options: LocalPluginOptions
  /** API keys that Clerk knows: calls about them are none that strangers have caused. */
  readonly apiKeys: readonly string[]
  /** Options by host, for the server with a resolver. */
  readonly tenants: Readonly<Record<string, LocalPluginOptions>>
  /** Options of all hosts that end in `GUEST_SUFFIX`: each host is a tenant of its own, without users. */
  readonly guests: LocalPluginOptions
}

export const GUEST_SUFFIX = '.guests.test'

/** Session ids that begin so belong to strangers with accounts. */
export const STRANGER_SESSION = 'sess_stranger'

export type SoakCommand =
  | ({ readonly kind: 'start' } & StartOptions)
  | { readonly kind: 'measure' }
  | { readonly kind: 'revoke'; readonly sessionId: string }
  | { readonly kind: 'close' }

/** The highest figures since the start, of one instance or one server. */
export interface Peak {
  readonly perMinute: number
  readonly atOnce: number
}

export interface Measurement {
  /** Bytes of reachable memory after garbage collection, buffers outside the heap included. */
  readonly bytes: number
  /** Number of resources that keep the process alive, by kind. */
  readonly resources: Readonly<Record<string, number>>
  readonly listeners: number
  readonly warnings: number
  readonly unhandled: number
  readonly cachedTokens: number
  readonly keyFetches: number
  /** Calls to Clerk that strangers can have caused, by the name of the ceiling: the instance with the most. */
  readonly calls: Readonly<Record<string, Peak>>
  /** Log lines in a minute, by message. */
  readonly logLines: Readonly<Record<string, number>>
  readonly openLifetimes: number
  /** Listeners on the socket of streams: at its first stream, and the most so far. */
  readonly streamListeners: { readonly first: number; readonly most: number }
}

export type SoakReply =
  | { readonly kind: 'listening'; readonly port: number; readonly tenantsPort: number }
  | { readonly kind: 'measured'; readonly measurement: Measurement }
  | { readonly kind: 'revoked' }
  | { readonly kind: 'closed'; readonly closeMs: number; readonly resources: Readonly<Record<string, number>> }
