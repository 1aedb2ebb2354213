import { RevocationTargetError, RevocationTimeError } from '../errors.js'

interface TargetIds {
  readonly sessionId: string
  readonly userId: string
  readonly organizationId: string
  readonly tokenId: string
  readonly clientId: string
  readonly everyone: true
}

/** Exactly these identifiers: a target that names others too does not compile. */
type Only<Name extends keyof TargetIds, Sort = undefined> = Pick<TargetIds, Name> & {
  readonly [Other in Exclude<keyof TargetIds, Name>]?: undefined
} & { readonly only?: Sort | undefined }

/**
 * Whose tokens are refused:
 *
 * - `{ sessionId }`: the tokens of a session;
 * - `{ userId }`: all tokens of a user: of every session, OAuth access tokens and API keys;
 * - `{ organizationId, userId }`: the session tokens of a user in one organization;
 * - `{ organizationId }`: the session tokens in an organization, and its API keys;
 * - `{ tokenId }`: a machine token, by the id that `request.auth.id` shows (RFC 7519 `jti`; `ak_…`, `mt_…`, `oat_…`);
 * - `{ clientId }`: the access tokens of an OAuth application (RFC 9068 `client_id`);
 * - `{ everyone: true }`: every token.
 *
 * With `only: 'sessions'`, a user, an organization or everyone loses session tokens alone: for a change of what their claims
 * say, such as a plan or a role, which machine tokens do not carry.
 */
export type RevocationTarget =
  | Only<'sessionId'>
  | Only<'userId', 'sessions'>
  | Only<'organizationId' | 'userId'>
  | Only<'organizationId', 'sessions'>
  | Only<'tokenId'>
  | Only<'clientId'>
  | Only<'everyone', 'sessions'>

/** Kinds of targets that one identifier names. */
export type IdKind =
  | 'session'
  | 'user'
  | 'user-sessions'
  | 'organization'
  | 'organization-sessions'
  | 'token'
  | 'client'

/**
 * Targets without an identifier: every session token, every machine token, every machine token that is a JWT. A revocation
 * of everyone is one of the first and one of the second. The third is made by a full store in place of its oldest entries.
 */
export type AllKind = 'all-sessions' | 'all-machines' | 'all-machine-jwts'

/** One revocation as stores and buses hold it: every token of the target issued at or before `atMs`, in ms since the epoch, is refused. */
export type Revocation =
  | { readonly kind: IdKind; readonly id: string; readonly atMs: number }
  | { readonly kind: 'membership'; readonly organizationId: string; readonly userId: string; readonly atMs: number }
  | { readonly kind: AllKind; readonly atMs: number }

export type RevocationKind = Revocation['kind']

/** Longer than any identifier of Clerk; bounds the memory that an entry from a hostile bus message takes. */
const MAX_ID_LENGTH = 256
const DAY_MS = 86_400_000
const YEAR_MS = 365 * DAY_MS

/**
 * Makes revocations from an application's arguments: one, or for everyone two. Throws `FST_CLERK_REVOCATION_TARGET` unless
 * the target has exactly one of the forms of `RevocationTarget`, and `FST_CLERK_REVOCATION_TIME` for a moment more than a
 * year ago (seconds taken for milliseconds: nothing would be revoked) or more than a day ahead (every new sign-in would be
 * revoked for that long).
 */
export function assertRevocations(
  target: RevocationTarget,
  at: number | Date | undefined,
  nowMs: number
): readonly Revocation[] {
  const atMs = at === undefined ? nowMs : Number(at)
  if (!(atMs > nowMs - YEAR_MS && atMs <= nowMs + DAY_MS)) throw new RevocationTimeError()
  const revocations = toRevocations(target, atMs)
  if (revocations === null) throw new RevocationTargetError()
  return revocations
}

const KIND_OF = {
  sessionId: 'session',
  userId: 'user',
  organizationId: 'organization',
  tokenId: 'token',
  clientId: 'client'
} as const satisfies Readonly<Record<Exclude<keyof TargetIds, 'everyone'>, IdKind>>

function toRevocations(target: unknown, atMs: number): readonly Revocation[] | null {
  if (typeof target !== 'object' || target === null) return null
  const { only, ...named } = target as Readonly<Record<string, unknown>>
  const revocations = toRevocationsOf(named, atMs)
  if (only === undefined || revocations === null) return revocations
  const ofSessions = revocations.flatMap(forSessionsOnly)
  return only === 'sessions' && ofSessions.length === 1 ? ofSessions : null
}

/** Empty: the revocation covers no session token, or nothing else. */
function forSessionsOnly(revocation: Revocation): Revocation[] {
  switch (revocation.kind) {
    case 'user':
    case 'organization':
      return [{ ...revocation, kind: `${revocation.kind}-sessions` }]
    case 'all-sessions':
      return [revocation]
    default:
      return []
  }
}

function toRevocationsOf(named: Readonly<Record<string, unknown>>, atMs: number): readonly Revocation[] | null {
  const given = Object.entries(named).filter(([, value]) => value !== undefined)
  // A misspelled name must not widen the target: without the organization, a membership is the whole user.
  if (given.length === 2) return membership(named, atMs)
  const [name, id] = given[0] ?? ['']
  if (given.length !== 1) return null
  if (name === 'everyone') return id === true ? everyone(atMs) : null
  if (!Object.hasOwn(KIND_OF, name) || !isRevocableId(id)) return null
  return [{ kind: KIND_OF[name as keyof typeof KIND_OF], id, atMs }]
}

function membership({ organizationId, userId }: Readonly<Record<string, unknown>>, atMs: number) {
  if (!isRevocableId(organizationId) || !isRevocableId(userId)) return null
  return [{ kind: 'membership', organizationId, userId, atMs } as const]
}

export function everyone(atMs: number): readonly Revocation[] {
  return [
    { kind: 'all-sessions', atMs },
    { kind: 'all-machines', atMs }
  ]
}

/** Whether a value can be the identifier of a target: a text of 1 to 256 characters. */
export function isRevocableId(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_ID_LENGTH
}
