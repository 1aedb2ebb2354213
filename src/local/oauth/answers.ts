import type { Handler } from '../state.js'

/** Clients that run in a page of any origin may read these answers: none of them depends on a cookie. */
const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, POST',
  'access-control-allow-headers': 'authorization, content-type, mcp-protocol-version',
  'access-control-max-age': '600'
}

export const preflight: Handler = () => new Response(null, { status: 204, headers: CORS })

/** Codes of RFC 6749 sections 4.1.2.1 and 5.2, of RFC 7591 section 3.2.2 and of RFC 8707 section 2. */
export type OAuthErrorCode =
  | 'access_denied'
  | 'invalid_client'
  | 'invalid_client_metadata'
  | 'invalid_grant'
  | 'invalid_redirect_uri'
  | 'invalid_request'
  | 'invalid_scope'
  | 'invalid_target'
  | 'unsupported_grant_type'
  | 'unsupported_response_type'

export interface OAuthError {
  readonly error: OAuthErrorCode
  readonly description: string
}

export function oauthError(error: OAuthErrorCode, description: string): OAuthError {
  return { error, description }
}

export function isOAuthError(value: object): value is OAuthError {
  return 'error' in value
}

export function oauthJson(body: object, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
  return Response.json(body, { status, headers: { ...CORS, 'cache-control': 'no-store', ...headers } })
}

/** RFC 6749 section 5.2: 401 where the client itself is in question, else 400. */
export function oauthFailure({ error, description }: OAuthError): Response {
  const isClient = error === 'invalid_client'
  const challenge = { 'www-authenticate': 'Basic realm="token"' }
  return oauthJson({ error, error_description: description }, isClient ? 401 : 400, isClient ? challenge : {})
}
