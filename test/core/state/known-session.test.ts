import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { createInstance, type Instance } from '../../../src/core/instance.js'
import { silentLogger } from '../../../src/core/logger.js'
import { ANY_AUDIENCE } from '../../../src/core/machine/audience.js'
import type { ClerkAuthOptions } from '../../../src/core/options/instance-options.js'
import { readInstanceOptions } from '../../../src/core/options/instance-settings.js'
import { readCarried } from '../../../src/core/request/read-carried.js'
import { compileKnownSession, type KnownSessionSettings } from '../../../src/core/state/known-session.js'
import type { RequestState } from '../../../src/core/state/request-state.js'
import { UnseenSession } from '../../../src/core/state/unseen-session.js'
import { VerifiedToken } from '../../../src/core/token/verified-token.js'
import { createLocalClerk, type LocalClerk } from '../../../src/local/index.js'
import { answerFirstSeen, answerOf } from '../../fixtures/first-seen-road.js'
import { SETUPS } from './setups.js'

const NOW_MS = 1_750_000_000_000
const nowSeconds = NOW_MS / 1000
let clockMs = NOW_MS
const now = (): number => clockMs

interface Setup {
  readonly name: string
  readonly clerk: LocalClerk
  readonly instance: Instance
  /** Tokens by name. All have been verified once, so the good ones are in memory. */
  readonly tokens: Readonly<Record<string, string>>
}

async function setUp(
  name: string,
  instanceType: 'development' | 'production',
  options: Partial<ClerkAuthOptions> = {}
): Promise<Setup> {
  clockMs = NOW_MS
  const frontendApi = instanceType === 'production' ? 'clerk.example.com' : 'happy-lion-12.clerk.accounts.dev'
  const clerk = await createLocalClerk({ frontendApi, instanceType, now })
  const given = clerk.pluginOptions({ jwtKey: clerk.jwtKey, issuer: null, ...options })
  const instance = createInstance(readInstanceOptions(given, { env: {}, logger: silentLogger }))
  const sign = (claims: object): string =>
    clerk.sign({ sub: 'user_1', sid: 'sess_1', iss: clerk.issuer, azp: 'https://example.com', ...claims })
  const times = { iat: nowSeconds - 10, nbf: nowSeconds - 20, exp: nowSeconds + 50 }
  const tokens = {
    good: sign(times),
    older: sign({ ...times, iat: nowSeconds - 30 }),
    pending: sign({ ...times, sts: 'pending' }),
    inOrganization: sign({ ...times, org_id: 'org_1', org_slug: 'acme', org_role: 'org:admin' }),
    foreign: sign({ ...times, iss: 'https://clerk.other.example' }),
    withoutIat: sign({ ...times, iat: undefined }),
    expiring: sign({ ...times, exp: nowSeconds + 1 }),
    forged: `${sign(times).slice(0, -8)}AAAAAAAA`,
    garbage: 'abc',
    none: ''
  }
  await bringTwice(instance, tokens)
  return { name, clerk, instance, tokens }
}

/** After which memory has the good ones verified. */
async function bringTwice(instance: Instance, tokens: Setup['tokens']): Promise<void> {
  for (const token of Object.values(tokens)) {
    await instance.verifyToken(token)
    await instance.verifyToken(token)
  }
}

const text = (...values: string[]) => fc.constantFrom(...values)

