import type { ClerkAuthOptions, JwksOptions, MachineTokenOptions, OrganizationSyncOptions } from './input.js'

/** The names of `T`, each exactly once: a name missing here, or one too many, does not compile. */
function namesOf<T>(names: Readonly<Record<keyof T, true>>): readonly string[] {
  return Object.freeze(Object.keys(names))
}

export const OPTIONS = namesOf<ClerkAuthOptions>({
  publishableKey: true,
  secretKey: true,
  machineSecretKey: true,
  jwtKey: true,
  jwks: true,
  apiUrl: true,
  apiVersion: true,
  apiTimeoutInMs: true,
  audience: true,
  authorizedParties: true,
  issuer: true,
  reportOnly: true,
  clockSkewInMs: true,
  acceptsToken: true,
  domain: true,
  isSatellite: true,
  satelliteAutoSync: true,
  proxyUrl: true,
  signInUrl: true,
  signUpUrl: true,
  handshake: true,
  debugHeaders: true,
  requireAuthRedirect: true,
  defaultDeny: true,
  organizationSyncOptions: true,
  tokenCache: true,
  machineTokens: true,
  revocation: true,
  maxInstances: true,
  now: true,
  fetch: true,
  logger: true
})

export const GROUPS = Object.freeze({
  jwks: namesOf<JwksOptions>({
    keys: true,
    snapshot: true,
    cacheMaxAgeInMs: true,
    refreshAheadInMs: true,
    staleIfErrorInMs: true,
    cooldownInMs: true,
    timeoutInMs: true,
    maxBytes: true,
    maxKeys: true,
    warmUp: true,
    pollWhenIdle: true
  }),
  tokenCache: namesOf<NonNullable<ClerkAuthOptions['tokenCache']>>({ maxEntries: true, maxBytes: true }),
  machineTokens: namesOf<MachineTokenOptions>({
    cacheTtlInMs: true,
    negativeCacheTtlInMs: true,
    maxEntries: true,
    maxConcurrency: true,
    jwtOnly: true
  }),
  organizationSyncOptions: namesOf<OrganizationSyncOptions>({
    organizationPatterns: true,
    personalAccountPatterns: true
  }),
  revocation: namesOf<NonNullable<ClerkAuthOptions['revocation']>>({ bus: true, maxEntries: true })
})

/** What to do about options that `@clerk/fastify` takes, or that belong elsewhere. */
export const HINTS: Readonly<Record<string, string>> = Object.freeze({
  hookName: 'remove it, requests are always authenticated in onRequest, before their body is read',
  frontendApiProxy: 'remove it, this plugin does not proxy FAPI; set proxyUrl to where your proxy is',
  headerType: 'remove it, session tokens must be of type JWT',
  skipJwksCache: 'remove it, jwks.cacheMaxAgeInMs says how long keys are believed',
  jwksCacheTtlInMs: 'use jwks.cacheMaxAgeInMs',
  afterSignInUrl: 'remove it, it has no effect on authentication',
  afterSignUpUrl: 'remove it, it has no effect on authentication',
  telemetry: 'remove it, nothing is reported to anybody',
  sdkMetadata: 'remove it, it has no effect on authentication',
  userAgent: 'remove it, the plugin names itself in its calls',
  webhookSigningSecret: 'it belongs to fastify-clerk-auth/webhooks',
  signingSecret: 'it belongs to fastify-clerk-auth/webhooks',
  prefix: 'remove it, the plugin adds no routes; register it inside the prefixed plugin instead',
  treatPendingAsSignedOut: 'set it per route, in config.clerk'
})
