import type { Instance } from '../core/instance.js'
import { latestOf, type MomentByReach, NO_MOMENTS } from '../core/revocation/reach.js'

/** Most instances remembered one by one. Beyond it the oldest moment counts for every instance that is built. */
const MAX_REMEMBERED = 10_000

interface Moment {
  readonly revokedUntil: MomentByReach
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
  let ofAnybody: Moment = { revokedUntil: NO_MOMENTS, overAtMs: -Infinity }

  return {
    keep(identity, { revocations, settings }) {
      if (revocations.size === 0) return
      const { retentionMs, machineRetentionMs } = revocations.health()
      // Never in the future: it counts for all users, and would refuse later sign-ins.
      const latestMs = now() + settings.clockSkewInMs
      const { sessionsMs, machinesMs } = revocations.latest()
      const revokedUntil = { sessionsMs: Math.min(sessionsMs, latestMs), machinesMs: Math.min(machinesMs, latestMs) }
      const overAtMs = Math.max(revokedUntil.sessionsMs + retentionMs, revokedUntil.machinesMs + machineRetentionMs)
      moments.delete(identity)
      moments.set(identity, { revokedUntil, overAtMs })
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
      if (moment.overAtMs > now()) revocations.refuseIssuedUntil(moment.revokedUntil)
    }
  }
}

function laterOf(one: Moment, other: Moment): Moment {
  return {
    revokedUntil: latestOf(one.revokedUntil, other.revokedUntil),
    overAtMs: Math.max(one.overAtMs, other.overAtMs)
  }
}
