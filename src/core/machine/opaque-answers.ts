import type { ApiKeyData, M2MTokenData, OAuthTokenData, Validity } from '../auth/machine-auth.js'
import { isRecord } from '../json.js'
import { readAudience } from './jwt-claims.js'

/** Clerk's answer about an opaque machine token (backend-api/README.md section 2). */
export interface VerifiedData<Data> {
  readonly data: Data
  /** As `readAudience` returns it. Not compared with anything yet. */
  readonly audience: readonly string[] | null
  /**
   * The answer says `revoked` or `expired`. BAPI answers for such tokens with an error status; should it ever not, this
   * refuses them.
   */
  readonly isOver: boolean
  /** Ms since the epoch; Infinity: the answer names no end. */
  readonly expiresAtMs: number
}

export function parseApiKey(value: unknown): VerifiedData<ApiKeyData> | null {
  if (!isRecord(value)) return null
  const { id, subject, name } = value
  if (typeof id !== 'string' || typeof subject !== 'string') return null
  return verified(value, [], {
    id,
    subject,
    name: typeof name === 'string' ? name : '',
    scopes: stringList(value.scopes),
    claims: isRecord(value.claims) ? value.claims : null
  })
}

export function parseM2MToken(value: unknown): VerifiedData<M2MTokenData> | null {
  if (!isRecord(value)) return null
  const { id, subject } = value
  if (typeof id !== 'string' || typeof subject !== 'string') return null
  const claims = isRecord(value.claims) ? value.claims : null
  // The answer itself names no audience. A JWT of the same machine has its custom claims beside the registered ones.
  return verified(value, readAudience(value.aud ?? claims?.aud), {
    id,
    subject,
    scopes: stringList(value.scopes),
    claims
  })
}

export function parseOAuthToken(value: unknown): VerifiedData<OAuthTokenData> | null {
  if (!isRecord(value)) return null
  const { id, subject, client_id: clientId } = value
  if (typeof id !== 'string' || typeof subject !== 'string') return null
  return verified(value, readAudience(value.aud), {
    id,
    subject,
    clientId: typeof clientId === 'string' ? clientId : '',
    scopes: stringList(value.scopes)
  })
}

function verified<Data>(
  answer: Readonly<Record<string, unknown>>,
  audience: readonly string[] | null,
  data: Data
): VerifiedData<Data & Validity> {
  const { expired, expiration, revoked, created_at: createdAt } = answer
  const issuedAt = typeof createdAt === 'number' ? createdAt : null
  const expiresAt = typeof expiration === 'number' && expiration > 0 ? expiration : null
  return {
    data: { ...data, audience, issuedAt, expiresAt },
    audience,
    isOver: revoked === true || expired === true,
    expiresAtMs: expiresAt ?? Number.POSITIVE_INFINITY
  }
}

function stringList(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string') : []
}
