import { randomUUID } from 'node:crypto'
import { createDeferred } from '../core/deferred.js'
import { type SetTimer, withinTime } from '../core/timers.js'

/** Messages that a process sends to itself through an engine. One that comes back shows that what is published arrives. */
export interface Heartbeat {
  /** Sends a message. Resolves to true when it is back, to false when it is not back within the interval. */
  prove(): Promise<boolean>
  /** Sends the message of `prove` once more, in case that it was lost. */
  resend(): void
  /** Ends the wait of `prove`, whose answer then means nothing. */
  giveUp(): void
  /** Whether a message that has arrived is a heartbeat of this process. */
  takes(message: string): boolean
  /** Calls `run` after each interval, the next time when its promise has settled. Returns a function that ends it. */
  repeat(run: () => Promise<void>): () => void
}

export function createHeartbeat(
  send: (message: string) => Promise<void>,
  intervalMs: number,
  setTimer: SetTimer
): Heartbeat {
  /** Holds no revocation, for a process of any version. */
  const own = JSON.stringify([randomUUID()])
  let echo = createDeferred()

  return {
    async prove() {
      echo = createDeferred()
      await send(own)
      const isEchoed = echo.promise.then(() => true)
      return withinTime(isEchoed, intervalMs, false, setTimer)
    },

    resend: () => void send(own),

    giveUp: () => echo.resolve(),

    takes(message) {
      if (message !== own) return false
      echo.resolve()
      return true
    },

    repeat(run) {
      let isEnded = false
      let cancel = setTimer(next, intervalMs)
      async function next(): Promise<void> {
        await run()
        if (!isEnded) cancel = setTimer(next, intervalMs)
      }
      return () => {
        isEnded = true
        cancel()
      }
    }
  }
}
