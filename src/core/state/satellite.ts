import type { Carried } from '../request/carried.js'
import { dropSecretsButDevBrowser } from '../request/handshake-parameters.js'
import { isTopLevelPageLoad } from '../request/page-load.js'
import { tryHandshake } from './handshake-attempt.js'
import type { ClerkQuery } from './query.js'
import { type RequestState, signedOut } from './request-state.js'
import type { StateContext } from './settings.js'

/**
 * The answer to a page load on a satellite that has not been synced with its primary (state/README.md rows 2 to 4 and
 * section 7.3). Null: no sync is needed, the rows below decide.
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
  // 2: no sign of a sign-in. Without this row every first visit would be sent round.
  if (!settings.satelliteAutoSync && !hasCookies && !asksForSync) return signedOut('session-token-and-uat-missing', '')
  // 4: in development the primary application answers.
  if (settings.isDevelopment) {
    const primary = new URL(settings.signInUrl)
    const here = new URL(carried.url)
    // A sign-in page elsewhere than on the primary hands over the dev browser that has signed in: the primary has another.
    dropSecretsButDevBrowser(here)
    primary.searchParams.append('__clerk_redirect_url', here.href)
    return tryHandshake(context, carried, 'satellite-needs-syncing', '', primary.href)
  }
  // 3: in production the satellite's FAPI does.
  return tryHandshake(context, carried, 'satellite-needs-syncing', '')
}

/**
 * A development primary sends a satellite's browser back with the dev browser's token (state/README.md row 5). The
 * target comes from the query: any scheme but `http` and `https` is refused, so that no script or file URL becomes a
 * `Location`.
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
