import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { createLocalClerk, type LocalClerk } from '../../../src/local/index.js'
import { assertNothingLeaked, failedFetch, internet, report, type Situation, secret } from '../../fixtures/doctor.js'

// A table of broken set-ups, each with the cause that is named first.

const clerk = await createLocalClerk({ instanceType: 'production', frontendApi: 'clerk.example.com' })
const other = await createLocalClerk({ instanceType: 'production', frontendApi: 'clerk.other.example' })
const development = await createLocalClerk({ frontendApi: 'calm-cat-1.clerk.accounts.dev' })
const world = internet([clerk, other, development])
for (const each of [clerk, other, development]) secret(each.secretKey)

const folder = mkdtempSync(join(tmpdir(), 'doctor-check-'))
t.teardown(async () => {
  rmSync(folder, { recursive: true })
  await Promise.all([clerk, other, development].map((each) => each.close()))
})

let files = 0
function file(content: string, extension: string): string {
  const path = join(folder, `${++files}.${extension}`)
  writeFileSync(path, content)
  return path
}

const KEYS = { CLERK_PUBLISHABLE_KEY: clerk.publishableKey, CLERK_SECRET_KEY: clerk.secretKey }
const PARTIES = "authorizedParties: ['https://app.example.com']"
const GOOD_CONFIG = file(`export default { ${PARTIES} }`, 'mjs')
const PRIVATE_KEY = secret(
  generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
)
const FOREIGN_PEM = createPublicKey(PRIVATE_KEY).export({ type: 'spki', format: 'pem' }) as string

function at(url: string, answer: (() => Response | Promise<Response>) | Error): typeof globalThis.fetch {
  return async (input, init) => {
    if (!String(input).startsWith(url)) return world(input, init)
    if (answer instanceof Error) throw answer
    return answer()
  }
}
const BAPI = 'https://api.clerk.com'
const FAPI = 'https://clerk.example.com'
const status = (code: number) => () => new Response('{}', { status: code })

/** A folder for instances whose key set is published with a clock that is off. */
function clockOff(ms: number): typeof globalThis.fetch {
  return internet([clerk], { now: () => Date.now() + ms })
}

interface Row extends Situation {
  readonly args?: readonly string[]
  readonly first: string
  readonly status: 0 | 1 | 2
  /** What the first cause has to say as well. */
  readonly says?: RegExp
}

const config = (options: string): readonly string[] => ['--config', file(`export default { ${options} }`, 'mjs')]

