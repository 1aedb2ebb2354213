import { logLine } from '../log-lines.js'
import type { Logger } from '../logger.js'
import { compileClaimCheck } from '../token/claims.js'
import type { JsonObject } from '../token/decode.js'
import type { VerificationObserver } from '../token/observer.js'
import type { VerificationFailureReason, VerificationOutcome } from '../token/outcome.js'
import { type ClockEstimate, createClockEstimate } from './clock-estimate.js'
import { verificationChannel, verificationEvent } from './events.js'
import { createRefusalCount } from './refusing-rules.js'

/** The verifier's observer, with its estimate of Clerk's clock. */
export interface DiagnosticObserver extends VerificationObserver {
  readonly clock: ClockEstimate
}

export interface VerificationObserverSettings {
  readonly instance: string | null
  readonly endpointOffsetMs: () => number | null
  /** Told of a token whose signature is good and whose issuer is refused. */
  readonly sawForeignIssuer: () => void
  readonly logger: Logger
}

const TIME_REASONS: ReadonlySet<VerificationFailureReason> = new Set([
  'token-expired',
  'token-not-active-yet',
  'token-iat-in-the-future'
])
/** Only the times: a token that is refused for them has passed the rules before them. */
const checkTimes = compileClaimCheck({
  audience: [],
  authorizedParties: [],
  issuers: [],
  reportOnly: { issuer: false, authorizedParties: false },
  onReport() {}
})
/** A smaller difference is within the error of the estimate. */
const MIN_OFFSET_MS = 1000
/** A wrong clock refuses many tokens; it is logged once in ten minutes. */
const LOG_AGAIN_MS = 600_000
/** In a flood of expired tokens the clock is checked once a second. */
const LOOK_AGAIN_MS = 1000

export function createVerificationObserver(settings: VerificationObserverSettings): DiagnosticObserver {
  const { instance, logger } = settings
  const clock = createClockEstimate(settings.endpointOffsetMs)
  const countRefusal = createRefusalCount(logger)
  let lookFromMs = Number.NEGATIVE_INFINITY
  /** Tokens refused for their time since the last line. */
  let count = 0

  /** Logs a warning when the token would have been accepted by Clerk's clock: then our clock is the cause. */
  function explain(claims: JsonObject, reason: VerificationFailureReason | null, nowMs: number, skewMs: number): void {
    if (reason === null || !TIME_REASONS.has(reason)) return
    count++
    // If `lookFromMs` is further away than the longest wait, the wall clock was set back: do not wait.
    if (nowMs < lookFromMs && lookFromMs - nowMs <= LOG_AGAIN_MS) return
    lookFromMs = nowMs + LOOK_AGAIN_MS
    const offset = clock.current(nowMs)
    if (offset === null || Math.abs(offset.offsetMs) < MIN_OFFSET_MS) return
    if (checkTimes(claims, nowMs + offset.offsetMs, skewMs) !== null) return
    lookFromMs = nowMs + LOG_AGAIN_MS
    logLine(logger, offset.offsetMs > 0 ? 'clock-behind' : 'clock-ahead', {
      reason,
      option: 'clockSkewInMs',
      count,
      clockOffsetMs: offset.offsetMs,
      from: offset.from
    })
    count = 0
  }

  function publish(outcome: VerificationOutcome, begunAtMs: number): void {
    verificationChannel.publish(
      verificationEvent({
        instance,
        outcome: outcome.ok ? 'verified' : outcome.unavailable ? 'unavailable' : 'refused',
        reason: outcome.ok ? null : outcome.reason,
        durationMs: performance.now() - begunAtMs
      })
    )
  }

  return {
    clock,
    concluded(claims, reason, nowMs, skewMs) {
      const { iat } = claims
      if (typeof iat === 'number' && Number.isFinite(iat)) clock.witness(iat, nowMs)
      if (reason !== null) countRefusal(reason, nowMs)
      if (reason === 'token-invalid-issuer') settings.sawForeignIssuer()
      explain(claims, reason, nowMs, skewMs)
    },
    begin: () => (verificationChannel.hasSubscribers ? performance.now() : 0),
    judged(outcome, begunAtMs) {
      // 0: there was no subscriber at the beginning, so there is no duration to publish.
      if (begunAtMs === 0 || !verificationChannel.hasSubscribers) return
      publish(outcome, begunAtMs)
    },
    refused(reason, claims, nowMs, skewMs) {
      explain(claims, reason, nowMs, skewMs)
      if (!verificationChannel.hasSubscribers) return
      const outcome = reason === 'revocation-bus-away' ? 'unavailable' : 'refused'
      verificationChannel.publish(verificationEvent({ instance, outcome, reason, durationMs: null }))
    }
  }
}
