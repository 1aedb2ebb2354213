import type { FastifyRequest } from 'fastify'
import { publicUrl } from '../core/request/public-url.js'
import { FastifyRequestSource } from '../plugin/request-source.js'

/** Where browsers reach the proxy. */
export interface PublicBase {
  /** Without a trailing slash. */
  readonly url: string
  readonly host: string
  readonly scheme: string
}

/** The base that an absolute `proxyUrl` names: no request can say another. */
export function fixedBase(proxyUrl: string): PublicBase {
  return toBase(new URL(proxyUrl))
}

/** The base as the request says it: forwarded host and scheme count as far as `trustProxy` says. */
export function baseOf(request: FastifyRequest, path: string): PublicBase {
  const { protocol, host } = new FastifyRequestSource(request)
  return toBase(publicUrl(protocol, host, path))
}

function toBase({ origin, pathname, host, protocol }: URL): PublicBase {
  return { url: `${origin}${pathname.replace(/\/+$/, '')}`, host, scheme: protocol.slice(0, -1) }
}
