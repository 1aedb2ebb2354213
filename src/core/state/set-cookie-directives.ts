// FAPI sends a handful of lines. More than that, and lines longer than a browser keeps (RFC 6265bis section 5.6), are
// dropped.
const MAX_DIRECTIVES = 64
const MAX_DIRECTIVE_LENGTH = 16_384

/**
 * The `Set-Cookie` lines of a handshake or refresh. Dropped: values that are not text, lines without a cookie name and
 * `=`, and lines with a control character, as CR or LF would begin another header.
 */
export function parseDirectives(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return []
  return value.slice(0, MAX_DIRECTIVES).filter(isDirective)
}

function isDirective(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_DIRECTIVE_LENGTH && DIRECTIVE.test(value)
}

/** A cookie name of RFC 6265 section 4.1.1, `=`, then printable Latin-1, which is all that Node sends in a header. */
const DIRECTIVE = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+=[\t\x20-\x7e\x80-\xff]*$/

/** The session token that the lines set. The last line counts, suffixed or not (state/README.md section 5.3). */
export function sessionTokenOf(directives: readonly string[]): string {
  const directive = directives.findLast((line) => line.startsWith('__session'))
  if (directive === undefined) return ''
  return directive.split(';', 1)[0]?.split('=', 2)[1] ?? ''
}
