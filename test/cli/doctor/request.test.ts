import t from 'tap'
import { createLocalClerk } from '../../../src/local/index.js'
import { assertNothingLeaked, doctor, internet, report, secret, writeFiles } from '../../fixtures/doctor.js'

const clerk = await createLocalClerk({ instanceType: 'production', frontendApi: 'clerk.example.com' })
const development = await createLocalClerk({ frontendApi: 'calm-cat-1.clerk.accounts.dev' })
const other = await createLocalClerk({ instanceType: 'production', frontendApi: 'clerk.other.example' })
t.teardown(() => Promise.all([clerk, development, other].map((each) => each.close())))
const asked: string[] = []
const internetOfAll = internet([clerk, development, other])
const world: typeof globalThis.fetch = (input, init) => {
  asked.push(`${init?.method} ${String(input)}`)
  return internetOfAll(input, init)
}

const PRODUCTION = { CLERK_PUBLISHABLE_KEY: clerk.publishableKey, CLERK_SECRET_KEY: secret(clerk.secretKey) }
const DEVELOPMENT = {
  CLERK_PUBLISHABLE_KEY: development.publishableKey,
  CLERK_SECRET_KEY: secret(development.secretKey)
}
const files = writeFiles(t, {
  'refuse.mjs': `export default { crossOrigin: 'refuse' }`,
  'bearer.mjs': `export default { publishableKey: null, issuer: 'https://clerk.example.com' }`,
  'any.mjs': `export default { acceptsToken: 'any' }`,
  'satellite.mjs': `export default { isSatellite: true, domain: 'satellite.example', signInUrl: 'https://example.com/sign-in' }`
})

function token(input: Parameters<typeof clerk.signSessionToken>[0] = {}, of = clerk): string {
  const made = of.signSessionToken(input)
  const [, payload = '', signature = ''] = made.split('.')
  secret(payload)
  secret(signature)
  return made
}
const OLD = { issuedAtMs: Date.now() - 3_600_000 }
const PAGE = `-H 'Sec-Fetch-Dest: document' -H 'Accept: text/html'`
const cookies = (input = {}, of = clerk, options = {}) => of.cookies(token(input, of), options)

interface Row {
  readonly stdin: string
  readonly state: 'signed-in' | 'signed-out' | 'handshake'
  readonly reason: string | null
  /** Of the decision table; a text: the section. */
  readonly row: number | string
  readonly first?: string
  readonly env?: Readonly<Record<string, string>>
  readonly args?: readonly string[]
}

