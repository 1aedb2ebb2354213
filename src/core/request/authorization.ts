const SPACE = 32

function isWhitespace(code: number): boolean {
  return code === SPACE || code === 9 || code === 10 || code === 13
}

/** Whether the value begins with `Bearer`, in any case (RFC 9110 section 11.1). `| 32` lower-cases an ASCII letter. */
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
 * The token of an `Authorization` header, or `''` for another scheme (RFC 6750 section 2.1). As in Clerk's SDK, a value
 * without a scheme counts as a token (state/README.md section 2.3). The form of the token is not checked here but by
 * verification.
 */
export function parseAuthorization(header: string | undefined): string {
  if (header === undefined || header === '') return ''
  const value =
    isWhitespace(header.charCodeAt(0)) || isWhitespace(header.charCodeAt(header.length - 1)) ? header.trim() : header
  const space = value.indexOf(' ')
  if (space === -1) return value
  if (!isBearerScheme(value, space)) return ''
  const end = value.indexOf(' ', space + 1)
  // After `Bearer` and two spaces Clerk's SDK takes the word `Bearer` for the token, and refuses it as malformed.
  if (end === space + 1) return value.slice(0, space)
  return end === -1 ? value.slice(space + 1) : value.slice(space + 1, end)
}
