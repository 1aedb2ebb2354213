import { parseAuthorization } from '../request/authorization.js'
import type { CarriedCookies, DECIDING_HEADERS } from '../request/carried.js'
import { compileCookieReader, createCarriedCookies } from '../request/cookies.js'
import { isPageLoad, isTopLevelPageLoad } from '../request/page-load.js'
import { compilePlainCookieReader, type PlainCookies } from '../request/plain-cookies.js'
import { textOf } from '../request/read-carried.js'
import type { VerificationOutcome } from '../token/outcome.js'
import type { VerifiedToken } from '../token/verified-token.js'
import { mayNameClerkParameter } from './query.js'

export interface KnownSessionSettings {
  readonly readsCookies: boolean
  readonly isDevelopment: boolean
  readonly isSatellite: boolean
  readonly syncsOrganization: boolean
  readonly cookieSuffix: string
  /** Judges a token that is in memory, as of now; undefined when it is not there. */
  readonly recall: (token: string) => VerificationOutcome | undefined
}

/** The hot path can read no header that the state machine does not read: another name does not compile. */
type Headers = {
  readonly [Name in 'authorization' | 'cookie' | (typeof DECIDING_HEADERS)[keyof typeof DECIDING_HEADERS]]?:
    | string
    | string[]
    | undefined
}

export type KnownSession = (method: string, target: string, headers: Headers) => VerifiedToken | null

/**
 * The hot path: the verified token of a request that is signed in by a session token and needs nothing else, or null
 * when the state machine has to decide. A token it returns is the one that the state machine would have accepted,
 * without a redirect or header to send along (known-session.test.ts and deciding-headers.test.ts in test/core/state
 * compare the two). Makes no promise, closure or copy.
 */
export function compileKnownSession(settings: KnownSessionSettings): KnownSession {
  const { isSatellite, syncsOrganization, recall } = settings
  const knownByCookies = compileKnownByCookies(settings)

  return function knownSession(method, target, headers) {
    const authorization = headers.authorization
    if (authorization !== undefined && authorization !== '') {
      const token = parseAuthorization(authorization as string)
      if (token !== '') {
        const outcome = recall(token)
        return outcome?.ok ? outcome : null
      }
    }
    const cookieHeader = headers.cookie
    if (cookieHeader === undefined || knownByCookies === null || mayNameClerkParameter(target)) return null
    // The URL of a page may ask for another organization than the active one (state/README.md row 16). A fetch asks for
    // none.
    if (syncsOrganization && isPageLoad(method, textOf(headers['sec-fetch-dest']), textOf(headers.accept))) return null
    const verified = knownByCookies(cookieHeader as string)
    if (verified === null || isSatellite || headers.referer === undefined) return verified
    // A page that another origin links to may need a cross-origin sync (state/README.md row 15).
    return isTopLevelPageLoad(method, textOf(headers['sec-fetch-dest'])) ? null : verified
  }
}

/** Null: this instance reads no cookies. */
function compileKnownByCookies(settings: KnownSessionSettings): ((header: string) => VerifiedToken | null) | null {
  if (!settings.readsCookies) return null
  return settings.isDevelopment ? compileKnownInDevelopment(settings) : compileKnownInProduction(settings)
}

function compileKnownInProduction({ cookieSuffix, recall }: KnownSessionSettings) {
  const readPlainCookies = compilePlainCookieReader(cookieSuffix)
  // One record for all requests: it is read only within the call that filled it.
  const cookies: PlainCookies = { session: '', clientUat: 0 }

  return function knownInProduction(header: string): VerifiedToken | null {
    if (!readPlainCookies(header, cookies)) return null
    const outcome = recall(cookies.session)
    if (!outcome?.ok) return null
    // A foreign issuer makes the suffixed cookies count (state/README.md rule 2). A token older than the last sign-in
    // or sign-out of this browser has to be replaced (state/README.md row 13).
    return outcome.isOwnIssuer && outcome.issuedAt >= cookies.clientUat ? outcome : null
  }
}

function compileKnownInDevelopment({ cookieSuffix, recall }: KnownSessionSettings) {
  const readCookies = compileCookieReader(cookieSuffix)
  const cookies = createCarriedCookies()

  return function knownInDevelopment(header: string): VerifiedToken | null {
    readCookies(header, cookies)
    if (cookies.handshake !== '' || cookies.handshakeNonce !== '') return null
    const family = chooseFamily(cookies)
    if (family === UNSURE) return null
    const isSuffixed = family === SUFFIXED
    if ((isSuffixed ? cookies.devBrowserSuffixed : cookies.devBrowser) === '') return null
    const outcome = recall(isSuffixed ? cookies.sessionSuffixed : cookies.session)
    if (!outcome?.ok) return null
    const clientUat = Number.parseInt(isSuffixed ? cookies.clientUatSuffixed : cookies.clientUat, 10)
    // 0 and NaN: signed out, or not a number.
    return outcome.isOwnIssuer && clientUat && outcome.issuedAt >= clientUat ? outcome : null
  }
}

const UNSUFFIXED = 0
const SUFFIXED = 1
const UNSURE = 2

/**
 * The two plain cases of `chooseFamily` in cookie-family.ts: only one family is there, or both hold the same token.
 * UNSURE for all others. Right only for a token of this instance that has not expired, which the caller checks.
 */
function chooseFamily(cookies: CarriedCookies): number {
  const { session, sessionSuffixed, clientUat, clientUatSuffixed } = cookies
  if (sessionSuffixed === '') return clientUatSuffixed === '' && session !== '' ? UNSUFFIXED : UNSURE
  if (clientUatSuffixed === '' || (session !== '' && session !== sessionSuffixed)) return UNSURE
  if (clientUatSuffixed === '0') return UNSURE
  return clientUat === '0' ? UNSURE : SUFFIXED
}
