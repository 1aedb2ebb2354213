/** Runs `run` once after `ms`; the handle it returns cancels. */
export type SetTimer = (run: () => void, ms: number) => () => void

/** Real time, and never a reason for the process to stay alive. */
export const setUnrefTimer: SetTimer = (run, ms) => {
  const timer = setTimeout(run, ms)
  timer.unref()
  return () => clearTimeout(timer)
}

/** What the promise gives, or `otherwise` once `ms` have passed. */
export function withinTime<T>(promise: Promise<T>, ms: number, otherwise: T, setTimer: SetTimer): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = setTimer(() => resolve(otherwise), ms)
    promise.finally(cancel).then(resolve, reject)
  })
}

let awaited = 0
let alive: NodeJS.Timeout | undefined

/**
 * Keeps the process alive until somebody's answer is there: timers of the key store do not, and without a socket (a job,
 * `inject`) Node would end in the middle of the wait.
 */
export async function whileAwaited<T>(promise: Promise<T>): Promise<T> {
  if (awaited++ === 0) alive = setInterval(() => {}, 60_000)
  try {
    return await promise
  } finally {
    if (--awaited === 0) clearInterval(alive)
  }
}
