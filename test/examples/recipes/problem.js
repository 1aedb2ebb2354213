import { STATUS_CODES } from 'node:http'

/** Errors as RFC 9457 has them. The headers of a refusal (WWW-Authenticate, Retry-After) are set already, and stay. */
export function problem(error, _request, reply) {
  const status = error.statusCode ?? 500
  const detail = status < 500 ? { detail: error.message, code: error.code } : {}
  return reply
    .code(status)
    .type('application/problem+json')
    .send({ title: STATUS_CODES[status], status, ...detail })
}
