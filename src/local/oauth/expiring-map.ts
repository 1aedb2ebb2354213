/** Values that are good for a time, in a bounded number: beyond it the oldest is forgotten. */
export interface ExpiringMap<Value> {
  set(key: string, value: Value, nowMs: number): void
  /** Undefined: unknown, or over. */
  get(key: string, nowMs: number): Value | undefined
  delete(key: string): void
  readonly size: number
}

export function createExpiringMap<Value>(bounds: {
  readonly lifetimeMs: number
  readonly maxEntries: number
}): ExpiringMap<Value> {
  const entries = new Map<string, { readonly value: Value; readonly endsAtMs: number }>()
  return {
    set(key, value, nowMs) {
      entries.set(key, { value, endsAtMs: nowMs + bounds.lifetimeMs })
      const [oldest] = entries.keys()
      if (entries.size > bounds.maxEntries && oldest !== undefined) entries.delete(oldest)
    },
    get(key, nowMs) {
      const entry = entries.get(key)
      return entry !== undefined && nowMs < entry.endsAtMs ? entry.value : undefined
    },
    delete: (key) => void entries.delete(key),
    get size() {
      return entries.size
    }
  }
}
