import { randomBytes } from 'node:crypto'
import { buildPublishableKey, cookieSuffix } from '../core/publishable-key.js'
import { randomText } from './ids.js'
import type { LocalClerkSettings } from './options.js'

/** The keys and hosts of a local instance. */
export interface LocalInstance {
  readonly type: 'development' | 'production'
  readonly frontendApi: string
  readonly issuer: string
  readonly apiUrl: string
  readonly publishableKey: string
  readonly secretKey: string
  /** A machine's secret key. It verifies M2M tokens, as the secret key does, and nothing else. */
  readonly machineSecretKey: string
  readonly webhookSecret: string
  /** Suffix of this instance's cookie names (state/README.md section 3.1). */
  readonly cookieSuffix: string
}

/**
 * clerk-js knows a development instance by the domain of its FAPI host: without one of Clerk's it asks for no dev
 * browser. Clerk gives out names with one label in front of `clerk.accounts.dev`, so nobody has this name, and a wildcard
 * certificate for that domain, which covers one label (RFC 9525 section 6.3), is none for it.
 */
const DEFAULT_FRONTEND_API = {
  development: 'local.test.clerk.accounts.dev',
  production: 'clerk.local.test'
} as const

/** The secret key goes to this host: by default it is a name that never resolves (RFC 6761 section 6.2). */
function defaultApiUrl(frontendApi: string | null): string {
  return frontendApi === null ? 'https://api.local.test' : `https://api.${frontendApi.replace(/^clerk\./, '')}`
}

export function createLocalInstance(settings: LocalClerkSettings): LocalInstance {
  const type = settings.instanceType
  const mode = type === 'development' ? 'test' : 'live'
  const frontendApi = settings.frontendApi ?? DEFAULT_FRONTEND_API[type]
  const publishableKey = buildPublishableKey(frontendApi, type)
  return Object.freeze({
    type,
    frontendApi,
    issuer: `https://${frontendApi}`,
    apiUrl: settings.apiUrl ?? defaultApiUrl(settings.frontendApi),
    publishableKey,
    secretKey: settings.secretKey ?? `sk_${mode}_${randomText(42)}`,
    machineSecretKey: `ak_${randomText(42)}`,
    webhookSecret: settings.webhookSecret ?? `whsec_${randomBytes(24).toString('base64')}`,
    cookieSuffix: cookieSuffix(publishableKey)
  })
}