const TABLE: Readonly<Record<string, Row>> = {
  'nothing is set': { env: {}, first: 'FST_CLERK_OPTION_NO_KEY_SOURCE', status: 1 },
  'the variable has the prefix of a build tool': {
    env: { NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY: clerk.publishableKey },
    first: 'variable-misnamed',
    status: 1,
    says: /reads CLERK_PUBLISHABLE_KEY/
  },
  'the variable has the name of an earlier version': {
    env: { CLERK_API_KEY: clerk.secretKey },
    first: 'variable-misnamed',
    status: 1,
    says: /reads CLERK_SECRET_KEY/
  },
  'the variable lacks an underscore': {
    env: { CLERK_SECRET_KEY: clerk.secretKey, CLERK_PUBLISHABLEKEY: clerk.publishableKey },
    first: 'variable-misnamed',
    status: 0,
    says: /reads CLERK_PUBLISHABLE_KEY/
  },
  'both variables lack an underscore': {
    env: { CLERK_SECRETKEY: clerk.secretKey, CLERK_PUBLISHABLEKEY: clerk.publishableKey },
    first: 'variable-misnamed',
    status: 1,
    says: /reads CLERK_(SECRET|PUBLISHABLE)_KEY/
  },
  'a variable has two letters the wrong way round': {
    env: { CLERK_SERCET_KEY: clerk.secretKey },
    first: 'variable-misnamed',
    status: 1,
    says: /reads CLERK_SECRET_KEY/
  },
  'a variable has two letters of Clerk the wrong way round': {
    env: { CLREK_SECRET_KEY: clerk.secretKey },
    first: 'variable-misnamed',
    status: 1,
    says: /reads CLERK_SECRET_KEY/
  },
  'a variable is named as an option that has none': {
    env: { ...KEYS, CLERK_AUTHORIZED_PARTIES: 'https://app.example.com' },
    first: 'variable-misnamed',
    status: 0,
    says: /Give the option authorizedParties: no variable sets it/
  },
  'the secret of webhooks has another name': {
    env: { ...KEYS, CLERK_WEBHOOK_SECRET: 'whsec_x' },
    first: 'variable-misnamed',
    status: 0,
    says: /reads CLERK_WEBHOOK_SIGNING_SECRET/
  },
  'the address of the keys is no variable': {
    env: { ...KEYS, CLERK_JWKS_URL: 'https://clerk.example.com/.well-known/jwks.json' },
    first: 'variable-misnamed',
    status: 0,
    says: /reads CLERK_API_URL/
  },
  'a variable is in small letters': {
    env: { clerk_publishable_key: clerk.publishableKey },
    first: 'variable-misnamed',
    status: 1,
    says: /reads CLERK_PUBLISHABLE_KEY/
  },
  'the secret key is handed to browsers': {
    env: { ...KEYS, VITE_CLERK_SECRET_KEY: clerk.secretKey },
    first: 'secret-key-exposed',
    status: 1
  },
  'the publishable key is cut off': {
    env: { ...KEYS, CLERK_PUBLISHABLE_KEY: clerk.publishableKey.slice(0, -5) },
    first: 'FST_CLERK_OPTION_PUBLISHABLE_KEY',
    status: 1
  },
  'the secret key stands in the place of the publishable one': {
    env: { CLERK_PUBLISHABLE_KEY: clerk.secretKey },
    first: 'FST_CLERK_OPTION_SECRET_AS_PUBLISHABLE',
    status: 1
  },
  'the publishable key stands in the place of the secret one': {
    env: { ...KEYS, CLERK_SECRET_KEY: clerk.publishableKey },
    first: 'FST_CLERK_OPTION_PUBLISHABLE_AS_SECRET',
    status: 1
  },
  'the secret key has a line break': {
    env: { ...KEYS, CLERK_SECRET_KEY: `${clerk.secretKey}\n` },
    first: 'FST_CLERK_OPTION_SECRET_KEY',
    status: 1
  },
  'the secret key is a placeholder': {
    env: { ...KEYS, CLERK_SECRET_KEY: secret('your-secret-key-here') },
    first: 'secret-key-form',
    status: 1
  },
  'the secret key has quotes around it': {
    env: { ...KEYS, CLERK_SECRET_KEY: `"${clerk.secretKey}"` },
    first: 'secret-key-form',
    status: 1
  },
  'a live key and a test key': {
    env: { ...KEYS, CLERK_SECRET_KEY: development.secretKey },
    first: 'FST_CLERK_OPTION_KEYS_MIXED',
    status: 1
  },
  'keys of two instances of one type': {
    env: { ...KEYS, CLERK_SECRET_KEY: other.secretKey },
    first: 'keys-of-two-instances',
    status: 1
  },
  'the frontend has the key of another instance': {
    env: { ...KEYS, VITE_CLERK_PUBLISHABLE_KEY: other.publishableKey },
    first: 'frontend-key-of-another-instance',
    status: 1
  },
  'the secret key has been rolled': {
    env: { ...KEYS, CLERK_SECRET_KEY: secret('sk_live_rolledrolledrolledrolled') },
    first: 'secret-key-refused',
    status: 1
  },
  'jwtKey is of another instance': {
    env: { ...KEYS, CLERK_JWT_KEY: FOREIGN_PEM },
    first: 'jwt-key-of-another-instance',
    status: 1
  },
  'jwtKey is a private key': {
    env: { ...KEYS, CLERK_JWT_KEY: PRIVATE_KEY },
    first: 'FST_CLERK_OPTION_JWT_KEY_PRIVATE',
    status: 1
  },
  'jwtKey is cut off': {
    env: { ...KEYS, CLERK_JWT_KEY: FOREIGN_PEM.slice(0, 90) },
    first: 'FST_CLERK_OPTION_JWT_KEY',
    status: 1
  },
  'jwks.keys are of another instance': {
    env: KEYS,
    args: config(`${PARTIES}, jwks: { keys: ${JSON.stringify(other.jwks().keys)} }`),
    first: 'given-keys-of-another-instance',
    status: 1
  },
  'the name of the Backend API does not resolve': {
    env: KEYS,
    fetch: at(BAPI, failedFetch('ENOTFOUND', 'getaddrinfo ENOTFOUND api.clerk.com')),
    first: 'fetch-dns',
    status: 1,
    says: /ENOTFOUND/
  },
  'the instance of the publishable key does not exist': {
    env: { CLERK_PUBLISHABLE_KEY: `pk_live_${Buffer.from('clerk.gone.example$').toString('base64')}` },
    args: config(`${PARTIES}, handshake: false`),
    first: 'fetch-dns',
    status: 1
  },
  'nobody listens': {
    env: { ...KEYS, CLERK_API_URL: 'http://127.0.0.1:1' },
    fetch: at('http://127.0.0.1:1', failedFetch('ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:1')),
    first: 'fetch-refused',
    status: 1
  },
  'a proxy opens TLS': {
    env: KEYS,
    fetch: at(BAPI, failedFetch('SELF_SIGNED_CERT_IN_CHAIN')),
    first: 'fetch-certificate',
    status: 1
  },
  'the outgoing proxy is not used by fetch': {
    env: { ...KEYS, HTTPS_PROXY: `http://proxy:${secret('hunter2hunter2')}@10.0.0.1:3128` },
    fetch: at(BAPI, failedFetch('ENETUNREACH')),
    first: 'egress-proxy-ignored',
    status: 1
  },
  'NO_PROXY exempts the endpoint': {
    env: { ...KEYS, HTTPS_PROXY: 'http://10.0.0.1:3128', NO_PROXY: 'localhost,.clerk.com' },
    fetch: at(BAPI, failedFetch('ENETUNREACH')),
    first: 'fetch-unreachable',
    status: 1
  },
  'the connection breaks': {
    env: KEYS,
    fetch: at(BAPI, failedFetch('ECONNRESET')),
    first: 'fetch-closed',
    status: 1
  },
  'packets are dropped': {
    env: KEYS,
    args: config(`${PARTIES}, jwks: { timeoutInMs: 100 }`),
    fetch: at(BAPI, () => new Promise<Response>((_resolve, reject) => setTimeout(reject, 300, failedFetch('ABORTED')))),
    first: 'fetch-timeout',
    status: 1
  },
  'a login page answers': {
    env: KEYS,
    fetch: at(BAPI, () => new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } })),
    first: 'fetch-html',
    status: 1
  },
  'the path of the Backend API is wrong': {
    env: KEYS,
    fetch: at(BAPI, status(404)),
    first: 'not-a-clerk-instance',
    status: 1
  },
  'too many processes ask': { env: KEYS, fetch: at(BAPI, status(429)), first: 'rate-limited', status: 1 },
  'Clerk is unwell': { env: KEYS, fetch: at(BAPI, status(503)), first: 'clerk-unwell', status: 1 },
  'the key set is empty': {
    env: KEYS,
    fetch: at(BAPI, () => Response.json({ keys: [] })),
    first: 'fetch-empty',
    status: 1
  },
  'the clock is ahead': { env: KEYS, fetch: clockOff(-90_000), first: 'clock-off', status: 1, says: /90 s ahead/ },
  'the clock is behind': {
    env: KEYS,
    fetch: clockOff(3_600_000),
    first: 'clock-off',
    status: 1,
    says: /3600 s behind/
  },
  'proxyUrl leads elsewhere': {
    env: { ...KEYS, CLERK_PROXY_URL: 'https://app.example.com/__clerk' },
    fetch: at('https://app.example.com/__clerk', status(404)),
    first: 'proxy-url-wrong',
    status: 1
  },
  'proxyUrl leads to another instance': {
    env: { ...KEYS, CLERK_PROXY_URL: 'https://app.example.com/__clerk' },
    fetch: at('https://app.example.com/__clerk', () =>
      other.fetch('https://clerk.other.example/.well-known/jwks.json')
    ),
    first: 'proxy-url-wrong',
    status: 1
  },
  'a satellite without a domain': {
    env: { ...KEYS, CLERK_IS_SATELLITE: 'true' },
    first: 'FST_CLERK_OPTION_SATELLITE_DOMAIN',
    status: 1
  },
  'isSatellite is no boolean': {
    env: { ...KEYS, CLERK_IS_SATELLITE: 'yes' },
    first: 'FST_CLERK_OPTION_VALUE',
    status: 1
  },
  'a satellite that Clerk does not know': {
    env: { ...KEYS, CLERK_IS_SATELLITE: 'true', CLERK_DOMAIN: 'satellite.example' },
    first: 'satellite-host-wrong',
    status: 1
  },
  'the snapshot is a folder': {
    env: KEYS,
    args: config(`${PARTIES}, jwks: { snapshot: ${JSON.stringify(folder)} }`),
    first: 'snapshot-unusable',
    status: 1
  },
  'the folder of the snapshot is missing': {
    env: KEYS,
    args: config(`${PARTIES}, jwks: { snapshot: ${JSON.stringify(join(folder, 'none', 'keys'))} }`),
    first: 'snapshot-unusable',
    status: 1,
    says: /ENOENT/
  },
  'the snapshot is damaged': {
    env: KEYS,
    args: config(`${PARTIES}, jwks: { snapshot: ${JSON.stringify(file('damaged', 'snapshot'))} }`),
    first: 'snapshot-not-valid',
    status: 0
  },
  'the revocation bus is away': {
    env: KEYS,
    args: config(
      `${PARTIES}, revocation: { bus: { async open() {}, async publish() { return false }, async close() {}, health: () => ({ kind: 'redis', connected: false, disconnectedSinceMs: 0, cause: 'authentication' }) } }`
    ),
    first: 'bus-away',
    status: 1,
    says: /redis.*authentication/
  },
  'an option has the name that Clerk gives it elsewhere': {
    env: KEYS,
    args: config(`${PARTIES}, skipJwksCache: true`),
    first: 'FST_CLERK_OPTION_UNKNOWN',
    status: 1
  },
  'an authorized party has a slash at its end': {
    env: KEYS,
    args: config(`authorizedParties: ['https://app.example.com/']`),
    first: 'FST_CLERK_OPTION_ORIGIN',
    status: 1
  },
  'authorized parties of development in production': {
    env: KEYS,
    args: config(`authorizedParties: ['http://localhost:3000']`),
    first: 'authorized-parties-local',
    status: 0
  },
  'development keys in production': {
    env: {
      NODE_ENV: 'production',
      CLERK_PUBLISHABLE_KEY: development.publishableKey,
      CLERK_SECRET_KEY: development.secretKey
    },
    first: 'development-keys-in-production',
    status: 0
  },
  'a domain on a primary': {
    env: { ...KEYS, CLERK_DOMAIN: 'satellite.example' },
    first: 'domain-without-satellite',
    status: 0
  },
  'a secret key alone': { env: { CLERK_SECRET_KEY: clerk.secretKey }, first: 'no-publishable-key', status: 0 },
  'a publishable key alone, with handshakes': {
    env: { CLERK_PUBLISHABLE_KEY: clerk.publishableKey },
    first: 'no-secret-key',
    status: 0
  },
  'the secret key travels in the clear': {
    env: { ...KEYS, CLERK_API_URL: 'http://api.internal.example' },
    fetch: at('http://api.internal.example', () =>
      clerk.fetch(`${clerk.apiUrl}/v1/jwks`, { headers: { authorization: `Bearer ${clerk.secretKey}` } })
    ),
    first: 'option-risk',
    status: 0
  },
  'the environment hides the environment file': {
    env: KEYS,
    args: [
      '--env-file',
      file(`CLERK_SECRET_KEY=${secret('sk_live_hiddenhiddenhidden')}`, 'env'),
      '--config',
      GOOD_CONFIG
    ],
    first: 'variable-overridden',
    status: 0
  },
  'this machine may not reach the Frontend API': {
    env: KEYS,
    fetch: at(FAPI, failedFetch('ECONNREFUSED')),
    first: 'frontend-api-away',
    status: 0
  }
}

