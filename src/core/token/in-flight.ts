import type { VerificationOutcome } from './outcome.js'
import { tailOf } from './token-cache.js'
import type { UnverifiedToken } from './unverified-token.js'

/** Tokens under verification, so that an unseen token that many requests bring at once is decoded and verified once. */
export interface InFlight {
  find(text: string): UnverifiedToken | null
  add(token: UnverifiedToken, outcome: Promise<VerificationOutcome>): void
  forget(token: UnverifiedToken): void
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
      token.pending = outcome
      byTail.set(tailOf(token.text), token)
    },
    forget(token) {
      token.pending = null
      // A later token with the same tail may have replaced this one: leave its entry alone.
      if (byTail.get(tailOf(token.text)) === token) byTail.delete(tailOf(token.text))
    }
  }
}
