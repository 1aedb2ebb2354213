import type { LocalPluginOptions } from '../../src/local/index.js'

export type SoakCommand =
  | { readonly kind: 'start'; readonly options: LocalPluginOptions }
  | { readonly kind: 'measure' }
  | { readonly kind: 'revoke'; readonly sessionId: string }
  | { readonly kind: 'close' }

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
}

export type SoakReply =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'measured'; readonly measurement: Measurement }
  | { readonly kind: 'revoked' }
  | { readonly kind: 'closed'; readonly closeMs: number; readonly resources: Readonly<Record<string, number>> }