t.test('a good set-up: nothing is wrong', async (t) => {
  const {
    status,
    text,
    json: { causes, keySets }
  } = await report(['--config', GOOD_CONFIG], { env: KEYS, fetch: world })
  t.strictSame(causes, [])
  t.equal(status, 0)
  t.match(text.stdout, /Nothing is wrong/)
  t.strictSame(keySets, [
    { from: 'secretKey', kids: [clerk.kid], failure: null },
    { from: 'publishableKey', kids: [clerk.kid], failure: null }
  ])
})

t.test('a good set-up against a local Clerk that listens', async (t) => {
  const listening = await createLocalClerk()
  t.teardown(() => listening.close())
  await listening.listen(0)
  secret(listening.secretKey)
  const { publishableKey, secretKey, apiUrl, proxyUrl } = listening.pluginOptions()
  const path = file(
    JSON.stringify({ publishableKey, secretKey, apiUrl, proxyUrl, authorizedParties: ['http://localhost:1'] }),
    'json'
  )
  // Names of the world do not resolve on the machine of a test.
  const fetch: typeof globalThis.fetch = async (input, init) => {
    if (!new URL(String(input)).host.startsWith('localhost') && !String(input).startsWith(apiUrl))
      throw failedFetch('ENOTFOUND')
    return globalThis.fetch(input, init)
  }
  const {
    status,
    json: { causes }
  } = await report(['--config', path], { fetch })
  t.strictSame(
    causes.map(({ cause }) => cause),
    ['frontend-api-away']
  )
  t.equal(status, 0)
})

