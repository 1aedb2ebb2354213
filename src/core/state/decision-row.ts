import type { AcceptsToken } from '../options/accepts-token.js'
import { acceptsMachinesOnly } from '../options/accepts-token.js'
import type { Carried } from '../request/carried.js'
import { neverAuthenticates } from '../request/method.js'
import type { UnverifiedToken } from '../token/unverified-token.js'
import { VerifiedToken } from '../token/verified-token.js'
import { chooseFamily, chosenClientUat, chosenSession } from './cookie-family.js'
import { returnedHandshake } from './handshake-return.js'
import { readClerkQuery } from './query.js'
import { syncSatellite } from './satellite.js'
import type { StateContext } from './settings.js'

/** What was decided, as far as it tells the row. `reason` is null when signed in. */
export interface Decided {
  readonly reason: string | null
  /** Authentication answered with a redirect. */
  readonly isRedirected: boolean
}

/** The place of the specification that decided a request. */
export interface DecisionRow {
  /** What decided: a token of the header (or of `extractToken`), cookies and URL, or neither, as none is looked at. */
  readonly path: 'header' | 'cookies' | 'none'
  /** Of the decision table, state/README.md section 4.3; null on the other paths. */
  readonly row: number | null
  /** Section of state/README.md; null: the route is not authenticated. */
  readonly section: '2.7' | '4.3' | '8' | null
}

/** Of a route that is not authenticated: whatever the request carried, nothing was decided. */
export const UNDECIDED: DecisionRow = Object.freeze({ path: 'none', row: null, section: null })

/** Rows that have a reason of their own. */
const BY_REASON: Readonly<Record<string, number>> = {
  'session-token-missing': 1,
  'primary-responds-to-syncing': 5,
  'dev-browser-sync': 6,
  'dev-browser-missing': 7,
  'session-token-but-no-client-uat': 9,
  'client-uat-but-no-session-token': 10,
  'token-type-mismatch': 12,
  'session-token-iat-before-client-uat': 13,
  'primary-domain-cross-origin-sync': 15,
  'active-organization-mismatch': 16
}

/**
 * The row by which a request was decided, found afterwards from its reason and from what it carries, so that deciding it records
 * nothing. `context` has to be without effects on the world: nothing is verified or fetched.
 */
export function decisionRow(
  context: StateContext,
  carried: Carried,
  acceptsToken: AcceptsToken,
  decided: Decided
): DecisionRow {
  if (neverAuthenticates(carried.method)) return { path: 'none', row: null, section: '2.7' }
  if (carried.headerToken !== '') return { path: 'header', row: null, section: '8' }
  if (acceptsMachinesOnly(acceptsToken) || !context.settings.readsCookies) {
    return { path: 'none', row: null, section: '2.7' }
  }
  return { path: 'cookies', row: rowOfCookies(context, carried, decided), section: '4.3' }
}

function rowOfCookies(context: StateContext, carried: Carried, { reason, isRedirected }: Decided): number {
  const { settings } = context
  const known = reason === null ? undefined : BY_REASON[reason]
  if (known !== undefined) return known
  if (reason === 'satellite-needs-syncing') return settings.isDevelopment ? 4 : 3
  const family = chooseFamily(context, carried.cookies)
  if (reason === 'session-token-and-uat-missing') {
    const session = chosenSession(carried.cookies, family.suffixed)
    const hasCookies = session !== '' || chosenClientUat(carried.cookies, family.suffixed) !== 0
    const isAtSatellite =
      settings.isSatellite && syncSatellite(context, carried, readClerkQuery(carried), hasCookies) !== null
    return isAtSatellite ? 2 : 8
  }
  if (reason === 'token-invalid' && family.session === null) return 11
  if (reason === null) return rowOfSignedIn(context, carried, family.session, isRedirected)
  // A good token that the route refuses for its audience has passed the table.
  return family.session instanceof VerifiedToken ? 17 : 14
}

/** Signed in: by a handshake, by a refresh (state/README.md section 4.4), or by the token of the cookie. */
function rowOfSignedIn(
  context: StateContext,
  carried: Carried,
  session: VerifiedToken | UnverifiedToken | null,
  isRedirected: boolean
): number {
  const isReturned = context.settings.canHandshake && returnedHandshake(carried, readClerkQuery(carried)) !== null
  if (session instanceof VerifiedToken) return isReturned && isRedirected ? 1 : 17
  if (isReturned) return 1
  const exp = session?.claims.exp
  return typeof exp === 'number' && exp * 1000 <= context.effects.now() ? 14 : 17
}
