import type { SetTimer } from '../core/timers.js'

/** Requests held back until there is room for their record. */
export interface WaitingRoom {
  readonly length: number
  /** How many waited in vain. */
  readonly turnedAway: number
  enter(isCertain: boolean, callback: (hasRoom: boolean) => void): void
  /** Lets in as many as there is room for: first come, first served. */
  admit(room: number): void
  /** Sends everyone away. */
  close(): void
}

interface Waiter {
  /** Its record will come; otherwise it may or may not. */
  readonly isCertain: boolean
  readonly callback: (hasRoom: boolean) => void
  cancelTimer: () => void
}

export function createWaitingRoom(maxWaitMs: number, setTimer: SetTimer): WaitingRoom {
  const waiters: Waiter[] = []
  let turnedAway = 0
  return {
    get length() {
      return waiters.length
    },
    get turnedAway() {
      return turnedAway
    },
    enter(isCertain, callback) {
      const waiter: Waiter = { isCertain, callback, cancelTimer: () => {} }
      waiter.cancelTimer = setTimer(() => {
        waiters.splice(waiters.indexOf(waiter), 1)
        turnedAway++
        callback(false)
      }, maxWaitMs)
      waiters.push(waiter)
    },
    admit(room) {
      let left = room
      while (left > 0 && waiters.length > 0) {
        const waiter = waiters.shift() as Waiter
        // Counted as if its record were there already, or all who wait would come at once.
        if (waiter.isCertain) left--
        waiter.cancelTimer()
        waiter.callback(true)
      }
    },
    close() {
      for (const waiter of waiters.splice(0)) {
        waiter.cancelTimer()
        waiter.callback(false)
      }
    }
  }
}
