/** A sink's word that these records will never be taken. */
export function isFinal(error: unknown): error is { lostCount?: number } {
  return typeof error === 'object' && error !== null && 'retryable' in error && error.retryable === false
}

/** A code, not a text: messages of a database may quote what was inserted. */
export function errorCode(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'unknown'
  if ('code' in error && typeof error.code === 'string') return error.code
  return error instanceof Error ? error.name : 'unknown'
}