function requestOf({ tokens, instance }: Setup) {
  const suffix = instance.settings.cookieSuffix
  const token = text(...Object.values(tokens), tokens.good ?? '', tokens.good ?? '')
  const uat = text(
    '',
    '0',
    'x',
    '-5',
    `${nowSeconds - 20}`,
    `${nowSeconds - 10}`,
    `${nowSeconds - 9}`,
    `${nowSeconds - 30}`
  )
  const optional = (value: fc.Arbitrary<string>) => fc.option(value, { nil: undefined })
  return fc.record({
    method: text('GET', 'GET', 'POST', 'HEAD', 'TRACE'),
    target: text(
      '/',
      '/',
      '/a?b=%20c',
      '/?__clerk_synced=true',
      '/?%5f_clerk_db_jwt=x',
      '/?__clerk_db_jwt',
      '/orgs/org_1',
      '/orgs/org_1?a=b',
      '/ORGS/org_1/',
      '/orgs/acme',
      '/orgs/acme/a-b_c~d.e',
      '/orgs/acme/../other',
      '/orgs/x/%2e%2e/acme',
      '/orgs/acme/.hidden',
      '/orgs/ac%6De',
      '/orgs/acme#/x',
      '//orgs/org_1',
      '/./',
      'http://other.example/orgs/org_1',
      'orgs/org_1',
      ''
    ),
    authorization: optional(
      fc.tuple(text('Bearer ', 'bearer ', 'Basic ', ''), token).map(([scheme, value]) => scheme + value)
    ),
    cookies: fc.record(
      {
        __session: token,
        [`__session_${suffix}`]: token,
        __client_uat: uat,
        [`__client_uat_${suffix}`]: uat,
        __clerk_db_jwt: text('dvb', ''),
        [`__clerk_db_jwt_${suffix}`]: text('dvb', ''),
        __clerk_redirect_count: text('1', '3', '0'),
        __clerk_handshake: text('', '', '', 'abc')
      },
      { requiredKeys: [] }
    ),
    // Headers that no browser writes, but any client can send.
    separator: text('; ', '; ', '; ', '; ', ';', ';  ', ' ; ', ';\t'),
    oddities: fc.array(
      text(
        '_ga=GA1.1',
        '__session =x',
        `__session_${suffix} =x`,
        `__session_${suffix}x=x`,
        '__sessionx=x',
        '__client_uat',
        `__client_uat_${suffix} =5`,
        '__client_uat_other=5',
        '__session=',
        '=',
        '__',
        '__clerk_active_context=sess_1:'
      ),
      { maxLength: 2 }
    ),
    secFetchDest: optional(text('document', 'empty', 'iframe', '')),
    accept: optional(text('text/html', 'application/json')),
    referer: optional(
      text(
        'https://example.com/x',
        'https://example.com/x',
        'https://example.com',
        'https://example.com:443/x',
        'https://example.com.other.example/',
        'https://example.com@other.example/',
        'http://example.com/x',
        'https://other.example/',
        'https:///other.example/x',
        'javascript://example.com/x',
        ''
      )
    ),
    protocol: text('https', 'https', 'https', 'http', 'javascript', ''),
    host: text('example.com', 'example.com', 'example.com', 'example.com:443', 'EXAMPLE.com', '/', 'example.com@', ''),
    cloudFront: optional(fc.constant('http')),
    isCold: fc.boolean(),
    afterMs: fc.constantFrom(0, 0, 0, 7_000, 56_000, -15_000)
  })
}

/** The same request to the hot path and to the whole state machine. `isCold`: no token is in memory. */
async function answers(setup: Setup, request: ReturnType<typeof requestOf> extends fc.Arbitrary<infer R> ? R : never) {
  const headers: Record<string, string> = { host: 'example.com' }
  if (request.authorization !== undefined) headers.authorization = request.authorization
  const cookie = [...request.oddities, ...Object.entries(request.cookies).map(([name, value]) => `${name}=${value}`)]
  if (cookie.length > 0) headers.cookie = cookie.join(request.separator)
  if (request.secFetchDest !== undefined) headers['sec-fetch-dest'] = request.secFetchDest
  if (request.accept !== undefined) headers.accept = request.accept
  if (request.referer !== undefined) headers.referer = request.referer
  // The scheme of a trusted CloudFront, as the plugin reads it; the origin that the hot path is given does not know it.
  if (request.cloudFront !== undefined) headers['cloudfront-forwarded-proto'] = request.cloudFront
  const { host } = request
  const protocol = request.cloudFront ?? request.protocol

  const { instance } = setup
  clockMs = NOW_MS + request.afterMs
  if (request.isCold) instance.memory.clear()
  const known = instance.knownSession(request.method, request.target, headers, { protocol: request.protocol, host })
  const source = { method: request.method, target: request.target, headers, protocol, host }
  const carried = readCarried(source, instance.readCookies)
  const policy = {
    acceptsToken: instance.settings.acceptsToken,
    allowsHandshake: instance.settings.handshake,
    audience: ANY_AUDIENCE
  }
  const unseen = known instanceof UnseenSession ? await answerFirstSeen(instance, known, carried, policy) : null
  if (request.isCold) instance.memory.clear()
  const state: RequestState = await instance.authenticate(carried, policy)
  clockMs = NOW_MS
  if (request.isCold) await bringTwice(instance, setup.tokens)
  return { known, unseen, state, cookies: carried.cookies }
}

