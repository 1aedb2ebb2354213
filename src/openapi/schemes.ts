import { authorizationServerOf } from '../core/authorization-server.js'
import type { InstanceSettings } from '../core/options/instance-settings.js'
import { TOKEN_TYPES, type TokenType } from '../core/token-types.js'

/** Names of the security schemes in the document. A session comes in a header or in a cookie. */
export const SCHEME_NAMES = {
  session_token: ['clerkSession', 'clerkCookie'],
  api_key: ['clerkApiKey'],
  m2m_token: ['clerkM2MToken'],
  oauth_token: ['clerkOAuth']
} as const satisfies Readonly<Record<TokenType, readonly string[]>>

export type SchemeName = (typeof SCHEME_NAMES)[TokenType][number]

/** A Security Scheme Object of OpenAPI 3. */
export type SecurityScheme = Readonly<Record<string, unknown>>

/** The schemes of the instance for these types. `scopes`: those that guards ask for. */
export function schemesFor(
  types: readonly TokenType[],
  settings: Pick<InstanceSettings, 'cookieSuffix' | 'frontendApi' | 'proxyUrl'> | null,
  scopes: readonly string[]
): Readonly<Record<string, SecurityScheme>> {
  const schemes: Readonly<Record<SchemeName, SecurityScheme>> = {
    clerkSession: bearer('JWT', 'A session token of Clerk.'),
    clerkCookie: {
      type: 'apiKey',
      in: 'cookie',
      name: cookieName(settings?.cookieSuffix ?? ''),
      description: 'The session cookie of Clerk, as browsers on the site of the application have it.'
    },
    clerkApiKey: bearer('ak_…', 'An API key of Clerk.'),
    clerkM2MToken: bearer('mt_… or JWT', 'A machine-to-machine token of Clerk.'),
    clerkOAuth: oauth(settings, scopes)
  }
  const names = TOKEN_TYPES.filter((type) => types.includes(type)).flatMap((type) => [...SCHEME_NAMES[type]])
  return Object.fromEntries(names.map((name) => [name, schemes[name]]))
}

function bearer(bearerFormat: string, description: string): SecurityScheme {
  return { type: 'http', scheme: 'bearer', bearerFormat, description }
}

function cookieName(suffix: string): string {
  return suffix === '' ? '__session' : `__session_${suffix}`
}

/** Without an instance, or one whose Frontend API is not known, a document cannot name the endpoints. */
function oauth(
  settings: Pick<InstanceSettings, 'frontendApi' | 'proxyUrl'> | null,
  scopes: readonly string[]
): SecurityScheme {
  const description = 'An OAuth 2 access token of Clerk.'
  const server = settings === null ? null : authorizationServerOf(settings)
  if (server === null) return bearer('oat_… or JWT', description)
  return {
    type: 'oauth2',
    description,
    flows: {
      authorizationCode: {
        authorizationUrl: `${server}/oauth/authorize`,
        tokenUrl: `${server}/oauth/token`,
        refreshUrl: `${server}/oauth/token`,
        scopes: Object.fromEntries(scopes.map((scope) => [scope, '']))
      }
    }
  }
}
