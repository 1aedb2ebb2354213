import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import type { PublicBase } from './public-base.js'

/**
 * Headers of FAPI's answers that count for the browser. Those that speak for a whole origin (`Strict-Transport-Security`,
 * `Alt-Svc`, `Clear-Site-Data`) would speak for the application's here, and stay behind like those of a connection.
 */
const PASSED_ON = [
  'access-control-allow-credentials',
  'access-control-allow-headers',
  'access-control-allow-methods',
  'access-control-allow-origin',
  'access-control-expose-headers',
  'access-control-max-age',
  'age',
  'authorization',
  'cache-control',
  'cf-ray',
  'clerk-db-jwt',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-length',
  'content-security-policy',
  'content-type',
  'cross-origin-resource-policy',
  'etag',
  'expires',
  'last-modified',
  'location',
  'referrer-policy',
  'retry-after',
  'set-cookie',
  'vary',
  'www-authenticate',
  'x-clerk-trace-id',
  'x-content-type-options',
  'x-country'
] as const

/** Headers of an answer that an error in its place must not have. */
export const OF_ANSWER: readonly string[] = PASSED_ON.filter(
  (name) => !name.startsWith('access-control-') && name !== 'vary'
)

export interface Bases {
  /** URL at FAPI that has been asked. */
  readonly upstreamUrl: URL
  /** Path of FAPI's base URL, without a trailing slash. */
  readonly basePath: string
  readonly proxy: PublicBase
}

/** The headers of the answer to the browser. Without a word of FAPI about it, no cache may keep the answer. */
export function responseHeaders(received: IncomingHttpHeaders, bases: Bases): OutgoingHttpHeaders {
  const named = namedByConnection(received.connection)
  const headers: Record<string, string | string[] | undefined> = { 'cache-control': 'no-store' }
  for (const name of PASSED_ON) {
    if (received[name] !== undefined && !named.includes(name)) headers[name] = received[name]
  }
  if (typeof headers.location === 'string') {
    const location = publicLocation(headers.location, bases)
    if (location === null) delete headers.location
    else headers.location = location
  }
  return headers
}

function namedByConnection(connection: string | undefined): readonly string[] {
  return connection === undefined ? [] : connection.split(',').map((name) => name.trim().toLowerCase())
}

/**
 * Where a redirect of FAPI leads as the browser has to know it: to FAPI itself through the proxy, elsewhere as it stands. A
 * relative one counts from the URL that was asked (RFC 9110 section 10.2.2); as none is left, and a URL has no `..`, it stays
 * below the proxy. No redirect is followed here. Null: it is not a URL.
 */
function publicLocation(location: string, { upstreamUrl, basePath, proxy }: Bases): string | null {
  if (!URL.canParse(location, upstreamUrl)) return null
  const url = new URL(location, upstreamUrl)
  if (url.origin !== upstreamUrl.origin) return location
  const path = url.pathname.startsWith(`${basePath}/`) ? url.pathname.slice(basePath.length) : url.pathname
  return `${proxy.url}${path}${url.search}${url.hash}`
}
