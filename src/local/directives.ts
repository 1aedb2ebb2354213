import type { LocalClient } from './clients.js'
import type { LocalSession } from './directory.js'
import type { SessionTokenInput } from './session-claims.js'
import type { LocalState } from './state.js'

const yearSeconds = 365 * 24 * 3600

/** Whether the session makes tokens: not once it is revoked or has ended. */
export function isLive(session: LocalSession | undefined): session is LocalSession {
  return session?.status === 'active' || session?.status === 'pending'
}

/** The client's session if it makes tokens. */
export function liveSession(state: LocalState, client: LocalClient | undefined): LocalSession | undefined {
  const session = client?.sessionId ? state.directory.session(client.sessionId) : undefined
  return isLive(session) ? session : undefined
}

/** A fresh token of the session, with its user's organization, features and plans. `input` overrides them. */
export function tokenOfSession(state: LocalState, session: LocalSession, input: SessionTokenInput = {}): string {
  const user = state.directory.user(session.userId)
  const org = state.directory.tokenOrganization(session.userId, session.activeOrgId)
  return state.signSessionToken({
    userId: session.userId,
    sessionId: session.id,
    status: session.status === 'pending' ? 'pending' : 'active',
    factorVerificationAge: [Math.floor((state.now() - session.createdAtMs) / 60_000), -1],
    features: user?.features ?? [],
    plans: user?.plans ?? [],
    ...(org && { org }),
    ...input
  })
}

/** A token of the session with the claims of that JWT template; null: there is none of that name. */
export function templateToken(
  state: LocalState,
  session: LocalSession,
  name: string,
  expiresInSeconds = 60
): string | null {
  const template = Object.hasOwn(state.templates, name) ? state.templates[name] : undefined
  if (template === undefined) return null
  const iat = Math.floor(state.now() / 1000)
  const times = { exp: iat + expiresInSeconds, iat, nbf: iat - 10 }
  const claims = { ...times, iss: state.instance.issuer, sub: session.userId, ...template }
  return state.keys.sign({ cat: 'cl_B7d4PD222AAA' }, claims)
}

/** The application that passes the directives on to the browser. */
export interface DirectiveTarget {
  readonly url: URL
  readonly issuer: string
  /** Domain that FAPI and application share in production; null: they share no domain. */
  readonly sharedDomain: string | null
}

/** `Set-Cookie` lines that give a browser the cookies of the client as FAPI knows it. */
export function cookieDirectives(state: LocalState, client: LocalClient, target: DirectiveTarget): string[] {
  const session = liveSession(state, client)
  const secure = target.url.protocol === 'https:' ? '; Secure' : ''
  const keep = `; Path=/; Max-Age=${yearSeconds}; SameSite=Lax${secure}`
  const drop = `; Path=/; Max-Age=0; SameSite=Lax${secure}`
  const domain = target.sharedDomain === null ? '' : `; Domain=${target.sharedDomain}`
  const clientUat = session === undefined ? 0 : Math.floor(client.updatedAtMs / 1000)

  const lines = both(state, '__client_uat', `${clientUat}${keep}${domain}`)
  if (session === undefined) {
    lines.push(...both(state, '__session', drop), `__refresh_${state.instance.cookieSuffix}=${drop}; HttpOnly`)
  } else {
    const token = tokenOfSession(state, session, {
      azp: state.tokenOrigin.ofPage(target.url.origin),
      claims: { iss: target.issuer }
    })
    lines.push(...both(state, '__session', `${token}${keep}`))
    if (state.refreshTokens) {
      lines.push(`__refresh_${state.instance.cookieSuffix}=${session.refreshToken}${keep}; HttpOnly`)
    }
  }
  if (state.instance.type === 'development') lines.push(...both(state, '__clerk_db_jwt', `${client.devBrowser}${keep}`))
  else lines.push(`__clerk_handshake=${drop}${domain}`, `__clerk_handshake_nonce=${drop}${domain}`)
  return lines
}

/** The cookie's line under its plain and under its suffixed name. */
function both(state: LocalState, name: string, rest: string): string[] {
  return [`${name}=${rest}`, `${name}_${state.instance.cookieSuffix}=${rest}`]
}
