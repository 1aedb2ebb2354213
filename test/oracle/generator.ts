import fc from 'fast-check'
import { NONCES, OPAQUE_TOKENS, REFRESH_VALUES } from './backend-stub.js'
import type { CookieValue, HandshakeValue, OracleCase, TokenChoice } from './case.js'
import {
  CLAIMS_NAMES,
  type ClaimsName,
  MALFORMED,
  type MalformedName,
  NOW,
  PLAIN_TOKEN,
  type TokenSpec
} from './tokens.js'

// Generates requests from all values of all fields. Most fields of a request are plain and one or two are odd, so that
// several rules seldom hide each other.

function pick<T>(...choices: readonly (readonly [weight: number, value: T])[]): fc.Arbitrary<T> {
  return fc.oneof(...choices.map(([weight, value]) => ({ weight, arbitrary: fc.constant(value) })))
}

/** Mostly the first value. Cases also shrink to it. */
function mostly<T>(usual: T, weight: number, ...others: readonly T[]): fc.Arbitrary<T> {
  return pick<T>([weight, usual], ...others.map((value) => [1, value] as const))
}

const oddField: fc.Arbitrary<Partial<TokenSpec>> = fc.oneof(
  {
    weight: 5,
    arbitrary: pick<Partial<TokenSpec>>(
      [4, { time: 'expired' }],
      [1, { time: 'long-expired' }],
      [2, { time: 'early' }],
      [2, { time: 'future' }],
      [1, { time: 'no-exp' }],
      [1, { time: 'text-exp' }],
      [1, { time: 'no-iat' }]
    )
  },
  fc.record({ iss: fc.constantFrom<TokenSpec['iss']>('foreign', 'upper-case', 'bare', 'number', 'absent', 'empty') }),
  fc.record({ cat: fc.constantFrom<TokenSpec['cat']>('template', 'm2m', 'ignore', 'absent', 'unknown', 'null') }),
  fc.constant({ key: 'other' } as const),
  fc.record({ kid: fc.constantFrom<TokenSpec['kid']>('unknown', 'absent', 'prototype') }),
  fc.record({ alg: fc.constantFrom<TokenSpec['alg']>('RS512', 'HS256', 'none') }),
  fc.record({ typ: fc.constantFrom<TokenSpec['typ']>('absent', 'at+jwt', 'application/at+jwt', 'other') }),
  fc.record({ sub: fc.constantFrom<TokenSpec['sub']>('empty', 'number', 'absent', 'machine') }),
  fc.record({ azp: fc.constantFrom<TokenSpec['azp']>('unlisted', 'absent', 'empty') }),
  fc.record({ aud: fc.constantFrom<TokenSpec['aud']>('listed', 'unlisted', 'list', 'object') })
)

const tokenSpec: fc.Arbitrary<TokenSpec> = fc
  .record({
    claims: fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom<ClaimsName[]>('v2', 'v2-organization') },
      { weight: 2, arbitrary: fc.constantFrom(...CLAIMS_NAMES) }
    ),
    odd: fc.oneof(
      { weight: 4, arbitrary: fc.constant<Partial<TokenSpec>[]>([]) },
      { weight: 4, arbitrary: fc.array(oddField, { minLength: 1, maxLength: 1 }) },
      { weight: 1, arbitrary: fc.array(oddField, { minLength: 2, maxLength: 3 }) }
    )
  })
  .map(({ claims, odd }) => Object.assign({ ...PLAIN_TOKEN, claims }, ...odd))

const malformed = fc.record({ malformed: fc.constantFrom(...(Object.keys(MALFORMED) as MalformedName[])) })

const tokenChoice: fc.Arbitrary<TokenChoice> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ token: tokenSpec }) },
  { weight: 1, arbitrary: malformed }
)

const cookieToken: fc.Arbitrary<CookieValue> = fc.oneof(
  { weight: 3, arbitrary: fc.constant('absent' as const) },
  { weight: 7, arbitrary: tokenChoice },
  { weight: 1, arbitrary: fc.constant('empty' as const) }
)

const clientUat = pick<string>(
  [3, 'absent'],
  [6, `${NOW - 10}`],
  [2, `${NOW - 100_000}`],
  [2, `${NOW - 9}`],
  [2, '0'],
  [1, ''],
  [1, 'abc'],
  [1, '12abc'],
  [1, '-5'],
  [1, '5.9']
)

const devBrowser = mostly('dvb_cookie', 4, 'absent', '', 'dvb_other')

const handshake: fc.Arbitrary<HandshakeValue> = fc.oneof(
  { weight: 40, arbitrary: fc.constant('absent' as const) },
  { weight: 1, arbitrary: fc.constant('empty' as const) },
  { weight: 1, arbitrary: malformed },
  {
    weight: 4,
    arbitrary: fc.record({
      directives: fc.constantFrom('both', 'unsuffixed', 'signed-out', 'no-session', 'none', 'no-list'),
      inner: tokenChoice,
      token: tokenSpec
    })
  }
)

const queryParameter: fc.Arbitrary<readonly [string, string]> = fc.oneof(
  fc.tuple(fc.constant('a'), fc.constantFrom('1', 'b c', '%', 'ü', '')),
  fc.tuple(fc.constant('__clerk_db_jwt'), fc.constantFrom('dvb_query', '')),
  fc.tuple(fc.constant('__clerk_synced'), fc.constantFrom('false', 'true', 'TRUE', '')),
  fc.tuple(
    fc.constant('__clerk_redirect_url'),
    fc.constantFrom(
      'https://sat.test/x?__clerk_synced=false',
      'http://sat.test:8080/',
      '/relative',
      'javascript:alert(1)',
      ''
    )
  ),
  fc.tuple(fc.constant('__clerk_handshake_nonce'), fc.constantFrom(...NONCES, '')),
  fc.tuple(fc.constant('__clerk_help'), fc.constant('1')),
  fc.tuple(fc.constant('__dev_session'), fc.constant('1'))
)

