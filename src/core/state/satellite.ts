import type { Carried } from '../request/carried.js'
import { isTopLevelPageLoad } from '../request/page-load.js'
import { tryHandshake } from './handshake-attempt.js'
import type { ClerkQuery } from './query.js'
import { type RequestState, signedOut } from './request-state.js'
import type { StateContext } from './settings.js'

/**
 * A page load on a satellite that has not been synced with its primary. Null: the cookies decide.
 * (state/README.md rows 2 to 4 and section 7.3.)
 */
export function syncSatellite(
  context: StateContext,
  carried: Carried,
  query: ClerkQuery,
  hasCookies: boolean
): RequestState | null {
  const { settings } = context
  if (!isTopLevelPageLoad(carried.method, carried.secFetchDest) || query.synced === 'true') return null

  const asksForSync = query.synced === 'false'
  if (hasCookies && !asksForSync) return null
  // 2: nobody has signed in here, as far as can be told: no round trip for every first visit.
  if (!settings.satelliteAutoSync && !hasCookies && !asksForSync) return signedOut('session-token-and-uat-missing', '')
  // 4: in development the primary application answers.
  if (settings.isDevelopment) {
    const primary = new URL(settings.signInUrl)
    primary.searchParams.append('__clerk_redirect_url', carried.url.href)
    return tryHandshake(context, carried, 'satellite-needs-syncing', '', primary.href)
  }
  // 3: in production the satellite's FAPI does.
  return tryHandshake(context, carried, 'satellite-needs-syncing', '')
}

/**
 * A development primary sends a satellite's browser back with the development browser's token (state/README.md row 5).
 * Only `http` and `https`: the URL comes from the query, and a redirect to anything else serves nobody.
 */
export function respondToSatellite(
  context: StateContext,
  carried: Carried,
  redirectUrl: string,
  devBrowser: string
): RequestState {
  const reason = 'primary-responds-to-syncing'
  const satellite = URL.canParse(redirectUrl) ? new URL(redirectUrl) : null
  if (satellite === null || (satellite.protocol !== 'https:' && satellite.protocol !== 'http:')) {
    return signedOut(reason, 'The query parameter __clerk_redirect_url is no absolute http or https URL.')
  }
  if (devBrowser !== '') satellite.searchParams.append('__clerk_db_jwt', devBrowser)
  satellite.searchParams.set('__clerk_synced', 'true')
  return tryHandshake(context, carried, reason, '', satellite.href)
}
