import { MembershipMoments, Moments } from './moments.js'
import { after, horizonOf, latestOf, type MomentByReach, NO_MOMENTS, REACH, reachOf } from './reach.js'
import type { IdKind, Revocation, RevocationKind } from './revocation.js'

/** The fields of a verified token that a look-up reads. `VerifiedToken` has them, so a look-up allocates nothing. */
export interface RevocableToken {
  readonly auth: {
    readonly sessionId: string | undefined
    readonly userId: string
    readonly orgId: string | undefined
    readonly actor: { readonly sub: string } | undefined
  }
  /**
   * `iat` in seconds. `Infinity` when the token has no `iat`: the store then takes it for older than any revocation.
   */
  readonly issuedAt: number
  /** 0 at first. Written by the store: its epoch when it last found that no revocation covers this token. */
  clearedEpoch: number
}

/** The same of a machine token. Null: the token names none. */
export interface RevocableMachineToken {
  readonly tokenId: string | null
  readonly userId: string | null
  readonly orgId: string | null
  readonly clientId: string | null
  /** Ms since the epoch. `-Infinity` when it is not known: the store then takes the token for older than any revocation. */
  readonly issuedAtMs: number
  /** Clerk is asked about the token again and again, so a watermark need not stand in for forgotten revocations of it. */
  readonly isOpaque: boolean
  clearedEpoch: number
}

/**
 * Shared by all stores of the process, so that no two ever have the same epoch: a token that one store has cleared must
 * not pass for cleared in another.
 */
let lastEpoch = 0

const ID_KINDS = [
  'session',
  'user',
  'user-sessions',
  'organization',
  'organization-sessions',
  'token',
  'client'
] as const satisfies readonly IdKind[]

/** An overflow folds this fraction of the entries, a sixteenth, so that the next overflow is far away. */
const FOLD_DIVISOR = 16

/**
 * Revocations by the identifiers a token carries, bounded in number.
 *
 * `iat` is in whole seconds, a revocation in milliseconds. A token with the `iat` of the second in which the
 * revocation falls may be from before or after it; it is refused. The price is that whoever signs in again within the
 * same second is refused until the next one begins; the other choice would let a token live on that was revoked.
 */
