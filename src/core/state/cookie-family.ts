import type { Carried, CarriedCookies } from '../request/carried.js'
import type { StateContext } from './settings.js'

/**
 * Whether the suffixed cookies count: the answer selects `__session`, `__client_uat` and `__clerk_db_jwt` together
 * (state/README.md section 3.2; the numbers are its rules). Several Clerk applications under one registrable domain
 * overwrite each other's unsuffixed cookies; the suffix is derived from the publishable key.
 */
export function usesSuffixedCookies(context: StateContext, cookies: CarriedCookies): boolean {
  const { session, sessionSuffixed, clientUat, clientUatSuffixed } = cookies
  const unsuffixed = session === '' ? NO_TOKEN : glance(context, session)

  if (session !== '') {
    if (unsuffixed.issuer === 'none') return false // 1
    if (unsuffixed.issuer === 'foreign') return true // 2
  }
  if (clientUatSuffixed === '' && sessionSuffixed === '') return false // 3

  const suffixed =
    sessionSuffixed === '' ? NO_TOKEN : sessionSuffixed === session ? unsuffixed : glance(context, sessionSuffixed)
  const signedOutSuffixed = clientUatSuffixed === '0'
  const signedOutUnsuffixed = clientUat === '0'

  if (!signedOutSuffixed && !signedOutUnsuffixed && unsuffixed.issuedAt > suffixed.issuedAt) return false // 4
  if (signedOutSuffixed && !signedOutUnsuffixed) return false // 5
  if (context.settings.isDevelopment && !signedOutSuffixed && signedOutUnsuffixed) {
    if (suffixed.expiresAt <= Math.floor(context.effects.now() / 1000)) return false // 6
  }
  return clientUatSuffixed !== '' // 7, 8
}

/** What the rules look at. No signature is checked: the answer only says which cookies are read. */
interface Glance {
  readonly issuer: 'none' | 'own' | 'foreign'
  /** Seconds; 0: unknown. */
  readonly issuedAt: number
  /** Seconds; Infinity: unknown. */
  readonly expiresAt: number
}

const NO_TOKEN: Glance = Object.freeze({ issuer: 'none', issuedAt: 0, expiresAt: Number.POSITIVE_INFINITY })

function glance(context: StateContext, token: string): Glance {
  const verified = context.effects.cachedSession(token)
  if (verified !== null) return glanceAt(verified.claims, context.settings.originalFrontendApi)
  const decoded = context.effects.decode(token)
  return decoded === null ? NO_TOKEN : glanceAt(decoded.claims, context.settings.originalFrontendApi)
}

function glanceAt(claims: { readonly [claim: string]: unknown }, frontendApi: string): Glance {
  return {
    issuer: !claims.iss ? 'none' : isIssuedBy(claims.iss, frontendApi) ? 'own' : 'foreign',
    issuedAt: typeof claims.iat === 'number' ? claims.iat : 0,
    expiresAt: typeof claims.exp === 'number' ? claims.exp : Number.POSITIVE_INFINITY
  }
}

function isIssuedBy(issuer: unknown, frontendApi: string): boolean {
  if (typeof issuer !== 'string') return false
  if (issuer === `https://${frontendApi}`) return true
  return issuer.replace(/https?:\/\//gi, '') === frontendApi
}

/** The cookies of the family that counts. */
export function chosenSession(cookies: CarriedCookies, suffixed: boolean): string {
  return suffixed ? cookies.sessionSuffixed : cookies.session
}

/** Seconds; 0: signed out, absent, or no number. */
export function chosenClientUat(cookies: CarriedCookies, suffixed: boolean): number {
  return Number.parseInt(suffixed ? cookies.clientUatSuffixed : cookies.clientUat, 10) || 0
}

/** The development browser's token: of the URL when it is there, else of the cookie. */
export function chosenDevBrowser(carried: Carried, suffixed: boolean, ofQuery: string): string {
  if (ofQuery !== '') return ofQuery
  return suffixed ? carried.cookies.devBrowserSuffixed : carried.cookies.devBrowser
}
