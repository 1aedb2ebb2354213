/** Finds the connections of an id. Most ids have a single connection, which is held without a set around it. */
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

  /** Returns a copy: the caller may close connections, which removes them here, while it walks the list. */
  find(id: string): T[] {
    const held = this.#byId.get(id)
    if (held === undefined) return []
    return held instanceof Set ? [...held] : [held]
  }
}
