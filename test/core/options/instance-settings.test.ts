import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import type { Logger } from '../../../src/core/logger.js'
import type { ClerkAuthOptions } from '../../../src/core/options/instance-options.js'
import { readInstanceOptions } from '../../../src/core/options/instance-settings.js'
import { parsePublicKeyPem } from '../../../src/core/options/pem.js'

const PK_TEST = 'pk_test_aGFwcHktbGlvbi0xMi5jbGVyay5hY2NvdW50cy5kZXYk'
const PK_LIVE = 'pk_live_Y2xlcmsuZXhhbXBsZS5jb20k'
const SK_TEST = 'sk_test_Zm9yIHRlc3RzIG9ubHkgbm9ib2R5cyBrZXk'
const SK_LIVE = 'sk_live_Zm9yIHRlc3RzIG9ubHkgbm9ib2R5cyBrZXk'

const newKey = (modulusLength: number) =>
  generateKeyPairSync('rsa', { modulusLength }).publicKey.export({ type: 'spki', format: 'pem' }).toString()
const pem = newKey(2048)
const otherPem = newKey(2048)

const read = (options?: ClerkAuthOptions, env: Record<string, string> = {}) => readInstanceOptions(options, { env })

t.test('nothing but the environment is needed, and defaults are those of the options table', async (t) => {
  const options = read(undefined, { CLERK_PUBLISHABLE_KEY: PK_LIVE, CLERK_SECRET_KEY: SK_LIVE })
  const { now, fetch, logger, ...plain } = options
  t.capture(Date, 'now', () => 5)
  t.equal(now(), 5, 'looked up per call')
  t.type(fetch, 'function')
  t.type(logger.warn, 'function')
  t.strictSame(plain, {
    publishableKey: PK_LIVE,
    instanceType: 'production',
    frontendApi: 'clerk.example.com',
    originalFrontendApi: 'clerk.example.com',
    cookieSuffix: 'naoXFJnI',
    secretKey: SK_LIVE,
    machineSecretKey: null,
    jwtKey: [],
    jwks: {
      keys: null,
      cacheMaxAgeInMs: 300_000,
      refreshAheadInMs: 60_000,
      staleIfErrorInMs: 14_400_000,
      cooldownInMs: 1_000,
      timeoutInMs: 3_000,
      maxBytes: 65_536,
      maxKeys: 32,
      warmUp: 'background',
      pollWhenIdle: false,
      snapshot: null
    },
    apiUrl: 'https://api.clerk.com',
    apiVersion: 'v1',
    apiTimeoutInMs: 5_000,
    audience: [],
    requireAudience: null,
    authorizedParties: [],
    issuers: ['https://clerk.example.com'],
    reportOnly: { issuer: false, authorizedParties: false },
    clockSkewInMs: 5_000,
    acceptsToken: 'session_token',
    domain: '',
    isSatellite: false,
    satelliteAutoSync: false,
    proxyUrl: '',
    signInUrl: '',
    signUpUrl: '',
    handshake: true,
    debugHeaders: 'full',
    explain: null,
    extractToken: null,
    crossOrigin: 'report',
    requireAuthRedirect: false,
    defaultDeny: false,
    earlyRoutes: false,
    organizationSyncOptions: null,
    tokenCache: { maxEntries: 50_000, maxBytes: 67_108_864 },
    machineTokens: {
      cacheTtlInMs: 10_000,
      negativeCacheTtlInMs: 10_000,
      maxEntries: 10_000,
      maxConcurrency: 16,
      jwtOnly: false
    },
    revocation: { maxEntries: 250_000, bus: null, whenBusIsAway: 'local' },
    maxInstances: 100
  })
})

t.test('every variable is read, and an option beats it', async (t) => {
  const env = {
    CLERK_PUBLISHABLE_KEY: PK_TEST,
    CLERK_SECRET_KEY: SK_TEST,
    CLERK_MACHINE_SECRET_KEY: 'ak_machine',
    CLERK_JWT_KEY: pem,
    CLERK_API_URL: 'https://api.test/',
    CLERK_API_VERSION: 'v2',
    CLERK_DOMAIN: 'sat.test',
    CLERK_IS_SATELLITE: 'true',
    CLERK_PROXY_URL: 'https://sat.test/__clerk',
    CLERK_SIGN_IN_URL: 'https://primary.test/sign-in',
    CLERK_SIGN_UP_URL: '/sign-up'
  }
  t.match(read({}, env), {
    publishableKey: PK_TEST,
    secretKey: SK_TEST,
    machineSecretKey: 'ak_machine',
    jwtKey: [pem],
    apiUrl: 'https://api.test',
    apiVersion: 'v2',
    domain: 'sat.test',
    isSatellite: true,
    proxyUrl: 'https://sat.test/__clerk',
    signInUrl: 'https://primary.test/sign-in',
    signUpUrl: '/sign-up'
  })
  t.match(
    read(
      { apiUrl: 'http://127.0.0.1:4000', isSatellite: false, secretKey: null, jwtKey: otherPem, signInUrl: undefined },
      env
    ),
    {
      apiUrl: 'http://127.0.0.1:4000',
      isSatellite: false,
      secretKey: null,
      jwtKey: [otherPem],
      signInUrl: 'https://primary.test/sign-in'
    }
  )
})

