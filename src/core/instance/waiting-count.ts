import { type Eventually, isToCome, whenEnded } from '../later.js'

/** Counts the requests and tokens that wait for a verification, for keys or for Clerk. */
export interface WaitingCount {
  readonly now: number
  /** Counts an answer that is still to come until it has come, or failed to. */
  count<T>(answer: Eventually<T>): Eventually<T>
  /** Counts an answer whose end the caller tells by `leave`. */
  enter(): void
  leave(): void
}

export function createWaitingCount(): WaitingCount {
  let waiting = 0
  const leave = (): void => {
    waiting--
  }
  return {
    get now() {
      return waiting
    },
    enter() {
      waiting++
    },
    leave,
    count(answer) {
      if (!isToCome(answer)) return answer
      waiting++
      whenEnded(answer, leave)
      return answer
    }
  }
}
