import type { IncomingHttpHeaders } from 'node:http'
import type { PublicBase } from './public-base.js'

/**
 * Headers of a request that FAPI has a use for. All others stay here: those of a connection, those by which a client could
 * speak for the proxy, and credentials of other systems.
 */
const PASSED_ON = [
  'accept',
  'accept-encoding',
  'accept-language',
  'access-control-request-headers',
  'access-control-request-method',
  'authorization',
  'clerk-api-version',
  'content-type',
  'if-modified-since',
  'if-none-match',
  'origin',
  'referer',
  'sec-ch-ua',
  'sec-ch-ua-mobile',
  'sec-ch-ua-platform',
  'sec-fetch-dest',
  'sec-fetch-mode',
  'sec-fetch-site',
  'sec-fetch-user',
  'user-agent',
  'x-expo-sdk-version',
  'x-mobile',
  'x-native-device-id'
] as const

/** Cookies of Clerk, and those of the network that it is behind. */
const CLERK_COOKIE = /^(?:__(?:client|clerk|session|refresh|dev_session|cf)|clerk_|_?cf_|_cfuvid)/

/** What the server says of a request, and no client. */
export interface RequestFacts {
  /** Host of FAPI. */
  readonly host: string
  readonly secretKey: string
  readonly proxy: PublicBase
  /** Address of the client, as far as `trustProxy` says. Undefined on a Unix socket, where a peer has no address. */
  readonly clientAddress: string | undefined
  readonly hasBody: boolean
  /** A body is there to be passed on, which a method that may have one can lack. */
  readonly isBodyGiven: boolean
}

/** The headers of the request to FAPI. `received` has lost the headers that `Connection` names. */
export function requestHeaders(received: IncomingHttpHeaders, facts: RequestFacts): IncomingHttpHeaders {
  const headers: Record<string, string | string[] | undefined> = {}
  for (const name of PASSED_ON) {
    if (received[name] !== undefined) headers[name] = received[name]
  }
  const cookie = clerkCookies(received.cookie)
  if (cookie !== '') headers.cookie = cookie
  if (!facts.hasBody) delete headers['content-type']
  else if (received['content-length'] !== undefined) headers['content-length'] = received['content-length']
  // Node frames no body of DELETE or OPTIONS of its own accord: FAPI would read the bytes as the next request.
  else if (facts.isBodyGiven) headers['transfer-encoding'] = 'chunked'
  const { proxy } = facts
  headers.host = facts.host
  headers['clerk-proxy-url'] = proxy.url
  headers['clerk-secret-key'] = facts.secretKey
  if (facts.clientAddress !== undefined) headers['x-forwarded-for'] = facts.clientAddress
  headers['x-forwarded-host'] = proxy.host
  headers['x-forwarded-proto'] = proxy.scheme
  return headers
}

/** The application's own cookies are nobody else's business. */
function clerkCookies(header: string | undefined): string {
  if (header === undefined) return ''
  return header
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => CLERK_COOKIE.test(pair))
    .join('; ')
}
