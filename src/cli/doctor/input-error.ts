/** What was given cannot be examined: a file, an argument, a text. The command says why, and exits 2. */
export class InputError extends Error {
  override readonly name = 'InputError'
}

/** The code of an error, if it has one that is a word: safe to print, as no message is. */
export function codeOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null
  return typeof error.code === 'string' && /^[A-Z][A-Z0-9_]{1,63}$/.test(error.code) ? error.code : null
}
