import { mayNameClerkParameter } from '../core/state/query.js'

/** The part of a Fastify request that a log line is made of. */
export interface LoggedRequest {
  readonly method: string
  readonly url: string
  readonly headers?: Readonly<Record<string, string | string[] | undefined>>
  readonly host?: string
  readonly ip?: string
  readonly socket?: { readonly remotePort?: number | undefined } | null
}

/** Members and names are those of Fastify's own serializer, which logs no member that is undefined. */
export interface SerializedRequest {
  readonly method: string
  readonly url: string
  readonly version?: string
  readonly host?: string
  readonly remoteAddress?: string
  readonly remotePort?: number
  // As Fastify declares what a serializer returns.
  readonly [name: string]: unknown
}

/**
 * For Fastify's option `logger.serializers.req`: logs a request as Fastify does, without the query parameters of Clerk in
 * its URL. A browser that comes back from a handshake or a sign-in brings its session along in them: whoever reads the
 * log could become the user for as long as it lasts. All other parameters stay as they were received.
 */
export function requestSerializer(request: LoggedRequest): SerializedRequest {
  return {
    method: request.method,
    url: withoutClerkParameters(request.url),
    version: request.headers?.['accept-version'],
    host: request.host,
    remoteAddress: request.ip,
    remotePort: request.socket?.remotePort
  } as SerializedRequest
}

function withoutClerkParameters(url: string): string {
  const query = url.indexOf('?')
  if (query === -1 || !(mayNameClerkParameter(url) || SESSION_NAMES.some((name) => url.includes(name)))) return url
  const kept = url
    .slice(query + 1)
    .split('&')
    .filter((parameter) => !isOfClerk(parameter))
  return kept.length === 0 ? url.slice(0, query) : `${url.slice(0, query)}?${kept.join('&')}`
}

/** A handshake sends the second one to FAPI, which this server may be the proxy of. */
const SESSION_NAMES: readonly string[] = ['__dev_session', '__session']

/** Reads the name as the plugin does when it looks for its parameters, percent-encoding included. */
function isOfClerk(parameter: string): boolean {
  for (const name of new URLSearchParams(parameter).keys()) {
    if (name.startsWith('__clerk_') || SESSION_NAMES.includes(name)) return true
  }
  return false
}
