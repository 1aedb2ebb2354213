/**
 * Used when the host of a request cannot be parsed: a redirect then leads to the user's own machine, to no stranger's.
 */
const FALLBACK_ORIGIN = 'http://localhost'

/** Base for parsing a request target that is not a path. It never appears in a result. */
const TARGET_BASE = 'http://target.invalid'

function parseOrigin(protocol: string, host: string): URL {
  if ((protocol === 'http' || protocol === 'https') && host !== '') {
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
