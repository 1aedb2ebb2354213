import type { FastifyRequest } from 'fastify'
import { isPageLoad } from '../core/request/page-load.js'
import { publicUrl } from '../core/request/public-url.js'
import { textOf } from '../core/request/read-carried.js'
import type { AuthenticatedSlots } from './on-request.js'
import { FastifyRequestSource } from './request-source.js'
import { kInstance } from './symbols.js'

/**
 * Where `requireAuth` sends a browser that navigates while signed out: to `signInUrl`, which comes back to this page by
 * `redirect_url`. Null, for a 401, unless `requireAuthRedirect` asks for it and the request is a page load.
 */
export function signInRedirect(request: FastifyRequest): string | null {
  const instance = (request as unknown as AuthenticatedSlots)[kInstance]
  if (instance === null || !instance.settings.requireAuthRedirect) return null
  const source = new FastifyRequestSource(request)
  const { method, headers } = source
  if (!isPageLoad(method, textOf(headers['sec-fetch-dest']), textOf(headers.accept))) return null
  const here = publicUrl(source.protocol, source.host, source.target)
  const target = new URL(instance.settings.signInUrl, here)
  // On the sign-in page itself a redirect would lead nowhere but back.
  if (target.origin === here.origin && target.pathname === here.pathname) return null
  const { isSatellite } = instance.settings
  // A satellite must look for the session that the sign-in on the primary has made (state/README.md section 7.3).
  if (isSatellite && target.origin !== here.origin) here.searchParams.set('__clerk_synced', 'false')
  target.searchParams.set('redirect_url', here.href)
  return target.href
}
