import type { FastifyRequest } from 'fastify'
import { publicUrl } from '../core/request/public-url.js'
import type { AuthenticatedSlots } from './on-request.js'
import { FastifyRequestSource } from './request-source.js'
import { kInstance } from './symbols.js'

/**
 * Where `requireAuth` sends a browser that navigates while signed out: to `signInUrl`, which comes back to this page by
 * `redirect_url`. Null, for a 401, unless `requireAuthRedirect` asks for it and the request is a page load.
 */
export function signInRedirect(request: FastifyRequest): string | null {
  const instance = (request as unknown as AuthenticatedSlots)[kInstance]
  if (instance === null || !instance.options.requireAuthRedirect || !isNavigation(request)) return null
  const source = new FastifyRequestSource(request)
  const here = publicUrl(source.protocol, source.host, source.target)
  const target = new URL(instance.options.signInUrl, here)
  // On the sign-in page itself a redirect would lead nowhere but back.
  if (target.origin === here.origin && target.pathname === here.pathname) return null
  const { isSatellite } = instance.options
  // A satellite must look for the session that the sign-in on the primary has made (protocol reference, section 6.10).
  if (isSatellite && target.origin !== here.origin) here.searchParams.set('__clerk_synced', 'false')
  target.searchParams.set('redirect_url', here.href)
  return target.href
}

function isNavigation({ raw }: FastifyRequest): boolean {
  if (raw.method !== 'GET') return false
  const destination = raw.headers['sec-fetch-dest']
  if (destination === undefined || destination === '') return raw.headers.accept?.startsWith('text/html') ?? false
  return destination === 'document' || destination === 'iframe'
}
