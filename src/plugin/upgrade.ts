import type { FastifyReply } from 'fastify'

/**
 * To be called before authentication itself answers a request. Node has handed the socket of an upgrade over, and ends it
 * no more; WebSocket plugins do so only for requests that have reached their own hooks. Left open, it would stay when the
 * client has gone, and the server could not close. Other requests keep their connection.
 */
export function closeUpgradeAfterAnswer({ request, raw }: FastifyReply): void {
  if ((request.raw as { upgrade?: boolean }).upgrade !== true) return
  raw.once('finish', () => request.raw.socket.destroySoon())
}
