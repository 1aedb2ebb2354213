import { RevocationTargetError, RevocationTimeError } from '../errors.js'

/** Whose tokens are refused: those of one session, of every session of a user, or of a user in one organization. */
export type RevocationTarget =
  | { readonly sessionId: string; readonly userId?: undefined; readonly organizationId?: undefined }
  | { readonly userId: string; readonly sessionId?: undefined; readonly organizationId?: undefined }
  | { readonly organizationId: string; readonly userId: string; readonly sessionId?: undefined }

/**
 * One revocation as stores and buses hold it: every token of the target issued at or before `atMs` is refused. With all
 * identifiers null the target is everyone; a store replaces its oldest entries by such a revocation when it is full.
 */
export interface Revocation {
  readonly sessionId: string | null
  readonly userId: string | null
  readonly organizationId: string | null
  /** Milliseconds since the epoch. */
  readonly atMs: number
}

/** Longer than any identifier of Clerk; bounds the memory that an entry from a hostile bus message takes. */
const MAX_ID_LENGTH = 256
const DAY_MS = 86_400_000
const YEAR_MS = 365 * DAY_MS

/**
 * Makes a revocation from an application's arguments. Throws `FST_CLERK_REVOCATION_TARGET` unless the target has
 * exactly one of the three forms, and `FST_CLERK_REVOCATION_TIME` for a moment more than a year ago (seconds taken for
 * milliseconds: nothing would be revoked) or more than a day ahead (every new sign-in would be revoked for that long).
 */
export function assertRevocation(target: RevocationTarget, at: number | Date | undefined, nowMs: number): Revocation {
  const atMs = at === undefined ? nowMs : Number(at)
  if (!(atMs > nowMs - YEAR_MS && atMs <= nowMs + DAY_MS)) throw new RevocationTimeError()
  const revocation = toRevocation(target, atMs)
  if (revocation === null) throw new RevocationTargetError()
  return revocation
}

/**
 * Reads a revocation from a bus; null for any other value. A bus is shared with others, so its messages are not
 * trusted.
 */
export function parseRevocation(value: unknown): Revocation | null {
  if (!Array.isArray(value) || value.length !== 4) return null
  const [sessionId, userId, organizationId, atMs] = value as unknown[]
  if (typeof atMs !== 'number' || !Number.isFinite(atMs)) return null
  if (sessionId === null && userId === null && organizationId === null) return everyone(atMs)
  return toRevocation(
    { sessionId: sessionId ?? undefined, userId: userId ?? undefined, organizationId: organizationId ?? undefined },
    atMs
  )
}

/** The form on a bus: an array and not an object, because a bus may carry a hundred thousand of them at once. */
export function serializeRevocation(revocation: Revocation): readonly unknown[] {
  return [revocation.sessionId, revocation.userId, revocation.organizationId, revocation.atMs]
}

export function everyone(atMs: number): Revocation {
  return { sessionId: null, userId: null, organizationId: null, atMs }
}

function toRevocation(target: unknown, atMs: number): Revocation | null {
  if (typeof target !== 'object' || target === null) return null
  const { sessionId, userId, organizationId } = target as Record<string, unknown>
  if (sessionId !== undefined) {
    if (!isRevocableId(sessionId) || userId !== undefined || organizationId !== undefined) return null
    return { sessionId, userId: null, organizationId: null, atMs }
  }
  if (!isRevocableId(userId)) return null
  if (organizationId === undefined) return { sessionId: null, userId, organizationId: null, atMs }
  return isRevocableId(organizationId) ? { sessionId: null, userId, organizationId, atMs } : null
}

/** Whether a value can name a session, a user or an organization: a text of 1 to 256 characters. */
export function isRevocableId(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_ID_LENGTH
}
