import type { Handler } from '../state.js'
import { oauthJson } from './answers.js'
import { AUTH_METHODS, GRANT_TYPES } from './clients.js'

/** The scopes that every Clerk instance has. The local one takes any other as well, as those that an application defines. */
const SCOPES = ['openid', 'profile', 'email', 'public_metadata', 'private_metadata', 'offline_access']

/** `GET /.well-known/oauth-authorization-server` (RFC 8414). */
export const serverMetadata: Handler = (_request, state) => {
  const issuer = state.publicOrigin()
  const document = {
    issuer,
    authorization_endpoint: `${issuer}/oauth/authorize`,
    token_endpoint: `${issuer}/oauth/token`,
    registration_endpoint: `${issuer}/oauth/register`,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    scopes_supported: SCOPES,
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: GRANT_TYPES,
    token_endpoint_auth_methods_supported: AUTH_METHODS,
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true
  }
  return oauthJson(document, 200, { 'cache-control': 'public, max-age=60' })
}
