import type { ServerResponse } from 'node:http'
import { constants, type ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** The address of a request over HTTP/2, which its stream forgets as it closes. */
export const kAddress = Symbol('fastify-clerk-auth.audit.address')
const kQueue = Symbol('fastify-clerk-auth.audit.queue')

/** Runs before all other hooks. Node keeps the address of a closed socket only if it was read before. */
export function keepAddress(request: FastifyRequest, _reply: FastifyReply, done: () => void): void {
  if (request.raw.httpVersionMajor === 2) Object.assign(request, { [kAddress]: request.ip })
  else void request.raw.socket.remoteAddress
  done()
}

/** Calls `listener` when the response closes, also that of a pipelined request whose turn never came. */
export function onClosed({ raw, request }: FastifyReply, listener: (this: ServerResponse) => void): void {
  raw.on('close', listener)
  if (raw.socket !== null) return
  const queue = queueOf(request.raw.socket)
  const leave = () => listener.call(raw)
  queue.add(leave)
  raw.once('socket', () => queue.delete(leave))
}

/** One listener for all: with one each, Node would take a dozen pipelined requests for a leak, and warn. */
function queueOf(socket: Socket & { [kQueue]?: Set<() => void> }): Set<() => void> {
  const known = socket[kQueue]
  if (known !== undefined) return known
  const queue = new Set<() => void>()
  socket[kQueue] = queue
  socket.once('close', () => {
    for (const leave of queue) leave()
  })
  return queue
}

/** Whether a stream of HTTP/2 was reset. It finishes like one whose response was sent. */
export function isReset(response: ServerResponse): boolean {
  const { stream } = response as { stream?: ServerHttp2Stream }
  return stream !== undefined && (stream.aborted || stream.rstCode !== constants.NGHTTP2_NO_ERROR)
}

/** Whether a closed response was sent to its end. */
export function isWhole(response: ServerResponse): boolean {
  return 'stream' in response ? !isReset(response) : response.writableFinished
}
