import { uptime } from 'node:os'

/** The wall clock, in milliseconds since the epoch. Default of every `now`. */
export const systemNow = (): number => Date.now()

/** Less is drift, or the time between two readings. */
const STEP_MS = 1_000
const NATIVE = 'function now() { [native code] }'

let asleepMs = 0
let gapMs = Date.now() - performance.now()
const awakeAtStartMs = sinceBootMs() - performance.now()

/**
 * Milliseconds by a clock that nobody sets: `systemNow` runs ahead of it, or falls behind, only where the wall clock was set.
 * On Linux `performance.now` stands still while the machine sleeps, and that time counts here. So does the time that a test
 * puts in the place of `Date`.
 */
export function steadyNow(): number {
  const gapNowMs = Date.now() - performance.now()
  if (Math.abs(gapNowMs - gapMs) > STEP_MS) {
    asleepMs = isPlatformClock() ? sinceBootMs() - performance.now() - awakeAtStartMs : asleepMs + gapNowMs - gapMs
    gapMs = gapNowMs
  }
  return performance.now() + asleepMs
}

/** What a span of time is measured by, for a caller whose clock is `now`. Any other clock than the system's has no steps. */
export const steadyOf = (now: () => number): (() => number) => (now === systemNow ? steadyNow : now)

function isPlatformClock(): boolean {
  return Function.prototype.toString.call(Date.now) === NATIVE
}

/** Counts the sleep of the machine. Where the system does not tell it, a sleep passes for a step. */
function sinceBootMs(): number {
  try {
    return uptime() * 1000
  } catch {
    return performance.now()
  }
}
