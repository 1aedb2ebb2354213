/** The moments of the latest revocations of one kind, by identifier. */
export class Moments {
  // Made for the first entry: most instances never meet most kinds.
  #byId: Map<string, number> | null = null

  get size(): number {
    return this.#byId === null ? 0 : this.#byId.size
  }

  /** Whether a revocation of the identifier covers a token that was issued at this moment. */
  covers(id: string, issuedAtMs: number): boolean {
    if (this.#byId === null) return false
    const revokedAtMs = this.#byId.get(id)
    return revokedAtMs !== undefined && issuedAtMs <= revokedAtMs
  }

  /** False: an equal or later moment is held. */
  raise(id: string, atMs: number): boolean {
    this.#byId ??= new Map()
    const known = this.#byId.get(id)
    if (known !== undefined && known >= atMs) return false
    this.#byId.set(id, atMs)
    return true
  }

  /** Removes the entries of `atMs` and before. Returns the latest moment among them, `-Infinity` if there were none. */
  dropThrough(atMs: number): number {
    let latest = -Infinity
    if (this.#byId === null) return latest
    for (const [id, momentMs] of this.#byId) {
      if (momentMs > atMs) continue
      this.#byId.delete(id)
      if (momentMs > latest) latest = momentMs
    }
    return latest
  }

  clear(): void {
    this.#byId = null
  }

  entries(): Iterable<[string, number]> {
    return this.#byId ?? []
  }

  values(): Iterable<number> {
    return this.#byId === null ? [] : this.#byId.values()
  }
}

/** The same for users in organizations. */
export class MembershipMoments {
  size = 0
  readonly #byOrganization = new Map<string, Moments>()

  covers(organizationId: string, userId: string, issuedAtMs: number): boolean {
    const members = this.#byOrganization.get(organizationId)
    return members?.covers(userId, issuedAtMs) === true
  }

  raise(organizationId: string, userId: string, atMs: number): boolean {
    let members = this.#byOrganization.get(organizationId)
    if (members === undefined) {
      members = new Moments()
      this.#byOrganization.set(organizationId, members)
    }
    const before = members.size
    const isNews = members.raise(userId, atMs)
    this.size += members.size - before
    return isNews
  }

  dropThrough(atMs: number): number {
    let latest = -Infinity
    this.size = 0
    for (const [organizationId, members] of this.#byOrganization) {
      latest = Math.max(latest, members.dropThrough(atMs))
      if (members.size === 0) this.#byOrganization.delete(organizationId)
      this.size += members.size
    }
    return latest
  }

  clear(): void {
    this.#byOrganization.clear()
    this.size = 0
  }

  *entries(): Generator<[organizationId: string, userId: string, atMs: number]> {
    for (const [organizationId, members] of this.#byOrganization) {
      for (const [userId, atMs] of members.entries()) yield [organizationId, userId, atMs]
    }
  }

  *values(): Generator<number> {
    for (const members of this.#byOrganization.values()) yield* members.values()
  }
}
