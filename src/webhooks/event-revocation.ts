import { isRecord } from '../core/json.js'
import { isRevocableId, type RevocationTarget } from '../core/revocation/revocation.js'
import type { WebhookEvent } from './events.js'

export interface EventRevocation {
  readonly target: RevocationTarget
  /** Tokens issued until then are refused, in ms since the epoch. Undefined: until now. */
  readonly atMs: number | undefined
}

const DAY_MS = 86_400_000

/** The revocation that an event calls for; null: none. `'malformed'`: its type ends tokens, and it does not say whose. */
export function revocationOf(event: WebhookEvent, nowMs: number): EventRevocation | 'malformed' | null {
  const data = event.data as Record<string, unknown>
  switch (event.type) {
    case 'session.revoked':
    case 'session.ended':
    case 'session.removed':
      // A session that has ended stays ended, so all of its tokens are refused, whenever they were issued.
      return isRevocableId(data.id) ? { target: { sessionId: data.id }, atMs: undefined } : 'malformed'
    case 'user.deleted':
      return isRevocableId(data.id) ? { target: { userId: data.id }, atMs: undefined } : 'malformed'
    case 'user.updated':
      if (data.banned !== true && data.locked !== true) return null
      return isRevocableId(data.id) ? { target: { userId: data.id }, atMs: momentOf(event, nowMs) } : 'malformed'
    case 'organizationMembership.deleted':
    case 'organizationMembership.updated':
      return membershipRevocation(event, nowMs)
    default:
      return null
  }
}

function membershipRevocation(event: WebhookEvent, nowMs: number): EventRevocation | 'malformed' {
  const { organization, public_user_data: user } = event.data as Record<string, unknown>
  const organizationId = isRecord(organization) ? organization.id : undefined
  const userId = isRecord(user) ? user.user_id : undefined
  if (!isRevocableId(organizationId) || !isRevocableId(userId)) return 'malformed'
  return { target: { organizationId, userId }, atMs: momentOf(event, nowMs) }
}

/**
 * The time of the event, by the clock that also stamps `iat`. With the time of the delivery, which can come minutes
 * later, tokens that carry the new role already would be refused. A time more than a day away is ignored.
 */
function momentOf(event: WebhookEvent, nowMs: number): number | undefined {
  const { timestamp } = event
  return typeof timestamp === 'number' && Math.abs(nowMs - timestamp) < DAY_MS ? timestamp : undefined
}
