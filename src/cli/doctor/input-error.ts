/** What was given cannot be examined: a file, an argument, a text. The command says why, and exits 2. */
export class InputError extends Error {
  override readonly name = 'InputError'
}

/** The code of an error, if it has one that is a word: safe to print, as no message is. */
export function codeOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null
  return typeof error.code === 'string' && /^[A-Z][A-Z0-9_]{1,63}$/.test(error.code) ? error.code : null
}

/** The name of an error's class, if that is a plain word: an application or a configuration may have thrown anything. */
export function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'an exception that is no Error'
  const { name } = error.constructor
  return typeof name === 'string' && /^\w{1,60}$/.test(name) ? name : 'Error'
}
