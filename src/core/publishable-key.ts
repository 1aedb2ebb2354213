import { createHash } from 'node:crypto'

/** The contents of a publishable key (state/README.md section 1.2). */
export interface PublishableKey {
  readonly instanceType: 'development' | 'production'
  /** FAPI host, with port if it names one. */
  readonly frontendApi: string
}

const SHAPE = /^pk_(live|test)_([A-Za-z0-9+/]+)(={0,2})$/
// Stricter than Clerk's SDK, which asks for a dot only: the host becomes part of URLs that requests are sent to.
const HOST = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?::[0-9]{1,5})?$/
// Longest host name (RFC 1035 section 2.3.4) with port and `$`, in base64, with prefix.
const MAX_LENGTH = 400

/**
 * Instance type and FAPI host of a publishable key; null for any other text. The type comes from the prefix alone: a
 * `pk_test_` key that holds a production-looking host is a development key.
 */
export function parsePublishableKey(key: string): PublishableKey | null {
  if (key.length > MAX_LENGTH) return null
  const parts = SHAPE.exec(key)
  if (parts === null) return null
  const [, mode, digits = '', padding = ''] = parts
  // Forgiving base64 (WHATWG Infra): padding may be left out, but padding that is given has to be complete.
  if (digits.length % 4 === 1 || (padding !== '' && (digits.length + padding.length) % 4 !== 0)) return null

  const text = Buffer.from(digits, 'base64').toString('latin1')
  if (!text.endsWith('$')) return null
  const frontendApi = text.slice(0, -1)
  if (!frontendApi.includes('.') || !HOST.test(frontendApi)) return null
  return { instanceType: mode === 'live' ? 'production' : 'development', frontendApi }
}

/** The publishable key of a FAPI host, without padding, as Clerk's own. */
export function buildPublishableKey(frontendApi: string, instanceType: PublishableKey['instanceType']): string {
  const mode = instanceType === 'production' ? 'live' : 'test'
  return `pk_${mode}_${Buffer.from(`${frontendApi}$`).toString('base64').replace(/=+$/, '')}`
}

/**
 * The eight characters that end the suffixed cookie names of an instance (state/README.md section 3.1). Computed from the key exactly as
 * configured: the padded and the unpadded spelling of one key have different cookies.
 */
export function cookieSuffix(publishableKey: string): string {
  return createHash('sha1').update(publishableKey).digest('base64url').slice(0, 8)
}

/** The options that decide, besides the key, which host issues the tokens of an application. */
export interface Deployment {
  readonly isSatellite: boolean
  readonly domain: string
}

/**
 * The host that session tokens name as their issuer, proxy or not: `clerk.` + `domain` on a production satellite, else
 * the host in the key. A `domain` without `isSatellite`, or in development, changes nothing.
 */
export function originalFrontendApi(key: PublishableKey, deployment: Deployment): string {
  const { isSatellite, domain } = deployment
  return key.instanceType === 'production' && isSatellite && domain !== '' ? `clerk.${domain}` : key.frontendApi
}

const LEGACY_DEVELOPMENT = ['.lcl.dev', '.lclstage.dev', '.lclclerk.com']
// As in Clerk's SDK, whose second entry has no leading dot.
const LOCAL = ['.lcl.dev', 'lclstage.dev', '.lclclerk.com', '.accounts.lclclerk.com']
const STAGING = ['.accountsstage.dev']

/** Base URL of BAPI for the instance with this FAPI host. */
export function backendApiUrl(frontendApi: string): string {
  return BACKEND_API[environmentOf(frontendApi)]
}

/**
 * Where a proxy of FAPI sends its requests for the instance with this FAPI host: one host for all instances, since the
 * secret key and the proxy's URL tell Clerk whose they are. The host in the key need not exist behind a proxy.
 */
export function proxiedFrontendApiUrl(frontendApi: string): string {
  return PROXIED_FRONTEND_API[environmentOf(frontendApi)]
}

const BACKEND_API = {
  production: 'https://api.clerk.com',
  local: 'https://api.lclclerk.com',
  staging: 'https://api.clerkstage.dev'
} as const

const PROXIED_FRONTEND_API = {
  production: 'https://frontend-api.clerk.dev',
  local: 'https://frontend-api.lclclerk.com',
  staging: 'https://frontend-api.clerkstage.dev'
} as const

function environmentOf(frontendApi: string): keyof typeof BACKEND_API {
  const endsWithAny = (suffixes: readonly string[]) => suffixes.some((suffix) => frontendApi.endsWith(suffix))
  if (frontendApi.startsWith('clerk.') && endsWithAny(LEGACY_DEVELOPMENT)) return 'production'
  if (endsWithAny(LOCAL)) return 'local'
  return endsWithAny(STAGING) ? 'staging' : 'production'
}