const setups: Setup[] = []
for (const setup of SETUPS) setups.push(await setUp(...setup))

for (const setup of setups) {
  t.test(`what the hot path answers is what the state machine answers: ${setup.name}`, async (t) => {
    let hits = 0
    let firstSeen = 0
    await fc.assert(
      fc.asyncProperty(requestOf(setup), async (request) => {
        const { known, unseen, state, cookies } = await answers(setup, request)
        if (unseen !== null) {
          if (state.status === 'signed-in') firstSeen++
          assert.equal(answerOf(unseen), answerOf(state))
          return
        }
        if (!(known instanceof VerifiedToken)) {
          if (known !== null && !(known instanceof UnseenSession)) assert.deepEqual(known, cookies)
          return
        }
        hits++
        assert.equal(state.status, 'signed-in')
        assert.equal(state.verified, known)
        assert.equal(state.location, null)
        assert.deepEqual(state.setCookies, [])
        assert.equal(state.headers, null)
      }),
      { numRuns: 5000, seed: 11 }
    )
    t.ok(hits > 100, `${hits} of 5000 requests were plain enough`)
    t.ok(firstSeen > 100, `${firstSeen} of 5000 were, with a token that was not in memory`)
  })
}

t.test('the plain requests of a browser and of an API client are hot', async (t) => {
  const [production, development] = setups as [Setup, Setup]
  const bearer = { authorization: `Bearer ${production.tokens.good}` }
  const cookiesOf = ({ clerk, tokens }: Setup) => ({ cookie: clerk.cookies(tokens.good) })
  for (const known of [
    production.instance.knownSession('GET', '/', bearer),
    production.instance.knownSession('POST', '/?a=b%20c', cookiesOf(production)),
    development.instance.knownSession('GET', '/', cookiesOf(development))
  ]) {
    t.ok(known instanceof VerifiedToken)
  }
})

const OWN = { protocol: 'https', host: 'example.com' }

/** The hot path alone, over a memory that holds one token of this instance, issued now. */
function hotPath(settings: Partial<KnownSessionSettings> = {}) {
  const outcomes: Record<string, Partial<VerifiedToken>> = {
    good: {
      ok: true,
      isOwnIssuer: true,
      issuedAt: nowSeconds,
      auth: { orgId: 'org_1', orgSlug: 'acme' } as VerifiedToken['auth']
    },
    foreign: { ok: true, isOwnIssuer: false, issuedAt: nowSeconds }
  }
  const knownSession = compileKnownSession({
    readsCookies: true,
    isDevelopment: false,
    isSatellite: false,
    organizationTarget: null,
    cookieSuffix: 'abcdefgh',
    recall: (token) => outcomes[token] as VerifiedToken | undefined,
    accept: (verified) => verified,
    ...settings
  })
  return (headers: Record<string, string>, { method = 'GET', target = '/', origin = OWN } = {}): boolean => {
    const known = knownSession(method, target, headers, origin)
    assert.notEqual(known, outcomes.foreign)
    return known === outcomes.good
  }
}

const plain = { cookie: `__session=good; __client_uat=${nowSeconds}` }

