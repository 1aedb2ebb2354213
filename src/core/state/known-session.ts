import { parseAuthorization } from '../request/authorization.js'
import type { CarriedCookies, DECIDING_HEADERS } from '../request/carried.js'
import { neverAuthenticates } from '../request/method.js'
import { isPageLoad, isTopLevelPageLoad } from '../request/page-load.js'
import { compilePlainCookies } from '../request/plain-cookies.js'
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
  /** Counts a token that answers a request. */
  readonly accept: (verified: VerifiedToken) => VerifiedToken
}

/** The hot path can read no header that the state machine does not read: another name does not compile. */
type Headers = {
  readonly [Name in 'authorization' | 'cookie' | (typeof DECIDING_HEADERS)[keyof typeof DECIDING_HEADERS]]?:
    | string
    | string[]
    | undefined
}

/**
 * The verified token of a request that is plainly signed in by it, counted as a hit. Else the cookies, if the Cookie header has
 * been read; else null.
 */
export type KnownSession = (method: string, target: string, headers: Headers) => VerifiedToken | CarriedCookies | null

/**
 * The hot path: the verified token of a request that is signed in by a session token and needs nothing else; all other
 * requests are for the state machine. A token it returns is the one that the state machine would have accepted, without a
 * redirect or header to send along (known-session.test.ts and deciding-headers.test.ts in test/core/state compare the
 * two). Makes no promise, closure or copy.
 */
export function compileKnownSession(settings: KnownSessionSettings): KnownSession {
  const { isSatellite, syncsOrganization, recall, accept } = settings
  const knownByCookies = settings.readsCookies ? compileKnownByCookies(settings) : null

  return function knownSession(method, target, headers) {
    if (neverAuthenticates(method)) return null
    const authorization = headers.authorization
    if (authorization !== undefined && authorization !== '') {
      const token = parseAuthorization(authorization as string)
      if (token !== '') {
        const outcome = recall(token)
        return outcome?.ok ? accept(outcome) : null
      }
    }
    const cookieHeader = headers.cookie
    if (cookieHeader === undefined || knownByCookies === null || mayNameClerkParameter(target)) return null
    // The URL of a page may ask for another organization than the active one (state/README.md row 16). A fetch asks for
    // none.
    if (syncsOrganization && isPageLoad(method, textOf(headers['sec-fetch-dest']), textOf(headers.accept))) return null
    // A page that another origin links to may need a cross-origin sync (state/README.md row 15).
    if (!isSatellite && headers.referer !== undefined) {
      if (isTopLevelPageLoad(method, textOf(headers['sec-fetch-dest']))) return null
    }
    return knownByCookies(cookieHeader as string)
  }
}

function compileKnownByCookies({ cookieSuffix, isDevelopment, recall, accept }: KnownSessionSettings) {
  const cookies = compilePlainCookies(cookieSuffix, isDevelopment)

  return function knownByCookies(header: string): VerifiedToken | CarriedCookies {
    if (cookies.scan(header)) {
      const outcome = recall(cookies.session(header))
      // A foreign issuer makes the suffixed cookies count (state/README.md rule 2). A token older than the last sign-in
      // or sign-out of this browser has to be replaced (state/README.md row 13).
      if (outcome?.ok && outcome.isOwnIssuer && outcome.issuedAt >= cookies.clientUat()) return accept(outcome)
    }
    return cookies.carried(header)
  }
}
