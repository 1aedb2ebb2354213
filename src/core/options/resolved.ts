import type { Logger } from '../logger.js'
import type { RevocationBus } from '../revocation/bus.js'
import type { AcceptsToken, DebugHeaders, KeySetSnapshotStore, WarmUp } from './input.js'

/** Options of one instance after validation: every field present, nothing left to default, deeply frozen. */
export interface ResolvedOptions {
  readonly publishableKey: string | null
  readonly instanceType: 'development' | 'production' | null
  /** FAPI host decoded from the publishable key. */
  readonly frontendApi: string | null
  /** Host that un-suffixed tokens carry as `iss`: `clerk.` + `domain` on a production satellite, else `frontendApi`. */
  readonly originalFrontendApi: string | null
  /** Eight characters that end the names of suffixed cookies; `''` without a publishable key. */
  readonly cookieSuffix: string
  readonly secretKey: string | null
  readonly machineSecretKey: string | null
  /** PEM texts, SPKI RSA public keys, canonical form. Empty: not given. */
  readonly jwtKeys: readonly string[]
  /** A key set given in code. */
  readonly jwks: { readonly keys: readonly object[] } | null
  readonly jwksCache: ResolvedJwksCache
  /** Without a trailing slash. */
  readonly apiUrl: string
  readonly apiVersion: string
  readonly apiTimeoutInMs: number
  readonly audience: readonly string[]
  readonly authorizedParties: readonly string[]
  /** Accepted `iss` values. Empty: not checked (instance unknown and no option given, or `issuer: null`). */
  readonly issuers: readonly string[]
  readonly reportOnly: { readonly issuer: boolean; readonly authorizedParties: boolean }
  readonly clockSkewInMs: number
  readonly acceptsToken: AcceptsToken
  readonly domain: string
  readonly isSatellite: boolean
  readonly satelliteAutoSync: boolean
  readonly proxyUrl: string
  readonly signInUrl: string
  readonly signUpUrl: string
  readonly handshake: boolean
  readonly debugHeaders: DebugHeaders
  readonly requireAuthRedirect: boolean
  readonly defaultDeny: boolean
  readonly organizationSyncOptions: {
    readonly organizationPatterns: readonly string[]
    readonly personalAccountPatterns: readonly string[]
  } | null
  readonly tokenCache: { readonly maxEntries: number; readonly maxBytes: number }
  readonly machineTokens: ResolvedMachineTokens
  readonly revocation: { readonly bus: RevocationBus | null; readonly maxEntries: number }
  readonly maxInstances: number
  readonly now: () => number
  readonly fetch: typeof globalThis.fetch
  readonly logger: Logger
}

export interface ResolvedJwksCache {
  readonly cacheMaxAgeInMs: number
  readonly refreshAheadInMs: number
  readonly staleIfErrorInMs: number
  readonly cooldownInMs: number
  readonly timeoutInMs: number
  readonly maxBytes: number
  readonly maxKeys: number
  readonly warmUp: WarmUp
  readonly pollWhenIdle: boolean
  /** File path, or a store; `null`: no snapshot. */
  readonly snapshot: string | KeySetSnapshotStore | null
}

export interface ResolvedMachineTokens {
  readonly cacheTtlInMs: number
  readonly negativeCacheTtlInMs: number
  readonly maxEntries: number
  readonly maxConcurrency: number
  readonly jwtOnly: boolean
}
