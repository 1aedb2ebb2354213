import type { LocalClient } from './clients.js'
import { liveSession } from './directives.js'
import type { LocalUser } from './directory.js'
import { knownClient, sharedDomain } from './handshake.js'
import { badRequest, htmlPage, type LocalRequest, parseWebUrl, redirectTo } from './http.js'
import { renderSignInPage, renderStatusPage, SIGN_IN_SCRIPT } from './sign-in-page.js'
import type { Handler, LocalState } from './state.js'

/** The sign-in page: one button for each user of the directory. */
export const showSignIn: Handler = (request, state) => {
  const returnUrl = parseWebUrl(request.url.searchParams.get('redirect_url'))
  const client = knownClient(request, state)
  const action = new URL(request.url.pathname, state.publicOrigin())
  if (returnUrl !== null) action.searchParams.set('redirect_url', returnUrl.href)
  if (state.instance.type === 'development') action.searchParams.set('__clerk_db_jwt', client.devBrowser)
  const html = renderSignInPage(choices(state), `${action.pathname}${action.search}`, returnUrl)
  return htmlPage(html, [clientCookie(request, client)], 200, SIGN_IN_SCRIPT)
}

/** Signs the chosen user in and sends the browser back, with its dev browser token in development. */
export const signIn: Handler = (request, state) => {
  const user = state.directory.user(new URLSearchParams(request.body).get('user_id') ?? '')
  if (user === undefined) return badRequest('user_id must be one of the users of this instance')
  const client = knownClient(request, state)
  client.sessionId = state.directory.openSession(user.id, state.now()).id
  client.updatedAtMs = state.now()
  return sendBack(request, state, client, `Signed in as ${user.name ?? user.id}`)
}

/** Ends the session of this browser. */
export const signOut: Handler = (request, state) => {
  const client = knownClient(request, state)
  const session = liveSession(state, client)
  if (session !== undefined) session.status = 'ended'
  client.sessionId = null
  client.updatedAtMs = state.now()
  return sendBack(request, state, client, 'Signed out')
}

function choices(state: LocalState): { user: LocalUser; organizations: string[] }[] {
  return state.directory.users().map((user) => ({
    user,
    organizations: (user.memberships ?? []).map(
      ({ orgId, role }) => `${role.replace(/^org:/, '')} of ${state.directory.organization(orgId)?.name ?? orgId}`
    )
  }))
}

function sendBack(request: LocalRequest, state: LocalState, client: LocalClient, message: string): Response {
  const returnUrl = parseWebUrl(request.url.searchParams.get('redirect_url'))
  const cookies = [clientCookie(request, client)]
  if (returnUrl === null) return htmlPage(renderStatusPage(message), cookies)

  if (state.instance.type === 'development') {
    returnUrl.searchParams.set('__clerk_db_jwt', client.devBrowser)
    return redirectTo(returnUrl, cookies)
  }
  // By this cookie on the shared domain the application learns that its session cookie is out of date.
  const domain = sharedDomain(request, new URL(state.publicOrigin()))
  if (domain !== null) {
    const clientUat = client.sessionId === null ? 0 : Math.floor(client.updatedAtMs / 1000)
    const attributes = `; Path=/; Max-Age=31536000; SameSite=Lax; Domain=${domain}`
    cookies.push(`__client_uat=${clientUat}${attributes}`)
    cookies.push(`__client_uat_${state.instance.cookieSuffix}=${clientUat}${attributes}`)
  }
  return redirectTo(returnUrl, cookies)
}

function clientCookie(request: LocalRequest, client: LocalClient): string {
  const secure = request.url.protocol === 'https:' ? '; Secure' : ''
  return `__client=${client.id}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly${secure}`
}
