import type { M2MTokenData, OAuthTokenData } from '../auth/machine-auth.js'
import type { JsonObject } from '../token/decode.js'

/** Registered claims (RFC 7519 section 4.1). All other claims of an M2M token are the application's own. */
const REGISTERED = ['iss', 'sub', 'exp', 'nbf', 'iat', 'jti']

export function readM2MClaims(claims: JsonObject): M2MTokenData {
  const custom = Object.entries(claims).filter(([name]) => !REGISTERED.includes(name))
  return {
    id: text(claims.jti),
    subject: text(claims.sub),
    scopes: words(claims.scopes) ?? list(claims.aud),
    claims: custom.length === 0 ? null : Object.fromEntries(custom)
  }
}

export function readOAuthClaims(claims: JsonObject): OAuthTokenData {
  return {
    id: text(claims.jti),
    subject: text(claims.sub),
    clientId: text(claims.client_id),
    scopes: Array.isArray(claims.scp) ? list(claims.scp) : (words(claims.scope) ?? [])
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function words(value: unknown): readonly string[] | null {
  return typeof value === 'string' && value !== '' ? value.split(' ') : null
}

function list(value: unknown): readonly string[] {
  if (typeof value === 'string') return value === '' ? [] : [value]
  return Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string') : []
}
