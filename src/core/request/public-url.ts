/**
 * Used when the host of a request cannot be parsed: a redirect then leads to the user's own machine, to no stranger's.
 */
const FALLBACK_ORIGIN = 'http://localhost'

/** Base for parsing a request target that is not a path. It never appears in a result. */
const TARGET_BASE = 'http://target.invalid'

function parseOrigin(protocol: string, host: string): URL {
  // A scheme has no case (RFC 3986 section 3.1): some proxies write `HTTPS`.
  if (/^https?$/i.test(protocol) && host !== '') {
    const text = `${protocol}://${host}`
    if (URL.canParse(text)) return new URL(new URL(text).origin)
  }
  return new URL(FALLBACK_ORIGIN)
}

/** Path and query of a request target in any form of RFC 9112 section 3.2; never its authority. */
function parseTarget(target: string): { path: string; search: string } {
  if (!target.startsWith('/')) {
    // Absolute form: its authority is ignored, the host is that of the server's own reading of the request.
    const absolute = URL.canParse(target, TARGET_BASE) ? new URL(target, TARGET_BASE) : new URL(TARGET_BASE)
    return { path: absolute.pathname, search: absolute.search }
  }
  const fragment = target.indexOf('#')
  const end = fragment === -1 ? target.length : fragment
  const query = target.indexOf('?')
  if (query === -1 || query > end) return { path: target.slice(0, end), search: '' }
  return { path: target.slice(0, query), search: target.slice(query, end) }
}

/**
 * The public URL of a request (`clerkUrl`; state/README.md section 2.2). Path and query are assigned to a parsed
 * origin, never resolved against it: a target like `//evil.test` stays a path and cannot become the host.
 */
export function publicUrl(protocol: string, host: string, target: string): URL {
  const url = parseOrigin(protocol, host)
  const { path, search } = parseTarget(target)
  url.pathname = path
  url.search = search
  return url
}

/**
 * Whether `url` begins with this origin as it is written, and therefore has the origin of `publicUrl`. Nothing is parsed: the
 * authority is the same text in both, of characters that a parser takes as they are. False tells nothing.
 */
export function beginsWithOrigin(url: string, protocol: string, host: string): boolean {
  if ((protocol !== 'http' && protocol !== 'https') || host === '') return false
  const start = protocol.length + 3
  return (
    url.charCodeAt(start + host.length) === SLASH &&
    url.startsWith(host, start) &&
    url.startsWith(protocol) &&
    url.startsWith('://', protocol.length) &&
    isPlainHost(host)
  )
}

/**
 * The path of a request target, if it is that of `publicUrl` character by character, else `''`: a parser would resolve or
 * encode something, or the target is no path. Nothing is parsed.
 */
export function plainPathOf(target: string): string {
  if (target.charCodeAt(0) !== SLASH) return ''
  let before = 0
  for (let i = 0; i < target.length; i++) {
    const code = target.charCodeAt(i)
    if (code === QUESTION_MARK) return target.slice(0, i)
    // A segment that begins with a dot may be a dot segment.
    const isPlain = code === SLASH || code === TILDE || isUnreserved(code)
    if (!isPlain || (code === DOT && before === SLASH)) return ''
    before = code
  }
  return target
}

const SLASH = 47
const QUESTION_MARK = 63
const TILDE = 126
const DOT = 46

/** Letters, digits, `-`, `.` and `_`. */
function isUnreserved(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 45 && code <= 57 && code !== SLASH) ||
    (code >= 65 && code <= 90) ||
    code === 95
  )
}

/** A name, an IPv4 address or an IPv6 address in brackets, with or without a port: all that browsers send. */
function isPlainHost(host: string): boolean {
  for (let i = 0; i < host.length; i++) {
    const code = host.charCodeAt(i)
    if (!isUnreserved(code) && code !== 58 && code !== 91 && code !== 93) return false
  }
  return true
}
