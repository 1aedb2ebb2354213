import type { Http2ServerRequest } from 'node:http2'
import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * Whether the response has closed before anybody could listen for that. The response of a pipelined request has no socket
 * before its turn, and closes without a sign.
 */
export function isClientGone({ raw }: FastifyRequest, reply: FastifyReply): boolean {
  if (raw.httpVersionMajor === 2) return (raw as unknown as Http2ServerRequest).stream.destroyed
  return reply.raw.destroyed || raw.socket.destroyed
}
