import { keepAlive, type SetTimer } from '../core/timers.js'

/** Requests held back until there is room for their record. */
export interface WaitingRoom {
  readonly length: number
  /** Number of requests that waited in vain. */
  readonly turnedAway: number
  enter(isCertain: boolean, callback: (hasRoom: boolean) => void): void
  /** Admits waiting requests, the longest-waiting first, until `room` certain records are accounted for. */
  admit(room: number): void
  /** Turns all waiting requests away. */
  close(): void
}

interface Waiter {
  /** True: the request writes a record whatever its outcome. False: its outcome decides. */
  readonly isCertain: boolean
  readonly callback: (hasRoom: boolean) => void
  stopWaiting: () => void
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
      const waiter: Waiter = { isCertain, callback, stopWaiting: () => {} }
      const release = keepAlive()
      const cancelTimer = setTimer(() => {
        release()
        waiters.splice(waiters.indexOf(waiter), 1)
        turnedAway++
        callback(false)
      }, maxWaitMs)
      waiter.stopWaiting = () => {
        cancelTimer()
        release()
      }
      waiters.push(waiter)
    },
    admit(room) {
      let left = room
      while (left > 0 && waiters.length > 0) {
        const waiter = waiters.shift() as Waiter
        // Counts the record before it is written: otherwise all waiting requests would be admitted at once.
        if (waiter.isCertain) left--
        waiter.stopWaiting()
        waiter.callback(true)
      }
    },
    close() {
      for (const waiter of waiters.splice(0)) {
        waiter.stopWaiting()
        waiter.callback(false)
      }
    }
  }
}
