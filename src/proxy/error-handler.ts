import { STATUS_CODES } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { helpAt } from '../core/help-page.js'
import type { Logger } from '../core/logger.js'
import { OF_ANSWER } from './response-headers.js'

interface ProxyError extends Error {
  readonly code: string
  readonly statusCode: number
}

export function isProxyError(error: unknown): error is ProxyError {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('FST_CLERK_PROXY_')
}

/**
 * Answers with Fastify's body of an error and, for clerk-js, with the list that FAPI's errors have. Other errors go on to the
 * application's handler.
 */
export function createErrorHandler(log: Logger) {
  return (error: unknown, _request: FastifyRequest, reply: FastifyReply): void => {
    for (const name of OF_ANSWER) reply.removeHeader(name)
    reply.header('cache-control', 'no-store')
    if (!isProxyError(error)) {
      void reply.send(error)
      return
    }
    const { code, message, statusCode, cause } = error
    if (statusCode === 502 || statusCode === 504) {
      log.warn(
        { code, cause: codeOf(cause), help: helpAt(code) },
        'Clerk: the proxy gets no answer of the Frontend API'
      )
    }
    if (statusCode === 503) reply.header('retry-after', '1')
    void reply.code(statusCode).send({
      statusCode,
      code,
      error: STATUS_CODES[statusCode],
      message,
      errors: [{ code, message, long_message: message }]
    })
  }
}

/** Never the message of a library. */
function codeOf(cause: unknown): string | null {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : null
}
