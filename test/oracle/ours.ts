import type { HasParams } from '../../src/auth/types.js'
import { createInstance, type Instance } from '../../src/instance.js'
import { silentLogger } from '../../src/logger.js'
import { type ClerkAuthOptions, resolveOptions } from '../../src/options.js'
import { readCarried } from '../../src/request/read-carried.js'
import type { RequestState } from '../../src/state/request-state.js'
import { hostOf, type OracleCase } from './case.js'
import { authFields, messageForm, type Observed, QUESTIONS } from './observed.js'
import { PUBLISHABLE_KEYS, type WireRequest } from './request.js'
import { jwtKey } from './tokens.js'

export const SIGN_IN_URL = 'https://primary.test/sign-in'
export const PROXY_URL = 'https://proxy.example.com/__clerk/'
export const SECRET_KEYS = { production: 'sk_live_oracle', development: 'sk_test_oracle' } as const
export const AUTHORIZED_PARTIES = ['https://app.example.com']
export const AUDIENCE = 'api'

export const ORGANIZATION_PATTERNS = [
  '/orgs/:slug(acme|other)/(.*)?',
  '/by-id/:id',
  '/optional{/:id}?',
  '/orgs/:id',
  '/orgs/:id/(.*)'
]
export const PERSONAL_PATTERNS = ['/me', '/me/(.*)', '/optional']

const instances = new Map<string, Instance>()

function instanceFor(oracleCase: OracleCase, apiUrl: string): Instance {
  const name = JSON.stringify(oracleCase.instance)
  let instance = instances.get(name)
  if (instance === undefined) {
    instance = createInstance(resolveOptions(ourOptions(oracleCase, apiUrl), { env: {}, logger: silentLogger }))
    instances.set(name, instance)
  }
  return instance
}

export function ourOptions({ instance }: OracleCase, apiUrl: string): ClerkAuthOptions {
  const isSatellite = instance.deployment.startsWith('satellite')
  const host = hostOf(instance)
  return {
    publishableKey: PUBLISHABLE_KEYS[instance.type],
    secretKey: SECRET_KEYS[instance.type],
    jwtKey,
    apiUrl,
    isSatellite,
    satelliteAutoSync: instance.satelliteAutoSync,
    signInUrl: SIGN_IN_URL,
    issuer: instance.checksIssuer ? `https://${host}` : null,
    acceptsToken: instance.acceptsToken,
    // The budget for strangers is ours alone, and has its own tests.
    tokenCache: { maxEntries: 64 },
    machineTokens: { maxEntries: 64, negativeCacheTtlInMs: 300_000, cacheTtlInMs: 300_000 },
    ...(instance.deployment === 'satellite-domain' && { domain: 'satellite.test' }),
    ...(instance.deployment === 'domain-only' && { domain: 'satellite.test' }),
    ...((instance.deployment === 'satellite-proxy' || instance.deployment === 'proxy') && { proxyUrl: PROXY_URL }),
    ...(instance.authorizedParties && { authorizedParties: AUTHORIZED_PARTIES }),
    ...(instance.audience && { audience: AUDIENCE }),
    ...(instance.clockSkewInMs !== undefined && { clockSkewInMs: instance.clockSkewInMs }),
    ...organizationSyncOf(instance)
  }
}

export function organizationSyncOf({ organizationSync }: OracleCase['instance']) {
  if (organizationSync === 'off') return {}
  return {
    organizationSyncOptions: {
      ...(organizationSync !== 'personal' && { organizationPatterns: ORGANIZATION_PATTERNS }),
      ...(organizationSync !== 'organizations' && { personalAccountPatterns: PERSONAL_PATTERNS })
    }
  }
}

export async function askOurs(oracleCase: OracleCase, request: WireRequest, apiUrl: string): Promise<Observed> {
  const instance = instanceFor(oracleCase, apiUrl)
  const carried = readCarried(request, instance.readCookies)
  const state = await instance.authenticate(carried, oracleCase.instance.acceptsToken, true)
  const known = instance.knownSession(request.method, request.target, request.headers)
  if (known !== null && !(state.status === 'signed-in' && state.verified === known && state.setCookies.length === 0)) {
    throw new Error('the hot path answers where the state machine answers otherwise')
  }
  return observe(state)
}

function observe(state: RequestState): Observed {
  const auth = state.verified?.pendingAuth ?? state.auth
  return {
    threw: null,
    status: state.status,
    tokenType: state.tokenType,
    reason: state.reason,
    message: messageForm(state.message),
    location: state.location,
    headers: state.headers ?? {},
    setCookies: state.setCookies,
    auth: state.status === 'handshake' ? null : authFields(auth),
    has: state.status === 'handshake' ? [] : QUESTIONS.map((question) => auth.has(question as HasParams))
  }
}
