import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import type { ClerkAuthErrorCode } from '../../../src/core/error-code.js'
import { type ClerkAuthOptions, OPTIONS } from '../../../src/core/options/instance-options.js'
import { readInstanceOptions } from '../../../src/core/options/instance-settings.js'
import { givenOption, optionNames } from '../../fixtures/option-names.js'

const PK_TEST = 'pk_test_aGFwcHktbGlvbi0xMi5jbGVyay5hY2NvdW50cy5kZXYk'
const PK_LIVE = 'pk_live_Y2xlcmsuZXhhbXBsZS5jb20k'
const SK_TEST = 'sk_test_Zm9yIHRlc3RzIG9ubHkgbm9ib2R5cyBrZXk'
const SK_LIVE = 'sk_live_Zm9yIHRlc3RzIG9ubHkgbm9ib2R5cyBrZXk'

const spki = { publicKeyEncoding: { type: 'spki', format: 'pem' } } as const
const pkcs8 = { privateKeyEncoding: { type: 'pkcs8', format: 'pem' } } as const
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048, ...spki, ...pkcs8 })
const rsa1024 = generateKeyPairSync('rsa', { modulusLength: 1024, ...spki, ...pkcs8 })
const rsaExponent3 = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3, ...spki, ...pkcs8 })
const rsaPss = generateKeyPairSync('rsa-pss', { modulusLength: 2048, ...spki, ...pkcs8 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256', ...spki, ...pkcs8 })
const ed25519 = generateKeyPairSync('ed25519', { ...spki, ...pkcs8 })
const pkcs1Private = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  ...spki,
  privateKeyEncoding: { type: 'pkcs1', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }
}).privateKey
const body = (pem: string) => pem.replaceAll(/-----[^-]+-----/g, '').replaceAll(/\s/g, '')
const jwk = { kty: 'RSA', kid: 'ins_1', n: Buffer.alloc(256, 0xff).toString('base64url'), e: 'AQAB' }

interface BadConfiguration {
  readonly what: string
  readonly options?: unknown
  readonly env?: Record<string, string>
  readonly code: ClerkAuthErrorCode
  /** What the message has to say: the option, or the variable. */
  readonly names: string | RegExp
}

const at = (options: unknown, code: ClerkAuthErrorCode, names: string | RegExp, what?: string): BadConfiguration => ({
  what: what ?? `${names} (${code})`,
  options,
  code,
  names
})
const with_ = (options: Record<string, unknown>, code: ClerkAuthErrorCode, names?: string | RegExp, what?: string) =>
  at({ publishableKey: PK_TEST, ...options }, code, names ?? (Object.keys(options)[0] as string), what)

