import { hasHttpScheme } from '../http-scheme.js'
import type { Carried } from '../request/carried.js'
import { dropHandshakeSecrets } from '../request/handshake-parameters.js'
import { CLERK_API_DATE } from '../version.js'
import { chosenDevBrowser, chosenSession } from './cookie-family.js'
import { readClerkQuery } from './query.js'
import type { StateContext } from './settings.js'

/**
 * The URL at which FAPI resolves the state of this browser (state/README.md section 5.1). It holds the session token
 * and must not be logged (hostile/README.md case 35).
 */
export function handshakeUrl(context: StateContext, carried: Carried, suffixed: boolean, reason: string): string {
  const { settings } = context
  const url = new URL(`${frontendApiUrl(settings.frontendApi, carried)}/v1/client/handshake`)
  const query = url.searchParams
  query.append('redirect_url', returnUrl(carried.url))
  query.append('__clerk_api_version', CLERK_API_DATE)
  query.append('suffixed_cookies', String(suffixed))
  query.append('__clerk_hs_reason', reason)
  query.append('format', 'nonce')

  const session = chosenSession(carried.cookies, suffixed) || carried.headerToken
  if (session !== '') query.append('__session', session)
  if (settings.isDevelopment) {
    const devBrowser = chosenDevBrowser(carried, suffixed, readClerkQuery(carried).devBrowser)
    if (devBrowser !== '') query.append('__clerk_db_jwt', devBrowser)
  }
  const organization = settings.organizationTarget?.(carried.url.pathname)
  if (organization) query.append('organization_id', organization.value)
  return url.href
}

/**
 * The base URL of FAPI without trailing slashes, with the path of a proxy. A relative proxy is on the request's public
 * origin.
 */
export function frontendApiUrl(frontendApi: string, carried: Carried): string {
  const absolute = frontendApi.startsWith('/') ? `${carried.url.origin}${frontendApi}` : frontendApi
  const base = hasHttpScheme(absolute) ? absolute : `https://${absolute}`
  return base.replace(/\/+$/, '')
}

/** FAPI adds a handshake of its own: an old one beside it would be another secret in the URL, and could be read first. */
function returnUrl(publicUrl: URL): string {
  const url = new URL(publicUrl)
  url.searchParams.delete('__clerk_db_jwt')
  dropHandshakeSecrets(url)
  return url.href
}
