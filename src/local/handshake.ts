import type { LocalClient } from './clients.js'
import { cookieDirectives, type DirectiveTarget } from './directives.js'
import { badRequest, type LocalRequest, parseWebUrl, readCookie, redirectTo } from './http.js'
import type { Handler, LocalState } from './state.js'

/** Longer directives go by nonce, because they would not fit into a cookie or a URL. */
const maxTokenFormBytes = 2048

/**
 * FAPI `/v1/client/handshake`: sends the browser back to the application with the cookies that FAPI has for it, in the
 * query in development, in a cookie on the shared domain in production.
 */
export const handshake: Handler = (request, state) => {
  const query = request.url.searchParams
  const returnUrl = parseWebUrl(query.get('redirect_url'))
  if (returnUrl === null) return badRequest('redirect_url must be an absolute http or https URL')
  // The application must not take an earlier answer, still in the address, for this one.
  returnUrl.searchParams.delete('__clerk_handshake')
  returnUrl.searchParams.delete('__clerk_handshake_nonce')
  const satellite = satelliteOf(request, state)
  const ticket = query.get('__clerk_ticket')
  // A satellite's FAPI host does not get the primary's cookie: a redirect through the primary brings a ticket.
  if (satellite !== null && ticket === null) return askPrimary(request, state)

  const client = (ticket === null ? undefined : state.clients.redeemTicket(ticket)) ?? knownClient(request, state)
  activateOrganization(state, client, query.get('organization_id'))
  if (satellite !== null) returnUrl.searchParams.set('__clerk_synced', 'true')

  const target: DirectiveTarget = {
    url: returnUrl,
    issuer: satellite === null ? state.instance.issuer : `https://clerk.${satellite}`,
    sharedDomain: sharedDomain(request, returnUrl)
  }
  return handBack(state, request, client, target)
}

/**
 * FAPI of the primary `/v1/client/sync`: sends the browser back to the satellite's FAPI with a ticket for its client.
 */
export const syncSatellite: Handler = (request, state) => {
  const target = parseWebUrl(request.url.searchParams.get('redirect_url'))
  if (target === null) return badRequest('redirect_url must be an absolute http or https URL')
  target.searchParams.set('__clerk_ticket', state.clients.issueTicket(knownClient(request, state)))
  return redirectTo(target)
}

/** FAPI `/v1/dev_browser`: a new dev browser, as the frontend asks for on its first visit in development. */
export const createDevBrowser: Handler = (_request, state) => Response.json({ id: state.clients.create().devBrowser })

/** The client that the request's dev browser token or `__client` cookie names, else a new one. */
export function knownClient(request: LocalRequest, state: LocalState): LocalClient {
  const { clients, instance } = state
  const inQuery = instance.type === 'development' ? request.url.searchParams.get('__clerk_db_jwt') : null
  return clients.find(inQuery) ?? clients.find(readCookie(request.headers, '__client')) ?? clients.create()
}

/**
 * The domain that the request's FAPI host, such as `clerk.example.com`, shares with the application; null if they
 * share no domain.
 */
export function sharedDomain(request: LocalRequest, application: URL): string | null {
  const { hostname } = request.url
  if (!hostname.startsWith('clerk.')) return null
  const domain = hostname.slice('clerk.'.length)
  return application.hostname === domain || application.hostname.endsWith(`.${domain}`) ? domain : null
}

function satelliteOf(request: LocalRequest, state: LocalState): string | null {
  return state.satellites.find((domain) => request.url.hostname === `clerk.${domain}`) ?? null
}

function askPrimary(request: LocalRequest, state: LocalState): Response {
  const primary = new URL('/v1/client/sync', state.publicOrigin())
  primary.searchParams.set('redirect_url', request.url.href)
  return redirectTo(primary)
}

function activateOrganization(state: LocalState, client: LocalClient, organization: string | null): void {
  const session = client.sessionId === null ? undefined : state.directory.session(client.sessionId)
  if (organization !== null && session !== undefined) state.directory.activate(session, organization)
}

function handBack(state: LocalState, request: LocalRequest, client: LocalClient, target: DirectiveTarget): Response {
  const directives = cookieDirectives(state, client, target)
  const byNonce = usesNonce(state, request, directives)
  const name = byNonce ? '__clerk_handshake_nonce' : '__clerk_handshake'
  const value = byNonce
    ? state.clients.keepPayload(directives, state.now())
    : state.keys.sign({}, { handshake: directives })

  if (state.instance.type === 'development') {
    target.url.searchParams.set(name, value)
    target.url.searchParams.set('__clerk_db_jwt', client.devBrowser)
    return redirectTo(target.url)
  }
  const domain = target.sharedDomain === null ? '' : `; Domain=${target.sharedDomain}`
  const secure = request.url.protocol === 'https:' ? '; Secure' : ''
  return redirectTo(target.url, [
    `${name}=${value}; Path=/; Max-Age=60; SameSite=Lax; HttpOnly${secure}${domain}`,
    `__client=${client.id}; Path=/; SameSite=Lax; HttpOnly${secure}`
  ])
}

function usesNonce(state: LocalState, request: LocalRequest, directives: readonly string[]): boolean {
  if (state.handshakeFormat !== 'auto') return state.handshakeFormat === 'nonce'
  const bytes = directives.reduce((sum, line) => sum + line.length, 0)
  return request.url.searchParams.get('format') === 'nonce' && bytes > maxTokenFormBytes
}
