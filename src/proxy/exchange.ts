import { finished, type Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { ProxyBodyTimeoutError, ProxyTimeoutError, ProxyUpstreamError } from '../core/errors.js'

/** For an error to reach its client once the time is over. */
const GRACE_MS = 1_000

/** A request that is passed on, until its answer has been sent or its client has gone. */
export interface Exchange {
  /** Nothing more may be sent: an answer has been begun, or the client has gone. */
  readonly isSettled: boolean
  /** Aborted when the exchange has ended before FAPI's answer has: nothing of it is waited for any more. */
  readonly signal: AbortSignal
  /** Answers with the error, unless an answer has been begun. */
  fail(error: Error): void
  /** Sends the answer. `source`: the stream it comes from, which ends with the exchange. */
  answer(body: Readable, source: Readable): void
}

/**
 * Opens an exchange that ends after `timeoutInMs`: with 408 while the client's body is not there, with 504 while FAPI has
 * not answered, and with a broken connection in the middle of an answer, or a broken stream over HTTP/2. A client that does not
 * take the 408 or 504 within a second is broken off too. `onEnd` is called once.
 */
export function openExchange(
  request: FastifyRequest,
  reply: FastifyReply,
  timeoutInMs: number,
  onEnd: () => void
): Exchange {
  let isSettled = false
  let source: Readable | null = null
  const abandoned = new AbortController()
  let isEnded = false
  let timer = setTimeout(expire, timeoutInMs)

  finished(reply.raw, end)

  function end(): void {
    if (isEnded) return
    isEnded = true
    clearTimeout(timer)
    isSettled = true
    if (!source?.readableEnded) abandoned.abort()
    destroyBody(request)
    onEnd()
  }

  function expire(): void {
    if (reply.raw.headersSent) {
      breakOff()
      return
    }
    timer = setTimeout(breakOff, GRACE_MS).unref()
    // An answer whose head has not been sent yet becomes a 504.
    if (isSettled) source?.destroy(new ProxyTimeoutError())
    else fail(isBodyUnderWay(request) ? new ProxyBodyTimeoutError() : new ProxyTimeoutError())
  }

  /** A client that takes no answer, or leaves its own body open over HTTP/2, would keep its place for good. */
  function breakOff(): void {
    source?.destroy(new ProxyTimeoutError())
    reply.raw.destroy()
    end()
  }

  function fail(error: Error): void {
    if (isSettled) return
    isSettled = true
    // The rest of a body that nobody reads would be in the way of the next request of the connection.
    if (isBodyUnderWay(request)) closeConnection(request, reply)
    void reply.send(error)
    destroyBody(request)
  }

  return {
    get isSettled() {
      return isSettled
    },
    signal: abandoned.signal,
    fail,
    answer(body, from) {
      isSettled = true
      source = from
      void reply.send(body)
    }
  }
}

/** After this answer. HTTP/2 knows no such header: there, the stream alone ends, with its body or with the time. */
export function closeConnection({ raw }: FastifyRequest, reply: FastifyReply): void {
  if (raw.httpVersionMajor === 1) reply.header('connection', 'close')
}

/** A request of HTTP/2 without a body is never `complete`, as nobody reads it. */
function isBodyUnderWay({ body, raw }: FastifyRequest): boolean {
  return body !== undefined && !raw.complete
}

/** Ends the request to FAPI where its body is still under way. */
function destroyBody({ body }: FastifyRequest): void {
  const stream = body as Readable | undefined
  if (stream?.readableEnded === false) stream.destroy(new ProxyUpstreamError())
}
