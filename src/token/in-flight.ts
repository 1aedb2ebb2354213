import type { VerificationOutcome } from './outcome.js'

/** Verifications under way, so that the same unseen token in many concurrent requests is verified once. */
export interface InFlight {
  find(token: string): Promise<VerificationOutcome> | undefined
  add(token: string, outcome: Promise<VerificationOutcome>): void
  forget(token: string): void
}

/** As in the token cache: a short key, because hashing a whole token is work that every token of a burst would pay for. */
const TAIL_LENGTH = 12

export function createInFlight(): InFlight {
  const byTail = new Map<string, { readonly token: string; readonly outcome: Promise<VerificationOutcome> }>()
  return {
    find(token) {
      if (byTail.size === 0) return undefined
      const entry = byTail.get(token.slice(-TAIL_LENGTH))
      return entry?.token === token ? entry.outcome : undefined
    },
    add(token, outcome) {
      byTail.set(token.slice(-TAIL_LENGTH), { token, outcome })
    },
    forget(token) {
      // Of two tokens with one tail the later took the place: the other's end must not take it away.
      if (byTail.get(token.slice(-TAIL_LENGTH))?.token === token) byTail.delete(token.slice(-TAIL_LENGTH))
    }
  }
}
