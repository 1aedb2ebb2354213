import { isRecent } from '../recent.js'

/**
 * Kids that were missing from a key set fetched after a token had named them. Bounded in number and in time: a kid that
 * tokens keep naming is refused without a fetch for 2 s, then for 4, up to a minute, because its key may still be
 * published. The key set in hand is always looked up first, so an entry never hides a key that has arrived.
 */
export interface DeniedKids {
  has(kid: string, nowMs: number): boolean
  add(kid: string, nowMs: number): void
}

interface Denial {
  readonly atMs: number
  readonly spanMs: number
}

const MAX_KIDS = 1024
const FIRST_SPAN_MS = 2000
const MAX_SPAN_MS = 60_000

export function createDeniedKids(): DeniedKids {
  const denials = new Map<string, Denial>()

  return {
    has(kid, nowMs) {
      const denial = denials.get(kid)
      return denial !== undefined && isRecent(denial.atMs, denial.spanMs, nowMs)
    },
    add(kid, nowMs) {
      const previous = denials.get(kid)
      const spanMs = previous === undefined ? FIRST_SPAN_MS : Math.min(MAX_SPAN_MS, previous.spanMs * 2)
      denials.delete(kid)
      if (denials.size >= MAX_KIDS) denials.delete(denials.keys().next().value as string)
      denials.set(kid, { atMs: nowMs, spanMs })
    }
  }
}