const TABLE: Readonly<Record<string, Row>> = {
  'a good bearer token': {
    stdin: `curl https://api.example.com/me -H 'Authorization: Bearer ${token()}'`,
    state: 'signed-in',
    reason: null,
    row: '8'
  },
  'good cookies': {
    stdin: `curl https://app.example.com/ -b '${cookies()}'`,
    state: 'signed-in',
    reason: null,
    row: 17
  },
  'a curl without credentials, in development': {
    stdin: 'curl http://localhost:3000/me',
    env: DEVELOPMENT,
    state: 'signed-out',
    reason: 'dev-browser-missing',
    row: 7,
    first: 'no-credentials'
  },
  'a curl after a byte order mark': {
    stdin: '\ufeffcurl https://api.example.com/me',
    state: 'signed-out',
    reason: 'session-token-and-uat-missing',
    row: 8,
    first: 'no-credentials'
  },
  'the header list of a browser after a byte order mark': {
    stdin: '\ufeff:method: GET\n:path: /me\n:authority: api.example.com\n',
    state: 'signed-out',
    reason: 'session-token-and-uat-missing',
    row: 8,
    first: 'no-credentials'
  },
  'a page without credentials, in development': {
    stdin: `curl http://localhost:3000/ ${PAGE}`,
    env: DEVELOPMENT,
    state: 'handshake',
    reason: 'dev-browser-missing',
    row: 7,
    first: 'no-credentials'
  },
  'a curl without credentials': {
    stdin: 'curl https://api.example.com/me',
    state: 'signed-out',
    reason: 'session-token-and-uat-missing',
    row: 8,
    first: 'no-credentials'
  },
  'the header of a platform over good cookies': {
    stdin: `curl https://app.example.com/me -H 'Authorization: Bearer ${secret('platform-token-of-a-gateway')}' -H 'Cookie: ${cookies()}'`,
    state: 'signed-out',
    reason: 'token-invalid',
    row: '8',
    first: 'authorization-over-cookies'
  },
  'Basic credentials alone': {
    stdin: `curl -u admin:${secret('correct-horse-battery')} https://api.example.com/me`,
    state: 'signed-out',
    reason: 'session-token-and-uat-missing',
    row: 8,
    first: 'authorization-scheme'
  },
  'an expired bearer token': {
    stdin: `curl -X POST https://api.example.com/me -H "authorization: Bearer ${token(OLD)}"`,
    state: 'signed-out',
    reason: 'session-token-expired-refresh-non-eligible-non-get',
    row: '8',
    first: 'token-expired'
  },
  'an expired cookie on a page load': {
    stdin: `curl https://app.example.com/ ${PAGE} -b '${cookies(OLD)}'`,
    state: 'handshake',
    reason: 'session-token-expired-refresh-non-eligible-no-refresh-cookie',
    row: 14,
    first: 'token-expired'
  },
  'an expired cookie with a refresh token': {
    stdin: `curl https://app.example.com/ -b '${cookies(OLD, clerk, { refresh: secret('refresh-token-of-a-browser') })}'`,
    state: 'signed-out',
    reason: 'session-token-expired-refresh-fetch-error',
    row: 14,
    first: 'token-expired'
  },
  'cookies of another instance': {
    stdin: `curl https://app.example.com/ -b '${cookies({}, other)}'`,
    state: 'signed-out',
    reason: 'session-token-and-uat-missing',
    row: 8,
    first: 'cookies-of-another-instance'
  },
  'a bearer token of another instance': {
    stdin: `curl https://api.example.com/me -H 'Authorization: Bearer ${token({}, other)}'`,
    state: 'signed-out',
    reason: 'jwk-kid-mismatch',
    row: '8',
    first: 'token-of-another-instance'
  },
  'the keys of the server are of two instances': {
    stdin: `curl https://app.example.com/ -b '${cookies()}'`,
    env: { ...PRODUCTION, CLERK_SECRET_KEY: other.secretKey },
    state: 'signed-out',
    reason: 'jwk-kid-mismatch',
    row: 14,
    first: 'keys-of-two-instances'
  },
  'cookies, and no publishable key': {
    stdin: `curl https://app.example.com/ -b '${cookies()}'`,
    args: ['--config', files['bearer.mjs']],
    state: 'signed-out',
    reason: 'session-token-and-uat-missing',
    row: '2.7',
    first: 'cookies-without-publishable-key'
  },
  'a session cookie that was dropped': {
    stdin: `curl https://app.example.com/ -b '__client_uat=1700000000; __client_uat_${clerk.cookieSuffix}=1700000000'`,
    state: 'signed-out',
    reason: 'client-uat-but-no-session-token',
    row: 10,
    first: 'client-uat-but-no-session-token'
  },
  'a token from before the last sign-in': {
    stdin: `curl https://app.example.com/ -b '${cookies({}, clerk, { clientUat: Math.floor(Date.now() / 1000) + 60 })}'`,
    state: 'signed-out',
    reason: 'session-token-iat-before-client-uat',
    row: 13,
    first: 'session-token-iat-before-client-uat'
  },
  'a machine token where sessions are asked for': {
    stdin: `curl https://api.example.com/me -H 'Authorization: Bearer ${secret('ak_keykeykeykeykeykeykey')}'`,
    state: 'signed-out',
    reason: 'token-invalid',
    row: '8',
    first: 'machine-token-not-accepted'
  },
  'a pending session': {
    stdin: `curl https://api.example.com/me -H 'Authorization: Bearer ${token({ status: 'pending' })}'`,
    state: 'signed-out',
    reason: 'session-pending',
    row: '8',
    first: 'session-pending'
  },
  'an API key, which only Clerk can judge': {
    stdin: `curl https://api.example.com/me -H 'Authorization: Bearer ${secret('ak_keykeykeykeykeykey2')}'`,
    args: ['--config', files['any.mjs']],
    state: 'signed-out',
    reason: 'unexpected-error',
    row: '8'
  },
  'a handshake that comes back': {
    stdin: `curl 'https://app.example.com/?__clerk_handshake_nonce=${secret('nonce-of-a-handshake')}' ${PAGE}`,
    state: 'signed-out',
    reason: 'session-token-missing',
    row: 1,
    first: 'session-token-missing'
  },
  'a satellite that was not synced': {
    stdin: `curl 'https://satellite.example/?__clerk_synced=false' ${PAGE}`,
    args: ['--config', files['satellite.mjs']],
    state: 'handshake',
    reason: 'satellite-needs-syncing',
    row: 3,
    first: 'satellite-needs-syncing'
  },
  'a redirect loop': {
    stdin: `curl https://app.example.com/ ${PAGE} -b '${cookies(OLD)}; __clerk_redirect_count=3'`,
    state: 'signed-out',
    reason: 'session-token-expired-refresh-non-eligible-no-refresh-cookie',
    row: 14,
    first: 'redirect-loop'
  },
  TRACE: {
    stdin: `curl -X TRACE https://app.example.com/ -b '${cookies()}'`,
    state: 'signed-out',
    reason: 'session-token-and-uat-missing',
    row: '2.7',
    first: 'trace-request'
  },
  'a page of another origin': {
    stdin: `curl -X POST https://app.example.com/pay -b '${cookies()}' -H 'Origin: https://evil.example' -H 'Sec-Fetch-Site: cross-site'`,
    args: ['--config', files['refuse.mjs']],
    state: 'signed-in',
    reason: null,
    row: 17,
    first: 'cross-origin-refused'
  },
  'a request as text': {
    stdin: `GET /me HTTP/1.1\r\nHost: app.example.com\r\nCookie: ${cookies()}\r\n\r\n`,
    state: 'signed-in',
    reason: null,
    row: 17
  },
  'headers as a browser lists them': {
    stdin: `:method: GET\n:authority: app.example.com\n:path: /me\n:scheme: https\ncookie: ${cookies(OLD)}\n`,
    state: 'signed-out',
    reason: 'session-token-expired-refresh-non-eligible-no-refresh-cookie',
    row: 14,
    first: 'token-expired'
  }
}