t.test('each broken set-up names its cause first', async (t) => {
  t.ok(Object.keys(TABLE).length >= 25)
  for (const [
    name,
    { args = ['--config', GOOD_CONFIG], env = {}, fetch = world, first, status, says = /./ }
  ] of Object.entries(TABLE)) {
    const found = await report(args, { env, fetch })
    t.equal(found.json.causes[0]?.cause, first, name)
    t.match(found.json.causes[0]?.message, says, name)
    t.equal(found.status, status, `${name}: exit status`)
    t.equal(found.json.exitCode, status, name)
    t.ok(found.text.stdout.includes(first), `${name}: in the text too`)
    t.equal(found.text.stderr, '', name)
  }
})

t.test('a variable like one that is set is worth a note, and no more', async (t) => {
  for (const name of [
    'CLERK_PUBLISHABLEKEY',
    'CLERK_PUBLISHABEL_KEY',
    'CLERK_FRONTEND_API',
    'NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY',
    'VITE_CLERK_PUBLISHABLE_KEY'
  ]) {
    const {
      status,
      text,
      json: { causes }
    } = await report(['--config', GOOD_CONFIG, '--strict'], {
      env: { ...KEYS, [name]: clerk.publishableKey },
      fetch: world
    })
    t.match(causes, [{ cause: 'variable-beside', severity: 'note', options: [name] }], name)
    t.match(causes[0]?.message, /reads CLERK_PUBLISHABLE_KEY/, name)
    t.equal(status, 0, name)
    t.match(text.stdout, /^Nothing is wrong/, name)
  }
})

