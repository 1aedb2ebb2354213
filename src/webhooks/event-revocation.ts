import { isRecord } from '../core/json.js'
import { isRevocableId, type RevocationTarget } from '../core/revocation/revocation.js'
import type { WebhookEvent } from './events.js'

export interface EventRevocation {
  readonly target: RevocationTarget
  /** Milliseconds since the epoch; undefined: as of now. */
  readonly atMs: number | undefined
}

const DAY_MS = 86_400_000

/**
 * What an event ends, or null. Throws nothing: `'malformed'` is an event that should end something and does not say
 * whose.
 */
export function revocationOf(event: WebhookEvent, nowMs: number): EventRevocation | 'malformed' | null {
  const data = event.data as Record<string, unknown>
  switch (event.type) {
    case 'session.revoked':
    case 'session.ended':
    case 'session.removed':
      // These never come back to life, so no token of theirs is good, whenever it was issued.
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
 * The event's own time, from the clock that stamps `iat` too: a delivery that took minutes does not refuse tokens that
 * carry the new role already. A time that is not plausible counts as none.
 */
function momentOf(event: WebhookEvent, nowMs: number): number | undefined {
  const { timestamp } = event
  return typeof timestamp === 'number' && Math.abs(nowMs - timestamp) < DAY_MS ? timestamp : undefined
}
