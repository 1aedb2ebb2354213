import { resolveReverification } from '../../core/auth/has.js'
import type { ReverificationConfig } from '../../core/auth/types.js'
import { ReverificationError } from '../../core/errors.js'
import type { GuardReply } from './types.js'

/**
 * The body that Clerk's frontend SDKs recognise (`useReverification`): they read its `clerk_error`, show the dialog for
 * that configuration, and send the request again.
 */
export interface ReverificationBody {
  readonly type: 'forbidden'
  readonly reason: 'reverification-error'
  readonly metadata: { readonly reverification: ReverificationConfig }
}

/**
 * Tells a client how recently the user must have been authenticated (RFC 9470 section 3): `max_age` in seconds. Which factor
 * is meant is in Clerk's body alone.
 */
export function challengeToStepUp(reverification: ReverificationConfig): string {
  const { afterMinutes } = resolveReverification(reverification) ?? { afterMinutes: 0 }
  return `Bearer error="insufficient_user_authentication", max_age=${Math.floor(afterMinutes * 60)}`
}

/**
 * Makes the error of a refusal, 403 `FST_CLERK_REVERIFICATION`, with `reason` and `clerk_error`. An error handler of
 * the application gets it, and has to put `clerk_error: error.clerk_error` into its own body. Without such a handler
 * the body is Clerk's.
 */
export function compileReverificationRefusal(reverification: ReverificationConfig): (reply: GuardReply) => Error {
  const clerkError: ReverificationBody = Object.freeze({
    type: 'forbidden',
    reason: 'reverification-error',
    metadata: Object.freeze({ reverification })
  })
  const body = JSON.stringify({ clerk_error: clerkError })
  const challenge = challengeToStepUp(reverification)
  return (reply) => {
    reply.header('www-authenticate', challenge)
    const error = Object.assign(new ReverificationError(), { reason: clerkError.reason, clerk_error: clerkError })
    answerAsClerk(reply, error, body)
    return error
  }
}

// Makes Fastify's default error handler answer with our body. That handler writes statusCode, code, error and message
// and nothing else. It reads `error.headers` and then sends the error: reading them tells that it is at work, and its
// `send`, on this reply, sends the body instead. Error handlers of the application run before it and are not affected.
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
