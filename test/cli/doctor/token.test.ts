import { generateKeyPairSync, sign as signBytes } from 'node:crypto'
import t from 'tap'
import { createLocalClerk } from '../../../src/local/index.js'
import {
  assertNothingLeaked,
  doctor,
  failedFetch,
  internet,
  report,
  secret,
  writeFiles
} from '../../fixtures/doctor.js'

const clerk = await createLocalClerk({ instanceType: 'production', frontendApi: 'clerk.example.com' })
const other = await createLocalClerk({ instanceType: 'production', frontendApi: 'clerk.other.example' })
t.teardown(() => Promise.all([clerk.close(), other.close()]))
const world = internet([clerk, other])
const withoutFrontendApi: typeof fetch = (input, init) =>
  new URL(String(input)).host === 'clerk.example.com' ? Promise.reject(failedFetch('ENOTFOUND')) : world(input, init)
for (const each of [clerk, other]) secret(each.secretKey)

const KEYS = { CLERK_PUBLISHABLE_KEY: clerk.publishableKey, CLERK_SECRET_KEY: clerk.secretKey }
const files = writeFiles(t, {
  'good.mjs': `export default { authorizedParties: ['https://app.example.com'] }`,
  'any.mjs': `export default { acceptsToken: 'any', audience: ['https://api.example.com'] }`,
  'pem.mjs': `export default { jwtKey: ${JSON.stringify(clerk.jwtKey)}, secretKey: null }`,
  'machines.mjs': `export default { acceptsToken: 'm2m_token' }`
})
const GOOD = ['--config', files['good.mjs']]
const AZP = 'https://app.example.com'
const NOW = Math.floor(Date.now() / 1000)

/** A good session token of the instance, with this changed. */
const token = (input: Parameters<typeof clerk.signSessionToken>[0] = {}) =>
  secret(clerk.signSessionToken({ azp: AZP, ...input }))

/** A token with the claims of the instance, and a signature under a key that nobody has. */
function forged(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const [header, payload] = token().split('.')
  const signature = signBytes('sha256', Buffer.from(`${header}.${payload}`), privateKey).toString('base64url')
  return secret(`${header}.${payload}.${signature}`)
}

interface Row {
  readonly token: string
  readonly verdict: 'accepted' | 'refused' | 'undecided'
  readonly reason: string | null
  /** Of causes that are no notes. */
  readonly first?: string
  readonly says?: RegExp
  readonly status: 0 | 1 | 2
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly fetch?: typeof globalThis.fetch
}

