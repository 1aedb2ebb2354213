import { helpOfReason } from '../help-page.js'
import type { Logger } from '../logger.js'
import type { VerificationFailureReason } from '../token/outcome.js'
import { createCountMany } from './many.js'

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

/**
 * Counts tokens of this instance that a rule has refused. Their signatures are good, so no stranger without an account causes
 * a line. Returns the function that is told of each refusal.
 */
export function createRefusalCount(logger: Logger): (reason: VerificationFailureReason, nowMs: number) => void {
  const countMany = createCountMany<VerificationFailureReason>()

  return (reason, nowMs) => {
    const rule = REFUSING_RULES[reason]
    if (rule === undefined) return
    const count = countMany(reason, nowMs)
    if (count === 0) return
    logger.warn(
      { reason, option: rule.option, count, help: helpOfReason(reason) },
      `Clerk: many session tokens of this instance are refused: ${rule.text}`
    )
  }
}