const table: BadConfiguration[] = [
  at('x', 'FST_CLERK_OPTION_TYPE', 'The options', 'options that are a string'),
  at([], 'FST_CLERK_OPTION_TYPE', 'The options', 'options that are a list'),
  at(null, 'FST_CLERK_OPTION_TYPE', 'The options', 'options that are null'),

  // Names
  with_({ secretkey: SK_TEST }, 'FST_CLERK_OPTION_UNKNOWN', /secretkey: did you mean secretKey\?/),
  with_({ authorisedParties: [] }, 'FST_CLERK_OPTION_UNKNOWN', /did you mean authorizedParties\?/),
  with_(
    { clock_skew_in_ms: 1 },
    'FST_CLERK_OPTION_UNKNOWN',
    /did you mean clockSkewInMs\?|whose name is no option name/
  ),
  with_({ jwks: { maxkeys: 1 } }, 'FST_CLERK_OPTION_UNKNOWN', /jwks\.maxkeys: did you mean maxKeys\?/),
  with_({ tokenCache: { size: 1 } }, 'FST_CLERK_OPTION_UNKNOWN', 'tokenCache.size'),
  with_({ machineTokens: { ttl: 1 } }, 'FST_CLERK_OPTION_UNKNOWN', 'machineTokens.ttl'),
  with_({ revocation: { redis: 1 } }, 'FST_CLERK_OPTION_UNKNOWN', 'revocation.redis'),
  with_({ organizationSyncOptions: { patterns: [] } }, 'FST_CLERK_OPTION_UNKNOWN', 'organizationSyncOptions.patterns'),
  with_({ clerkClient: {} }, 'FST_CLERK_OPTION_UNKNOWN', /clerkClient: .*createClerkClient of @clerk\/backend/),
  with_({ apiClient: {} }, 'FST_CLERK_OPTION_UNKNOWN', /apiClient: .*createClerkClient of @clerk\/backend/),
  with_({ __internal_enableHandshake: false }, 'FST_CLERK_OPTION_UNKNOWN', /__internal_enableHandshake: use handshake/),
  with_({ hookName: 'onRequest' }, 'FST_CLERK_OPTION_UNKNOWN', /hookName: remove it/),
  with_({ constructor: 1 }, 'FST_CLERK_OPTION_UNKNOWN', 'constructor'),
  with_({ zzz: 1 }, 'FST_CLERK_OPTION_UNKNOWN', /zzz: remove it, or look it up/),
  with_({ [SK_LIVE]: true }, 'FST_CLERK_OPTION_UNKNOWN', /whose name is no option name/, 'a secret as an option name'),

  // Keys
  at({}, 'FST_CLERK_OPTION_NO_KEY_SOURCE', /publishableKey.*CLERK_JWT_KEY/, 'no key source at all'),
  at(undefined, 'FST_CLERK_OPTION_NO_KEY_SOURCE', 'publishableKey', 'no options at all'),
  at({ machineSecretKey: 'ak_machine' }, 'FST_CLERK_OPTION_NO_KEY_SOURCE', 'publishableKey', 'a machine secret only'),
  { ...at({}, 'FST_CLERK_OPTION_NO_KEY_SOURCE', 'publishableKey', 'empty variables'), env: { CLERK_SECRET_KEY: '' } },
  {
    ...at({ secretKey: null }, 'FST_CLERK_OPTION_NO_KEY_SOURCE', 'secretKey', 'null hides the variable'),
    env: { CLERK_SECRET_KEY: SK_TEST }
  },
  at({ publishableKey: 5 }, 'FST_CLERK_OPTION_TYPE', /publishableKey must be .*not a number/),
  at({ publishableKey: '' }, 'FST_CLERK_OPTION_EMPTY', 'publishableKey'),
  at({ publishableKey: 'abcdefghij' }, 'FST_CLERK_OPTION_PUBLISHABLE_KEY', 'publishableKey'),
  at({ publishableKey: PK_LIVE.slice(0, -2) }, 'FST_CLERK_OPTION_PUBLISHABLE_KEY', /publishableKey.*cut off/),
  at({ publishableKey: `${PK_LIVE} ` }, 'FST_CLERK_OPTION_PUBLISHABLE_KEY', 'publishableKey'),
  at({ publishableKey: SK_LIVE }, 'FST_CLERK_OPTION_SECRET_AS_PUBLISHABLE', 'publishableKey'),
  {
    ...at({}, 'FST_CLERK_OPTION_SECRET_AS_PUBLISHABLE', 'CLERK_PUBLISHABLE_KEY'),
    env: { CLERK_PUBLISHABLE_KEY: SK_TEST }
  },
  {
    ...at({}, 'FST_CLERK_OPTION_PUBLISHABLE_KEY', 'CLERK_PUBLISHABLE_KEY'),
    env: { CLERK_PUBLISHABLE_KEY: 'pk_live_nothing' }
  },
  at({ secretKey: PK_LIVE }, 'FST_CLERK_OPTION_PUBLISHABLE_AS_SECRET', 'secretKey'),
  with_({ machineSecretKey: PK_LIVE }, 'FST_CLERK_OPTION_PUBLISHABLE_AS_SECRET', 'machineSecretKey'),
  { ...at({}, 'FST_CLERK_OPTION_PUBLISHABLE_AS_SECRET', 'CLERK_SECRET_KEY'), env: { CLERK_SECRET_KEY: PK_LIVE } },
  at({ secretKey: `${SK_LIVE}\n` }, 'FST_CLERK_OPTION_SECRET_KEY', 'secretKey', 'a line break behind the secret key'),
  at({ secretKey: 'sk_live_ä' }, 'FST_CLERK_OPTION_SECRET_KEY', 'secretKey', 'a secret key that is not ASCII'),
  at({ secretKey: '' }, 'FST_CLERK_OPTION_EMPTY', 'secretKey'),
  at({ secretKey: {} }, 'FST_CLERK_OPTION_TYPE', 'secretKey'),
  at({ publishableKey: PK_LIVE, secretKey: SK_TEST }, 'FST_CLERK_OPTION_KEYS_MIXED', /publishableKey and secretKey/),
  at({ publishableKey: PK_TEST, secretKey: SK_LIVE }, 'FST_CLERK_OPTION_KEYS_MIXED', /development and production/),
  {
    ...at({ publishableKey: PK_LIVE }, 'FST_CLERK_OPTION_KEYS_MIXED', 'CLERK_SECRET_KEY'),
    env: { CLERK_SECRET_KEY: SK_TEST }
  },
  at({ jwtKey: 5 }, 'FST_CLERK_OPTION_TYPE', 'jwtKey'),
  at({ jwtKey: '' }, 'FST_CLERK_OPTION_EMPTY', 'jwtKey'),
  at({ jwtKey: [] }, 'FST_CLERK_OPTION_EMPTY', 'jwtKey'),
  at({ jwtKey: [rsa.publicKey, 5] }, 'FST_CLERK_OPTION_TYPE', 'jwtKey[1]'),
  at({ jwtKey: [rsa.publicKey, ec.publicKey] }, 'FST_CLERK_OPTION_JWT_KEY_NOT_RSA', 'jwtKey[1]'),
  at({ jwtKey: 'not a key' }, 'FST_CLERK_OPTION_JWT_KEY', 'jwtKey', 'a jwtKey that is no PEM'),
  at({ jwtKey: SK_LIVE }, 'FST_CLERK_OPTION_JWT_KEY', 'jwtKey', 'a secret key as jwtKey'),
  at({ jwtKey: rsa.publicKey.slice(0, 200) }, 'FST_CLERK_OPTION_JWT_KEY', 'jwtKey', 'half a PEM'),
  at(
    { jwtKey: `${rsa.publicKey}${rsa.publicKey.slice(0, 200)}` },
    'FST_CLERK_OPTION_JWT_KEY',
    'jwtKey',
    'one and a half PEM'
  ),
  at(
    { jwtKey: rsa.publicKey.replaceAll('PUBLIC KEY', 'CERTIFICATE') },
    'FST_CLERK_OPTION_JWT_KEY',
    'jwtKey',
    'a certificate'
  ),
  at({ jwtKey: 'A'.repeat(70_000) }, 'FST_CLERK_OPTION_JWT_KEY', 'jwtKey', 'a jwtKey without end'),
  at({ jwtKey: rsa.privateKey }, 'FST_CLERK_OPTION_JWT_KEY_PRIVATE', 'jwtKey', 'a private key'),
  at({ jwtKey: body(rsa.privateKey) }, 'FST_CLERK_OPTION_JWT_KEY_PRIVATE', 'jwtKey', 'the bare body of a private key'),
  at(
    { jwtKey: rsa.privateKey.replaceAll('PRIVATE', 'PUBLIC') },
    'FST_CLERK_OPTION_JWT_KEY_PRIVATE',
    'jwtKey',
    'a private key labelled public'
  ),
  at({ jwtKey: pkcs1Private }, 'FST_CLERK_OPTION_JWT_KEY_PRIVATE', 'jwtKey', 'an encrypted private key'),
  at({ jwtKey: ec.privateKey }, 'FST_CLERK_OPTION_JWT_KEY_PRIVATE', 'jwtKey', 'an EC private key'),
  { ...at({}, 'FST_CLERK_OPTION_JWT_KEY_PRIVATE', 'CLERK_JWT_KEY'), env: { CLERK_JWT_KEY: rsa.privateKey } },
  at({ jwtKey: ec.publicKey }, 'FST_CLERK_OPTION_JWT_KEY_NOT_RSA', 'jwtKey', 'an EC key'),
  at({ jwtKey: ed25519.publicKey }, 'FST_CLERK_OPTION_JWT_KEY_NOT_RSA', 'jwtKey', 'an Ed25519 key'),
  at({ jwtKey: rsaPss.publicKey }, 'FST_CLERK_OPTION_JWT_KEY_NOT_RSA', 'jwtKey', 'an RSA-PSS key'),
  at({ jwtKey: rsaExponent3.publicKey }, 'FST_CLERK_OPTION_JWT_KEY_NOT_RSA', 'jwtKey', 'an RSA key with exponent 3'),
  at({ jwtKey: rsa1024.publicKey }, 'FST_CLERK_OPTION_JWT_KEY_SIZE', 'jwtKey', 'an RSA key of 1024 bits'),
  at({ jwks: { keys: {} } }, 'FST_CLERK_OPTION_TYPE', 'jwks.keys'),
  at({ jwks: { keys: [] } }, 'FST_CLERK_OPTION_EMPTY', 'jwks.keys'),
  at({ jwks: { keys: ['x'] } }, 'FST_CLERK_OPTION_JWKS_KEYS', 'jwks.keys[0]'),
  at({ jwks: { keys: [{ ...jwk, kty: 'EC' }] } }, 'FST_CLERK_OPTION_JWKS_KEYS', 'jwks.keys[0]', 'an EC key in jwks'),
  at(
    { jwks: { keys: [{ ...jwk, kid: undefined }] } },
    'FST_CLERK_OPTION_JWKS_KEYS',
    /jwks\.keys\[0\].*kid/,
    'a key without kid'
  ),
  at({ jwks: { keys: [jwk, jwk] } }, 'FST_CLERK_OPTION_JWKS_KEYS', /jwks\.keys\[1\].*kid of its own/, 'a kid twice'),
  at(
    { jwks: { keys: [{ ...jwk, alg: 'HS256' }] } },
    'FST_CLERK_OPTION_JWKS_KEYS',
    /jwks\.keys\[0\].*RS256/,
    'another alg'
  ),
  at({ jwks: { keys: [{ ...jwk, e: 'AQ' }] } }, 'FST_CLERK_OPTION_JWKS_KEYS', /exponent/, 'exponent 1'),
  at(
    { jwks: { keys: [{ ...jwk, n: jwk.n.slice(0, 100) }] } },
    'FST_CLERK_OPTION_JWKS_KEYS',
    'jwks.keys[0]',
    'a small modulus'
  ),
  at({ jwks: { keys: [{ ...jwk, d: 'AQAB' }] } }, 'FST_CLERK_OPTION_JWKS_PRIVATE', 'jwks.keys[0]', 'a private JWK'),
  at(
    { jwks: { keys: [{ kty: 'oct', k: 'c2VjcmV0c2VjcmV0' }] } },
    'FST_CLERK_OPTION_JWKS_PRIVATE',
    'jwks.keys[0]',
    'a symmetric JWK'
  ),
  at(
    { jwks: { keys: [jwk, { ...jwk, kid: 'b' }], maxKeys: 1 } },
    'FST_CLERK_OPTION_RANGE',
    'jwks.keys',
    'more keys than maxKeys'
  ),

  // URLs and hosts
  ...[
    'api.clerk.com',
    'ftp://api.clerk.com',
    'https://user:hunter2@api.test',
    'https://api.test?x=hunter2',
    'https://api.test#x',
    '/v1',
    'https://',
    'https://a b',
    'https://api.test/v1/../x',
    'https://api.test/%2E%2e',
    'https:\\\\evil.test',
    ' https://api.test'
  ].map((apiUrl) => with_({ apiUrl }, 'FST_CLERK_OPTION_URL', 'apiUrl', `apiUrl ${apiUrl}`)),
  with_({ apiUrl: '' }, 'FST_CLERK_OPTION_EMPTY'),
  with_({ apiUrl: new URL('https://api.test') }, 'FST_CLERK_OPTION_TYPE'),
  { ...with_({}, 'FST_CLERK_OPTION_URL', 'apiUrl (from CLERK_API_URL)'), env: { CLERK_API_URL: 'hunter2hunter2' } },
  ...['v1/x', '..', '.', 'v 1', '/v1'].map((apiVersion) =>
    with_({ apiVersion }, 'FST_CLERK_OPTION_VALUE', 'apiVersion', `apiVersion ${apiVersion}`)
  ),
  ...[
    '//evil.test/x',
    '/\\evil.test',
    'app.test/__clerk',
    'https://u:p@app.test/__clerk',
    '/__clerk?x',
    '/__clerk#x'
  ].map((proxyUrl) => with_({ proxyUrl }, 'FST_CLERK_OPTION_URL', 'proxyUrl', `proxyUrl ${proxyUrl}`)),
  ...['sign-in', '//evil.test', 'javascript:alert(1)', '/\\evil.test', '/a\nb'].flatMap((url) => [
    with_({ signInUrl: url }, 'FST_CLERK_OPTION_URL', 'signInUrl', `signInUrl ${JSON.stringify(url)}`),
    with_({ signUpUrl: url }, 'FST_CLERK_OPTION_URL', 'signUpUrl', `signUpUrl ${JSON.stringify(url)}`)
  ]),
  ...['https://sat.test', 'sat.test/x', 'a@sat.test', '.sat.test', 'sat test', 'sat.test.'].map((domain) =>
    with_({ domain }, 'FST_CLERK_OPTION_DOMAIN', 'domain', `domain ${domain}`)
  ),
  with_({ domain: () => 'sat.test' }, 'FST_CLERK_OPTION_TYPE', /domain must be a host name, not a function/),

  // Satellites
  with_({ isSatellite: true }, 'FST_CLERK_OPTION_SATELLITE_DOMAIN', /isSatellite.*domain.*proxyUrl/),
  with_({ isSatellite: true, domain: 'sat.test' }, 'FST_CLERK_OPTION_SATELLITE_SIGN_IN_URL', /signInUrl/),
  with_(
    { isSatellite: true, domain: 'sat.test', signInUrl: '/sign-in' },
    'FST_CLERK_OPTION_SATELLITE_SIGN_IN_URL',
    /signInUrl/
  ),
  at(
    { publishableKey: PK_LIVE, isSatellite: true, domain: 'sat.test', signInUrl: '/sign-in' },
    'FST_CLERK_OPTION_SATELLITE_SIGN_IN_URL',
    'signInUrl',
    'a production satellite with a path'
  ),
  at(
    { secretKey: SK_TEST, isSatellite: true, domain: 'sat.test' },
    'FST_CLERK_OPTION_SATELLITE_SIGN_IN_URL',
    'signInUrl',
    'a development satellite by its secret key'
  ),
  {
    ...with_({}, 'FST_CLERK_OPTION_SATELLITE_DOMAIN', 'CLERK_DOMAIN', 'a satellite by its variable'),
    env: { CLERK_IS_SATELLITE: 'true' }
  },
  {
    ...with_({}, 'FST_CLERK_OPTION_VALUE', 'isSatellite (from CLERK_IS_SATELLITE)'),
    env: { CLERK_IS_SATELLITE: 'yes' }
  },
  with_({ isSatellite: 'true' }, 'FST_CLERK_OPTION_TYPE'),

  // Claims and tokens
  with_({ clockSkewInMs: Number.NaN }, 'FST_CLERK_OPTION_RANGE'),
  with_({ clockSkewInMs: Number.POSITIVE_INFINITY }, 'FST_CLERK_OPTION_RANGE'),
  with_({ clockSkewInMs: -1 }, 'FST_CLERK_OPTION_RANGE'),
  with_({ clockSkewInMs: 3_600_001 }, 'FST_CLERK_OPTION_RANGE'),
  with_({ clockSkewInMs: '5000' }, 'FST_CLERK_OPTION_TYPE'),
  with_({ clockSkewInMs: null }, 'FST_CLERK_OPTION_TYPE', /clockSkewInMs must be a number, not null/),
  with_({ acceptsToken: 'session' }, 'FST_CLERK_OPTION_ACCEPTS_TOKEN'),
  with_({ acceptsToken: ['session_token', 'any'] }, 'FST_CLERK_OPTION_ACCEPTS_TOKEN'),
  with_({ acceptsToken: null }, 'FST_CLERK_OPTION_ACCEPTS_TOKEN'),
  with_({ acceptsToken: [] }, 'FST_CLERK_OPTION_EMPTY'),
  with_({ acceptsToken: 'api_key' }, 'FST_CLERK_OPTION_SECRET_KEY_MISSING'),
  with_(
    { acceptsToken: 'any' },
    'FST_CLERK_OPTION_SECRET_KEY_MISSING',
    /for JWTs alone: \["session_token", "m2m_token", "oauth_token"\]/
  ),
  with_({ acceptsToken: ['session_token', 'api_key'] }, 'FST_CLERK_OPTION_SECRET_KEY_MISSING'),
  with_({ audience: [] }, 'FST_CLERK_OPTION_EMPTY'),
  with_({ audience: '' }, 'FST_CLERK_OPTION_EMPTY'),
  with_({ audience: /x/ }, 'FST_CLERK_OPTION_TYPE'),
  with_({ audience: ['a', ''] }, 'FST_CLERK_OPTION_EMPTY', 'audience[1]'),
  // biome-ignore lint/suspicious/noSparseArray: the hole is the case
  with_({ audience: ['a', , 'b'] }, 'FST_CLERK_OPTION_TYPE', 'audience[1]'),
  with_({ authorizedParties: 'https://app.test' }, 'FST_CLERK_OPTION_TYPE'),
  with_({ authorizedParties: [] }, 'FST_CLERK_OPTION_EMPTY'),
  ...[
    'https://app.test/',
    'https://App.test',
    'https://app.test:443',
    'http://app.test/x',
    'https://',
    'https://u@app.test',
    'app.test',
    'localhost:3000',
    'com.example.app',
    '*',
    'https://*.app.test',
    'chrome-extension://*'
  ].map((origin) =>
    with_(
      { authorizedParties: ['https://ok.test', origin] },
      'FST_CLERK_OPTION_ORIGIN',
      'authorizedParties[1]',
      `authorized party ${origin}`
    )
  ),
  with_({ earlyRoutes: 'all' }, 'FST_CLERK_OPTION_TYPE', 'earlyRoutes'),
  with_({ earlyRoutes: [] }, 'FST_CLERK_OPTION_EMPTY', 'earlyRoutes'),
  with_({ earlyRoutes: ['health'] }, 'FST_CLERK_OPTION_VALUE', 'earlyRoutes[0]'),
  with_({ issuer: [] }, 'FST_CLERK_OPTION_EMPTY'),
  with_({ issuer: 7 }, 'FST_CLERK_OPTION_TYPE'),
  with_({ reportOnly: 'issuer' }, 'FST_CLERK_OPTION_TYPE'),
  with_({ reportOnly: true }, 'FST_CLERK_OPTION_TYPE'),
  with_({ reportOnly: ['exp'] }, 'FST_CLERK_OPTION_VALUE'),

  // Behaviour
  ...['handshake', 'satelliteAutoSync', 'requireAuthRedirect', 'defaultDeny'].map((name) =>
    with_({ [name]: 1 }, 'FST_CLERK_OPTION_TYPE', name)
  ),
  with_({ requireAuthRedirect: true }, 'FST_CLERK_OPTION_SIGN_IN_URL_MISSING'),
  with_({ debugHeaders: true }, 'FST_CLERK_OPTION_VALUE', /debugHeaders must be "full" or "reason" or false/),
  with_({ organizationSyncOptions: [] }, 'FST_CLERK_OPTION_TYPE'),
  with_(
    { organizationSyncOptions: { organizationPatterns: '/x' } },
    'FST_CLERK_OPTION_TYPE',
    'organizationSyncOptions.organizationPatterns'
  ),
  with_(
    { organizationSyncOptions: { organizationPatterns: ['/ok', '/:id('] } },
    'FST_CLERK_OPTION_PATTERN',
    'organizationPatterns[1]'
  ),
  with_(
    { organizationSyncOptions: { personalAccountPatterns: ['/:'] } },
    'FST_CLERK_OPTION_PATTERN',
    'personalAccountPatterns[0]'
  ),
  ...['teams/:id', 'app.test/teams/:id', '%2Fteams', ' /teams/:id'].map((pattern) =>
    with_(
      { organizationSyncOptions: { organizationPatterns: ['/(.*)', pattern] } },
      'FST_CLERK_OPTION_PATTERN',
      'organizationPatterns[1]',
      `the pattern ${pattern}`
    )
  ),
  with_({ tokenCache: false }, 'FST_CLERK_OPTION_TYPE', /tokenCache must be an object, not a boolean/),
  with_({ tokenCache: { maxEntries: 0 } }, 'FST_CLERK_OPTION_RANGE', 'tokenCache.maxEntries'),
  with_({ tokenCache: { maxEntries: 1.5 } }, 'FST_CLERK_OPTION_RANGE', 'tokenCache.maxEntries'),
  with_({ tokenCache: { maxBytes: 1 } }, 'FST_CLERK_OPTION_RANGE', 'tokenCache.maxBytes'),
  with_({ machineTokens: { cacheTtlInMs: -1 } }, 'FST_CLERK_OPTION_RANGE', 'machineTokens.cacheTtlInMs'),
  with_(
    { machineTokens: { negativeCacheTtlInMs: 300_001 } },
    'FST_CLERK_OPTION_RANGE',
    'machineTokens.negativeCacheTtlInMs'
  ),
  with_(
    { machineTokens: { maxEntries: Number.POSITIVE_INFINITY } },
    'FST_CLERK_OPTION_RANGE',
    'machineTokens.maxEntries'
  ),
  with_({ machineTokens: { maxConcurrency: 0 } }, 'FST_CLERK_OPTION_RANGE', 'machineTokens.maxConcurrency'),
  with_({ machineTokens: { jwtOnly: 'yes' } }, 'FST_CLERK_OPTION_TYPE', 'machineTokens.jwtOnly'),
  with_({ revocation: { maxEntries: 1 } }, 'FST_CLERK_OPTION_RANGE', 'revocation.maxEntries'),
  with_({ revocation: { bus: {} } }, 'FST_CLERK_OPTION_TYPE', 'revocation.bus'),
  with_({ maxInstances: 0 }, 'FST_CLERK_OPTION_RANGE'),
  with_({ apiTimeoutInMs: 5 }, 'FST_CLERK_OPTION_RANGE'),
  with_({ jwks: [] }, 'FST_CLERK_OPTION_TYPE'),
  with_({ jwks: { cacheMaxAgeInMs: 1 } }, 'FST_CLERK_OPTION_RANGE', 'jwks.cacheMaxAgeInMs'),
  with_({ jwks: { refreshAheadInMs: 300_000 } }, 'FST_CLERK_OPTION_RANGE', 'jwks.refreshAheadInMs'),
  with_({ jwks: { staleIfErrorInMs: 604_800_001 } }, 'FST_CLERK_OPTION_RANGE', 'jwks.staleIfErrorInMs'),
  with_({ jwks: { cooldownInMs: -1 } }, 'FST_CLERK_OPTION_RANGE', 'jwks.cooldownInMs'),
  with_({ jwks: { timeoutInMs: 1 } }, 'FST_CLERK_OPTION_RANGE', 'jwks.timeoutInMs'),
  with_({ jwks: { maxBytes: 1 } }, 'FST_CLERK_OPTION_RANGE', 'jwks.maxBytes'),
  with_({ jwks: { maxKeys: 257 } }, 'FST_CLERK_OPTION_RANGE', 'jwks.maxKeys'),
  with_({ jwks: { warmUp: true } }, 'FST_CLERK_OPTION_VALUE', 'jwks.warmUp'),
  with_({ jwks: { pollWhenIdle: 0 } }, 'FST_CLERK_OPTION_TYPE', 'jwks.pollWhenIdle'),
  with_({ jwks: { snapshot: '' } }, 'FST_CLERK_OPTION_EMPTY', 'jwks.snapshot'),
  with_({ jwks: { snapshot: { get() {} } } }, 'FST_CLERK_OPTION_TYPE', 'jwks.snapshot'),
  with_({ jwks: { snapshot: { get() {}, set() {}, claim: true } } }, 'FST_CLERK_OPTION_TYPE', 'jwks.snapshot.claim'),
  with_({ now: 0 }, 'FST_CLERK_OPTION_TYPE'),
  with_({ now: async () => 0 }, 'FST_CLERK_OPTION_TYPE'),
  with_({ now: () => new Date(0) }, 'FST_CLERK_OPTION_TYPE'),
  with_({ now: () => Number.NaN }, 'FST_CLERK_OPTION_RANGE'),
  with_({ now: () => undefined }, 'FST_CLERK_OPTION_TYPE'),
  with_({ fetch: {} }, 'FST_CLERK_OPTION_TYPE'),
  with_({ logger: console.log }, 'FST_CLERK_OPTION_TYPE'),
  with_({ logger: { info() {} } }, 'FST_CLERK_OPTION_TYPE')
]

