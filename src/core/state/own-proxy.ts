import { hasHttpScheme } from '../http-scheme.js'
import type { Carried } from '../request/carried.js'

/**
 * Whether this server is itself the proxy of FAPI and the request is one to it: below the path of a relative `frontendApi`,
 * or of an absolute one on the request's own host. A handshake that began there would go through the same path, and so
 * begin another one.
 */
export function isOwnProxy(frontendApi: string, { url }: Pick<Carried, 'url'>): boolean {
  const path = proxyPath(frontendApi, url)
  return path !== '' && (url.pathname === path || url.pathname.startsWith(`${path}/`))
}

/** The path of the proxy without its trailing slashes; `''` for a proxy without a path, or on another host. */
function proxyPath(frontendApi: string, { host }: URL): string {
  if (frontendApi.startsWith('/')) return frontendApi.replace(/\/+$/, '')
  const isUrl = hasHttpScheme(frontendApi) && URL.canParse(frontendApi)
  if (!isUrl) return ''
  // Not the scheme: without trustProxy, the server does not know that browsers reach it by https.
  const proxy = new URL(frontendApi)
  return proxy.host === host ? proxy.pathname.replace(/\/+$/, '') : ''
}
