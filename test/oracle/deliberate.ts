import type { OracleCase } from './case.js'
import type { Difference } from './compare.js'
import type { Observed } from './observed.js'

export interface DeliberateDifference {
  readonly name: string
  readonly reason: string
  /** Whether this is what the two answers differ in. As narrow as can be: what it explains nobody looks at again. */
  explains(oracleCase: OracleCase, ours: Observed, theirs: Observed, differences: readonly Difference[]): boolean
}

/** Where this package answers otherwise than Clerk's SDK, and why. The README has the same list. */
export const DELIBERATE: readonly DeliberateDifference[] = [
  {
    name: 'malformed-token',
    reason:
      'A token whose header or payload is no JSON object is token-invalid. Clerk throws, or answers unexpected-error (S-9).',
    explains: (oracleCase, ours, theirs) =>
      mentions(oracleCase, '"null-payload"', '"null-header"') &&
      (theirs.threw?.startsWith('Cannot ') === true || theirs.reason === 'unexpected-error') &&
      (ours.reason === 'token-invalid' || ours.status === 'handshake' || ours.status === 'signed-out')
  },
  {
    name: 'malformed-permissions',
    reason:
      'A signed token with unreadable features or permissions grants none of them. Clerk throws, or answers unexpected-error (S-10).',
    explains: (oracleCase, ours, theirs) =>
      mentions(oracleCase, '"v2-bad-features"', '"v2-bad-permissions"') &&
      (/missing colon|split is not a function/.test(theirs.threw ?? '') || theirs.reason === 'unexpected-error') &&
      (ours.status === 'signed-in' || ours.reason === 'active-organization-mismatch')
  },
  {
    name: 'development-handshake',
    reason:
      'A handshake that does not verify in development is signed out with the reason, and a log line that says what to do. Clerk throws: a 500 that any client can cause (6.4).',
    explains: (_case, ours, theirs) =>
      theirs.threw?.startsWith('Clerk: Handshake token verification failed') === true &&
      ours.status === 'signed-out' &&
      (ours.reason?.startsWith('token-') === true || ours.reason?.startsWith('jwk-') === true)
  },
  {
    name: 'sign-in-origin',
    reason:
      'A request to a satellite whose Origin is that of signInUrl is a request like any other. Clerk throws (6.1).',
    explains: (oracleCase, _ours, theirs) =>
      oracleCase.origin === 'https://primary.test' &&
      theirs.threw === 'The signInUrl needs to be on a different origin than your satellite application.'
  },
  {
    name: 'canonical-base64url',
    reason: 'A token has one spelling: no padding, no stray bits (RFC 7515 section 2). Clerk accepts several (S-27).',
    explains: (oracleCase) => mentions(oracleCase, '"padded"')
  },
  {
    name: 'satellite-return-url',
    reason:
      'A development primary redirects to absolute http and https URLs. Clerk throws for others that do not parse, and redirects to any scheme (row 5, S-29).',
    explains: (oracleCase, ours, theirs) =>
      ours.reason === 'primary-responds-to-syncing' &&
      ours.status === 'signed-out' &&
      (theirs.threw === 'Invalid URL' || mentions(oracleCase, 'javascript:'))
  },
  {
    name: 'bearer-scheme',
    reason: 'The scheme of Authorization has no case (RFC 9110 section 11.1). Clerk takes `bearer` for no token.',
    explains: (oracleCase) => oracleCase.authorization?.scheme === 'bearer '
  },
  {
    name: 'refresh-of-the-presented-token',
    reason:
      'An expired bearer token is refreshed as itself. Clerk refreshes the session of the cookie, which may be another user (S-32).',
    explains: (oracleCase, ours, theirs) =>
      oracleCase.authorization !== null &&
      oracleCase.cookies.refresh !== 'absent' &&
      `${ours.reason}${theirs.reason}`.includes('session-token-expired-refresh-expired-session-token-')
  }
]

function mentions(oracleCase: OracleCase, ...texts: string[]): boolean {
  const text = JSON.stringify(oracleCase)
  return texts.some((part) => text.includes(part))
}
