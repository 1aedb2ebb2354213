import type { InstanceMismatch, MismatchSearch } from './instance-mismatch.js'

export interface FailureRecordSettings {
  readonly mismatch: InstanceMismatch
  readonly now: () => number
  readonly onFound: (mismatch: InstanceMismatch, failures: number) => void
}

/** Fewer failures may be somebody's attempts. */
const ENOUGH_FAILURES = 10
/** For how long all tokens have to fail: from the first failure of a process that has never verified one, and of others. */
const NEVER_VERIFIED_MS = 600_000
const VERIFIED_BEFORE_MS = 86_400_000

/**
 * For keys that were given in code, which must not need the network: the mismatch is likely once tokens of the instance have
 * failed for long and not one has verified. One good token takes it back, so forged tokens cause no alarm beside good ones.
 */
export function createFailureRecord({ mismatch, now, onFound }: FailureRecordSettings): MismatchSearch {
  let found: InstanceMismatch | null = null
  let failures = 0
  let firstMs = 0
  let hasVerified = false

  return {
    get found() {
      return found
    },
    suspect() {
      if (failures++ === 0) firstMs = now()
      const lastedMs = now() - firstMs
      if (found !== null || failures < ENOUGH_FAILURES) return
      if (lastedMs < (hasVerified ? VERIFIED_BEFORE_MS : NEVER_VERIFIED_MS)) return
      found = mismatch
      onFound(mismatch, failures)
    },
    prove() {
      hasVerified = true
      found = null
      failures = 0
    },
    close() {}
  }
}