t.test('other variables of Clerk and of a frontend are not spoken of', async (t) => {
  const env = {
    ...KEYS,
    CLERK_WEBHOOK_SIGNING_SECRET: secret('whsec_abcdefgh'),
    CLERK_ENCRYPTION_KEY: secret('abcdefghijk'),
    CLERK_TELEMETRY_DISABLED: '1',
    CLERK_JS_URL: 'https://a.example',
    CLERK_UI_URL: 'https://a.example',
    NEXT_PUBLIC_CLERK_SIGN_IN_URL: '/sign-in',
    VITE_CLERK_DOMAIN: 'a.example'
  }
  t.strictSame((await report(['--config', GOOD_CONFIG], { env, fetch: world })).json.causes, [])
})

t.test('warnings count with --strict', async (t) => {
  const env = { CLERK_PUBLISHABLE_KEY: clerk.publishableKey }
  t.equal((await report(['--config', GOOD_CONFIG], { env, fetch: world })).status, 0)
  t.equal((await report(['--config', GOOD_CONFIG, '--strict'], { env, fetch: world })).status, 1)
})

t.test('--offline asks nobody', async (t) => {
  const fetch = () => t.fail('somebody was asked') as unknown as Promise<Response>
  const env = { ...KEYS, CLERK_SECRET_KEY: other.secretKey }
  t.strictSame((await report(['--offline', '--config', GOOD_CONFIG], { env, fetch })).json.causes, [])
})

