import { parseJson } from '../json.js'
import { type IdKind, isRevocableId, type Revocation } from './revocation.js'

// The form of a revocation between processes. Processes of several versions share a bus while a fleet is deployed, so a
// form once given stays: a process ignores the rows that it does not know, and reads the others of the same message.
//
// Version 1: `[session, user, organization, moment]`, with null for what is not named; all null is every session token.
// Version 2: `[2, kind, id, moment]`, for the kinds that version 1 lacks; its readers find no text or null at the start,
// and ignore the row. A later kind, or version, is a row that begins with another kind, or number.

/**
 * A revocation as a JSON value, for a bus. The last element is the moment, in ms since the epoch; the elements before it
 * name the target, so that equal targets have equal elements. The rest of the form is for `parseRevocation`.
 */
export type SerializedRevocation = readonly [
  version: string | number | null,
  kindOrUser: string | null,
  id: string | null,
  atMs: number
]

const VERSION = 2
const VERSION_2_KINDS: readonly unknown[] = [
  'user-sessions',
  'organization',
  'organization-sessions',
  'token',
  'client'
] satisfies readonly IdKind[]

/**
 * The form of a revocation for a bus of one's own: a JSON value of at most some 600 characters. Rows are arrays and not
 * objects, because a bus may carry a hundred thousand of them at once.
 */
export function serializeRevocation(revocation: Revocation): SerializedRevocation {
  const { kind, atMs } = revocation
  switch (kind) {
    case 'session':
      return [revocation.id, null, null, atMs]
    case 'user':
      return [null, revocation.id, null, atMs]
    case 'membership':
      return [null, revocation.userId, revocation.organizationId, atMs]
    case 'all-sessions':
      return [null, null, null, atMs]
    case 'all-machines':
    case 'all-machine-jwts':
      return [VERSION, kind, null, atMs]
    default:
      return [VERSION, kind, revocation.id, atMs]
  }
}

/**
 * Reads what `serializeRevocation` made, as a value or as JSON text. Null for anything else: for rows of a later version of
 * this package, which are to be ignored, and for junk, as a bus is shared with others and its messages are not trusted.
 */
export function parseRevocation(value: unknown): Revocation | null {
  const row = typeof value === 'string' ? parseJson(value) : value
  if (!Array.isArray(row) || row.length !== 4) return null
  const [first, second, third, atMs] = row as unknown[]
  if (typeof atMs !== 'number' || !Number.isFinite(atMs)) return null
  return typeof first === 'number'
    ? parseVersion2(first, second, third, atMs)
    : parseVersion1(first, second, third, atMs)
}

function parseVersion1(sessionId: unknown, userId: unknown, organizationId: unknown, atMs: number): Revocation | null {
  if (sessionId !== null) {
    if (!isRevocableId(sessionId) || userId !== null || organizationId !== null) return null
    return { kind: 'session', id: sessionId, atMs }
  }
  if (userId === null) return organizationId === null ? { kind: 'all-sessions', atMs } : null
  if (!isRevocableId(userId)) return null
  if (organizationId === null) return { kind: 'user', id: userId, atMs }
  return isRevocableId(organizationId) ? { kind: 'membership', organizationId, userId, atMs } : null
}

function parseVersion2(version: number, kind: unknown, id: unknown, atMs: number): Revocation | null {
  if (version !== VERSION) return null
  if (kind === 'all-machines' || kind === 'all-machine-jwts') return id === null ? { kind, atMs } : null
  return VERSION_2_KINDS.includes(kind) && isRevocableId(id) ? { kind: kind as IdKind, id, atMs } : null
}
