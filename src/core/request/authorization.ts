const SPACE = 32

function isWhitespace(code: number): boolean {
  return code === SPACE || code === 9 || code === 10 || code === 13
}

/** `Bearer` in any case, as RFC 7235 section 2.1 has it for schemes; `| 32` lower-cases an ASCII letter. */
function isBearerScheme(value: string, length: number): boolean {
  return (
    length === 6 &&
    (value.charCodeAt(0) | 32) === 98 &&
    (value.charCodeAt(1) | 32) === 101 &&
    (value.charCodeAt(2) | 32) === 97 &&
    (value.charCodeAt(3) | 32) === 114 &&
    (value.charCodeAt(4) | 32) === 101 &&
    (value.charCodeAt(5) | 32) === 114
  )
}

/**
 * The token of an `Authorization` header, or `''` when it names another scheme (RFC 6750 section 2.1, with Clerk's
 * leniency: a value without a scheme is taken for a token; state/README.md section 2.3). Total: what is no token is
 * refused by verification, not here.
 */
export function parseAuthorization(header: string | undefined): string {
  if (header === undefined || header === '') return ''
  const value =
    isWhitespace(header.charCodeAt(0)) || isWhitespace(header.charCodeAt(header.length - 1)) ? header.trim() : header
  const space = value.indexOf(' ')
  if (space === -1) return value
  if (!isBearerScheme(value, space)) return ''
  const end = value.indexOf(' ', space + 1)
  // "Bearer" followed by two spaces names no token; Clerk takes the scheme itself for one, and refuses it as malformed.
  if (end === space + 1) return value.slice(0, space)
  return end === -1 ? value.slice(space + 1) : value.slice(space + 1, end)
}