const good = token()
const TABLE: Readonly<Record<string, Row>> = {
  good: { token: good, verdict: 'accepted', reason: null, status: 0 },
  'with Bearer': { token: `Authorization: Bearer ${good}\n`, verdict: 'accepted', reason: null, status: 0 },
  'in quotes': { token: `"${good}"`, verdict: 'accepted', reason: null, status: 0 },
  'a header in quotes': { token: `"Authorization: Bearer ${good}"`, verdict: 'accepted', reason: null, status: 0 },
  'an option of curl': { token: `-H 'authorization: bearer "${good}"'`, verdict: 'accepted', reason: null, status: 0 },
  'among cookies': { token: `'Cookie: a=b; __session=${good}; c=d'`, verdict: 'accepted', reason: null, status: 0 },
  'of a pending session': {
    token: token({ status: 'pending' }),
    verdict: 'refused',
    reason: 'session-pending',
    first: 'session-pending',
    status: 1
  },
  'of the instance of the publishable key alone, whose key set cannot be had': {
    token: good,
    env: { ...KEYS, CLERK_SECRET_KEY: other.secretKey },
    fetch: withoutFrontendApi,
    verdict: 'refused',
    reason: 'jwk-kid-mismatch',
    first: 'keys-likely-of-two-instances',
    status: 1
  },
  'under a key that has been removed, and the Frontend API is away': {
    token: secret(other.signSessionToken({ azp: AZP, claims: { iss: 'https://x.example' } })),
    fetch: withoutFrontendApi,
    verdict: 'refused',
    reason: 'jwk-kid-mismatch',
    first: 'token-of-another-instance',
    status: 1
  },
  'as a cookie': { token: `__session_naoXFJnI=${good}`, verdict: 'accepted', reason: null, status: 0 },
  'good, by jwtKey alone': {
    token: good,
    args: ['--config', files['pem.mjs'], '--offline'],
    fetch: () => Promise.reject(failedFetch('ENOTFOUND')),
    verdict: 'accepted',
    reason: null,
    status: 0
  },
  expired: {
    token: token({ issuedAtMs: (NOW - 7_380) * 1000 }),
    verdict: 'refused',
    reason: 'token-expired',
    first: 'token-expired',
    says: /expired 2 hours 2 minutes ago/,
    status: 1
  },
  'expired by a clock that is ahead': {
    token: token({ issuedAtMs: (NOW - 600) * 1000 }),
    fetch: internet([clerk], { now: () => Date.now() - 600_000 }),
    verdict: 'refused',
    reason: 'token-expired',
    first: 'clock-off',
    says: /600 s ahead/,
    status: 1
  },
  'expired, and the clock is off, which does not matter': {
    token: token({ issuedAtMs: (NOW - 86_400) * 1000 }),
    fetch: internet([clerk], { now: () => Date.now() - 60_000 }),
    verdict: 'refused',
    reason: 'token-expired',
    first: 'token-expired',
    status: 1
  },
  'issued in the future, by a clock that is behind': {
    token: token({ issuedAtMs: (NOW + 120) * 1000, claims: { nbf: NOW } }),
    fetch: internet([clerk], { now: () => Date.now() + 120_000 }),
    verdict: 'refused',
    reason: 'token-iat-in-the-future',
    first: 'clock-off',
    status: 1
  },
  'not active yet': {
    token: token({ claims: { nbf: NOW + 3600 } }),
    verdict: 'refused',
    reason: 'token-not-active-yet',
    first: 'token-not-active-yet',
    says: /in (1 hour|59 minutes)/,
    status: 1
  },
  'of another instance': {
    token: secret(other.signSessionToken({ azp: AZP })),
    verdict: 'refused',
    reason: 'jwk-kid-mismatch',
    first: 'token-of-another-instance',
    status: 1
  },
  'of this instance, and the secret key is of another': {
    token: good,
    env: { ...KEYS, CLERK_SECRET_KEY: other.secretKey },
    verdict: 'refused',
    reason: 'jwk-kid-mismatch',
    first: 'keys-of-two-instances',
    status: 1
  },
  'under a key that has been removed': {
    token: token({ header: { kid: 'ins_removed' } }),
    verdict: 'refused',
    reason: 'jwk-kid-mismatch',
    first: 'jwk-kid-mismatch',
    says: /ins_removed/,
    status: 1
  },
  forged: {
    token: forged(),
    verdict: 'refused',
    reason: 'token-invalid-signature',
    first: 'token-invalid-signature',
    status: 1
  },
  'from another origin': {
    token: token({ azp: 'https://evil.example' }),
    verdict: 'refused',
    reason: 'token-invalid-authorized-parties',
    first: 'token-invalid-authorized-parties',
    says: /https:\/\/evil\.example.*https:\/\/app\.example\.com/,
    status: 1
  },
  'without azp': {
    token: token({ azp: null }),
    verdict: 'refused',
    reason: 'token-invalid-authorized-parties',
    first: 'token-invalid-authorized-parties',
    says: /none; authorizedParties/,
    status: 1
  },
  'with another issuer under the same key': {
    token: token({ claims: { iss: 'https://clerk.sibling.example' } }),
    verdict: 'refused',
    reason: 'token-invalid-issuer',
    first: 'token-of-another-instance',
    status: 1
  },
  'for another audience': {
    token: token({ claims: { aud: 'https://other.example' } }),
    args: ['--config', files['any.mjs']],
    verdict: 'refused',
    reason: 'token-verification-failed',
    first: 'token-verification-failed',
    says: /audience.*other\.example/,
    status: 1
  },
  'of a template': {
    token: token({ header: { cat: 'cl_B7d4PD222AAA' } }),
    verdict: 'refused',
    reason: 'token-type-mismatch',
    first: 'token-type-mismatch',
    says: /template/,
    status: 1
  },
  'with alg none': {
    token: token({ header: { alg: 'none' } }),
    verdict: 'refused',
    reason: 'token-invalid-algorithm',
    first: 'token-invalid-algorithm',
    status: 1
  },
  'cut off': {
    token: secret(good.slice(0, -40)).split('.').slice(0, 2).join('.'),
    verdict: 'refused',
    reason: 'token-invalid',
    first: 'token-malformed',
    says: /three parts.*has 2/,
    status: 1
  },
  'wrapped by a terminal': {
    token: `${good.slice(0, 100)}\n${good.slice(100)}`,
    verdict: 'refused',
    reason: 'token-invalid',
    first: 'token-malformed',
    says: /line breaks/,
    status: 1
  },
  'too long': {
    token: token({ claims: { custom: 'x'.repeat(9000) } }),
    verdict: 'refused',
    reason: 'token-invalid',
    first: 'token-too-long',
    says: /8192 is the limit/,
    status: 1
  },
  'no keys can be had': {
    token: good,
    fetch: () => Promise.reject(failedFetch('ECONNREFUSED')),
    verdict: 'undecided',
    reason: 'jwk-remote-failed-to-load',
    first: 'fetch-refused',
    status: 1
  },
  'the secret key is refused': {
    token: good,
    env: { ...KEYS, CLERK_SECRET_KEY: secret('sk_live_wrongwrongwrong') },
    verdict: 'undecided',
    reason: 'secret-key-invalid',
    first: 'secret-key-refused',
    status: 1
  },
  'no keys are asked for': {
    token: good,
    args: [...GOOD, '--offline'],
    fetch: () => Promise.reject(failedFetch('ECONNREFUSED')),
    verdict: 'undecided',
    reason: 'jwk-remote-failed-to-load',
    first: 'keys-not-fetched',
    status: 1
  },
  'an API key where sessions are asked for': {
    token: secret('ak_livelivelivelivelive'),
    verdict: 'refused',
    reason: 'token-type-mismatch',
    first: 'token-type-mismatch',
    status: 1
  },
  'an API key': {
    token: secret('ak_otherotherotherother'),
    args: ['--config', files['any.mjs']],
    verdict: 'undecided',
    reason: 'only-clerk-can-tell',
    first: 'only-clerk-can-tell',
    status: 2
  },
  'an M2M token that is a JWT': {
    token: secret(clerk.machineTokens.createM2MToken({ format: 'jwt' })),
    args: ['--config', files['any.mjs']],
    verdict: 'accepted',
    reason: null,
    status: 0
  },
  'an OAuth token for another resource': {
    token: secret(
      clerk.machineTokens.createOAuthToken({ userId: 'user_1', format: 'jwt', audience: 'https://x.example' })
    ),
    args: ['--config', files['any.mjs']],
    verdict: 'refused',
    reason: 'token-verification-failed',
    first: 'token-verification-failed',
    status: 1
  },
  'a session token where machines are asked for': {
    token: good,
    args: ['--config', files['machines.mjs']],
    verdict: 'refused',
    reason: 'token-type-mismatch',
    first: 'token-type-mismatch',
    status: 1
  }
}

