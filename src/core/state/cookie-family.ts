import type { Carried, CarriedCookies } from '../request/carried.js'
import type { UnverifiedToken } from '../token/unverified-token.js'
import type { VerifiedToken } from '../token/verified-token.js'
import type { StateContext } from './settings.js'

/** The cookies that count, and their session token looked up: null when there is none, or it is not a JWT. */
export interface CookieFamily {
  readonly suffixed: boolean
  readonly session: SessionToken | null
}

type SessionToken = VerifiedToken | UnverifiedToken

/**
 * Whether the suffixed cookies count: the answer selects `__session`, `__client_uat` and `__clerk_db_jwt` together
 * (state/README.md section 3.2; the numbers are its rules). Several Clerk applications under one registrable domain
 * overwrite each other's unsuffixed cookies; the suffix is derived from the publishable key. No signature is checked:
 * the answer only says which cookies are read.
 */
export function chooseFamily(context: StateContext, cookies: CarriedCookies): CookieFamily {
  const { session } = cookies
  const unsuffixed = session === '' ? null : context.effects.lookUp(session)
  if (session !== '') {
    const issuer = unsuffixed?.claims.iss
    if (!issuer) return { suffixed: false, session: unsuffixed } // 1
    if (!isIssuedBy(issuer, context.settings.originalFrontendApi)) {
      return { suffixed: true, session: lookUpSuffixed(context, cookies, unsuffixed) } // 2
    }
  }
  if (cookies.clientUatSuffixed === '' && cookies.sessionSuffixed === '') {
    return { suffixed: false, session: unsuffixed } // 3
  }
  const suffixed = lookUpSuffixed(context, cookies, unsuffixed)
  return countsSuffixed(context, cookies, unsuffixed, suffixed)
    ? { suffixed: true, session: suffixed }
    : { suffixed: false, session: unsuffixed }
}

function lookUpSuffixed(
  { effects }: StateContext,
  { session, sessionSuffixed }: CarriedCookies,
  unsuffixed: SessionToken | null
): SessionToken | null {
  if (sessionSuffixed === session) return unsuffixed
  return sessionSuffixed === '' ? null : effects.lookUp(sessionSuffixed)
}

/** state/README.md rules 4 to 8. */
function countsSuffixed(
  { effects, settings }: StateContext,
  { clientUat, clientUatSuffixed }: CarriedCookies,
  unsuffixed: SessionToken | null,
  suffixed: SessionToken | null
): boolean {
  const signedOutSuffixed = clientUatSuffixed === '0'
  const signedOutUnsuffixed = clientUat === '0'

  if (!signedOutSuffixed && !signedOutUnsuffixed && issuedAt(unsuffixed) > issuedAt(suffixed)) return false // 4
  if (signedOutSuffixed && !signedOutUnsuffixed) return false // 5
  if (settings.isDevelopment && !signedOutSuffixed && signedOutUnsuffixed) {
    if (expiresAt(suffixed) <= Math.floor(effects.now() / 1000)) return false // 6
  }
  return clientUatSuffixed !== '' // 7, 8
}

/** As `chooseFamily`, for callers that need no token. */
export function usesSuffixedCookies(context: StateContext, cookies: CarriedCookies): boolean {
  return chooseFamily(context, cookies).suffixed
}

/** Seconds; 0: unknown. */
function issuedAt(token: SessionToken | null): number {
  const iat = token?.claims.iat
  return typeof iat === 'number' ? iat : 0
}

/** Seconds; Infinity: unknown. */
function expiresAt(token: SessionToken | null): number {
  const exp = token?.claims.exp
  return typeof exp === 'number' ? exp : Number.POSITIVE_INFINITY
}

/** Whether a token names this instance as its issuer, as one that was not verified says it. */
export function isIssuedBy(issuer: unknown, frontendApi: string): boolean {
  if (typeof issuer !== 'string') return false
  if (issuer === `https://${frontendApi}`) return true
  return issuer.replace(/https?:\/\//gi, '') === frontendApi
}

/** The session cookie of the family that counts. */
export function chosenSession(cookies: CarriedCookies, suffixed: boolean): string {
  return suffixed ? cookies.sessionSuffixed : cookies.session
}

/** Seconds; 0: signed out, absent, or no number. */
export function chosenClientUat(cookies: CarriedCookies, suffixed: boolean): number {
  return Number.parseInt(suffixed ? cookies.clientUatSuffixed : cookies.clientUat, 10) || 0
}

/** The dev browser's token: from the URL when it has one, else from the cookie. */
export function chosenDevBrowser(carried: Carried, suffixed: boolean, ofQuery: string): string {
  if (ofQuery !== '') return ofQuery
  return suffixed ? carried.cookies.devBrowserSuffixed : carried.cookies.devBrowser
}