t.test('all that the plugin would refuse is named, not the first alone', async (t) => {
  const {
    json: { causes }
  } = await report(config('clockSkewInMs: -1, handshak: true'), {
    env: { CLERK_PUBLISHABLE_KEY: 'pk' },
    fetch: world
  })
  t.strictSame(causes.map(({ cause }) => cause).sort(), [
    'FST_CLERK_OPTION_PUBLISHABLE_KEY',
    'FST_CLERK_OPTION_RANGE',
    'FST_CLERK_OPTION_UNKNOWN'
  ])
})

t.test('options are shown with their source, and without secrets', async (t) => {
  const path = file(`CLERK_PUBLISHABLE_KEY=${clerk.publishableKey}\n`, 'env')
  const args = [
    '--env-file',
    path,
    '--config',
    file(`export const options = { ${PARTIES}, jwks: { maxKeys: 3 } }`, 'mjs')
  ]
  const {
    json: { options }
  } = await report(args, { env: { CLERK_SECRET_KEY: clerk.secretKey }, fetch: world })
  const named = Object.fromEntries((options as { name: string }[]).map((option) => [option.name, option]))
  t.strictSame(named.publishableKey, {
    name: 'publishableKey',
    source: `CLERK_PUBLISHABLE_KEY (${path})`,
    value: 'pk_live_… (clerk.example.com)'
  })
  t.strictSame(named.secretKey, { name: 'secretKey', source: 'CLERK_SECRET_KEY (environment)', value: 'sk_live_…' })
  t.strictSame(named['jwks.maxKeys'], { name: 'jwks.maxKeys', source: 'config', value: '3' })
  t.strictSame(named.clockSkewInMs, { name: 'clockSkewInMs', source: 'default', value: '5000' })
})

const RULES: readonly (readonly [options: string, value: string])[] = [
  ['', 'none'],
  ['reportOnly: []', 'none'],
  ["reportOnly: ['issuer']", 'issuer'],
  ["reportOnly: ['authorizedParties', 'issuer']", 'issuer, authorizedParties']
]

