import type { FastifyRequest } from 'fastify'
import { isPageLoad } from '../core/request/page-load.js'
import { publicUrl } from '../core/request/public-url.js'
import { textOf } from '../core/request/read-carried.js'
import type { AuthenticatedSlots } from './on-request.js'
import { FastifyRequestSource } from './request-source.js'
import { kInstance } from './symbols.js'

/**
 * Where a guard sends a browser that loads a page while signed out: to `signInUrl`, with this page as `redirect_url`.
 * Null (the guard answers 401) for any other request, and without the option `requireAuthRedirect`.
 */
export function signInRedirect(request: FastifyRequest): string | null {
  const instance = (request as unknown as AuthenticatedSlots)[kInstance]
  if (instance === null || !instance.settings.requireAuthRedirect) return null
  const source = new FastifyRequestSource(request)
  const { method, headers } = source
  if (!isPageLoad(method, textOf(headers['sec-fetch-dest']), textOf(headers.accept))) return null
  const here = publicUrl(source.protocol, source.host, source.target)
  const target = new URL(instance.settings.signInUrl, here)
  // A redirect from the sign-in page to itself would never end.
  if (target.origin === here.origin && target.pathname === here.pathname) return null
  const { isSatellite } = instance.settings
  // Makes the satellite sync with the primary, which by then has the session (state/README.md section 7.3).
  if (isSatellite && target.origin !== here.origin) here.searchParams.set('__clerk_synced', 'false')
  target.searchParams.set('redirect_url', here.href)
  return target.href
}
