import { LocalClerkOptionError, LocalClerkProductionError } from '../core/errors.js'
import type { LocalOrganization, LocalUser } from './directory.js'

/** How a handshake hands its directives back: by size as Clerk does, or always in one form. */
export type HandshakeFormat = 'auto' | 'nonce' | 'token'

export interface LocalClerkOptions {
  /** What the keys say the instance is: `pk_test_`/`sk_test_` or `pk_live_`/`sk_live_`. Default `development`. */
  readonly instanceType?: 'development' | 'production'
  /**
   * FAPI host encoded in the publishable key and named by `iss`. Default `clerk.local.test`, a name that never
   * resolves (RFC 6761 section 6.2): a request that escapes the local instance goes nowhere.
   */
  readonly frontendApi?: string
  /** BAPI base URL while the instance is mounted. Default `https://api.` + FAPI host. */
  readonly apiUrl?: string
  /** Secret key that BAPI accepts. Default: made up for each instance. */
  readonly secretKey?: string
  /** Webhook signing secret, `whsec_` + base64. Default: made up for each instance. */
  readonly webhookSecret?: string
  /** PEM text (PKCS #8) of a first signing key: saves the 100 ms that making one takes. Default: made up, RSA 2048. */
  readonly signingKey?: string
  /** Lifetime of session tokens in seconds. Default 60, as with Clerk. */
  readonly tokenLifetimeSeconds?: number
  /** Users one can sign in as. Default: none; tokens can be signed for any user id all the same. */
  readonly users?: readonly LocalUser[]
  readonly organizations?: readonly LocalOrganization[]
  /** Domains of satellites, without port, as `satellite.test`; their FAPI host is `clerk.` + domain. Default: none. */
  readonly satellites?: readonly string[]
  /** JWT templates by name: the claims they add. Default: none. */
  readonly templates?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  /** Form of a returned handshake. Default `auto`: as Clerk, a nonce where the payload is large. */
  readonly handshakeFormat?: HandshakeFormat
  /** Whether browsers get a `__refresh` cookie, so that expired sessions refresh through BAPI. Default true. */
  readonly refreshTokens?: boolean
  /** Clock in ms since the epoch, handed on by `pluginOptions()` when given. Default `Date.now`. */
  readonly now?: () => number
}

const known = new Set<string>([
  'instanceType',
  'frontendApi',
  'apiUrl',
  'secretKey',
  'webhookSecret',
  'signingKey',
  'tokenLifetimeSeconds',
  'users',
  'organizations',
  'satellites',
  'templates',
  'handshakeFormat',
  'refreshTokens',
  'now'
])

/** Throws for options that cannot work, and wherever `NODE_ENV` says production: its keys are nobody's secret. */
export function assertLocalClerkOptions(options: LocalClerkOptions, environment: string | undefined): void {
  if (environment === 'production') throw new LocalClerkProductionError()
  for (const name of Object.keys(options)) {
    if (!known.has(name)) throw new LocalClerkOptionError(name, 'a known option')
  }
  const { instanceType, frontendApi, handshakeFormat, secretKey, tokenLifetimeSeconds } = options
  if (instanceType !== undefined && instanceType !== 'development' && instanceType !== 'production') {
    throw new LocalClerkOptionError('instanceType', "'development' or 'production'")
  }
  if (handshakeFormat !== undefined && !['auto', 'nonce', 'token'].includes(handshakeFormat)) {
    throw new LocalClerkOptionError('handshakeFormat', "'auto', 'nonce' or 'token'")
  }
  if (frontendApi !== undefined && (!/^[a-z0-9.:-]+$/i.test(frontendApi) || !frontendApi.includes('.'))) {
    throw new LocalClerkOptionError('frontendApi', 'a host name with a dot, without scheme and path')
  }
  if (secretKey !== undefined && !/^sk_(test|live)_./.test(secretKey)) {
    throw new LocalClerkOptionError('secretKey', 'a text that starts with sk_test_ or sk_live_')
  }
  if (tokenLifetimeSeconds !== undefined && !(Number.isFinite(tokenLifetimeSeconds) && tokenLifetimeSeconds > 0)) {
    throw new LocalClerkOptionError('tokenLifetimeSeconds', 'a positive number of seconds')
  }
}
