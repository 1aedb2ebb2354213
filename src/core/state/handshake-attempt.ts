import { helpOfReason } from '../help-page.js'
import type { Carried } from '../request/carried.js'
import { isPageLoad } from '../request/page-load.js'
import { textOf } from '../request/read-carried.js'
import { usesSuffixedCookies } from './cookie-family.js'
import { handshakeUrl } from './handshake-url.js'
import { loopCause } from './loop-cause.js'
import { isOwnProxy } from './own-proxy.js'
import type { RequestReason } from './reasons.js'
import { countRedirect, MAX_REDIRECTS, redirectCount } from './redirect-counter.js'
import { type RequestState, sentToHandshake, signedOut } from './request-state.js'
import type { StateContext } from './settings.js'

/**
 * For every redirect: a browser that cached the 307 would follow it again after the state has changed
 * (hostile/README.md case 23).
 */
export const NO_STORE: Readonly<Record<string, string>> = Object.freeze({ 'cache-control': 'no-store' })

/**
 * Sends the browser through FAPI if this request can follow a redirect, else answers signed out with the same reason
 * (state/README.md section 4.2). `target` replaces the handshake URL in the two flows between satellite and primary.
 */
export function tryHandshake(
  context: StateContext,
  carried: Carried,
  reason: RequestReason,
  message: string,
  target?: string
): RequestState {
  if (!context.settings.canHandshake) return signedOut(reason, message === '' ? withoutHandshake(reason) : message)
  if (!isPageLoad(carried.method, carried.secFetchDest, carried.accept)) return signedOut(reason, message)
  if (isOwnProxy(context.settings.frontendApi, carried)) return signedOut(reason, message)

  const redirects = redirectCount(carried)
  if (redirects === MAX_REDIRECTS) {
    const { cookieSuffix, isSatellite } = context.settings
    // Each round ends with a handshake that is refused: its reason is that of the loop.
    const loopReason = context.refusedHandshake ?? reason
    const cause = loopCause({
      reason: loopReason,
      cookieHeader: textOf(carried.headers.cookie),
      cookieSuffix,
      isSatellite,
      clockOffsetMs: context.effects.clockOffsetMs()
    })
    context.effects.log.warn(
      { reason: loopReason, help: helpOfReason(loopReason) },
      `Clerk: redirect loop stopped. ${cause}`
    )
    return signedOut(reason, message)
  }
  return sentToHandshake(reason, message, {
    location: target ?? handshakeUrl(context, carried, usesSuffixedCookies(context, carried.cookies), reason),
    headers: NO_STORE,
    setCookies: [countRedirect(redirects)]
  })
}

/** The message where redirects are off: without it a developer would not learn why a good cookie is ignored. */
function withoutHandshake(reason: string): string {
  return reason.startsWith('dev-browser-') ? DEVELOPMENT_WITHOUT_HANDSHAKE : ''
}

const DEVELOPMENT_WITHOUT_HANDSHAKE =
  'A development instance reads the session cookie only next to the cookie __clerk_db_jwt, which a browser gets by a ' +
  'redirect, and redirects are off (handshake: false). Send the session token as "Authorization: Bearer", or turn ' +
  'the handshake on.'
