import { isRecord, parseJson } from '../../core/json.js'
import type { Handler } from '../state.js'
import { isOAuthError, type OAuthError, oauthError, oauthFailure, oauthJson } from './answers.js'
import { AUTH_METHODS, type AuthMethod, type ClientInput, GRANT_TYPES, type OAuthClient } from './clients.js'

const MAX_REDIRECT_URIS = 10
const MAX_URI_LENGTH = 2000
const MAX_NAME_LENGTH = 200

/** `POST /oauth/register`: dynamic client registration (RFC 7591). */
export const registerClient: Handler = (request, state) => {
  const input = readClient(parseJson(request.body))
  if (isOAuthError(input)) return oauthFailure(input)
  return oauthJson(describe(state.oauth.clients.register(input, state.now())), 201)
}

function readClient(metadata: unknown): ClientInput | OAuthError {
  if (!isRecord(metadata)) return oauthError('invalid_client_metadata', 'the body must be a JSON object')
  const {
    redirect_uris: uris,
    client_name: name,
    token_endpoint_auth_method: method = 'client_secret_basic'
  } = metadata
  if (!Array.isArray(uris) || uris.length === 0 || uris.length > MAX_REDIRECT_URIS || !uris.every(isRedirectUri)) {
    const description = `redirect_uris must be 1 to ${MAX_REDIRECT_URIS} absolute URIs without fragment: https, http on loopback, or a scheme of the client's own`
    return oauthError('invalid_redirect_uri', description)
  }
  if (!isAuthMethod(method)) {
    return oauthError('invalid_client_metadata', `token_endpoint_auth_method must be one of ${AUTH_METHODS.join(', ')}`)
  }
  const { grant_types: grants = ['authorization_code'], response_types: responses = ['code'] } = metadata
  if (!isSome(grants, GRANT_TYPES) || !isSome(responses, ['code'])) {
    return oauthError(
      'invalid_client_metadata',
      'known are the grants authorization_code and refresh_token, and the response code'
    )
  }
  // Not cut: a part of a text keeps all of it in memory.
  if (typeof name === 'string' && name.length > MAX_NAME_LENGTH) {
    return oauthError('invalid_client_metadata', `client_name must have at most ${MAX_NAME_LENGTH} characters`)
  }
  return {
    name: typeof name === 'string' && name.trim() !== '' ? name.trim() : 'Unnamed client',
    redirectUris: Object.freeze([...uris]),
    authMethod: method
  }
}

function describe(client: OAuthClient): object {
  return {
    client_id: client.id,
    client_id_issued_at: Math.floor(client.registeredAtMs / 1000),
    ...(client.secret !== null && { client_secret: client.secret, client_secret_expires_at: 0 }),
    client_name: client.name,
    redirect_uris: client.redirectUris,
    token_endpoint_auth_method: client.authMethod,
    grant_types: GRANT_TYPES,
    response_types: ['code']
  }
}

function isAuthMethod(value: unknown): value is AuthMethod {
  return (AUTH_METHODS as readonly unknown[]).includes(value)
}

function isSome(values: unknown, known: readonly string[]): boolean {
  return Array.isArray(values) && values.length > 0 && values.every((value) => known.includes(value))
}

/** Schemes that a browser runs or opens itself: a redirect there would hand the code to a page, or run it. */
const NOT_A_CLIENT = /^(javascript|data|vbscript|blob|file|about|view-source|ws|wss|ftp):$/
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/

/** Plain http is for loopback (RFC 8252 section 7.3); native applications have schemes of their own (RFC 8252 section 7.1). */
function isRedirectUri(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > MAX_URI_LENGTH || /[\s\\#]/.test(value) || !URL.canParse(value)) {
    return false
  }
  const { protocol, hostname, username, password } = new URL(value)
  if (username !== '' || password !== '' || NOT_A_CLIENT.test(protocol)) return false
  return protocol !== 'http:' || LOOPBACK.test(hostname)
}
