import type { Instance } from '../core/instance.js'

/** Most instances remembered one by one. Beyond it the oldest moment counts for every instance that is built. */
const MAX_REMEMBERED = 10_000

interface Moment {
  readonly revokedUntilMs: number
  /** From this moment on every token that the revocations could cover has expired. */
  readonly overAtMs: number
}

/**
 * Keeps, of the revocations of instances that had to be closed, the moment of the latest. An instance that is built
 * again refuses every token issued until then, so no revocation is undone; the price is that tokens of others, from before
 * that moment, are refused too until they would have expired.
 */
export interface ForgottenRevocations {
  keep(identity: string, instance: Instance): void
  restore(identity: string, instance: Instance): void
}

export function createForgottenRevocations(now: () => number): ForgottenRevocations {
  const moments = new Map<string, Moment>()
  let ofAnybody: Moment = { revokedUntilMs: -Infinity, overAtMs: -Infinity }

  return {
    keep(identity, { revocations, settings }) {
      if (revocations.size === 0) return
      const { retentionMs } = revocations.health()
      // Never in the future: it counts for all users, and would refuse later sign-ins.
      const revokedUntilMs = Math.min(revocations.latestMs(), now() + settings.clockSkewInMs)
      moments.delete(identity)
      moments.set(identity, { revokedUntilMs, overAtMs: revokedUntilMs + retentionMs })
      for (const [oldest, moment] of moments) {
        if (moment.overAtMs > now() && moments.size <= MAX_REMEMBERED) break
        moments.delete(oldest)
        if (moment.overAtMs > now()) ofAnybody = laterOf(ofAnybody, moment)
      }
    },

    restore(identity, { revocations }) {
      const own = moments.get(identity)
      moments.delete(identity)
      const moment = own === undefined ? ofAnybody : laterOf(ofAnybody, own)
      if (moment.overAtMs > now()) revocations.refuseIssuedUntil(moment.revokedUntilMs)
    }
  }
}

function laterOf(one: Moment, other: Moment): Moment {
  return {
    revokedUntilMs: Math.max(one.revokedUntilMs, other.revokedUntilMs),
    overAtMs: Math.max(one.overAtMs, other.overAtMs)
  }
}
