import type { Attributes } from '@opentelemetry/api'
import { VERSION } from '../core/version.js'
import { subscribe, type VerificationEvent } from '../diagnostics/index.js'
import { reasonLabel } from '../metrics/reasons.js'
import type { OpenTelemetry } from './api.js'
import { attributesOf, DURATION, ERROR_TYPE, INSTANCE, NAME, OUTCOME } from './attributes.js'

const VERIFICATION = 'clerk.auth.verification'

/**
 * Adds an event to the active span for each verification that failed or was slow: `isNoted` gets its time, `Infinity` if it
 * failed. The channel publishes in the context of the request whose token it was, so the active span is one of that request.
 * Requests that waited for the same token have no event of their own. Returns a function that ends it.
 *
 * An active span that has ended already takes no event: @fastify/otel ends that of a hook when its function returns, which may
 * be before keys arrive. Such a verification becomes a span of its own.
 */
export function noteVerifications(
  { trace, context, TraceFlags }: OpenTelemetry,
  isNoted: (event: VerificationEvent, durationMs: number) => boolean
): () => void {
  const tracer = trace.getTracer(NAME, VERSION)
  return subscribe('fastify-clerk-auth:verification', (event) => {
    const { outcome, durationMs } = event
    if (!isNoted(event, outcome === 'verified' ? (durationMs ?? 0) : Number.POSITIVE_INFINITY)) return
    const active = trace.getActiveSpan()
    if (active === undefined) return
    if (active.isRecording()) {
      active.addEvent(VERIFICATION, describe(event))
      return
    }
    if ((active.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return
    const endMs = Date.now()
    const options = { attributes: describe(event), startTime: endMs - (durationMs ?? 0) }
    tracer.startSpan(VERIFICATION, options, context.active()).end(endMs)
  })
}

function describe({ instance, outcome, reason, durationMs }: VerificationEvent): Attributes {
  return attributesOf({
    [INSTANCE]: instance,
    [OUTCOME]: outcome,
    [ERROR_TYPE]: reason === null ? null : reasonLabel(reason),
    [DURATION]: durationMs === null ? null : durationMs / 1000
  })
}
