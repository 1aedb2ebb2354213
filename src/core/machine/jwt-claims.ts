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
    audience: readAudience(claims.aud),
    issuedAt: msOf(claims.iat),
    expiresAt: msOf(claims.exp),
    claims: custom.length === 0 ? null : Object.fromEntries(custom)
  }
}

export function readOAuthClaims(claims: JsonObject): OAuthTokenData {
  return {
    id: text(claims.jti),
    subject: text(claims.sub),
    clientId: text(claims.client_id),
    scopes: Array.isArray(claims.scp) ? list(claims.scp) : (words(claims.scope) ?? []),
    audience: readAudience(claims.aud),
    issuedAt: msOf(claims.iat),
    expiresAt: msOf(claims.exp)
  }
}

/** The values of an `aud` (RFC 7519 section 4.1.3); empty: it names none; null: it is malformed. */
export function readAudience(aud: unknown): readonly string[] | null {
  if (aud === undefined || aud === null || aud === '') return []
  const values: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  return values.every((value) => typeof value === 'string' && value !== '') ? (values as readonly string[]) : null
}

/** Of a time claim. Verification has refused a token whose `exp`, or `iat` if it is there, is no number. */
function msOf(seconds: unknown): number | null {
  return typeof seconds === 'number' ? seconds * 1000 : null
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