t.test('hot: a token in the header, whatever the cookies say', async (t) => {
  const isHot = hotPath()
  t.ok(isHot({ authorization: 'Bearer good' }))
  t.ok(isHot({ authorization: 'Bearer good', ...plain }, { target: '/?__clerk_synced=true' }))
  t.notOk(isHot({ authorization: 'Bearer unknown', ...plain }))
  t.notOk(isHot({ authorization: 'Bearer unknown' }))
  t.ok(isHot({ authorization: 'Basic dTpw', ...plain }), 'another scheme leaves the cookies')
  t.ok(isHot({ authorization: '', ...plain }), 'an empty header names no token')
  t.notOk(isHot({}))
  t.notOk(hotPath({ readsCookies: false })(plain))
  t.ok(hotPath({ readsCookies: false })({ authorization: 'Bearer good' }))
})

t.test('hot: cookies of this instance that are new enough', async (t) => {
  const isHot = hotPath()
  t.ok(isHot(plain))
  t.notOk(isHot({ cookie: `__session=good; __client_uat=${nowSeconds + 1}` }))
  t.notOk(isHot({ cookie: `__session=foreign; __client_uat=${nowSeconds}` }))
  t.notOk(isHot({ cookie: `__session=unknown; __client_uat=${nowSeconds}` }))
  t.notOk(isHot({ cookie: '__session=good' }))
})

t.test(
  'a token that memory does not have is handed on with the length of a header that is hardly longer',
  async (t) => {
    const [production] = setups as [Setup]
    const token = production.clerk.signSessionToken({ userId: 'user_2' })
    const unseen = (headers: Record<string, string>) => {
      const known = production.instance.knownSession('GET', '/', headers)
      assert.ok(known instanceof UnseenSession)
      return known
    }
    const bearer = unseen({ authorization: `Bearer ${token}` })
    t.same({ ...bearer }, { text: token, retainedLength: token.length + 7, clientUat: null })
    const around = `__session=; __client_uat=${nowSeconds}; a=`.length
    const withCookies = (length: number) => ({
      cookie: `__session=${token}; __client_uat=${nowSeconds}; a=${'x'.repeat(length - around)}`
    })
    t.same({ ...unseen(withCookies(256)) }, { text: token, retainedLength: token.length + 256, clientUat: nowSeconds })
    t.equal(unseen(withCookies(257)).retainedLength, 0, 'a copy is kept')
    t.equal(unseen({ ...withCookies(256), ':method': 'GET' }).retainedLength, 0, 'HTTP/2')
  }
)

t.test('hot: a query that names no parameter of Clerk', async (t) => {
  const isHot = hotPath()
  for (const target of ['/?', '/?a=%20b', '/__clerk_db_jwt', '/%5F%6C%7A', '/%5F?a=b', '/?a=%3D%4A']) {
    t.ok(isHot(plain, { target }), target)
  }
  for (const target of ['/?__clerk_synced=1', '/?%5Fa', '/?a=%6C', '/?%7a']) t.notOk(isHot(plain, { target }), target)
})

t.test('hot: a page whose referrer nothing has to be learned from', async (t) => {
  const document = { 'sec-fetch-dest': 'document' }
  const referer = { referer: 'https://other.example/' }
  const isHot = hotPath()
  t.ok(isHot({ ...plain, ...document }))
  t.ok(isHot({ ...plain, ...referer }))
  t.ok(isHot({ ...plain, ...referer, 'sec-fetch-dest': 'empty' }))
  t.ok(isHot({ ...plain, ...referer, ...document }, { method: 'POST' }))
  t.notOk(isHot({ ...plain, ...referer, ...document }))
  t.ok(hotPath({ isSatellite: true })({ ...plain, ...referer, ...document }))
  const own = { ...plain, ...document, referer: 'https://example.com/page?x=1' }
  t.ok(isHot(own), 'a link of this site')
  t.notOk(isHot(own, { origin: { protocol: 'http', host: 'example.com' } }))
  t.notOk(isHot({ ...own, 'cloudfront-forwarded-proto': 'https' }), 'the scheme may be another')
  t.notOk(isHot({ ...own, referer: 'https://example.com.other.example/' }))
  t.notOk(isHot({ cookie: '__session=unknown; __client_uat=1', ...referer }))
})

