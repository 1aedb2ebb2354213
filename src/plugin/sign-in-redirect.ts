import type { FastifyRequest } from 'fastify'
import { helpOfReason } from '../core/help-page.js'
import type { Instance } from '../core/instance.js'
import { dropHandshakeSecrets } from '../core/request/handshake-parameters.js'
import { isPageLoad } from '../core/request/page-load.js'
import { publicUrl } from '../core/request/public-url.js'
import { textOf } from '../core/request/read-carried.js'
import { loopCause } from '../core/state/loop-cause.js'
import { countCookielessRedirect } from './cookieless-redirects.js'
import type { SignInRedirect } from './guards/types.js'
import type { AuthenticatedSlots } from './on-request.js'
import { FastifyRequestSource } from './request-source.js'
import { countSignIn, MAX_SIGN_IN_REDIRECTS, signInCount } from './sign-in-count.js'
import { kInstance } from './symbols.js'

/**
 * Where a guard sends a browser that loads a page while signed out: to `signInUrl`, with this page as `redirect_url`.
 * Null (the guard answers 401) for any other request, without the option `requireAuthRedirect`, and for a browser that
 * keeps coming back: a sign-in page sends a user who is signed in at Clerk back at once, so a browser whose session is
 * refused here would be sent to and fro without end.
 */
export function signInRedirect(request: FastifyRequest, reason: string): SignInRedirect | null {
  const instance = (request as unknown as AuthenticatedSlots)[kInstance]
  if (instance === null || !instance.settings.requireAuthRedirect) return null
  const source = new FastifyRequestSource(request)
  const { method, headers } = source
  if (!isPageLoad(method, textOf(headers['sec-fetch-dest']), textOf(headers.accept))) return null
  const here = publicUrl(source.protocol, source.host, source.target)
  const target = new URL(instance.settings.signInUrl, here)
  // A redirect from the sign-in page to itself would never end.
  if (target.origin === here.origin && target.pathname === here.pathname) return null
  const cookieHeader = textOf(headers.cookie)
  const count = signInCount(cookieHeader, here)
  if (count >= MAX_SIGN_IN_REDIRECTS) {
    warnOfLoop(instance, reason, cookieHeader)
    return null
  }
  dropHandshakeSecrets(here)
  // Makes the satellite sync with the primary, which by then has the session (state/README.md section 7.3).
  if (instance.settings.isSatellite && target.origin !== here.origin) here.searchParams.set('__clerk_synced', 'false')
  target.searchParams.set('redirect_url', here.href)
  countCookielessRedirect(instance, request)
  return { location: target.href, setCookie: countSignIn(count, here) }
}

function warnOfLoop({ log, settings, clockOffsetMs }: Instance, reason: string, cookieHeader: string): void {
  const { cookieSuffix, isSatellite } = settings
  const cause = loopCause({ reason, cookieHeader, cookieSuffix, isSatellite, clockOffsetMs: clockOffsetMs() })
  log.warn(
    { reason, help: helpOfReason(reason) },
    `Clerk: a browser that signInUrl keeps sending back signed out is answered 401 from now on. ${cause}`
  )
}
