import { helpOfReason } from '../help-page.js'
import type { Logger } from '../logger.js'
import type { VerificationFailureReason } from '../token/outcome.js'

/** What is said of a rule that refuses many: the options that it reads, and the cure. */
export interface RefusingRule {
  readonly option: string
  readonly text: string
}

/** By the reason of the refusal. The clock is not here: `verification-observer.ts` compares it with Clerk's. */
export const REFUSING_RULES: Readonly<Partial<Record<VerificationFailureReason, RefusingRule>>> = Object.freeze({
  'token-invalid-authorized-parties': {
    option: 'authorizedParties',
    text: 'their azp is missing, or is an origin that authorizedParties does not list. Add the origins of your own pages, or find out by reportOnly what the rule would refuse.'
  },
  'token-invalid-issuer': {
    option: 'issuer',
    text: 'their keys are good and their issuer is not that of publishableKey. Check that publishableKey and secretKey (or jwtKey) are of one instance, and domain, proxyUrl and issuer.'
  },
  'token-verification-failed': {
    option: 'audience',
    text: 'their aud is none of audience, or a claim is missing or malformed. Check audience, and the session token in the Clerk dashboard.'
  }
})

/** So many refusals by one rule within a minute are told, and again after ten minutes. */
const MANY = 20
const WINDOW_MS = 60_000
const AGAIN_MS = 600_000

/**
 * Counts tokens of this instance that a rule has refused. Their signatures are good, so no stranger without an account causes
 * a line. Returns the function that is told of each refusal.
 */
export function createRefusalCount(logger: Logger): (reason: VerificationFailureReason, nowMs: number) => void {
  const counts = new Map<VerificationFailureReason, { count: number; sinceMs: number; quietUntilMs: number }>()

  return (reason, nowMs) => {
    const rule = REFUSING_RULES[reason]
    if (rule === undefined) return
    let entry = counts.get(reason)
    if (entry === undefined) {
      entry = { count: 0, sinceMs: nowMs, quietUntilMs: Number.NEGATIVE_INFINITY }
      counts.set(reason, entry)
    }
    const isTold = nowMs < entry.quietUntilMs && entry.quietUntilMs - nowMs <= AGAIN_MS
    // Also where the clock was set back.
    if (!isTold && (nowMs - entry.sinceMs > WINDOW_MS || nowMs < entry.sinceMs)) {
      entry.count = 0
      entry.sinceMs = nowMs
    }
    entry.count++
    if (isTold || entry.count < MANY) return
    logger.warn(
      { reason, option: rule.option, count: entry.count, help: helpOfReason(reason) },
      `Clerk: many session tokens of this instance are refused: ${rule.text}`
    )
    entry.count = 0
    entry.sinceMs = nowMs
    entry.quietUntilMs = nowMs + AGAIN_MS
  }
}
