/** The evidence about a browser that is sent round without end. */
export interface LoopEvidence {
  /** Why the request is not signed in. */
  readonly reason: string
  readonly cookieHeader: string
  /** Suffix of this instance's cookies. */
  readonly cookieSuffix: string
  readonly isSatellite: boolean
  /** Clerk's clock minus ours, in ms; null: not known. */
  readonly clockOffsetMs: number | null
}

/**
 * The likely cause of a redirect loop, for the log. A cause is named alone where the request shows it, and among others
 * where it does not. The texts are constants, by which repetitions are counted.
 */
export function loopCause(evidence: LoopEvidence): string {
  const { reason, cookieHeader, cookieSuffix, isSatellite, clockOffsetMs } = evidence
  if (reason.startsWith('session-token-expired-') || reason === 'token-expired') {
    return (clockOffsetMs ?? 0) < -CLOCK_IS_OFF_MS ? CLOCK_AHEAD : EXPIRED
  }
  const known = BY_REASON[reason]
  if (known !== undefined) return known
  if (hasCookiesOfAnother(cookieHeader, cookieSuffix)) return SIBLING
  if (reason === 'session-token-and-uat-missing')
    return isSatellite ? SATELLITE : isSignedOut(cookieHeader, cookieSuffix) ? SIGNED_OUT : NO_COOKIES
  if (reason === 'client-uat-but-no-session-token') return NO_SESSION_COOKIE
  return ANY
}

/** Clerk names the cookies of an instance by a suffix of eight characters. */
const SUFFIXED = /(?:^|;)\s*__(?:session|client_uat)_([\w-]{8})=/g

export function hasCookiesOfAnother(cookieHeader: string, cookieSuffix: string): boolean {
  for (const [, suffix] of cookieHeader.matchAll(SUFFIXED)) if (suffix !== cookieSuffix) return true
  return false
}

function isSignedOut(cookieHeader: string, cookieSuffix: string): boolean {
  return new RegExp(`(?:^|;)\\s*__client_uat(?:_${cookieSuffix})?=0\\s*(?:;|$)`).test(cookieHeader)
}

/** A smaller difference, within the error of the estimate, makes no loop: tokens live for a minute. */
const CLOCK_IS_OFF_MS = 30_000

const SATELLITE =
  'This server is a satellite that its primary does not sync. The usual causes: its domain is not configured as a satellite at ' +
  'Clerk (a preview deployment never is), signInUrl is not that of the primary, or isSatellite is set on a primary.'

const KEYS =
  'The session token is signed by a key that this server does not have. The usual cause: publishable key and secret key ' +
  '(or jwtKey) are of different instances.'

const CLOCK = 'By the clock of this server the session token is not valid yet. Synchronise it (NTP).'

const CLOCK_AHEAD =
  'The session token has expired by the clock of this server, which is ahead of that of Clerk. Synchronise it (NTP).'

const EXPIRED =
  'The session token has expired, and no redirect brings a new one. The usual causes: cookies that do not come back (domain, ' +
  'proxy, Secure over http), or a server clock that is ahead.'

const SIBLING =
  'The browser also sends cookies of another Clerk instance. The usual cause: a sibling application on the same domain, ' +
  'or keys of this server that are not those of its frontend.'

const NO_COOKIES =
  'The browser sends no cookie of Clerk. The usual causes: a browser that blocks cookies, a sign-in page on another domain ' +
  'than this server (a satellite that is not configured: isSatellite, domain), or a proxy that drops the Cookie header.'

const SIGNED_OUT =
  'The browser sends cookies of Clerk, by which it is signed out (__client_uat is 0). The usual cause: the page that it is sent ' +
  'to signs users in elsewhere, at another Clerk instance or on a domain whose cookies this server does not get.'

const NO_SESSION_COOKIE =
  'The browser knows of a sign-in (__client_uat) and sends no __session. The usual causes: a session token above 4 KB, whose ' +
  'cookie browsers drop (remove custom claims), a browser that blocks cookies, or Secure cookies over http.'

const ANY =
  'The usual causes: publishable key and secret key of different instances, cookies that do not come back (domain, proxy, ' +
  'Secure over http, above 4 KB, blocked), or a server clock that is off.'

const BY_REASON: Readonly<Record<string, string>> = {
  'satellite-needs-syncing': SATELLITE,
  'token-invalid-authorized-parties':
    'The session token names an origin (azp) that authorizedParties does not list, or none. Add the origin of the page that users sign in from.',
  'jwk-kid-mismatch': KEYS,
  'token-invalid-signature': KEYS,
  'token-invalid-issuer':
    'The session token is of another Clerk instance: the keys of this server are not those of its frontend, or a sibling ' +
    'application on the same domain sets the cookie.',
  'token-not-active-yet': CLOCK,
  'token-iat-in-the-future': CLOCK,
  'session-token-nbf': CLOCK,
  'session-token-iat-in-the-future': CLOCK,
  'session-revoked':
    'The session was revoked on this server and goes on at Clerk, whose sign-in page therefore sends the browser back. End it at Clerk too.'
}
