import type { VerificationOutcome } from './outcome.js'
import { tailOf } from './token-cache.js'

/** Verifications under way, so that the same unseen token in many concurrent requests is verified once. */
export interface InFlight {
  find(token: string): Promise<VerificationOutcome> | undefined
  add(token: string, outcome: Promise<VerificationOutcome>): void
  forget(token: string): void
}

export function createInFlight(): InFlight {
  const byTail = new Map<string, { readonly token: string; readonly outcome: Promise<VerificationOutcome> }>()
  return {
    find(token) {
      if (byTail.size === 0) return undefined
      const entry = byTail.get(tailOf(token))
      return entry?.token === token ? entry.outcome : undefined
    },
    add(token, outcome) {
      byTail.set(tailOf(token), { token, outcome })
    },
    forget(token) {
      // Of two tokens with one tail the later took the place: the other's end must not take it away.
      if (byTail.get(tailOf(token))?.token === token) byTail.delete(tailOf(token))
    }
  }
}
