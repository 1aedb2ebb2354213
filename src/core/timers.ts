/** Runs `run` once after `ms`; the function it returns cancels. */
export type SetTimer = (run: () => void, ms: number) => () => void

/** Node takes the delay as a signed 32-bit number and fires at once beyond it. */
const MAX_DELAY_MS = 2 ** 31 - 1

/**
 * Real time, and never a reason for the process to stay alive. Fires after `MAX_DELAY_MS` (24.8 days) at the latest: a
 * caller whose moment lies further ahead sees by its clock that it has not come, and sets the timer again.
 */
export const setUnrefTimer: SetTimer = (run, ms) => {
  // A test may put its own timers in place of the global ones meanwhile: those cannot cancel this timer.
  const { clearTimeout } = globalThis
  const timer = setTimeout(run, Math.min(ms, MAX_DELAY_MS))
  timer.unref()
  return () => clearTimeout(timer)
}

/**
 * A timer for the end of a wait, one round of the event loop late: a process that was busy, or stood still, reads what has
 * arrived before its next timer, and not before one that is due already.
 */
export function setDeadline(run: () => void, ms: number, setTimer: SetTimer): () => void {
  let cancel = setTimer(() => {
    cancel = setTimer(run, 0)
  }, ms)
  return () => cancel()
}

/** Resolves as the promise does, or to `otherwise` once `ms` have passed. */
export function withinTime<T>(promise: Promise<T>, ms: number, otherwise: T, setTimer: SetTimer): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = setDeadline(() => resolve(otherwise), ms, setTimer)
    promise.finally(cancel).then(resolve, reject)
  })
}

// Taken once: a test that fakes timers while a caller waits must not leave the process without them, or with them for ever.
const { setInterval, clearInterval } = globalThis

let waiting = 0
let alive: NodeJS.Timeout | undefined

/**
 * Keeps the process alive until the function that it returns is called, once. The timers here do not, and without a
 * socket (a job, `inject`) Node would exit while somebody still waits for them.
 */
export function keepAlive(): () => void {
  if (waiting++ === 0) alive = setInterval(() => {}, 60_000)
  return () => {
    if (--waiting === 0) clearInterval(alive)
  }
}

/** Keeps the process alive until the promise settles. */
export async function whileAwaited<T>(promise: Promise<T>): Promise<T> {
  const release = keepAlive()
  try {
    return await promise
  } finally {
    release()
  }
}
