import type { Carried } from '../request/carried.js'
import { isTopLevelPageLoad } from '../request/page-load.js'
import { isDevelopmentAccountPortal } from './account-portal.js'
import { frontendApiUrl } from './handshake-url.js'
import { redirectCount } from './redirect-counter.js'
import type { StateContext } from './settings.js'

/**
 * Whether a page load on the primary comes from another origin, where the session may have changed: from a satellite,
 * for example (state/README.md row 15 and section 7.1). Clerk's own pages do not count as another origin; which hosts
 * are Clerk's is compared exactly (hostile/README.md case 25).
 */
export function needsCrossOriginSync(context: StateContext, carried: Carried): boolean {
  const { settings } = context
  if (carried.referer === '' || !isTopLevelPageLoad(carried.method, carried.secFetchDest)) return false
  if (settings.isSatellite || !settings.canHandshake) return false
  if (redirectCount(carried) !== 0) return false

  const referrer = parseUrl(carried.referer)
  if (referrer === null || referrer.origin === carried.url.origin) return false
  return !isKnown(context, carried, referrer)
}

function isKnown(context: StateContext, carried: Carried, referrer: URL): boolean {
  const { settings } = context
  if (referrer.hostname === parseUrl(frontendApiUrl(settings.frontendApi, carried))?.hostname) return true
  if (settings.isDevelopment && isDevelopmentAccountPortal(referrer.hostname)) return true
  return referrer.origin === settings.accountPortalOrigin
}

function parseUrl(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null
}
