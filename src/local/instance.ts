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

export function createLocalInstance(settings: LocalClerkSettings): LocalInstance {
  const type = settings.instanceType
  const mode = type === 'development' ? 'test' : 'live'
  const frontendApi = settings.frontendApi ?? 'clerk.local.test'
  const publishableKey = buildPublishableKey(frontendApi, type)
  return Object.freeze({
    type,
    frontendApi,
    issuer: `https://${frontendApi}`,
    apiUrl: settings.apiUrl ?? `https://api.${frontendApi.replace(/^clerk\./, '')}`,
    publishableKey,
    secretKey: settings.secretKey ?? `sk_${mode}_${randomText(42)}`,
    machineSecretKey: `ak_${randomText(42)}`,
    webhookSecret: settings.webhookSecret ?? `whsec_${randomBytes(24).toString('base64')}`,
    cookieSuffix: cookieSuffix(publishableKey)
  })
}
