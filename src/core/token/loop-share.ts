import { setImmediate } from 'node:timers'
import { Later } from '../later.js'

/**
 * Decides which signatures the event loop verifies itself. The thread pool costs a token that is alone more latency than the
 * pool saves; of several at a time it takes the work off the loop, which is then free for known tokens.
 */
export interface LoopShare {
  /** Whether the next signature may be verified on the event loop; counted if so. */
  take(): boolean
  /** For a signature that may not: comes with the next turn, in which to ask again. Null: it is for the pool. */
  nextTurn(): Later<void> | null
  /** The pool begins with a signature. */
  enterPool(): void
  /** The pool has answered. */
  leavePool(): void
}

const SETTLED = Promise.resolve()
// Taken once: a test that fakes timers later must not hold up a token. Where they are faked already, the fake is taken, and the
// next turn may never come: until one has come, none is waited for.
const runNextTurn = setImmediate
let doTurnsCome = false
runNextTurn(() => {
  doTurnsCome = true
})

/**
 * On the loop: a signature while the pool has none to verify, at most one in a turn. Where the pool never had more than one at
 * a time when it was last in use, whoever brings tokens waits for each before the next, as a loop of `await` does: up to
 * `alonePerTurn` in a turn are then verified at once, as long as none is brought in the same breath as another. The next one
 * waits for the next turn, so that the loop gets to its other work; those that come while it waits are for the pool.
 */
export function createLoopShare(alonePerTurn: number): LoopShare {
  const together = Math.min(1, alonePerTurn)
  let perTurn = together
  let taken = 0
  let hasJustTaken = false
  let waits = 0
  let inPool = 0
  let mostInPool = 0

  const beginTurn = () => {
    taken = 0
  }
  // Before whoever awaits the token that was taken can go on.
  const takeBreath = () => {
    hasJustTaken = false
  }

  return {
    take() {
      if (inPool > 0 || taken >= perTurn || hasJustTaken) return false
      if (taken++ === 0) runNextTurn(beginTurn)
      if (perTurn > 1) {
        hasJustTaken = true
        SETTLED.then(takeBreath)
      }
      return true
    },
    nextTurn() {
      if (!doTurnsCome || perTurn <= 1 || inPool > 0 || hasJustTaken || waits > 0) return null
      const begun = new Later<void>()
      waits = 1
      runNextTurn(() => {
        waits = 0
        taken = 0
        begun.settle()
      })
      return begun
    },
    enterPool() {
      inPool++
      mostInPool = Math.max(mostInPool, inPool + waits)
    },
    leavePool() {
      inPool--
      if (inPool > 0) return
      perTurn = mostInPool > 1 ? together : alonePerTurn
      mostInPool = 0
      // The pool answers in a later turn than the one in which it was asked.
      taken = 0
    }
  }
}