t.test('an empty variable counts as unset', async (t) => {
  const names = [
    'SECRET_KEY',
    'MACHINE_SECRET_KEY',
    'JWT_KEY',
    'API_URL',
    'API_VERSION',
    'DOMAIN',
    'IS_SATELLITE',
    'PROXY_URL'
  ]
  const empty = Object.fromEntries(names.map((name) => [`CLERK_${name}`, '']))
  t.strictSame(
    withoutFunctions(read({ publishableKey: PK_LIVE }, empty)),
    withoutFunctions(read({ publishableKey: PK_LIVE }))
  )
})

t.test('without the environment nothing of another instance gets in', async (t) => {
  const options = readInstanceOptions({ publishableKey: PK_LIVE }, { env: {} })
  t.equal(options.secretKey, null)
})

t.test('each key source suffices alone', async (t) => {
  t.equal(read({ publishableKey: PK_LIVE }).frontendApi, 'clerk.example.com')
  t.equal(read({ secretKey: SK_TEST }).instanceType, 'development')
  t.equal(read({ secretKey: 'something-else' }).instanceType, null)
  t.strictSame(read({ jwtKey: pem }).issuers, [])
  const jwk = { ...createPublicKey(pem).export({ format: 'jwk' }), kid: 'ins_1', use: 'sig', x5c: ['ignored'] }
  t.strictSame(read({ jwks: { keys: [jwk] } }).jwks.keys, [
    { kty: 'RSA', use: 'sig', kid: 'ins_1', alg: 'RS256', n: jwk.n, e: jwk.e }
  ])
})

t.test('no verdict is passed on a secret key of another form', async (t) => {
  for (const secretKey of ['test_abc', 'live_abc', 'whatever']) {
    t.equal(read({ publishableKey: PK_LIVE, secretKey }).secretKey, secretKey)
  }
})

t.test('accepted issuers follow from the keys, the satellite and the proxy', async (t) => {
  const issuers = (options: ClerkAuthOptions) => read({ publishableKey: PK_LIVE, ...options }).issuers
  t.strictSame(issuers({ domain: 'sat.test' }), ['https://clerk.example.com'])
  t.strictSame(issuers({ domain: 'sat.test', isSatellite: true }), [
    'https://clerk.example.com',
    'https://clerk.sat.test'
  ])
  t.strictSame(issuers({ proxyUrl: 'https://app.test/__clerk/' }), [
    'https://clerk.example.com',
    'https://app.test/__clerk/',
    'https://app.test/__clerk'
  ])
  t.strictSame(issuers({ proxyUrl: '/__clerk' }), ['https://clerk.example.com'], 'a path names no origin')
  t.strictSame(issuers({ issuer: 'https://other.test' }), ['https://other.test'])
  t.strictSame(issuers({ issuer: ['https://a.test', 'https://b.test'] }), ['https://a.test', 'https://b.test'])
  t.strictSame(issuers({ issuer: null }), [], 'null turns the check off')
  t.strictSame(read({ secretKey: SK_LIVE, proxyUrl: 'https://app.test/__clerk' }).issuers, [], 'unknown instance')
})

t.test('zero is a clock skew like any other', async (t) => {
  t.equal(read({ publishableKey: PK_LIVE, clockSkewInMs: 0 }).clockSkewInMs, 0)
  t.equal(read({ publishableKey: PK_LIVE, clockSkewInMs: 0.5 }).clockSkewInMs, 0.5)
})

t.test('origins of native applications and extensions are accepted as authorized parties', async (t) => {
  const authorizedParties = [
    'https://app.test',
    'http://localhost:3000',
    'chrome-extension://abc',
    'com.example.app://home'
  ]
  t.strictSame(read({ publishableKey: PK_LIVE, authorizedParties }).authorizedParties, authorizedParties)
})

t.test('accepted token types are taken over, repetitions dropped', async (t) => {
  const accepts = (acceptsToken: ClerkAuthOptions['acceptsToken']) =>
    read({ publishableKey: PK_LIVE, secretKey: SK_LIVE, acceptsToken }).acceptsToken
  t.equal(accepts('any'), 'any')
  t.equal(accepts('m2m_token'), 'm2m_token')
  t.strictSame(accepts(['api_key', 'session_token', 'api_key']), ['api_key', 'session_token'])
})

t.test('refresh ahead gives way to a short maximum age', async (t) => {
  const { jwks } = read({ publishableKey: PK_LIVE, jwks: { cacheMaxAgeInMs: 10_000 } })
  t.equal(jwks.refreshAheadInMs, 5_000)
})

