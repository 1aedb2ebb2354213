import { BoundedMap } from '../bounded-map.js'
import { randomText } from '../ids.js'

/** Tickets that BAPI hands out, by which a browser signs in without a password. */
export interface SignInTokens {
  /** Makes a ticket for the user, good once. */
  issue(userId: string, expiresAtMs: number): string
  /** The user of the ticket; undefined: unknown, used or expired. */
  redeem(ticket: string, nowMs: number): string | undefined
}

const MAX_TICKETS = 10_000

export function createSignInTokens(): SignInTokens {
  const tickets = new BoundedMap<string, { userId: string; expiresAtMs: number }>(MAX_TICKETS)
  return {
    issue(userId, expiresAtMs) {
      const ticket = randomText(48)
      tickets.set(ticket, { userId, expiresAtMs })
      return ticket
    },
    redeem(ticket, nowMs) {
      const found = tickets.get(ticket)
      tickets.delete(ticket)
      return found !== undefined && nowMs < found.expiresAtMs ? found.userId : undefined
    }
  }
}
