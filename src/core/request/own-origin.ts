import { type AuthorizedParties, isAuthorized } from '../authorized-parties.js'
import { textOf } from './read-carried.js'

/** Methods that change nothing (RFC 9110 section 9.2.1; QUERY: RFC 10008). */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY'])

/**
 * Whether a page of another origin gains by making a browser send this request along with its cookies. It cannot read the
 * answer, but a change is made all the same, and a WebSocket it can read.
 */
export function isWorthForging(method: string, isUpgrade: boolean): boolean {
  return isUpgrade || !SAFE.has(method)
}

/**
 * Whether a browser sent the request for a page of this origin, or for none, as its user does by hand. `Sec-Fetch-Site`
 * says so by itself; else the `Origin` has to be this one or that of an authorized party. Neither can be set by a page.
 * A request without both comes from no browser of today, and is not judged: clients that are no browsers send none.
 */
export function isOfOwnOrigin(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  ownOrigin: () => string,
  authorizedParties: AuthorizedParties
): boolean {
  const site = textOf(headers['sec-fetch-site'])
  if (site === 'same-origin' || site === 'none') return true
  const origin = textOf(headers.origin)
  if (origin === '') return site === ''
  return origin === ownOrigin() || isAuthorized(authorizedParties, origin)
}
