/** Whether a sink's error says that it will never take these records. */
export function isFinal(error: unknown): error is { lostCount?: number } {
  return typeof error === 'object' && error !== null && 'retryable' in error && error.retryable === false
}

/** The error's code and not its message: messages of a database may quote the inserted records. */
export function errorCode(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'unknown'
  if ('code' in error && typeof error.code === 'string') return error.code
  return error instanceof Error ? error.name : 'unknown'
}
