import { subscribe } from '../diagnostics/index.js'
import { reasonLabel } from '../metrics/reasons.js'
import type { OpenTelemetry } from './api.js'
import { attributesOf, DURATION, ERROR_TYPE, INSTANCE, OUTCOME } from './attributes.js'

export const VERIFICATION_EVENT = 'clerk.auth.verification'

/**
 * Adds an event to the active span for each verification that failed or was slow. The channel publishes in the context of the
 * request whose token it was, so the active span is that request's. Requests that waited for the same token have no event of
 * their own. Returns a function that ends it.
 */
export function noteVerifications(
  { trace }: OpenTelemetry,
  slowInMs: number,
  isOurs: (event: { readonly instance: string | null }) => boolean
): () => void {
  return subscribe('fastify-clerk-auth:verification', (event) => {
    const { instance, outcome, reason, durationMs } = event
    if (outcome === 'verified' && (durationMs ?? 0) < slowInMs) return
    const span = trace.getActiveSpan()
    if (span === undefined || !span.isRecording() || !isOurs(event)) return
    span.addEvent(
      VERIFICATION_EVENT,
      attributesOf({
        [INSTANCE]: instance,
        [OUTCOME]: outcome,
        [ERROR_TYPE]: reason === null ? null : reasonLabel(reason),
        [DURATION]: durationMs === null ? null : durationMs / 1000
      })
    )
  })
}
