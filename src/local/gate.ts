import { apiError } from './http.js'
import type { LocalState } from './state.js'

/**
 * The refusal of a request that another page of the user's browser may have caused, null for all others. Such a page
 * reaches the listener under a host name of its own that leads to this machine (DNS rebinding), by `fetch`, or by a form
 * that it posts; and it could have a handshake bring the user's session to it.
 */
export function refuseForeign(request: Request, state: LocalState): Response | null {
  const url = new URL(request.url)
  if (!isOwnHost(url.hostname, state)) return refusal('The local Clerk does not answer under this host name')
  const origin = request.headers.get('origin')
  if (origin === null ? isCrossSitePost(request) : !isAllowedPage(origin, state)) return refusal(NOT_ALLOWED)
  const leadsAway = url.searchParams
    .getAll('redirect_url')
    .some((text) => URL.canParse(text) && !isAllowedPage(text, state))
  return leadsAway ? refusal(NOT_ALLOWED) : null
}

const NOT_ALLOWED =
  'The local Clerk serves pages of this machine (localhost, 127.0.0.1, *.localhost, *.test) and of its own domains: name any other origin in pluginOptions({ authorizedParties })'

function refusal(message: string): Response {
  return apiError(403, 'origin_not_allowed', message)
}

/** Browsers name the origin with every POST; an old one that does not still says that it is cross-site. */
function isCrossSitePost({ method, headers }: Request): boolean {
  return method !== 'GET' && method !== 'HEAD' && headers.get('sec-fetch-site') === 'cross-site'
}

/** Names that lead to the listener: those of this machine, and the hosts of the instance. */
function isOwnHost(hostname: string, { instance, satellites }: LocalState): boolean {
  return (
    isLoopback(hostname) ||
    hostname === hostOf(instance.issuer) ||
    hostname === hostOf(instance.apiUrl) ||
    satellites.some((domain) => hostname === `clerk.${domain}`)
  )
}

function isAllowedPage(text: string, state: LocalState): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, origin } = new URL(text)
  if (protocol !== 'http:' && protocol !== 'https:') return false
  // No page of the internet has a name below .test (RFC 6761 section 6.2).
  if (isOwnHost(hostname, state) || hostname.endsWith('.test')) return true
  const shared = hostOf(state.instance.issuer).replace(/^clerk\./, '')
  const domains = state.instance.type === 'production' ? [shared, ...state.satellites] : state.satellites
  return domains.some((domain) => isWithin(hostname, domain)) || state.tokenOrigin.isParty(origin)
}

function isWithin(hostname: string, domain: string): boolean {
  return hostname === domain || hostname.endsWith(`.${domain}`)
}

/** Names below .localhost lead to this machine (RFC 6761 section 6.3). */
function isLoopback(hostname: string): boolean {
  return hostname === '127.0.0.1' || hostname === '[::1]' || isWithin(hostname, 'localhost')
}

function hostOf(url: string): string {
  return new URL(url).hostname
}
