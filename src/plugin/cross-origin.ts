import type { FastifyError } from '@fastify/error'
import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import { CrossOriginError } from '../core/errors.js'
import type { Instance } from '../core/instance.js'
import { logLine } from '../core/log-lines.js'
import { parseAuthorization } from '../core/request/authorization.js'
import { isOfOwnOrigin } from '../core/request/own-origin.js'
import { publicUrl } from '../core/request/public-url.js'
import { textOf } from '../core/request/read-carried.js'
import { noteVerdict } from './decision.js'
import { isTokenExtracted } from './extracted-token.js'
import { answerAsNothingThere, isHidden } from './nothing-there.js'
import { FastifyRequestSource } from './request-source.js'
import type { RoutePolicy } from './route-policy.js'

/** Requests that have been counted: a hidden route is judged once more, as the URL without a route. */
const counted = new WeakSet<FastifyRequest>()

/**
 * Judges a request that is signed in, by its token in memory or otherwise, and is worth forging. Returns the error that ends
 * it; null: it may go on. Only cookies can be used against their owner: with a token in `Authorization` nothing is asked.
 */
export function refusalOfForeign(
  instance: Instance,
  policy: RoutePolicy,
  request: FastifyRequest
): FastifyError | null {
  if (policy.crossOrigin === false) return null
  const { settings, counters, log } = instance
  const source = new FastifyRequestSource(request)
  const { headers } = source
  if (isTokenExtracted(request) || parseAuthorization(textOf(headers.authorization)) !== '') return null
  const ownOrigin = () => publicUrl(source.protocol, source.host, source.target).origin
  if (isOfOwnOrigin(headers, ownOrigin, settings.authorizedParties)) return null
  const isCounted = counted.has(request)
  counted.add(request)
  const fields = { origin: readable(headers.origin), method: source.method, route: request.routeOptions.url }
  if (policy.crossOrigin === 'report') {
    if (!isCounted) {
      counters.reportedCrossOrigin++
      logLine(log, 'cross-origin-reported', fields)
    }
    return null
  }
  if (!isCounted) {
    counters.refusedCrossOrigin++
    logLine(log, 'cross-origin-refused', fields)
  }
  return new CrossOriginError()
}

/**
 * Ends a request that `refusalOfForeign` refuses. A guard that hides the route comes after it, and counts all the same: the
 * 403 would tell that the route exists.
 */
export function refuseForeign(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
  done: HookHandlerDoneFunction
): void {
  const note = (isHidden: boolean) =>
    noteVerdict(request, { guard: 'crossOrigin', code: error.code, isRedirect: false, isHidden })
  if (isHidden(request)) {
    answerAsNothingThere(request, reply, () => note(true), { isJudgedAgain: true })
    return
  }
  note(false)
  done(error)
}

/** Anybody can write the header: only an origin as browsers send it is logged. */
function readable(origin: string | string[] | undefined): string | null {
  const text = textOf(origin)
  return text.length <= 255 && URL.canParse(text) && new URL(text).origin === text ? text : null
}
