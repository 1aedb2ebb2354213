import type { Logger } from './logger.js'
import type { TokenType } from './auth/types.js'

/** What a request may authenticate with (protocol reference, section 7.2). */
export type AcceptsToken = TokenType | 'any' | readonly TokenType[]

/** Options of one instance after validation: every field present, nothing left to default, frozen. */
export interface ResolvedOptions {
  readonly publishableKey: string | null
  readonly instanceType: 'development' | 'production' | null
  /** FAPI host decoded from the publishable key. */
  readonly frontendApi: string | null
  readonly secretKey: string | null
  readonly machineSecretKey: string | null
  /** PEM texts, SPKI RSA public keys. Empty: not given. */
  readonly jwtKeys: readonly string[]
  /** A key set given in code. */
  readonly jwks: { readonly keys: readonly object[] } | null
  readonly apiUrl: string
  readonly apiVersion: string
  readonly audience: readonly string[]
  readonly authorizedParties: readonly string[]
  /** Accepted `iss` values. Empty: not checked (instance unknown and no option given). */
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
  readonly organizationSyncOptions: {
    readonly organizationPatterns: readonly string[]
    readonly personalAccountPatterns: readonly string[]
  } | null
  readonly tokenCache: { readonly maxEntries: number; readonly maxBytes: number }
  readonly now: () => number
  readonly fetch: typeof globalThis.fetch
  readonly logger: Logger
}