t.test('each token: verdict, reason, likely cause and exit status', async (t) => {
  for (const [
    name,
    { token, verdict, reason, first, says = /./, status, args = GOOD, env = KEYS, fetch = world }
  ] of Object.entries(TABLE)) {
    const found = await report(['token', '-', ...args], { env, stdin: token, fetch })
    t.equal(found.json.verdict, verdict, name)
    t.equal(found.json.reason, reason, `${name}: reason`)
    const cause = found.json.causes.find(({ cause }) => cause !== 'token-not-bare')
    t.equal(cause?.cause, first, `${name}: first cause`)
    if (first !== undefined) t.match(`${cause?.message}`, says, name)
    t.equal(found.status, status, `${name}: exit status`)
    t.equal(found.text.stderr, '', name)
  }
})

t.test('each check answers for itself', async (t) => {
  const bad = token({
    azp: 'https://evil.example',
    issuedAtMs: (NOW - 3600) * 1000,
    claims: { iss: 'https://x.example' }
  })
  const { json } = await report(['token', '-', ...GOOD], { env: KEYS, stdin: bad, fetch: world })
  const checks = json.checks as readonly { check: string; answer: string; reason: string | null }[]
  t.strictSame(
    checks.map(({ check, answer, reason }) => [check, answer, reason]),
    [
      ['form', 'passed', null],
      ['category', 'passed', null],
      ['key', 'passed', null],
      ['algorithm', 'passed', null],
      ['signature', 'passed', null],
      ['subject', 'passed', null],
      ['audience', 'passed', null],
      ['authorized party', 'failed', 'token-invalid-authorized-parties'],
      ['issuer', 'failed', 'token-invalid-issuer'],
      ['expiry', 'failed', 'token-expired'],
      ['not before', 'passed', null],
      ['issued at', 'passed', null],
      ['revocation', 'not checked', null]
    ]
  )
})

