import type { Later } from '../later.js'
import type { VerificationOutcome } from './outcome.js'
import { tailOf } from './token-cache.js'
import type { UnverifiedToken } from './unverified-token.js'

/** Tokens under verification, so that an unseen token that many requests bring at once is decoded and verified once. */
export interface InFlight {
  find(text: string): UnverifiedToken | null
  /** Until the outcome is there. */
  add(token: UnverifiedToken, outcome: Later<VerificationOutcome>): void
}

export function createInFlight(): InFlight {
  const byTail = new Map<string, UnverifiedToken>()
  return {
    find(text) {
      if (byTail.size === 0) return null
      const token = byTail.get(tailOf(text))
      return token?.text === text ? token : null
    },
    add(token, outcome) {
      const tail = tailOf(token.text)
      token.pending = outcome
      byTail.set(tail, token)
      outcome.whenEnded(() => {
        token.pending = null
        // A later token with the same tail may have replaced this one: leave its entry alone.
        if (byTail.get(tail) === token) byTail.delete(tail)
      })
    }
  }
}
