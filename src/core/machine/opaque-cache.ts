import { LRUCache } from 'lru-cache'
import type { MachineOutcome } from './outcome.js'

export interface OpaqueCacheSettings {
  /** 0: verified tokens are asked about each time. */
  readonly positiveTtlMs: number
  /** 0: refused tokens are asked about each time. */
  readonly negativeTtlMs: number
  readonly maxEntries: number
  readonly now: () => number
}

/** What Clerk has said about opaque tokens, for a short time: they can be revoked at any moment. */
export interface OpaqueCache {
  find(token: string): MachineOutcome | undefined
  add(token: string, outcome: MachineOutcome, expiresAtMs: number): void
  /** Was good the last time Clerk was asked, however long ago that is: such a token is no guess. */
  wasGood(token: string): boolean
}

interface Entry {
  readonly outcome: MachineOutcome
  readonly untilMs: number
}

export function createOpaqueCache(settings: OpaqueCacheSettings): OpaqueCache {
  const { positiveTtlMs, negativeTtlMs, maxEntries, now } = settings
  // Apart, so that a flood of guesses cannot push out the tokens that are good.
  const good = new LRUCache<string, Entry>({ max: maxEntries })
  const refused = new LRUCache<string, Entry>({ max: maxEntries })

  return {
    find(token) {
      const entry = good.get(token) ?? refused.get(token)
      return entry !== undefined && entry.untilMs > now() ? entry.outcome : undefined
    },
    add(token, outcome, expiresAtMs) {
      if (outcome.ok) {
        refused.delete(token)
        good.set(token, { outcome, untilMs: Math.min(now() + positiveTtlMs, expiresAtMs) })
        return
      }
      good.delete(token)
      if (negativeTtlMs > 0) refused.set(token, { outcome, untilMs: now() + negativeTtlMs })
    },
    wasGood: (token) => good.has(token)
  }
}
