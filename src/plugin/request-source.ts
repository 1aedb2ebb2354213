import type { FastifyRequest } from 'fastify'
import type { RequestHeaders, RequestSource } from '../core/request/read-carried.js'

/**
 * A Fastify request as the source of what it carries. Scheme and host are what Fastify makes of them: with `trustProxy`,
 * `X-Forwarded-Proto` and `X-Forwarded-Host` of a trusted peer count (the last value, the one the proxy wrote),
 * without it they do not. CloudFront names its scheme header otherwise, so that one is read here under the same rule.
 */
export class FastifyRequestSource implements RequestSource {
  readonly #request: FastifyRequest

  constructor(request: FastifyRequest) {
    this.#request = request
  }

  get method(): string {
    return this.#request.raw.method ?? ''
  }

  /** The target that was matched to a route; `originalUrl` when something rewrote it, as that is what the browser knows. */
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
      return cloudFront as string
    }
    return this.#request.protocol
  }

  get host(): string {
    return this.#request.host
  }
}

/**
 * Fastify does not say whether the peer is a trusted proxy, but counts a forwarded client address only if it is: more than
 * one address means yes. CloudFront always sends `X-Forwarded-For`.
 */
function isPeerTrusted(request: FastifyRequest): boolean {
  return (request.ips?.length ?? 0) > 1
}

const FORWARDED_HEADERS = ['x-forwarded-host', 'x-forwarded-proto', 'cloudfront-forwarded-proto'] as const

/** The first forwarded header that is there and does not count because `trustProxy` is off; null: none. */
export function ignoredForwardedHeader(request: FastifyRequest): string | null {
  if (request.ips !== undefined) return null
  const { headers } = request.raw
  return FORWARDED_HEADERS.find((name) => headers[name] !== undefined) ?? null
}
