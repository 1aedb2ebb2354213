import { RevocationTargetError, RevocationTimeError } from '../errors.js'

/** Whose tokens end: one session, every session of a user, or what a user holds in one organization. */
export type RevocationTarget =
  | { readonly sessionId: string; readonly userId?: undefined; readonly organizationId?: undefined }
  | { readonly userId: string; readonly sessionId?: undefined; readonly organizationId?: undefined }
  | { readonly organizationId: string; readonly userId: string; readonly sessionId?: undefined }

/**
 * One revocation as stores and buses hold it: every token of the target issued at or before `atMs` is refused. Without
 * any identifier it is everyone's: that is what a store makes of its oldest entries when there are too many.
 */
export interface Revocation {
  readonly sessionId: string | null
  readonly userId: string | null
  readonly organizationId: string | null
  /** Milliseconds since the epoch. */
  readonly atMs: number
}

/** Longer than any identifier of Clerk, short enough that a hostile bus message cannot make entries large. */
const MAX_ID_LENGTH = 256
const DAY_MS = 86_400_000
const YEAR_MS = 365 * DAY_MS

/**
 * Makes a revocation of what an application passes. Throws `FST_CLERK_REVOCATION_TARGET` unless exactly one of the
 * three forms is given, and `FST_CLERK_REVOCATION_TIME` for a moment that looks like seconds or lies in the future
 * by more than a day: either would quietly revoke nothing, or everything for a long time.
 */
export function assertRevocation(target: RevocationTarget, at: number | Date | undefined, nowMs: number): Revocation {
  const atMs = at === undefined ? nowMs : Number(at)
  if (!(atMs > nowMs - YEAR_MS && atMs <= nowMs + DAY_MS)) throw new RevocationTimeError()
  const revocation = toRevocation(target, atMs)
  if (revocation === null) throw new RevocationTargetError()
  return revocation
}

/** Reads a revocation off a bus. Whatever is not one is null: a bus is shared, and what it carries is not believed. */
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

/** The form a bus carries: a short array, as there may be a hundred thousand of them. */
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