t.test('hot: what can change no organization', async (t) => {
  const isHot = hotPath({
    organizationTarget: () => ({ kind: 'id', value: 'org_other' })
  })
  const page = { accept: 'text/html,*/*' }
  t.ok(isHot(plain))
  t.ok(isHot({ ...plain, ...page }, { method: 'POST' }))
  t.ok(isHot({ ...plain, accept: 'application/json' }))
  t.ok(isHot({ ...plain, accept: 'application/json, text/html' }))
  t.ok(isHot({ ...plain, ...page, 'sec-fetch-dest': 'empty' }))
  t.notOk(isHot({ ...plain, 'sec-fetch-dest': 'document' }))
  t.notOk(isHot({ ...plain, 'sec-fetch-dest': 'iframe' }))
  t.notOk(isHot({ ...plain, ...page }))
  t.notOk(isHot({ ...plain, ...page, 'sec-fetch-dest': '' }))
  const patterned = hotPath({
    organizationTarget: (path) => (path === '/none' ? null : { kind: 'slug', value: path.slice(1) })
  })
  t.ok(patterned({ ...plain, ...page }, { target: '/acme' }), 'the page of the active organization')
  t.ok(patterned({ ...plain, ...page }, { target: '/acme?tab=1' }))
  t.ok(patterned({ ...plain, ...page }, { target: '/none' }), 'a page of no organization')
  t.notOk(patterned({ ...plain, ...page }, { target: '/other' }))
  t.notOk(patterned({ ...plain, ...page }, { target: '/%61cme' }), 'a path that a parser may change')
  t.ok(hotPath()({ ...plain, ...page }), 'without patterns a page is like any other')
})

t.test(
  'hot in development: one family of cookies, or both with the same token, and the development browser',
  async (t) => {
    const isHot = hotPath({ isDevelopment: true })
    const unsuffixed = `__session=good; __client_uat=${nowSeconds}; __clerk_db_jwt=dvb`
    const suffixed = `__session_abcdefgh=good; __client_uat_abcdefgh=${nowSeconds}; __clerk_db_jwt_abcdefgh=dvb`
    for (const cookie of [unsuffixed, suffixed, `${unsuffixed}; ${suffixed}`, `__session=good; ${suffixed}`]) {
      t.ok(isHot({ cookie }), cookie)
    }
    t.ok(isHot({ cookie: `__client_uat=5; ${suffixed}` }))
    for (const cookie of [
      `__clerk_db_jwt=dvb; __client_uat=${nowSeconds}`,
      `__session=good; __client_uat=${nowSeconds}`,
      `__session_abcdefgh=good; __client_uat_abcdefgh=${nowSeconds}; __clerk_db_jwt=dvb`,
      `__session=good; __client_uat=${nowSeconds + 1}; __clerk_db_jwt=dvb`,
      '__session=good; __client_uat=0; __clerk_db_jwt=dvb',
      '__session=good; __client_uat=x; __clerk_db_jwt=dvb',
      '__session=good; __clerk_db_jwt=dvb',
      `__session=foreign; __client_uat=${nowSeconds}; __clerk_db_jwt=dvb`,
      `__session=unknown; __client_uat=${nowSeconds}; __clerk_db_jwt=dvb`,
      `__client_uat_abcdefgh=${nowSeconds}; ${unsuffixed}`,
      `__session=other; ${suffixed}`,
      `__client_uat=0; ${suffixed}`,
      '__session_abcdefgh=good; __clerk_db_jwt_abcdefgh=dvb',
      `${unsuffixed}; __clerk_handshake=x`,
      `${unsuffixed}; __clerk_handshake_nonce=x`
    ]) {
      t.notOk(isHot({ cookie }), cookie)
    }
  }
)
