/**
 * Kids that a key set newer than the question did not have. Bounded in number, and in time: a kid that keeps being asked
 * for is refused for 2 s, then 4, up to a minute, as its key set may yet arrive. A key that does arrive is found
 * before this memory is asked, so an entry never outlives the rotation that proves it wrong.
 */
export interface DeniedKids {
  has(kid: string, nowMs: number): boolean
  add(kid: string, nowMs: number): void
}

interface Denial {
  untilMs: number
  spanMs: number
}

const MAX_KIDS = 1024
const FIRST_SPAN_MS = 2000
const MAX_SPAN_MS = 60_000

export function createDeniedKids(): DeniedKids {
  const denials = new Map<string, Denial>()

  return {
    has(kid, nowMs) {
      const denial = denials.get(kid)
      return denial !== undefined && nowMs < denial.untilMs
    },
    add(kid, nowMs) {
      const previous = denials.get(kid)
      const spanMs = previous === undefined ? FIRST_SPAN_MS : Math.min(MAX_SPAN_MS, previous.spanMs * 2)
      denials.delete(kid)
      if (denials.size >= MAX_KIDS) denials.delete(denials.keys().next().value as string)
      denials.set(kid, { untilMs: nowMs + spanMs, spanMs })
    }
  }
}
