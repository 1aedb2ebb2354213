/**
 * Finds the connections of an id. Nearly every id has one or two: one is held as it is, a set is made for the second.
 */
export class ConnectionIndex<T extends object> {
  readonly #byId = new Map<string, T | Set<T>>()

  get size(): number {
    return this.#byId.size
  }

  add(id: string, connection: T): void {
    const held = this.#byId.get(id)
    if (held === undefined) this.#byId.set(id, connection)
    else if (held instanceof Set) held.add(connection)
    else this.#byId.set(id, new Set([held, connection]))
  }

  remove(id: string, connection: T): void {
    const held = this.#byId.get(id)
    if (held === connection) this.#byId.delete(id)
    else if (held instanceof Set && held.delete(connection) && held.size === 0) this.#byId.delete(id)
  }

  /** A copy: whoever is called about a connection may close it. */
  find(id: string): T[] {
    const held = this.#byId.get(id)
    if (held === undefined) return []
    return held instanceof Set ? [...held] : [held]
  }
}
