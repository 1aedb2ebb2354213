import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import type { Readable } from 'node:stream'
import type { FastifyBaseLogger, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { countRepeats } from '../core/counted-log.js'
import {
  ProxyBodyLimitError,
  ProxyBusyError,
  ProxyRequestError,
  ProxyUpstreamError,
  RoutePolicyError
} from '../core/errors.js'
import { isClientGone } from '../plugin/client-gone.js'
import { isGuardedScope } from '../plugin/guarded-scope.js'
import { createErrorHandler, isProxyError } from './error-handler.js'
import { closeConnection, openExchange } from './exchange.js'
import { limited } from './limited.js'
import type { FrontendApiProxyOptions } from './options.js'
import { baseOf, fixedBase, type PublicBase } from './public-base.js'
import { registerReplyFrom } from './reply-from.js'
import { requestHeaders } from './request-headers.js'
import { responseHeaders } from './response-headers.js'
import { followProxy, readSettings } from './settings.js'
import { readTarget, type Target } from './target.js'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

const GUARDED = 'the route of frontendApiProxy is public, but requireAuth or authorize is among the hooks of its scope'

/** The answer of FAPI as `@fastify/reply-from` gives it. */
interface Answer {
  readonly headers: IncomingMessage['headers']
  readonly stream: IncomingMessage
}

/**
 * Serves Clerk's Frontend API below a path of this server. Register it after fastify-clerk-auth, whose `proxyUrl` follows it.
 * One route, which is public and not authenticated; requests go to Clerk's host alone, which is settled before the server
 * listens. Loads the optional peer `@fastify/reply-from`.
 *
 * Throws `FST_CLERK_PROXY_PEER`, `FST_CLERK_PROXY_KEYS`, `FST_CLERK_PROXY_URL`, `FST_CLERK_DECORATOR_TAKEN` where the scope has
 * a `reply.from` already, `FST_CLERK_ROUTE_POLICY` where it has a guard among its hooks, and the coded error of a bad option.
 */
export const frontendApiProxy: FastifyPluginAsync<FrontendApiProxyOptions> = async (fastify, options) => {
  const settings = readSettings(fastify, options)
  const { path, fullPath, fapiUrl, secretKey, timeoutInMs, bodyLimit, responseLimit, maxConcurrency } = settings
  const { origin, host } = fapiUrl
  const basePath = fapiUrl.pathname.replace(/\/+$/, '')
  const runUntilAborted = await registerReplyFrom(fastify, origin)

  let fixed: PublicBase | null = null
  fastify.addHook('onReady', async () => {
    if (isGuardedScope(fastify)) throw new RoutePolicyError(GUARDED)
    const proxyUrl = followProxy(fastify, settings)
    fixed = proxyUrl === null ? null : fixedBase(proxyUrl)
  })

  // Bodies pass as they come: nothing of them is parsed or kept.
  fastify.removeAllContentTypeParsers()
  fastify.addContentTypeParser('*', (_request, payload, done) => done(null, limitBody(payload)))
  const limitBody = (payload: Readable) => {
    const overflow = () => new ProxyBodyLimitError()
    const broken = () => new ProxyRequestError('its body breaks off')
    return limited(payload, bodyLimit, overflow, broken)
  }

  let active = 0
  fastify.route({
    method: METHODS,
    url: `${path}/*`,
    config: { clerk: false },
    schema: { hide: true } as object,
    errorHandler: createErrorHandler(countRepeats(fastify.log)),
    onRequest: async (request, reply) => {
      assertPassedOn(request, reply)
      if (active >= maxConcurrency) throw new ProxyBusyError()
    },
    handler: (request, reply) => passOn(request, reply, readTarget(request.raw.url ?? '', fullPath) as Target)
  })

  /** Before the body is read. */
  function assertPassedOn(request: FastifyRequest, reply: FastifyReply): void {
    const { method, raw, headers } = request
    const target = readTarget(raw.url ?? '', fullPath)
    if (typeof target === 'string') throw new ProxyRequestError(`its ${target} could be read in two ways`)
    if (headers.upgrade !== undefined) throw new ProxyRequestError('it asks for another protocol')
    const length = lengthOf(headers)
    if (!hasBody(method) && (length > 0 || headers['transfer-encoding'] !== undefined)) {
      throw new ProxyRequestError('its method has no body')
    }
    if (length <= bodyLimit) return
    closeConnection(request, reply)
    throw new ProxyBodyLimitError()
  }

  function passOn(request: FastifyRequest, reply: FastifyReply, target: Target): void {
    // While a hook of the application waited.
    if (isClientGone(request, reply)) return
    // Others may have taken the last place while a hook of the application waited.
    const isBusy = active >= maxConcurrency
    active++
    leaveOutErrors(request)
    if (isBodyUnread(request)) request.body = limitBody(request.raw)
    const exchange = openExchange(request, reply, timeoutInMs, () => active--)
    if (isBusy) {
      exchange.fail(new ProxyBusyError())
      return
    }
    const proxy = fixed ?? baseOf(request, fullPath)
    const facts = {
      host,
      secretKey,
      proxy,
      clientAddress: request.ip,
      hasBody: hasBody(request.method),
      isBodyGiven: request.body !== undefined
    }

    function answer({ headers, stream }: Answer): void {
      if (exchange.isSettled) {
        stream.destroy()
      } else if (isBodySent(request.method, reply.statusCode) && lengthOf(headers) > responseLimit) {
        stream.destroy()
        exchange.fail(new ProxyUpstreamError())
      } else {
        const broken = (cause?: Error) => toProxyError({ cause })
        const upstreamUrl = new URL(`${basePath}${target.path}${target.query}`, origin)
        reply.headers(responseHeaders(headers, { upstreamUrl, basePath, proxy }))
        exchange.answer(
          limited(stream, responseLimit, () => new ProxyUpstreamError(), broken),
          stream
        )
      }
    }

    const from = () =>
      reply.from(`${basePath}${target.path}`, {
        // The exchange ends before; the peer's own default would be shorter.
        timeout: timeoutInMs + 1_000,
        queryString: () => target.query.slice(1),
        rewriteRequestHeaders: (_request, headers) => requestHeaders(headers as IncomingMessage['headers'], facts),
        // `answer` sets them: those of an answer that is not passed on must not stay.
        rewriteHeaders: () => ({}),
        // The client knows whether it may ask again.
        retryDelay: () => null,
        onResponse: (_request, _reply, response) => answer(response as unknown as Answer),
        onError: (_reply, { error }) => exchange.fail(toProxyError(error))
      })
    try {
      runUntilAborted(exchange.signal, from)
    } catch {
      exchange.fail(new ProxyRequestError('its headers cannot be sent'))
    }
  }
}

/**
 * `@fastify/reply-from` logs each error of the network as it stands. That of a parser holds the bytes it has stopped at, which are
 * FAPI's answer with the user's cookies: the error handler logs a code instead.
 */
function leaveOutErrors(request: { log: FastifyBaseLogger }): void {
  const { log } = request
  const warn = (...given: [object, ...unknown[]]) => {
    if (!(given[0] instanceof Error)) (log.warn as (...all: unknown[]) => void)(...given)
  }
  request.log = Object.create(log, { warn: { value: warn } })
}

/** Over HTTP/2 a body needs neither a length nor a type; without both, Fastify takes it for none and leaves it unread. */
function isBodyUnread({ body, method, raw }: FastifyRequest): boolean {
  if (body !== undefined || raw.httpVersionMajor !== 2 || !hasBody(method)) return false
  return !(raw as unknown as Http2ServerRequest).stream.endAfterHeaders
}

function hasBody(method: string): boolean {
  return method !== 'GET' && method !== 'HEAD'
}

function lengthOf(headers: IncomingMessage['headers']): number {
  return Number(headers['content-length'] ?? 0)
}

/** Without a body, Content-Length is the length that another answer would have (RFC 9110 section 8.6). */
function isBodySent(method: string, status: number): boolean {
  return method !== 'HEAD' && status !== 204 && status !== 304
}

/** `cause`: an error of the network, or that with which a stream here has been ended. */
function toProxyError({ cause }: { readonly cause?: unknown }): Error {
  return isProxyError(cause) ? cause : new ProxyUpstreamError({ cause })
}
