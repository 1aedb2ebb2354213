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