t.test('each request: state, reason, row of the decision table, likely cause', async (t) => {
  for (const [name, { stdin, state, reason, row, first, env = PRODUCTION, args = [] }] of Object.entries(TABLE)) {
    const found = await report(['request', '-', ...args], { env, stdin, fetch: world })
    const { json, status, text } = found
    t.equal(json.state, state, name)
    t.equal(json.reason, reason, `${name}: reason`)
    const decidedBy = json.decidedBy as { row: number | null; section: string }
    t.equal(decidedBy.row ?? decidedBy.section, row, `${name}: row`)
    if (first !== undefined) t.equal(json.causes[0]?.cause, first, `${name}: first cause`)
    t.equal(status, state === 'signed-in' && first === undefined ? 0 : 1, `${name}: exit status`)
    t.match(text.stdout, `The request is ${state}`, name)
    t.equal(text.stderr, '', name)
  }
})

t.test('nothing of a request is sent: key sets alone are asked for', async (t) => {
  t.ok(asked.length > 0)
  for (const call of new Set(asked)) {
    t.match(
      call,
      /^GET https:\/\/(api\.clerk\.com\/v1\/jwks|clerk\.[\w.]*example(\.com)?\/\.well-known\/jwks\.json|calm-cat-1\.clerk\.accounts\.dev\/\.well-known\/jwks\.json)$/
    )
  }
})

t.test('a call that Clerk would have to answer is named', async (t) => {
  const { json } = await report(['request', '-'], {
    env: PRODUCTION,
    stdin: TABLE['a handshake that comes back']?.stdin ?? '',
    fetch: world
  })
  t.strictSame(json.withheld, ['handshake-nonce'])
  t.ok(json.causes.some(({ cause }) => cause === 'call-withheld'))
})

