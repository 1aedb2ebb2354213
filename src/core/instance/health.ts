import type { ClockEstimate, ClockOffset } from '../diagnostics/clock-estimate.js'
import type { InstanceMismatch } from '../jwks/instance-mismatch.js'
import type { MismatchWatch } from '../jwks/mismatch-watch.js'
import type { KeyStore, KeyStoreHealth } from '../jwks/types.js'
import type { Revocations, RevocationsHealth } from '../revocation/types.js'

export interface InstanceHealth {
  readonly keys: KeyStoreHealth
  readonly revocation: RevocationsHealth
  /** Clerk's clock minus ours, estimated from the key endpoint and fresh tokens; null: not known. */
  readonly clock: ClockOffset | null
  /** Two options whose keys belong to different instances, once that is known or likely; null: it is not. */
  readonly instanceMismatch: InstanceMismatch | null
  /** Something is wrong: keys beyond their freshness, a bus that is away, or keys that are known to be of two instances. */
  readonly degraded: boolean
  /**
   * Tokens can be judged, in an outage too as long as known keys may be used. False while the bus is away if
   * `revocation.whenBusIsAway` is `refuse`. For a readiness route.
   */
  readonly ready: boolean
}

export interface HealthSources {
  readonly keyStore: KeyStore
  readonly revocations: Revocations
  readonly clock: ClockEstimate
  readonly mismatch: Pick<MismatchWatch, 'found' | 'isCertain'>
  /** No token is judged while the bus is away: `revocation.whenBusIsAway` is `refuse`, and there is a bus. */
  readonly needsBus: boolean
  readonly now: () => number
}

export function createInstanceHealth(sources: HealthSources): () => InstanceHealth {
  const { keyStore, revocations, clock, mismatch, needsBus, now } = sources
  return () => {
    const keys = keyStore.health()
    const revocation = revocations.health()
    const busIsAway = revocation.bus?.connected === false
    return {
      keys,
      revocation,
      clock: clock.current(now()),
      instanceMismatch: mismatch.found,
      degraded: keys.degraded || busIsAway || mismatch.isCertain,
      // Keys from PEM have no kid: then a store without keys shows in being degraded.
      ready: (keys.kids.length > 0 || !keys.degraded) && !(needsBus && busIsAway)
    }
  }
}