export class RevocationStore {
  /** Number of entries, plus one for each watermark that is set. 0: no token needs a look-up. */
  size = 0
  /** Every token of that sort issued at or before this instant is refused, whoever it belongs to. `-Infinity`: not set. */
  watermarks: MomentByReach = NO_MOMENTS
  /** Of the watermarks, what iterating gives: the part that holds for other stores too. */
  #shared: MomentByReach = NO_MOMENTS
  /** The same for opaque machine tokens: a revocation of everyone sets it, and no overflow does. */
  #opaqueUntilMs = -Infinity
  readonly #byId = {
    session: new Moments(),
    user: new Moments(),
    'user-sessions': new Moments(),
    organization: new Moments(),
    'organization-sessions': new Moments(),
    token: new Moments(),
    client: new Moments()
  }
  readonly #memberships = new MembershipMoments()
  readonly #tables: readonly (readonly [kind: RevocationKind, table: Moments | MembershipMoments])[] = [
    ...ID_KINDS.map((kind) => [kind, this.#byId[kind]] as const),
    ['membership', this.#memberships]
  ]
  readonly #maxEntries: number
  /**
   * Raised when an entry or a watermark is added, not when one is removed: all tokens it covered have expired by then.
   */
  #epoch = ++lastEpoch

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries
  }

  /** Whether a revocation covers the session token. After the first look-up in an epoch, comparing two numbers answers. */
  covers(token: RevocableToken): boolean {
    if (token.clearedEpoch === this.#epoch) return false
    if (this.#holdsSession(token)) return true
    token.clearedEpoch = this.#epoch
    return false
  }

  /** The same for a machine token. */
  coversMachine(token: RevocableMachineToken): boolean {
    if (token.clearedEpoch === this.#epoch) return false
    if (this.#holdsMachine(token)) return true
    token.clearedEpoch = this.#epoch
    return false
  }

  /** Adds a revocation. False: the store holds an equal or later one for the same target, or for everyone. */
  add(revocation: Revocation): boolean {
    const { atMs } = revocation
    if (atMs <= this.#coveredThrough(revocation.kind)) return false
    switch (revocation.kind) {
      case 'all-machines':
        this.#opaqueUntilMs = atMs
        this.raiseWatermarks(reachOf(revocation.kind, atMs))
        return true
      case 'all-sessions':
      case 'all-machine-jwts':
        this.raiseWatermarks(reachOf(revocation.kind, atMs))
        return true
      case 'membership':
        return this.#entered(this.#memberships.raise(revocation.organizationId, revocation.userId, atMs))
      default:
        return this.#entered(this.#byId[revocation.kind].raise(revocation.id, atMs))
    }
  }

  /**
   * Replaces the oldest entries by watermarks when there are too many. No revocation is forgotten; the price is that
   * tokens of others, issued before the watermark, are refused too. They are the ones nearest to their expiry.
   *
   * A watermark stays at `latestMs` at most, so that no future sign-in is refused. Entries dated later that have to go
   * count as of that moment. Opaque machine tokens have no watermark: Clerk is asked about them again. Returns the
   * watermarks that were raised; null when there is room.
   */
  foldWhenFull(latestMs: number): MomentByReach | null {
    const excess = this.#entryCount() - this.#maxEntries
    if (excess <= 0) return null
    // The larger part pays: a flood of sign-outs costs no machine its token.
    const ofMachines = this.#tables.reduce((count, [kind, table]) => count + (REACH[kind].machines ? table.size : 0), 0)
    const isMachinesTurn = ofMachines > this.#entryCount() - ofMachines
    const moments = this.#moments(isMachinesTurn)
    moments.sort()
    const last = Math.min(moments.length, excess + Math.floor(this.#maxEntries / FOLD_DIVISOR)) - 1
    const newestToGoMs = moments[last] ?? -Infinity
    const gone = this.#dropThrough(
      isMachinesTurn
        ? { sessionsMs: newestToGoMs, machinesMs: newestToGoMs }
        : { sessionsMs: newestToGoMs, machinesMs: -Infinity }
    )
    const raised = {
      sessionsMs: Math.min(gone.sessionsMs, latestMs),
      machinesMs: Math.min(gone.machinesMs, latestMs)
    }
    this.raiseWatermarks(raised)
    return raised
  }

  /** Watermarks rise and never fall by this: a moment of `-Infinity` leaves its watermark as it is. */
  raiseWatermarks(moments: MomentByReach): void {
    this.#shared = latestOf(this.#shared, moments)
    this.refuseIssuedUntil(moments)
    this.#dropThrough({ sessionsMs: this.#shared.sessionsMs, machinesMs: this.#opaqueUntilMs })
  }

  /** The same for this store alone: iterating gives the entries that the watermarks cover, and not the watermarks. */
  refuseIssuedUntil(moments: MomentByReach): void {
    this.watermarks = latestOf(this.watermarks, moments)
    this.#epoch = ++lastEpoch
    this.#count()
  }

  /**
   * Forgets entries and watermarks that can cover no token issued after these moments. Returns the latest moments among
   * them, `-Infinity` where there were none.
   */
  forgetThrough(horizons: MomentByReach): MomentByReach {
    const { sessionsMs, machinesMs } = this.watermarks
    const gone = latestOf(this.#dropThrough(horizons), {
      sessionsMs: sessionsMs <= horizons.sessionsMs ? sessionsMs : -Infinity,
      machinesMs: machinesMs <= horizons.machinesMs ? machinesMs : -Infinity
    })
    this.watermarks = after(horizons, this.watermarks)
    this.#shared = after(horizons, this.#shared)
    if (this.#opaqueUntilMs <= horizons.machinesMs) this.#opaqueUntilMs = -Infinity
    this.#count()
    return gone
  }

  /**
   * The moments of the oldest entries or watermarks, `Infinity` where there are none: of those that cover only session
   * tokens, and of those that cover machine tokens.
   */
  earliest(): MomentByReach {
    const { sessionsMs, machinesMs } = this.watermarks
    let sessions = sessionsMs === -Infinity ? Infinity : sessionsMs
    let machines = machinesMs === -Infinity ? Infinity : machinesMs
    for (const [kind, table] of this.#tables) {
      if (REACH[kind].machines) for (const atMs of table.values()) machines = Math.min(machines, atMs)
      else for (const atMs of table.values()) sessions = Math.min(sessions, atMs)
    }
    return { sessionsMs: sessions, machinesMs: machines }
  }

  /** The moments of the latest entries or watermarks, `-Infinity` where there are none. */
  latest(): MomentByReach {
    let latest = this.watermarks
    for (const { kind, atMs } of this) latest = latestOf(latest, reachOf(kind, atMs))
    return latest
  }

  clear(): void {
    for (const [, table] of this.#tables) table.clear()
    this.watermarks = NO_MOMENTS
    this.#shared = NO_MOMENTS
    this.#opaqueUntilMs = -Infinity
    this.#count()
  }

  *[Symbol.iterator](): Generator<Revocation> {
    const { sessionsMs, machinesMs } = this.#shared
    if (sessionsMs !== -Infinity) yield { kind: 'all-sessions', atMs: sessionsMs }
    if (this.#opaqueUntilMs !== -Infinity) yield { kind: 'all-machines', atMs: this.#opaqueUntilMs }
    if (machinesMs > this.#opaqueUntilMs) yield { kind: 'all-machine-jwts', atMs: machinesMs }
    for (const kind of ID_KINDS) for (const [id, atMs] of this.#byId[kind].entries()) yield { kind, id, atMs }
    for (const [organizationId, userId, atMs] of this.#memberships.entries()) {
      yield { kind: 'membership', organizationId, userId, atMs }
    }
  }

  #holdsSession(token: RevocableToken): boolean {
    // Nothing shows that a token without `iat` is younger than a revocation: it is taken for older.
    const issuedAtMs = token.issuedAt === Infinity ? -Infinity : token.issuedAt * 1000
    if (issuedAtMs <= this.watermarks.sessionsMs) return true
    const { session, user, organization } = this.#byId
    const { sessionId, userId, orgId, actor } = token.auth
    if (sessionId !== undefined && session.covers(sessionId, issuedAtMs)) return true
    if (user.covers(userId, issuedAtMs) || this.#byId['user-sessions'].covers(userId, issuedAtMs)) return true
    // Revoking a user also ends the sessions in which that user impersonates another.
    if (actor !== undefined && user.covers(actor.sub, issuedAtMs)) return true
    if (orgId === undefined) return false
    if (organization.covers(orgId, issuedAtMs)) return true
    if (this.#byId['organization-sessions'].covers(orgId, issuedAtMs)) return true
    return this.#memberships.covers(orgId, userId, issuedAtMs)
  }

  #holdsMachine({ tokenId, userId, orgId, clientId, issuedAtMs, isOpaque }: RevocableMachineToken): boolean {
    if (issuedAtMs <= (isOpaque ? this.#opaqueUntilMs : this.watermarks.machinesMs)) return true
    const { user, organization, token, client } = this.#byId
    if (tokenId !== null && token.covers(tokenId, issuedAtMs)) return true
    if (userId !== null && user.covers(userId, issuedAtMs)) return true
    if (clientId !== null && client.covers(clientId, issuedAtMs)) return true
    return orgId !== null && organization.covers(orgId, issuedAtMs)
  }

  /** Drops the entries that cover no token issued after these moments. */
  #dropThrough(horizons: MomentByReach): MomentByReach {
    let gone = NO_MOMENTS
    for (const [kind, table] of this.#tables) {
      gone = latestOf(gone, reachOf(kind, table.dropThrough(horizonOf(kind, horizons))))
    }
    this.#count()
    return gone
  }

  /** The moments of the entries that cover machine tokens too, or of those that cover session tokens only. */
  #moments(ofMachines: boolean): Float64Array {
    const tables = this.#tables.filter(([kind]) => REACH[kind].machines === ofMachines)
    const moments = new Float64Array(tables.reduce((count, [, table]) => count + table.size, 0))
    let next = 0
    for (const [, table] of tables) for (const atMs of table.values()) moments[next++] = atMs
    return moments
  }

  /** A revocation of this kind at this moment or before it says nothing new, whatever it names. */
  #coveredThrough(kind: RevocationKind): number {
    if (kind === 'all-machine-jwts') return this.#shared.machinesMs
    return horizonOf(kind, { sessionsMs: this.#shared.sessionsMs, machinesMs: this.#opaqueUntilMs })
  }

  #entered(isNews: boolean): boolean {
    if (isNews) this.#epoch = ++lastEpoch
    this.#count()
    return isNews
  }

  #entryCount(): number {
    let count = 0
    for (const [, table] of this.#tables) count += table.size
    return count
  }

  #count(): void {
    const { sessionsMs, machinesMs } = this.watermarks
    this.size = this.#entryCount() + Number(sessionsMs !== -Infinity) + Number(machinesMs !== -Infinity)
  }
}
