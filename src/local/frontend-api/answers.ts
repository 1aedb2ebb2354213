import type { LocalClient } from '../clients.js'
import { sharedDomain } from '../handshake.js'
import { apiError, type LocalRequest, parseWebUrl } from '../http.js'
import type { LocalState } from '../state.js'
import { pageOrigin } from './caller.js'
import { clientShape } from './shapes.js'

/** The envelope of FAPI. clerk-js replaces the client that it knows by `client`, unless that is null. */
export function answer(response: unknown, client: unknown = null): Response {
  return Response.json({ response, client })
}

/** The answer to a request that has changed the client: with the client as it is now, and in production its cookies. */
export function answerChanged(
  request: LocalRequest,
  state: LocalState,
  client: LocalClient,
  response: unknown
): Response {
  const changed = answer(response, clientShape(state, client, pageOrigin(request)))
  return withClientCookies(request, state, client, changed)
}

/** In production FAPI keeps the browser's client in a cookie, and tells the application by another when it changed. */
export function withClientCookies(
  request: LocalRequest,
  state: LocalState,
  client: LocalClient,
  response: Response
): Response {
  if (state.instance.type === 'development') return response
  const secure = request.url.protocol === 'https:' ? '; Secure' : ''
  response.headers.append(
    'set-cookie',
    `__client=${client.id}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly${secure}`
  )
  const page = parseWebUrl(pageOrigin(request))
  const shared = page === null ? null : sharedDomain(request, page)
  const domain = shared === null ? '' : `; Domain=${shared}`
  const clientUat = client.sessionId === null ? 0 : Math.floor(client.updatedAtMs / 1000)
  for (const name of ['__client_uat', `__client_uat_${state.instance.cookieSuffix}`]) {
    response.headers.append(
      'set-cookie',
      `${name}=${clientUat}; Path=/; Max-Age=31536000; SameSite=Lax${secure}${domain}`
    )
  }
  return response
}

/** An error of one field of a form, which Clerk's forms show beside it. */
export function fieldError(code: string, field: string, message: string): Response {
  const error = { code, message, long_message: message, meta: { param_name: field } }
  return Response.json({ errors: [error] }, { status: 422 })
}

/** To a dev browser that it does not know, as after a restart: clerk-js drops its cookies and asks for a new one. */
export function unknownDevBrowser(): Response {
  return apiError(
    401,
    'dev_browser_unauthenticated',
    'Unable to authenticate this browser for your development instance'
  )
}

/** To a browser without that session: clerk-js takes it for signed out. It takes a 404 for a passing trouble. */
export function notSignedIn(): Response {
  return apiError(401, 'authentication_invalid', 'Invalid authentication')
}

export function notFound(message: string): Response {
  return apiError(404, 'resource_not_found', message)
}
