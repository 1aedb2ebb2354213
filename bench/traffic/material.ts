import { generateKeyPairSync, sign } from 'node:crypto'
import { createLocalClerk, type LocalClerk, type SessionTokenInput } from '../../src/local/index.js'

/** The data with which a server judges the bench's tokens. Plain, so that it can be sent to another process. */
export interface Trust {
  readonly publishableKey: string
  readonly secretKey: string
  /** SPKI PEM. */
  readonly jwtKey: string
  readonly jwks: { readonly keys: readonly object[] }
  readonly kid: string
  readonly issuer: string
  readonly authorizedParty: string
  /** Where keys are fetched; null when `jwtKey` is used. */
  readonly endpoints: { readonly apiUrl: string; readonly proxyUrl: string; readonly jwksUrl: string } | null
}

/** Headers of one request. */
export type Headers = Readonly<Record<string, string>>

export type Carrier = 'bearer' | 'cookie'

const AUTHORIZED_PARTY = 'https://app.local.test'

/** `signingKey`: PEM of a key that several processes sign with. */
export async function createInstance(signingKey?: string): Promise<LocalClerk> {
  const options = { instanceType: 'production', tokenLifetimeInMs: 3_600_000 } as const
  return createLocalClerk(signingKey === undefined ? options : { ...options, signingKey })
}

export function createSigningKey(): string {
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
    type: 'pkcs8',
    format: 'pem'
  }) as string
}

export function trustOf(clerk: LocalClerk): Trust {
  return {
    publishableKey: clerk.publishableKey,
    secretKey: clerk.secretKey,
    jwtKey: clerk.jwtKey,
    jwks: clerk.jwks(),
    kid: clerk.kid,
    issuer: clerk.issuer,
    authorizedParty: AUTHORIZED_PARTY,
    endpoints: null
  }
}

/**
 * Signs a session token like Clerk's: version 2, with an organization and its permissions, of 974 or `bytes` bytes.
 * `more`: other claims and parameters of the JOSE header.
 */
export function signToken(
  clerk: LocalClerk,
  user: string,
  expiresInSeconds = 3600,
  bytes = 974,
  more: Pick<SessionTokenInput, 'claims' | 'header'> = {}
): string {
  const claims = {
    userId: `user_${user}`,
    sessionId: `sess_${user}`,
    expiresInSeconds,
    org: ORGANIZATION,
    ...more
  }
  const bare = clerk.signSessionToken(claims)
  // Three bytes of JSON make four characters of base64url; `,"pad":""` has ten bytes.
  const padding = Math.floor(((bytes - bare.length) * 3) / 4) - 9
  return padding > 0
    ? clerk.signSessionToken({ ...claims, claims: { ...more.claims, pad: 'x'.repeat(padding) } })
    : bare
}

/** The active organization of all tokens. */
export const ORGANIZATION = {
  id: 'org_2b7pXcM0kQyTnE4dV5sWzHfRaLu',
  slug: 'acme',
  role: 'admin',
  permissions: ['org:invoices:read', 'org:invoices:create', 'org:members:manage']
}

const forger = generateKeyPairSync('rsa', { modulusLength: 2048 })

/** The same header and claims, signed with another key. */
export function forge(token: string): string {
  const input = token.slice(0, token.lastIndexOf('.'))
  return `${input}.${sign('sha256', Buffer.from(input), forger.privateKey).toString('base64url')}`
}

export function bearerHeaders(token: string): Headers {
  return { host: 'app.local.test', accept: 'application/json', authorization: `Bearer ${token}` }
}

/** Headers of a browser: Clerk's two cookies among four others. */
function cookieHeaders(clerk: LocalClerk, token: string | null): Headers {
  const own = clerk.cookies(token, { suffixed: false })
  return {
    host: 'app.local.test',
    accept: 'application/json',
    'sec-fetch-dest': 'empty',
    'sec-fetch-mode': 'cors',
    'sec-fetch-site': 'same-origin',
    cookie: `_ga=GA1.1.1718382954.1767225600; theme=dark; ${own}; csrftoken=Zr2rQ8cV5mLw1yHn; _ab=b%3A12`
  }
}

export function headersFor(clerk: LocalClerk, carrier: Carrier, token: string): Headers {
  return carrier === 'bearer' ? bearerHeaders(token) : cookieHeaders(clerk, token)
}

export function anonymousHeaders(clerk: LocalClerk, carrier: Carrier): Headers {
  const { authorization: _, ...rest } = bearerHeaders('')
  return carrier === 'bearer' ? rest : { ...cookieHeaders(clerk, null), cookie: 'theme=dark; __client_uat=0' }
}