const freeCase: fc.Arbitrary<OracleCase> = fc.record({
  instance: fc.record({
    type: fc.constantFrom('production', 'development'),
    deployment: mostly<OracleCase['instance']['deployment']>(
      'primary',
      8,
      'satellite-domain',
      'satellite-domain',
      'satellite-proxy',
      'proxy',
      'domain-only'
    ),
    keys: mostly<OracleCase['instance']['keys']>('pem', 3, 'jwks'),
    satelliteAutoSync: fc.boolean(),
    authorizedParties: mostly(false, 3, true),
    audience: mostly(false, 4, true),
    checksIssuer: mostly(false, 4, true),
    clockSkewInMs: mostly<number | undefined>(undefined, 6, 0, 3_600_000),
    organizationSync: mostly<OracleCase['instance']['organizationSync']>('off', 6, 'organizations', 'personal', 'both'),
    acceptsToken: pick<OracleCase['instance']['acceptsToken']>(
      [14, 'session_token'],
      [12, 'any'],
      [1, ['session_token']],
      [1, ['api_key', 'm2m_token']],
      [1, ['session_token', 'oauth_token']],
      [1, 'api_key'],
      [1, 'm2m_token'],
      [1, 'oauth_token']
    )
  }),
  method: mostly('GET', 9, 'POST', 'HEAD', 'OPTIONS', 'DELETE'),
  protocol: mostly('https', 5, 'http'),
  forwardedHost: mostly('', 6, 'public.example.com', 'public.example.com:8443'),
  path: mostly(
    '/',
    4,
    '/orgs/org_1',
    '/orgs/ORG_1/x',
    '/orgs/acme/settings',
    '/Orgs/other/',
    '/by-id/org_1/',
    '/by-id/org_2',
    '/me',
    '/me/x/y',
    '/optional',
    '/a%20b/ü'
  ),
  query: fc.oneof(
    { weight: 6, arbitrary: fc.constant([]) },
    { weight: 5, arbitrary: fc.array(queryParameter, { minLength: 1, maxLength: 3 }) }
  ),
  secFetchDest: mostly('document', 6, '', '', 'empty', 'empty', 'iframe', 'Document'),
  accept: mostly('text/html,application/xhtml+xml', 4, '', '*/*', 'application/json', 'TEXT/html'),
  referer: mostly(
    '',
    8,
    'https://app.example.com/from',
    'http://app.example.com/from',
    'https://app.example.com:8443/',
    'https://other.test/x',
    'https://clerk.example.com/',
    'https://clerk.example.com:444/',
    'https://accounts.example.com/sign-in',
    'https://happy-lion-12.accounts.dev/sign-in',
    'https://happy-lion-12.clerk.accounts.dev/',
    'https://accounts.foo.lclclerk.com/',
    'https://proxy.example.com/',
    'no url'
  ),
  origin: mostly('', 8, 'https://app.example.com', 'https://primary.test', 'null'),
  authorization: fc.oneof(
    { weight: 16, arbitrary: fc.constant(null) },
    {
      weight: 7,
      arbitrary: fc.record({
        scheme: mostly('Bearer ', 8, '', 'Basic ', 'Bearer  ', ' Bearer ', 'bearer '),
        token: fc.oneof(
          { weight: 6, arbitrary: tokenChoice },
          { weight: 3, arbitrary: fc.record({ opaque: fc.constantFrom(...OPAQUE_TOKENS, '', 'x y') }) }
        )
      })
    }
  ),
  cookies: fc.record({
    session: cookieToken,
    sessionSuffixed: cookieToken,
    clientUat,
    clientUatSuffixed: clientUat,
    devBrowser,
    devBrowserSuffixed: devBrowser,
    refresh: fc.oneof(
      { weight: 3, arbitrary: fc.constant('absent') },
      { weight: 2, arbitrary: fc.constantFrom(...REFRESH_VALUES, '') }
    ),
    handshake,
    handshakeNonce: fc.oneof(
      { weight: 30, arbitrary: fc.constant('absent') },
      { weight: 1, arbitrary: fc.constantFrom(...NONCES, '') }
    ),
    redirectCount: mostly('absent', 8, '', '0', '1', '2', '3', '4', 'abc', '3.0')
  }),
  queryHandshake: handshake
})

/** The cookies of a real browser, the same in both families, half of the time with a page load. */
function asBrowser(free: OracleCase): OracleCase {
  const { cookies } = free
  return {
    ...free,
    method: 'GET',
    authorization: null,
    cookies: {
      ...cookies,
      sessionSuffixed: cookies.session,
      clientUatSuffixed: cookies.clientUat,
      devBrowserSuffixed: cookies.devBrowser
    }
  }
}

/** So many cases in a row have one configuration, and so one server. */
const GROUP = 25

export const oracleCase: fc.Arbitrary<OracleCase> = fc.oneof(
  { weight: 2, arbitrary: freeCase },
  { weight: 1, arbitrary: freeCase.map(asBrowser) }
)

/** Reproducible: the same seed gives the same cases. */
export function generateCases(seed: number, count: number): OracleCase[] {
  const cases = fc.sample(oracleCase, { seed, numRuns: count })
  return cases.map((one, index) => ({
    ...one,
    instance: (cases[index - (index % GROUP)] as OracleCase).instance
  }))
}
