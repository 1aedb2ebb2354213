import type { HandshakeValue, OracleCase } from './case.js'
import { compare } from './compare.js'
import type { Observed } from './observed.js'

export interface DeliberateDifference {
  readonly name: string
  readonly reason: string
  /** Changes the request so that Clerk's SDK answers as this package answers the original. The answers are still compared. */
  align?(oracleCase: OracleCase): OracleCase
  /** Whether the two answers differ by this entry alone. As narrow as possible: an explained difference is not reported. */
  explains?(oracleCase: OracleCase, ours: Observed, theirs: Observed): boolean
}

/** Requests that this package answers otherwise than Clerk's SDK, with the reason. README.md has the same list. */
export const DELIBERATE: readonly DeliberateDifference[] = [
  {
    name: 'malformed-token',
    reason: 'A token whose header or payload is no JSON object is token-invalid, as any other malformed token.',
    align: (oracleCase) => replaced(oracleCase, /"null-(payload|header)"/g, '"dots"')
  },
  {
    name: 'malformed-permissions',
    reason: 'A signed token with unreadable features or permissions is good, and grants none of them.',
    explains: (oracleCase, ours, theirs) =>
      mentions(oracleCase, '"v2-bad-features"', '"v2-bad-permissions"') &&
      (/missing colon|split is not a function/.test(theirs.threw ?? '') || theirs.reason === 'unexpected-error') &&
      (ours.status === 'signed-in' || ours.reason === 'active-organization-mismatch')
  },
  {
    name: 'unsigned-machine-token',
    reason:
      "A JWT with an empty signature that says it is a machine's is token-type-mismatch, before anything else is looked at.",
    align: (oracleCase) =>
      replaced(
        oracleCase,
        /"alg":"none"(,"typ":"(?:application\/)?at\+jwt"|,"typ":"[^"]*","sub":"machine")/g,
        '"alg":"HS256"$1'
      )
  },
  {
    name: 'malformed-audience',
    reason: 'With `audience`, an `aud` that is no string and no list of strings names nobody: it is refused.',
    align: (oracleCase) =>
      oracleCase.instance.audience ? replaced(oracleCase, /"aud":"object"/g, '"aud":"unlisted"') : oracleCase
  },
  {
    name: 'kid-of-a-prototype',
    reason: 'A `kid` like `__proto__` is a name like any other that no key has: jwk-kid-mismatch.',
    // A PEM answers for every kid.
    align: (oracleCase) =>
      oracleCase.instance.keys === 'pem' ? oracleCase : replaced(oracleCase, /"kid":"prototype"/g, '"kid":"unknown"')
  },
  {
    name: 'token-inside',
    reason:
      'The session token that a handshake or refresh brings is judged as any other session token, category included.',
    align: (oracleCase) => ({
      ...oracleCase,
      queryHandshake: withJudgedInner(oracleCase.queryHandshake),
      cookies: { ...oracleCase.cookies, handshake: withJudgedInner(oracleCase.cookies.handshake) }
    })
  },
  {
    name: 'development-handshake',
    reason:
      'A handshake that does not verify in development is signed out with the reason, and a log line that says what to do; never an exception.',
    explains: (_case, ours, theirs) =>
      theirs.threw?.startsWith('Clerk: Handshake token verification failed') === true &&
      ours.status === 'signed-out' &&
      (ours.reason?.startsWith('token-') === true || ours.reason?.startsWith('jwk-') === true)
  },
  {
    name: 'unreadable-payload',
    reason:
      'An answer about a nonce that cannot be read is none: the cookies decide if they can, else nobody is called signed out.',
    explains: (oracleCase, ours, theirs) =>
      nonceOf(oracleCase) === 'html' &&
      theirs.status === 'signed-out' &&
      theirs.reason === 'session-token-missing' &&
      (ours.status === 'signed-in' || ours.reason === 'session-token-missing') &&
      ours.location === null
  },
  {
    name: 'malformed-opaque-token',
    reason:
      'A text that no bearer token can be (RFC 6750 section 2.1) is refused without asking, so no status is named.',
    explains: (oracleCase, ours, theirs) =>
      mentions(oracleCase, '"ak_(=)"') &&
      ours.reason === 'token-invalid' &&
      theirs.reason === 'token-invalid' &&
      ours.message === '(code=token-invalid, status=n/a)' &&
      theirs.message === '(code=token-invalid, status=404)'
  },
  {
    name: 'oauth-client-id',
    reason:
      "An opaque OAuth token whose answer names no client has '' as its clientId, as the JWT form has, not undefined.",
    explains: (oracleCase, ours, theirs) =>
      mentions(oracleCase, '"oat_clientless"') &&
      ours.auth?.clientId === '' &&
      theirs.auth?.clientId === undefined &&
      JSON.stringify({ ...ours, auth: { ...ours.auth, clientId: undefined } }) === JSON.stringify(theirs)
  },
  {
    name: 'cors-of-a-bogus-handshake',
    reason: 'Other origins may read the answer to a handshake only if it brought cookies.',
    explains: (_case, ours, theirs) =>
      ours.setCookies.length === 0 &&
      !('access-control-allow-origin' in ours.headers) &&
      compare({ ...ours, headers: { ...ours.headers, ...NULL_ORIGIN } }, theirs).length === 0
  },
  {
    name: 'return-url',
    reason: 'The URL that a browser is to come back to holds no handshake token or nonce.',
    explains: (_case, ours, theirs) =>
      compare(ours, { ...theirs, location: withCleanReturn(theirs.location) }).length === 0
  },
  {
    name: 'sign-in-origin',
    reason:
      'A request to a satellite whose Origin is that of signInUrl is a request like any other: signInUrl is checked at boot.',
    align: (oracleCase) =>
      oracleCase.instance.deployment.startsWith('satellite') && oracleCase.origin === 'https://primary.test'
        ? { ...oracleCase, origin: '' }
        : oracleCase
  },
  {
    name: 'canonical-base64url',
    reason: 'A token has one spelling: no padding, no stray bits (RFC 7515 section 2).',
    align: (oracleCase) => replaced(oracleCase, /(?<!"inner":\{"malformed":)"padded"/g, '"dots"')
  },
  {
    name: 'satellite-return-url',
    reason: 'A development primary sends browsers back to absolute http and https URLs only, and signs out otherwise.',
    explains: (oracleCase, ours, theirs) =>
      ours.reason === 'primary-responds-to-syncing' &&
      ours.status === 'signed-out' &&
      (theirs.threw === 'Invalid URL' || mentions(oracleCase, 'javascript:'))
  },
  {
    name: 'bearer-scheme',
    reason: 'The scheme of Authorization has no case (RFC 9110 section 11.1): `bearer` is `Bearer`.',
    align: (oracleCase) => replaced(oracleCase, /"bearer "/g, '"Bearer "')
  },
  {
    name: 'refresh-of-the-presented-token',
    reason: 'An expired bearer token is refreshed as itself, whatever session the cookies hold.',
    explains: (oracleCase, ours, theirs) =>
      oracleCase.authorization !== null &&
      oracleCase.cookies.refresh !== 'absent' &&
      `${ours.reason}${theirs.reason}`.includes('session-token-expired-refresh-expired-session-token-')
  }
]

const NULL_ORIGIN = { 'access-control-allow-origin': 'null', 'access-control-allow-credentials': 'true' }

function withCleanReturn(location: string | null): string | null {
  if (location === null) return null
  const target = new URL(location)
  for (const name of ['redirect_url', '__clerk_redirect_url']) {
    const back = target.searchParams.get(name)
    if (back === null || !URL.canParse(back)) continue
    const url = new URL(back)
    for (const secret of ['__clerk_handshake', '__clerk_handshake_nonce', '__dev_session']) {
      url.searchParams.delete(secret)
    }
    // Clerk's SDK takes it out of the former too.
    if (name === 'redirect_url') url.searchParams.delete('__clerk_db_jwt')
    target.searchParams.set(name, url.href)
  }
  return target.href
}

/** The nonce that counts: that of the query if there is one, else that of the cookie. */
function nonceOf({ query, cookies }: OracleCase): string {
  const [, ofQuery = ''] = query.find(([name]) => name === '__clerk_handshake_nonce') ?? []
  return ofQuery || cookies.handshakeNonce
}

/** Clerk's SDK does not check the category of the inner token. Signed by another key, the token is refused by it as well. */
function withJudgedInner(value: HandshakeValue): HandshakeValue {
  if (typeof value === 'string' || 'malformed' in value || 'malformed' in value.inner) return value
  const { token } = value.inner
  const isSession = token.sub !== 'machine' && ['session', 'ignore', 'absent'].includes(token.cat)
  return isSession ? value : { ...value, inner: { token: { ...token, key: 'other' } } }
}

/** The request for Clerk's SDK, changed by every entry that has an `align`. */
export function aligned(oracleCase: OracleCase): OracleCase {
  return DELIBERATE.reduce((before, entry) => entry.align?.(before) ?? before, oracleCase)
}

/** The entries that changed the request. */
export function alignments(oracleCase: OracleCase): DeliberateDifference[] {
  const before = JSON.stringify(oracleCase)
  return DELIBERATE.filter(({ align }) => align !== undefined && JSON.stringify(align(oracleCase)) !== before)
}

export function explanation(
  oracleCase: OracleCase,
  ours: Observed,
  theirs: Observed
): DeliberateDifference | undefined {
  return DELIBERATE.find((entry) => entry.explains?.(oracleCase, ours, theirs))
}

/** The case with every match of the pattern in its JSON replaced; the same object when there is none. */
function replaced(oracleCase: OracleCase, pattern: RegExp, text: string): OracleCase {
  const before = JSON.stringify(oracleCase)
  const after = before.replace(pattern, text)
  return before === after ? oracleCase : JSON.parse(after)
}

function mentions(oracleCase: OracleCase, ...texts: string[]): boolean {
  const text = JSON.stringify(oracleCase)
  return texts.some((part) => text.includes(part))
}
