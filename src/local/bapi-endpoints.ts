import { cookieDirectives, isLive, templateToken, tokenOfSession } from './directives.js'
import { commonSession } from './frontend-api/shapes.js'
import { apiError, hasKey, parseWebUrl, readJson } from './http.js'
import type { LocalMachineType } from './machine-types.js'
import type { Handler, LocalState } from './state.js'

/** The handler for requests with the instance's secret key; 401 for all others. */
export function withSecretKey(handler: Handler): Handler {
  return (request, state) => {
    if (hasKey(request, state.instance.secretKey)) return handler(request, state)
    return apiError(401, 'clerk_key_invalid', 'The provided Clerk Secret Key is invalid.')
  }
}

export const keySet: Handler = (_request, state) => Response.json({ keys: state.keys.published() })

/** `GET /v1/clients/handshake_payload`: the directives behind a nonce. */
export const handshakePayload: Handler = (request, state) => {
  const directives = state.clients.payload(request.url.searchParams.get('nonce') ?? '', state.now())
  if (directives === undefined) return apiError(404, 'resource_not_found', 'No such handshake payload')
  return Response.json({ directives })
}

/** `POST /v1/sessions/:sid/refresh`: a new session token for an expired one and its refresh token. */
export const refreshSession: Handler = (request, state) => {
  const body = readJson(request)
  const session = state.directory.session(request.params.sid ?? '')
  if (session === undefined) return apiError(404, 'resource_not_found', 'Session not found')
  if (session.status === 'revoked') return apiError(401, 'session_is_revoked', 'The session is revoked')
  if (session.status === 'ended') return apiError(401, 'session_is_ended', 'The session has ended')
  if (body.refresh_token !== session.refreshToken) {
    return apiError(401, 'refresh_token_invalid', 'The refresh token does not belong to the session')
  }
  if (!namesSession(body.expired_token, session.id)) {
    return apiError(401, 'expired_token_invalid', 'The expired token does not belong to the session')
  }
  const url = parseWebUrl(String(body.request_origin))
  if (url === null) return apiError(422, 'form_param_invalid', 'request_origin must be an origin')
  if (body.format === 'cookie') {
    return Response.json({ object: 'cookies', cookies: refreshDirectives(state, session.id, url) })
  }
  return Response.json({
    object: 'token',
    jwt: tokenOfSession(state, session, { azp: state.tokenOrigin.ofPage(url.origin) })
  })
}

/** The cookies of the session and its refresh token only: a refresh leaves the other cookies as they are. */
function refreshDirectives(state: LocalState, sessionId: string, url: URL): string[] {
  const client = { id: '', devBrowser: '', sessionId, updatedAtMs: 0, signIn: null, signUp: null }
  const target = { url, issuer: state.instance.issuer, sharedDomain: null }
  return cookieDirectives(state, client, target).filter((line) => /^__(session|refresh)/.test(line))
}

function namesSession(token: unknown, sessionId: string): boolean {
  try {
    const payload = String(token).split('.')[1] ?? ''
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString())
    return (claims as { sid?: unknown } | null)?.sid === sessionId
  } catch {
    return false
  }
}

/** `POST /v1/sessions/:sid/tokens[/:template]`: a fresh session token, or a token with the claims of a template. */
export const createSessionToken: Handler = (request, state) => {
  const session = state.directory.session(request.params.sid ?? '')
  if (!isLive(session)) return apiError(404, 'resource_not_found', 'Session not found')
  const { expires_in_seconds: seconds } = readJson(request)
  const expires = typeof seconds === 'number' ? { expiresInSeconds: seconds } : {}
  const name = request.params.template
  if (name === undefined) {
    return Response.json({ object: 'token', jwt: tokenOfSession(state, session, expires) })
  }
  const jwt = templateToken(state, session, name, expires.expiresInSeconds)
  if (jwt === null) return apiError(404, 'resource_not_found', 'JWT template not found')
  return Response.json({ object: 'token', jwt })
}

/** `POST /v1/sessions/:sid/revoke`. */
export const revokeSession: Handler = (request, state) => {
  const session = state.directory.session(request.params.sid ?? '')
  if (session === undefined) return apiError(404, 'resource_not_found', 'Session not found')
  session.status = 'revoked'
  return Response.json({ client_id: 'client_local', user_id: session.userId, ...commonSession(state, session) })
}

/** A verification endpoint: 401 for a wrong key, 404 for a token that is unknown, revoked or of another type. */
export function verifyMachineToken({ member, object, notFound, takesMachineKey }: LocalMachineType): Handler {
  return (request, state) => {
    const { secretKey, machineSecretKey } = state.instance
    if (!hasKey(request, secretKey) && !(takesMachineKey && hasKey(request, machineSecretKey))) {
      return apiError(401, 'clerk_key_invalid', 'The provided Clerk Secret Key is invalid.')
    }
    const token = state.machineTokens.find(readJson(request)[member])
    return token?.object === object ? Response.json(token) : apiError(404, 'resource_not_found', notFound)
  }
}