t.test('every bad configuration has its own coded error that names the option and prints no value', async (t) => {
  for (const { what, options, env = {}, code, names } of table) {
    const error = refusal(options, env)
    t.equal(error?.code, code, `${what}: code`)
    const message = error?.message ?? ''
    t.ok(typeof names === 'string' ? message.includes(names) : names.test(message), `${what}: names it in "${message}"`)
    const printed = `${message}${error?.stack}${JSON.stringify(error)}`
    for (const value of valuesOf(options).concat(Object.values(env).flatMap(valuesOf))) {
      t.notOk(printed.includes(value), `${what}: prints no value`)
    }
  }
})

t.test('any value for any option is taken or refused with a coded error', async () => {
  const anyOption = fc.tuple(fc.constantFrom(...optionNames(OPTIONS)), fc.anything())
  fc.assert(
    fc.property(anyOption, ([name, value]) => {
      const error = refusal({ publishableKey: PK_TEST, ...givenOption(name, value) }, {})
      return error === undefined || error.code.startsWith('FST_CLERK_OPTION_')
    }),
    { numRuns: 3000, seed: 3 }
  )
})

t.test('every coded error of options is in that table', async (t) => {
  const { errorEntries } = await import('../../../src/core/errors.js')
  const covered = new Set<string>(table.map(({ code }) => code))
  for (const { code } of errorEntries) if (code.startsWith('FST_CLERK_OPTION_')) t.ok(covered.has(code), code)
})

function refusal(options: unknown, env: Record<string, string>) {
  try {
    readInstanceOptions(options as ClerkAuthOptions, { env })
  } catch (error) {
    return error as Error & { code: string }
  }
  return undefined
}

/** Every text given, at any depth, that is long enough to be anything but a part of an English sentence. */
function valuesOf(value: unknown): string[] {
  if (typeof value === 'string')
    return value.length > 6 && !/^(true|session(_token)?|api_key|sign-in|onRequest|https?:\/\/)$/.test(value)
      ? [value]
      : []
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => (/^[sp]k_/.test(name) ? [name] : []).concat(valuesOf(inner)))
}
