import type { ApiKeyData, M2MTokenData, OAuthTokenData } from '../auth/machine-auth.js'
import { isRecord } from './transport.js'

/** What Clerk knows of an opaque machine token (protocol reference, section 7.4). */
export interface Verified<T> {
  readonly data: T
  /** `revoked` or `expired` is true in the answer: Clerk says so by status, and this is in case it once does not. */
  readonly isOver: boolean
  /** Ms since the epoch; Infinity: none known. */
  readonly expiresAtMs: number
}

export function parseApiKey(value: unknown): Verified<ApiKeyData> | null {
  if (!isRecord(value)) return null
  const { id, subject, name } = value
  if (typeof id !== 'string' || typeof subject !== 'string') return null
  const data = {
    id,
    subject,
    name: typeof name === 'string' ? name : '',
    scopes: stringList(value.scopes),
    claims: isRecord(value.claims) ? value.claims : null
  }
  return verified(value, data)
}

export function parseM2MToken(value: unknown): Verified<M2MTokenData> | null {
  if (!isRecord(value)) return null
  const { id, subject } = value
  if (typeof id !== 'string' || typeof subject !== 'string') return null
  const claims = isRecord(value.claims) ? value.claims : null
  return verified(value, { id, subject, scopes: stringList(value.scopes), claims })
}

export function parseOAuthToken(value: unknown): Verified<OAuthTokenData & { readonly aud: unknown }> | null {
  if (!isRecord(value)) return null
  const { id, subject, client_id: clientId } = value
  if (typeof id !== 'string' || typeof subject !== 'string' || typeof clientId !== 'string') return null
  return verified(value, { id, subject, clientId, scopes: stringList(value.scopes), aud: value.aud })
}

function verified<T>(value: Readonly<Record<string, unknown>>, data: T): Verified<T> {
  const { expiration } = value
  return {
    data,
    isOver: value.revoked === true || value.expired === true,
    expiresAtMs: typeof expiration === 'number' && expiration > 0 ? expiration : Number.POSITIVE_INFINITY
  }
}

function stringList(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string') : []
}