t.test('nothing of the token is sent, and nobody but the key endpoints is asked', async (t) => {
  const asked: string[] = []
  const fetch: typeof globalThis.fetch = (input, init) => {
    asked.push(`${init?.method} ${String(input)} ${JSON.stringify([...new Headers(init?.headers)])} ${init?.body}`)
    return world(input, init)
  }
  const oauth = secret(clerk.machineTokens.createOAuthToken({ userId: 'user_1' }))
  for (const stdin of [good, secret('mt_opaqueopaqueopaque'), oauth, forged()]) {
    await report(['token', '-', '--config', files['any.mjs']], { env: KEYS, stdin, fetch })
    for (const call of asked) {
      t.match(call, /^GET https:\/\/(api\.clerk\.com\/v1\/jwks|clerk\.example\.com\/\.well-known\/jwks\.json) /)
      t.notOk(call.includes(stdin.slice(-20)), 'nothing of the token is in the request')
    }
  }
  t.ok(asked.length > 0)
})

t.test('what is no token: a message, exit 2', async (t) => {
  for (const stdin of ['', '  \n', clerk.secretKey, clerk.publishableKey, 'x'.repeat(2_000_000)]) {
    const { exitCode, stdout, stderr } = await doctor(['token', '-', ...GOOD], { env: KEYS, stdin, fetch: world })
    t.equal(exitCode, 2)
    t.equal(stdout, '')
    t.match(stderr, /^[A-Z].+\.\n$|Ctrl-D/)
  }
})

t.test('without usable options there is nothing to judge by', async (t) => {
  const { json, status } = await report(['token', '-'], { stdin: good, fetch: world })
  t.equal(status, 2)
  t.match(json, { subject: 'token', causes: [{ cause: 'FST_CLERK_OPTION_NO_KEY_SOURCE' }] })
})

t.test('no output holds a secret, nor a part of a token', async (t) => {
  for (const each of [good, TABLE.expired?.token ?? '']) {
    const [, payload = '', signature = ''] = each.split('.')
    secret(payload)
    secret(signature)
    secret(payload.slice(20, 60))
  }
  assertNothingLeaked(t)
})