t.test('the result is frozen through and through, and later changes of the input do not reach it', async (t) => {
  const authorizedParties = ['https://app.test']
  const input = {
    publishableKey: PK_LIVE,
    authorizedParties,
    organizationSyncOptions: { organizationPatterns: ['/orgs/:slug/(.*)'] },
    acceptsToken: ['session_token'] as const,
    jwks: { keys: [{ ...createPublicKey(pem).export({ format: 'jwk' }), kid: 'a' }] }
  }
  const options = read(input)
  authorizedParties.push('https://evil.test')
  input.jwks.keys[0]!.n = 'evil'
  t.strictSame(options.authorizedParties, ['https://app.test'])
  t.notMatch(options.jwks, { keys: [{ n: 'evil' }] })
  for (const [path, value] of objectsIn(options)) t.ok(Object.isFrozen(value), path)
})

t.test('a pattern may begin with all that a slash can be matched by', async (t) => {
  const organizationPatterns = ['/orgs/:slug', '(.*)', ':id(.*)', '{/orgs}?/:slug', '\\/orgs', '.:ext?/orgs']
  const { organizationSyncOptions } = read({
    publishableKey: PK_LIVE,
    organizationSyncOptions: { organizationPatterns }
  })
  t.same(organizationSyncOptions?.organizationPatterns, organizationPatterns)
})

t.test('objects of the application are kept as they are', async (t) => {
  const snapshot = { get: () => null, set: () => {} }
  const logger = { debug() {}, info() {}, warn() {}, error() {} }
  const now = () => 1
  const fetch = async () => new Response()
  const options = read({ publishableKey: PK_LIVE, jwks: { snapshot }, logger, now, fetch })
  t.equal(options.jwks.snapshot, snapshot)
  t.equal(options.logger, logger)
  t.equal(options.now, now)
  t.equal(options.fetch, fetch)
  t.notOk(Object.isFrozen(snapshot))
})

t.test('legal but risky settings are warned of once, by option', async (t) => {
  // Node would print it. risk-warning.test.ts looks at that.
  t.capture(process, 'emitWarning')
  const warned = (options: ClerkAuthOptions) => {
    const names: unknown[] = []
    const warn: Logger['warn'] = (fields) => names.push(String(fields.option))
    readInstanceOptions(options, { env: {}, logger: { debug() {}, info() {}, error() {}, warn } })
    return names
  }
  t.strictSame(warned({ secretKey: SK_LIVE, apiUrl: 'http://bapi.internal' }), ['apiUrl'])
  t.strictSame(warned({ secretKey: SK_LIVE, apiUrl: 'http://127.0.0.1:9000' }), [])
  t.strictSame(warned({ secretKey: SK_LIVE, reportOnly: ['issuer', 'authorizedParties'] }), [
    'reportOnly',
    'reportOnly'
  ])
  t.strictSame(
    warned({
      publishableKey: PK_LIVE,
      authorizedParties: ['https://a.test'],
      reportOnly: ['issuer', 'authorizedParties']
    }),
    []
  )
})

t.test('jwtKey takes PEM in every form that environment files and secret stores make of it', async (t) => {
  const forms: Record<string, string> = {
    'as it is': pem,
    CRLF: pem.replaceAll('\n', '\r\n'),
    'one line': pem.replaceAll('\n', ''),
    'spaces for line breaks': pem.replaceAll('\n', ' '),
    'literal \\n': pem.replaceAll('\n', '\\n'),
    'literal \\r\\n': pem.replaceAll('\n', '\\r\\n'),
    'bare body': pem.replaceAll(/-----[^-]+-----|\n/g, ''),
    'bare body with breaks': pem.replaceAll(/-----[^-]+-----/g, ''),
    'space around': `\n  ${pem}  \n`,
    'PKCS #1': createPublicKey(pem).export({ type: 'pkcs1', format: 'pem' }).toString()
  }
  for (const [name, jwtKey] of Object.entries(forms)) t.strictSame(read({ jwtKey }).jwtKey, [pem], name)
})

t.test('jwtKey takes several keys, as a list or one after the other, each once', async (t) => {
  t.strictSame(read({ jwtKey: [pem, otherPem, pem] }).jwtKey, [pem, otherPem])
  t.strictSame(read({}, { CLERK_JWT_KEY: (pem + otherPem).replaceAll('\n', '\\n') }).jwtKey, [pem, otherPem])
})

t.test('jwtKey takes RSA keys that are not of 2048 bits', async (t) => {
  const large = newKey(3072)
  t.strictSame(read({ jwtKey: large }).jwtKey, [large])
})

t.test('any text at all is judged as a PEM without an exception', async () => {
  const damaged = fc
    .tuple(fc.nat(pem.length), fc.nat(40), fc.string({ maxLength: 10 }))
    .map(([start, length, text]) => pem.slice(0, start) + text + pem.slice(start + length))
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.base64String(), damaged), (text) => {
      const result = parsePublicKeyPem(text)
      return result.ok ? result.pems.every((key) => createPublicKey(key).asymmetricKeyType === 'rsa') : true
    }),
    { numRuns: 1000, seed: 2 }
  )
})

function withoutFunctions(options: object): object {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !['fetch', 'now', 'logger'].includes(name)))
}

function objectsIn(value: unknown, path = 'options'): [string, object][] {
  if (typeof value !== 'object' || value === null || path.endsWith('.logger')) return []
  return [[path, value], ...Object.entries(value).flatMap(([name, inner]) => objectsIn(inner, `${path}.${name}`))]
}
