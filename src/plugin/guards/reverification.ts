import type { ReverificationConfig } from '../../core/auth/types.js'
import { ReverificationError } from '../../core/errors.js'
import type { GuardReply } from './types.js'

/**
 * What Clerk's frontend SDKs recognise (`useReverification`): they read `clerk_error` of the body, show the dialog for
 * the configuration in it, and send the request again.
 */
export interface ReverificationBody {
  readonly type: 'forbidden'
  readonly reason: 'reverification-error'
  readonly metadata: { readonly reverification: ReverificationConfig }
}

/**
 * The refusal, 403 `FST_CLERK_REVERIFICATION`. The application's error handler gets the error, with `reason` and
 * `clerk_error`: to answer in its own way it sends `{ clerk_error: error.clerk_error }` or more. Where no handler of
 * the application answers, the body is Clerk's.
 */
export function compileReverificationRefusal(reverification: ReverificationConfig): (reply: GuardReply) => Error {
  const clerkError: ReverificationBody = Object.freeze({
    type: 'forbidden',
    reason: 'reverification-error',
    metadata: Object.freeze({ reverification })
  })
  const body = JSON.stringify({ clerk_error: clerkError })
  return (reply) => {
    const error = Object.assign(new ReverificationError(), { reason: clerkError.reason, clerk_error: clerkError })
    answerAsClerk(reply, error, body)
    return error
  }
}

// Fastify's own error handler, the last in the chain, writes statusCode, code, error and message, and nothing else can
// be had from it. It takes the error's `headers` and then sends the error once more: that one call, on this one reply,
// sends the body instead. Handlers of the application come earlier and never notice.
function answerAsClerk(reply: GuardReply, error: Error, body: string): void {
  let isLast = false
  Object.defineProperty(error, 'headers', {
    get() {
      isLast = true
      return undefined
    }
  })
  const send = reply.send
  reply.send = function (payload) {
    if (payload !== error || !isLast) return send.call(this, payload)
    reply.send = send
    this.type('application/json; charset=utf-8')
    return send.call(this, body)
  }
}
