/** Stands in where a request names no usable host: nobody can be sent anywhere useful from there, nor anywhere harmful. */
const FALLBACK_ORIGIN = 'http://localhost'

/** Only tells path from query in a request target; never seen outside. */
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
    // Absolute form: the authority is that of `Host`, as RFC 9112 section 3.2.2 wants of an origin server's log, not of us.
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