t.test('a text that is judged as a session token is explained as such', async (t) => {
  const stdin = `curl https://api.example.com/me -H 'Authorization: Bearer ${secret('no-token-at-all-of-any-kind')}'`
  const { json } = await report(['request', '-'], { env: PRODUCTION, stdin, fetch: world })
  const reason = json.causes.find(({ cause }) => cause === 'token-invalid')
  t.match(reason?.cure, /getToken\(\)/)
})

t.test('a loop is named with its likely cause', async (t) => {
  const { json } = await report(['request', '-'], {
    env: PRODUCTION,
    stdin: TABLE['a redirect loop']?.stdin ?? '',
    fetch: world
  })
  t.match(json.causes[0]?.message, /no redirect brings a new one.*cookies that do not come back/)
})

t.test('offline, the signature is said to be unchecked', async (t) => {
  const stdin = `curl https://api.example.com/ -H 'Authorization: Bearer ${token()}'`
  const { json, status } = await report(['request', '-', '--offline'], { env: PRODUCTION, stdin })
  t.match(json, { state: 'signed-out', reason: 'jwk-remote-failed-to-load', causes: [{ cause: 'keys-not-fetched' }] })
  t.equal(status, 1)
})

t.test('the call of another tool is known as such', async (t) => {
  for (const stdin of [
    'fetch("https://a.example/", { "method": "GET" })',
    'await fetch("https://a.example/")',
    'Invoke-WebRequest -UseBasicParsing -Uri "https://a.example/"',
    '$session = New-Object Microsoft.PowerShell.Commands.WebRequestSession',
    "wget --header 'a: b' https://a.example/",
    'http GET https://a.example/'
  ]) {
    const { exitCode, stderr } = await doctor(['request', '-', '--offline'], { env: PRODUCTION, stdin })
    t.equal(exitCode, 2, stdin)
    t.match(stderr, /call of another tool: copy it as cURL \(bash\)/, stdin)
  }
})

t.test('what is not understood: a message that quotes nothing, exit 2', async (t) => {
  const bearer = token()
  for (const stdin of [
    '',
    'hello',
    'GET',
    'GET /\n',
    `GET / HTTP/1.1\nHost: a.example\nno header line ${bearer}\n`,
    'curl',
    `fetch("https://a.example/", { "headers": { "authorization": "Bearer ${bearer}" } })`,
    `Invoke-WebRequest -Uri "https://a.example/" -Headers @{ "authorization"="Bearer ${bearer}" }`,
    `http GET https://a.example/ authorization:'Bearer ${bearer}'`,
    'curl https://a.example https://b.example',
    'curl ftp://a.example/',
    'curl "https://a.example',
    `curl https://a.example -H 'Authorization: Bearer $TOKEN`,
    `curl https://a.example -H "Authorization: Bearer $TOKEN"`,
    'curl https://a.example -H "Authorization: Bearer $(cat token)"',
    'curl https://a.example -H `cat header`',
    'curl https://a.example -H @headers.txt',
    'curl https://a.example -b cookies.txt',
    'curl https://a.example -K config',
    `curl https://a.example --${bearer}`,
    'curl https://a.example -H',
    `curl https://a.example -H '${bearer}'`,
    `curl ^"https://a.example^" ^\n -H ^"Authorization: Bearer ${bearer}^"`,
    'wget https://a.example',
    "curl https://a.example -H $'x: \\U99999999'"
  ]) {
    const { exitCode, stdout, stderr } = await doctor(['request', '-'], { env: PRODUCTION, stdin, fetch: world })
    t.equal(exitCode, 2, stdin.slice(0, 60))
    t.equal(stdout, '')
    t.match(stderr, /^[A-Z-].+\n$/)
  }
  t.equal((await doctor(['request', '--raw', '-'], { env: PRODUCTION, stdin: 'curl https://a.example' })).exitCode, 2)
  t.equal((await doctor(['request', '--curl', '-'], { env: PRODUCTION, stdin: 'GET / HTTP/1.1\nhost: a' })).exitCode, 2)
})

t.test('no output holds a secret, a token or a cookie', async (t) => assertNothingLeaked(t))
