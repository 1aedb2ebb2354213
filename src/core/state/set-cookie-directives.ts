/** FAPI sends a handful; more, or longer ones than a browser keeps (RFC 6265bis section 5.6), are not passed on. */
const MAX_DIRECTIVES = 64
const MAX_DIRECTIVE_LENGTH = 16_384

/**
 * The `Set-Cookie` lines of a handshake or refresh that can be sent as they are: name, `=`, no control character (CR and
 * LF would begin another header line). Anything else is left out.
 */
export function parseDirectives(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return []
  return value.slice(0, MAX_DIRECTIVES).filter(isDirective)
}

function isDirective(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_DIRECTIVE_LENGTH && DIRECTIVE.test(value)
}

/** Printable, Latin-1 at most (what Node sends in a header), and a cookie name of RFC 6265 section 4.1.1 before the first `=`. */
const DIRECTIVE = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+=[\t\x20-\x7e\x80-\xff]*$/

/** The session token that the directives set: the last one counts, suffixed or not (state/README.md section 5.3). */
export function sessionTokenOf(directives: readonly string[]): string {
  const directive = directives.findLast((line) => line.startsWith('__session'))
  if (directive === undefined) return ''
  return directive.split(';', 1)[0]?.split('=', 2)[1] ?? ''
}
