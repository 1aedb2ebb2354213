export interface FailureRecordSettings {
  readonly now: () => number
  /** For how long all tokens have to fail where none has verified yet, in ms. */
  readonly neverVerifiedMs: number
  /** Called when they have, with the number of failures; not again before a token verifies or the record is begun again. */
  readonly onEnough: (failures: number) => void
}

/** Whether all tokens of the instance have failed for long. */
export interface FailureRecord {
  /** A token has failed by its key or signature. */
  suspect(): void
  /** A token has verified. */
  prove(): void
  /** The failures so far have another explanation. */
  restart(): void
}

/** Fewer failures may be somebody's attempts. */
const ENOUGH_FAILURES = 10
export const DAY_MS = 86_400_000

/** One good token ends the record, so that forged tokens count for nothing beside good ones. */
export function createFailureRecord({ now, neverVerifiedMs, onEnough }: FailureRecordSettings): FailureRecord {
  let failures = 0
  let firstMs = 0
  let hasVerified = false
  let isTold = false

  function restart(): void {
    failures = 0
    isTold = false
  }

  return {
    suspect() {
      const nowMs = now()
      // Also where the clock was set back.
      if (failures++ === 0 || nowMs < firstMs) firstMs = nowMs
      if (isTold || failures < ENOUGH_FAILURES) return
      if (nowMs - firstMs < (hasVerified ? DAY_MS : neverVerifiedMs)) return
      isTold = true
      onEnough(failures)
    },
    prove() {
      hasVerified = true
      restart()
    },
    restart
  }
}
