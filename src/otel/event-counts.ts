import type { Meter } from '@opentelemetry/api'
import { subscribe } from '../diagnostics/index.js'
import { reasonLabel } from '../metrics/reasons.js'
import { attributesOf, CAUSE, DURATION, ERROR_TYPE, INSTANCE, OUTCOME, STATE } from './attributes.js'

/** From a signature check (about 25 µs of work) to a long wait for keys (a fetch of 3 s and a cool-down), in seconds. */
const BUCKETS = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.01, 0.05, 0.25, 1, 2.5, 5]

/** Whether an event is of an instance that is measured: the channels carry those of the whole process. */
export type IsOurs = (event: { readonly instance: string | null }) => boolean

/** Instruments over what the counters of an instance do not tell: reasons, causes and times. Each function ends one. */
export function countEvents(meter: Meter, isOurs: IsOurs): readonly (() => void)[] {
  const durations = meter.createHistogram(DURATION, {
    unit: 's',
    description: 'Time to judge a session token that was not in memory, waiting for keys included',
    advice: { explicitBucketBoundaries: BUCKETS }
  })
  const refusals = meter.createCounter('clerk.auth.refusals', {
    unit: '{request}',
    description: 'Requests that did not come out signed in, by reason'
  })
  const refreshes = meter.createCounter('clerk.auth.key.refreshes', {
    unit: '{refresh}',
    description: 'Attempts to get the key set, by cause and outcome'
  })
  const absences = meter.createCounter('clerk.auth.revocation.bus.absences', {
    unit: '{absence}',
    description: 'Times that the revocation bus went away, by the first cause'
  })
  return [
    subscribe('fastify-clerk-auth:verification', (event) => {
      if (event.durationMs === null || !isOurs(event)) return
      const { instance, outcome, reason } = event
      const error = reason === null ? null : reasonLabel(reason)
      durations.record(
        event.durationMs / 1000,
        attributesOf({ [INSTANCE]: instance, [OUTCOME]: outcome, [ERROR_TYPE]: error })
      )
    }),
    subscribe('fastify-clerk-auth:refusal', (event) => {
      if (!isOurs(event)) return
      const { instance, state, reason } = event
      refusals.add(1, attributesOf({ [INSTANCE]: instance, [STATE]: state, [ERROR_TYPE]: reasonLabel(reason) }))
    }),
    subscribe('fastify-clerk-auth:jwks:refresh', (event) => {
      if (!isOurs(event)) return
      const { instance, outcome, cause, failure } = event
      refreshes.add(
        1,
        attributesOf({ [INSTANCE]: instance, [OUTCOME]: outcome, [CAUSE]: cause, [ERROR_TYPE]: failure })
      )
    }),
    subscribe('fastify-clerk-auth:revocation-bus', (event) => {
      if (!event.connected && isOurs(event)) {
        absences.add(1, attributesOf({ [INSTANCE]: event.instance, [CAUSE]: event.cause }))
      }
    })
  ]
}
