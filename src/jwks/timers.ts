/** Runs `run` once after `ms`; the handle it returns cancels. */
export type SetTimer = (run: () => void, ms: number) => () => void

/** Real time, and never a reason for the process to stay alive. */
export const setUnrefTimer: SetTimer = (run, ms) => {
  const timer = setTimeout(run, ms)
  timer.unref()
  return () => clearTimeout(timer)
}