for (const [options, value] of RULES) {
  t.test(`the rules that report alone are named: { ${options} }`, async (t) => {
    const { json, text } = await report(config(options), { env: KEYS, fetch: world })
    const printed = json.options as readonly { readonly name: string; readonly value: string }[]
    t.equal(printed.find(({ name }) => name === 'reportOnly')?.value, value)
    // The text has what is not left at its default.
    if (options !== '') t.match(text.stdout, new RegExp(`\n  reportOnly +${value} +config\n`))
  })
}

t.test('objects and functions of the application are hidden, and no other option', async (t) => {
  const store = '{ get() {}, set() {} }'
  const bus = '{ open() {}, publish() {}, health() {}, close() {} }'
  const logger = '{ info() {}, warn() {}, error() {}, debug() {} }'
  const lists = "audience: ['a'], issuer: ['https://a.example'], acceptsToken: ['session_token'], earlyRoutes: ['/a']"
  const { json } = await report(
    config(
      `${PARTIES}, ${lists}, reportOnly: ['issuer'], organizationSyncOptions: { organizationPatterns: ['/a/:id'] }, ` +
        `jwks: { snapshot: ${store} }, revocation: { bus: ${bus} }, logger: ${logger}`
    ),
    { env: KEYS, fetch: world }
  )
  const options = json.options as readonly { readonly name: string; readonly value: string }[]
  const hidden = (value: string) => options.filter((option) => option.value === value).map(({ name }) => name)
  t.strictSame(hidden('an object'), ['jwks.snapshot', 'revocation.bus', 'logger'])
  t.strictSame(hidden('a function'), ['now', 'fetch'])
})

t.test('the configuration is a module, CommonJS, JSON or a function', async (t) => {
  const good: LocalClerk = clerk
  const options = JSON.stringify({
    publishableKey: good.publishableKey,
    authorizedParties: ['https://app.example.com'],
    handshake: false
  })
  for (const path of [
    file(`module.exports = ${options}`, 'cjs'),
    file(`exports.options = ${options}`, 'cjs'),
    file(options, 'json'),
    file(`await null; export default async () => (${options})`, 'mjs'),
    file(`export const clerkOptions = ${options}`, 'mjs')
  ]) {
    t.strictSame((await report(['--config', path], { fetch: world })).json.causes, [], path)
  }
})

t.test('what cannot be examined: a message, exit 2', async (t) => {
  mkdirSync(join(folder, 'a-folder'))
  for (const args of [
    ['--config', join(folder, 'none.mjs')],
    ['--config', file('export default 3', 'mjs')],
    ['--config', file('export default { resolver() {} }', 'mjs')],
    ['--config', file(`throw new Error('${clerk.secretKey}')`, 'mjs')],
    ['--config', file(`export default () => { throw new Error('${clerk.secretKey}') }`, 'mjs')],
    ['--config', file('{', 'json')],
    ['--env-file', file(`CLERK_SECRET_KEY: ${clerk.secretKey}\n`, 'env')],
    ['--config', file('const = 1', 'mjs')],
    ['--env-file', join(folder, 'none.env')],
    ['--env-file', join(folder, 'a-folder')],
    ['--config'],
    ['--no-such-option'],
    [`--${clerk.secretKey}`],
    ['no-such-word'],
    [clerk.secretKey],
    ['token'],
    ['token', clerk.signSessionToken()],
    ['request', 'curl'],
    ['--curl'],
    ['request', '--curl', '--raw', '-']
  ]) {
    const {
      status,
      json: { causes, exitCode },
      text
    } = await report(args, { env: KEYS, fetch: world })
    t.equal(status, 2, args.join(' '))
    t.equal(exitCode, 2)
    t.equal(text.exitCode, 2)
    t.equal(text.stdout, '')
    t.match(text.stderr, /^[A-Z-].{20,}\n$/)
    t.equal(causes[0]?.cause, 'input')
  }
})

t.test('no output holds a secret', async (t) => assertNothingLeaked(t))
