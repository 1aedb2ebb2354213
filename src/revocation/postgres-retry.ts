const MAX_ATTEMPTS = 10

/**
 * Runs a statement again that the server has undone for another's: where the default isolation is stricter than `read
 * committed`, and after a deadlock.
 */
export async function runUndoneAgain<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run()
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || !isUndone(error)) throw error
    }
  }
}

/** By SQLSTATE: class 40 is that of transactions rolled back. */
function isUndone(error: unknown): boolean {
  const { code } = (error ?? {}) as { readonly code?: unknown }
  return typeof code === 'string' && code.startsWith('40')
}
