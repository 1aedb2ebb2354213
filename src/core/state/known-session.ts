import { parseAuthorization } from '../request/authorization.js'
import type { CarriedCookies, DECIDING_HEADERS } from '../request/carried.js'
import { neverAuthenticates } from '../request/method.js'
import { isPageLoad, isTopLevelPageLoad } from '../request/page-load.js'
import { compilePlainCookies } from '../request/plain-cookies.js'
import { beginsWithOrigin, plainPathOf } from '../request/public-url.js'
import { type RequestSource, retainedLength, textOf } from '../request/read-carried.js'
import type { VerificationOutcome } from '../token/outcome.js'
import type { VerifiedToken } from '../token/verified-token.js'
import { isOfActiveOrganization, type OrganizationTarget } from './organization-target.js'
import { mayNameClerkParameter } from './query.js'
import { UnseenSession } from './unseen-session.js'

export interface KnownSessionSettings {
  readonly readsCookies: boolean
  readonly isDevelopment: boolean
  readonly isSatellite: boolean
  /** The organization that a path names; null: no path does. */
  readonly organizationTarget: ((pathname: string) => OrganizationTarget | null) | null
  readonly cookieSuffix: string
  /** Judges a token that is in memory, as of now; undefined when it is not there. */
  readonly recall: (token: string) => VerificationOutcome | undefined
  /** Counts a token that answers a request. */
  readonly accept: (verified: VerifiedToken) => VerifiedToken
}

/**
 * The hot path can read no header that the state machine does not read: another name does not compile. The last one is part
 * of the public URL.
 */
type Headers = {
  readonly [Name in
    | ':method'
    | 'authorization'
    | 'cookie'
    | (typeof DECIDING_HEADERS)[keyof typeof DECIDING_HEADERS]
    | 'cloudfront-forwarded-proto']?: string | string[] | undefined
}

/** Scheme and host of the public URL. Read for page loads with a `Referer` alone: in Fastify each is a computation. */
export type PublicOrigin = Pick<RequestSource, 'protocol' | 'host'>

/**
 * The verified token of a request that is plainly signed in by it, counted as a hit; or the token that memory does not have, and
 * by which the request is plainly signed in if it is good. Else the cookies, if the Cookie header has been read; else null.
 */
export type KnownSession = (
  method: string,
  target: string,
  headers: Headers,
  /** Absent: not known. */
  origin?: PublicOrigin
) => VerifiedToken | UnseenSession | CarriedCookies | null

/**
 * The hot path: the verified token of a request that is signed in by a session token and needs nothing else; all other
 * requests are for the state machine. A token it returns is the one that the state machine would have accepted, without a
 * redirect or header to send along (known-session.test.ts and deciding-headers.test.ts in test/core/state compare the
 * two). Makes no promise, closure or copy.
 */
export function compileKnownSession(settings: KnownSessionSettings): KnownSession {
  const { isSatellite, organizationTarget, recall, accept } = settings
  const knownByCookies = settings.readsCookies ? compileKnownByCookies(settings) : null

  return function knownSession(method, target, headers, origin) {
    if (neverAuthenticates(method)) return null
    const authorization = headers.authorization
    if (authorization !== undefined && authorization !== '') {
      const token = parseAuthorization(authorization as string)
      if (token !== '') {
        const outcome = recall(token)
        if (outcome === undefined)
          return new UnseenSession(token, retainedLength(headers, authorization as string, token), null)
        return outcome.ok ? accept(outcome) : null
      }
    }
    const cookieHeader = headers.cookie
    if (cookieHeader === undefined || knownByCookies === null || mayNameClerkParameter(target)) return null
    // A page that another origin links to may need a cross-origin sync (state/README.md row 15).
    const { referer } = headers
    if (!isSatellite && referer !== undefined && isTopLevelPageLoad(method, textOf(headers['sec-fetch-dest']))) {
      if (origin === undefined || headers['cloudfront-forwarded-proto'] !== undefined) return null
      if (!beginsWithOrigin(textOf(referer), origin.protocol, origin.host)) return null
    }
    // The URL of a page may ask for another organization than the active one (state/README.md row 16). A fetch asks for
    // none.
    const isOfPage =
      organizationTarget !== null && isPageLoad(method, textOf(headers['sec-fetch-dest']), textOf(headers.accept))
    return knownByCookies(cookieHeader as string, isOfPage ? target : null, headers)
  }
}

function compileKnownByCookies(settings: KnownSessionSettings) {
  const { cookieSuffix, isDevelopment, organizationTarget, recall, accept } = settings
  const cookies = compilePlainCookies(cookieSuffix, isDevelopment)

  /** Whether the page names no other organization than the active one. */
  function isOfOrganization(target: string, { auth }: VerifiedToken): boolean {
    const path = plainPathOf(target)
    const named = path === '' ? undefined : organizationTarget?.(path)
    return named === null || (named !== undefined && isOfActiveOrganization(named, auth))
  }

  /** `page`: the target of a request for a page that may name an organization; null: it is none. */
  return function knownByCookies(
    header: string,
    page: string | null,
    headers: Headers
  ): VerifiedToken | UnseenSession | CarriedCookies {
    if (cookies.scan(header)) {
      const text = cookies.session(header)
      const outcome = recall(text)
      // Which organization the token makes active is known once it is verified.
      if (outcome === undefined && page === null) {
        return new UnseenSession(text, retainedLength(headers, header, text), cookies.clientUat())
      }
      // A foreign issuer makes the suffixed cookies count (state/README.md rule 2). A token older than the last sign-in
      // or sign-out of this browser has to be replaced (state/README.md row 13).
      if (outcome?.ok && outcome.isOwnIssuer && outcome.issuedAt >= cookies.clientUat()) {
        if (page === null || isOfOrganization(page, outcome)) return accept(outcome)
      }
    }
    return cookies.carried(header)
  }
}
