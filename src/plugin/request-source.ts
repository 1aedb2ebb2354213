import type { FastifyRequest } from 'fastify'
import type { RequestHeaders, RequestSource } from '../core/request/read-carried.js'

/**
 * A Fastify request as `readCarried` takes it. Fastify gives scheme and host: with `trustProxy`, `X-Forwarded-Proto`
 * and `X-Forwarded-Host` of a trusted peer count, by their last value, which the proxy wrote; without it they do not
 * count. CloudFront uses a scheme header of its own, which Fastify does not know: it is read here under the same rule.
 */
export class FastifyRequestSource implements RequestSource {
  readonly #request: FastifyRequest

  readonly token: string | undefined

  constructor(request: FastifyRequest, token?: string) {
    this.#request = request
    this.token = token
  }

  get method(): string {
    return this.#request.raw.method ?? ''
  }

  /** The target before `rewriteUrl`: the one that the browser knows, and comes back to after a redirect. */
  get target(): string {
    return this.#request.originalUrl
  }

  get headers(): RequestHeaders {
    return this.#request.raw.headers
  }

  get protocol(): string {
    const { headers } = this
    const cloudFront = headers['cloudfront-forwarded-proto']
    if (cloudFront !== undefined && headers['x-forwarded-proto'] === undefined && isPeerTrusted(this.#request)) {
      return lastValue(cloudFront)
    }
    return this.#request.protocol
  }

  get host(): string {
    return this.#request.host
  }
}

/**
 * Fastify does not say whether it trusts the peer, but lists forwarded client addresses only if it does: more than one
 * address means that it does. CloudFront always sends `X-Forwarded-For`.
 */
function isPeerTrusted(request: FastifyRequest): boolean {
  return (request.ips?.length ?? 0) > 1
}

const FORWARDED_HEADERS = ['x-forwarded-host', 'x-forwarded-proto', 'cloudfront-forwarded-proto'] as const

export interface IgnoredHeader {
  readonly header: (typeof FORWARDED_HEADERS)[number]
  /** Why it does not count: `trustProxy` is off, does not trust the peer, or another header goes before it. */
  readonly cause: 'off' | 'untrusted-peer' | 'x-forwarded-proto'
}

/**
 * The first forwarded header that does not count; null if every one counts. Fastify does not say whether it trusts the
 * peer, so with `trustProxy` a header does not count when its value differs from the host or scheme that Fastify gives.
 */
export function ignoredForwardedHeader(request: FastifyRequest): IgnoredHeader | null {
  const { headers } = request.raw
  // Most requests have none of them: nothing is made for these.
  if (
    headers['x-forwarded-host'] === undefined &&
    headers['x-forwarded-proto'] === undefined &&
    headers['cloudfront-forwarded-proto'] === undefined
  ) {
    return null
  }
  const header = FORWARDED_HEADERS.find((name) => headers[name] !== undefined && !counts(request, name))
  if (header === undefined) return null
  if (request.ips === undefined) return { header, cause: 'off' }
  const loses = header === 'cloudfront-forwarded-proto' && isPeerTrusted(request)
  return { header, cause: loses ? 'x-forwarded-proto' : 'untrusted-peer' }
}

function counts(request: FastifyRequest, name: IgnoredHeader['header']): boolean {
  if (request.ips === undefined) return false
  const { host, protocol } = new FastifyRequestSource(request)
  return lastValue(request.raw.headers[name]) === (name === 'x-forwarded-host' ? host : protocol)
}

/** As Fastify reads it: the value that the nearest proxy wrote. */
function lastValue(header: string | string[] | undefined): string {
  return String(header).split(',').at(-1)?.trim() ?? ''
}
