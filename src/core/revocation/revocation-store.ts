import { everyone, type Revocation } from './revocation.js'

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

/**
 * Shared by all stores of the process, so that no two ever have the same epoch: a token that one store has cleared must
 * not pass for cleared in another.
 */
let lastEpoch = 0

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
  /** Number of entries, plus one while a watermark is set. 0: no token needs a look-up. */
  size = 0
  /** Every token issued at or before this instant is refused, whoever it belongs to. `-Infinity`: not set. */
  watermarkMs = -Infinity
  readonly #sessions = new Map<string, number>()
  readonly #users = new Map<string, number>()
  readonly #memberships = new Map<string, Map<string, number>>()
  readonly #maxEntries: number
  #membershipCount = 0
  /**
   * Raised when an entry or the watermark is added, not when one is removed: all tokens it covered have expired by
   * then.
   */
  #epoch = ++lastEpoch

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries
  }

  /** Whether a revocation covers the token. After the first look-up in an epoch, comparing two numbers answers. */
  covers(token: RevocableToken): boolean {
    if (token.clearedEpoch === this.#epoch) return false
    if (this.#holds(token)) return true
    token.clearedEpoch = this.#epoch
    return false
  }

  /** Adds a revocation. False: the store holds an equal or later one for the same target, or for everyone. */
  add(revocation: Revocation): boolean {
    const { sessionId, userId, organizationId, atMs } = revocation
    if (atMs <= this.watermarkMs) return false
    if (userId === null && sessionId === null) {
      this.raiseWatermark(atMs)
      return true
    }
    let isNews = false
    if (sessionId !== null) isNews = raise(this.#sessions, sessionId, atMs)
    else if (userId !== null && organizationId === null) isNews = raise(this.#users, userId, atMs)
    else if (userId !== null && organizationId !== null) isNews = this.#addMembership(organizationId, userId, atMs)
    if (isNews) this.#epoch = ++lastEpoch
    this.#count()
    return isNews
  }

  /**
   * Replaces the oldest entries by a watermark when there are too many. No revocation is forgotten; the price is that
   * tokens of others, issued before the watermark, are refused too. They are the ones nearest to their expiry.
   *
   * The watermark stays at `latestMs` at most, so that no future sign-in is refused. Entries dated later that have to go
   * count as of that moment.
   */
  foldWhenFull(latestMs: number): boolean {
    const count = this.#entryCount()
    if (count <= this.#maxEntries) return false
    const moments = this.#moments(count)
    moments.sort()
    const last = Math.min(count, count - this.#maxEntries + Math.floor(this.#maxEntries / FOLD_DIVISOR)) - 1
    const newestToGoMs = moments[last] ?? -Infinity
    this.raiseWatermark(Math.min(newestToGoMs, latestMs))
    this.dropThrough(newestToGoMs)
    return true
  }

  raiseWatermark(atMs: number): void {
    this.watermarkMs = Math.max(this.watermarkMs, atMs)
    this.#epoch = ++lastEpoch
    this.dropThrough(this.watermarkMs)
  }

  /** Removes the entries of `atMs` and before. Returns the latest moment among them, `-Infinity` if there were none. */
  dropThrough(atMs: number): number {
    let latest = drop(this.#sessions, atMs, -Infinity)
    latest = drop(this.#users, atMs, latest)
    this.#membershipCount = 0
    for (const [organizationId, members] of this.#memberships) {
      latest = drop(members, atMs, latest)
      if (members.size === 0) this.#memberships.delete(organizationId)
      this.#membershipCount += members.size
    }
    this.#count()
    return latest
  }

  /** The moment of the oldest entry or of the watermark; `Infinity` when the store is empty. */
  earliestMs(): number {
    let earliest = this.watermarkMs === -Infinity ? Infinity : this.watermarkMs
    for (const atMs of this.#sessions.values()) if (atMs < earliest) earliest = atMs
    for (const atMs of this.#users.values()) if (atMs < earliest) earliest = atMs
    for (const members of this.#memberships.values()) {
      for (const atMs of members.values()) if (atMs < earliest) earliest = atMs
    }
    return earliest
  }

  /** The moment of the latest entry or of the watermark; `-Infinity` when the store is empty. */
  latestMs(): number {
    let latest = this.watermarkMs
    for (const { atMs } of this) if (atMs > latest) latest = atMs
    return latest
  }

  lowerWatermark(): void {
    this.watermarkMs = -Infinity
    this.#count()
  }

  clear(): void {
    this.#sessions.clear()
    this.#users.clear()
    this.#memberships.clear()
    this.#membershipCount = 0
    this.lowerWatermark()
  }

  *[Symbol.iterator](): Generator<Revocation> {
    if (this.watermarkMs !== -Infinity) yield everyone(this.watermarkMs)
    for (const [sessionId, atMs] of this.#sessions) yield { sessionId, userId: null, organizationId: null, atMs }
    for (const [userId, atMs] of this.#users) yield { sessionId: null, userId, organizationId: null, atMs }
    for (const [organizationId, members] of this.#memberships) {
      for (const [userId, atMs] of members) yield { sessionId: null, userId, organizationId, atMs }
    }
  }

  #holds(token: RevocableToken): boolean {
    // Nothing shows that a token without `iat` is younger than a revocation: it is taken for older.
    const issuedAtMs = token.issuedAt === Infinity ? -Infinity : token.issuedAt * 1000
    if (issuedAtMs <= this.watermarkMs) return true
    const { sessionId, userId, orgId, actor } = token.auth
    if (sessionId !== undefined && isAtOrBefore(issuedAtMs, this.#sessions.get(sessionId))) return true
    if (isAtOrBefore(issuedAtMs, this.#users.get(userId))) return true
    // Revoking a user also ends the sessions in which that user impersonates another.
    if (actor !== undefined && isAtOrBefore(issuedAtMs, this.#users.get(actor.sub))) return true
    if (orgId === undefined) return false
    const members = this.#memberships.get(orgId)
    return members !== undefined && isAtOrBefore(issuedAtMs, members.get(userId))
  }

  /** Reads the maps directly: this blocks the event loop, and the iterator would allocate an object for each entry. */
  #moments(count: number): Float64Array {
    const moments = new Float64Array(count)
    let next = 0
    for (const atMs of this.#sessions.values()) moments[next++] = atMs
    for (const atMs of this.#users.values()) moments[next++] = atMs
    for (const members of this.#memberships.values()) for (const atMs of members.values()) moments[next++] = atMs
    return moments
  }

  #addMembership(organizationId: string, userId: string, atMs: number): boolean {
    let members = this.#memberships.get(organizationId)
    if (members === undefined) {
      members = new Map()
      this.#memberships.set(organizationId, members)
    }
    const before = members.size
    const isNews = raise(members, userId, atMs)
    this.#membershipCount += members.size - before
    return isNews
  }

  #entryCount(): number {
    return this.#sessions.size + this.#users.size + this.#membershipCount
  }

  #count(): void {
    this.size = this.#entryCount() + (this.watermarkMs === -Infinity ? 0 : 1)
  }
}

function isAtOrBefore(issuedAtMs: number, revokedAtMs: number | undefined): boolean {
  return revokedAtMs !== undefined && issuedAtMs <= revokedAtMs
}

function raise(moments: Map<string, number>, id: string, atMs: number): boolean {
  const known = moments.get(id)
  if (known !== undefined && known >= atMs) return false
  moments.set(id, atMs)
  return true
}

function drop(moments: Map<string, number>, atMs: number, latest: number): number {
  for (const [id, momentMs] of moments) {
    if (momentMs > atMs) continue
    moments.delete(id)
    if (momentMs > latest) latest = momentMs
  }
  return latest
}
