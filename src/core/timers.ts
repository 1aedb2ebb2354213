/** Runs `run` once after `ms`; the function it returns cancels. */
export type SetTimer = (run: () => void, ms: number) => () => void

/** Node takes the delay as a signed 32-bit number and fires at once beyond it. */
const MAX_DELAY_MS = 2 ** 31 - 1

/**
 * Real time, and never a reason for the process to stay alive. Fires after `MAX_DELAY_MS` (24.8 days) at the latest: a
 * caller whose moment lies further ahead sees by its clock that it has not come, and sets the timer again.
 */
export const setUnrefTimer: SetTimer = (run, ms) => {
  const timer = setTimeout(run, Math.min(ms, MAX_DELAY_MS))
  timer.unref()
  return () => clearTimeout(timer)
}

/** Resolves as the promise does, or to `otherwise` once `ms` have passed. */
export function withinTime<T>(promise: Promise<T>, ms: number, otherwise: T, setTimer: SetTimer): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = setTimer(() => resolve(otherwise), ms)
    promise.finally(cancel).then(resolve, reject)
  })
}

let awaited = 0
let alive: NodeJS.Timeout | undefined

/**
 * Keeps the process alive until the promise settles. The timers of the key store do not, and without a socket (a job,
 * `inject`) Node would exit while a caller still waits.
 */
export async function whileAwaited<T>(promise: Promise<T>): Promise<T> {
  if (awaited++ === 0) alive = setInterval(() => {}, 60_000)
  try {
    return await promise
  } finally {
    if (--awaited === 0) clearInterval(alive)
  }
}
