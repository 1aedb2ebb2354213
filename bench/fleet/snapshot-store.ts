import type { KeySetSnapshotStore } from '../../src/core/options/jwks.js'
import type { FlightWatch } from '../../test/fixtures/flight-watch.js'
import type { SimulatedTime } from '../../test/fixtures/simulated-time.js'
import type { Latency } from './latency.js'

/** A modelled store of snapshots, such as Redis, that all processes of the fleet share. */
export interface ModelSnapshotStore {
  readonly store: KeySetSnapshotStore
  readonly counts: Readonly<StoreCounts>
}

export interface StoreCounts {
  gets: number
  sets: number
  claims: number
}

export interface SnapshotStoreModel {
  readonly time: SimulatedTime
  readonly flights: FlightWatch
  /** There and back. The store does its work half-way. */
  readonly latency: Latency
  /** Whether processes can take turns with it. */
  readonly hasClaim: boolean
}

export function createModelSnapshotStore({ time, flights, latency, hasClaim }: SnapshotStoreModel): ModelSnapshotStore {
  const counts: StoreCounts = { gets: 0, sets: 0, claims: 0 }
  let kept: string | null = null
  let claimedUntilMs = 0

  const wait = (ms: number) => new Promise<void>((resolve) => void time.setTimer(resolve, ms))

  async function call<T>(work: () => T): Promise<T> {
    const halfMs = latency() / 2
    await wait(halfMs)
    const result = work()
    await wait(halfMs)
    return result
  }

  const store: KeySetSnapshotStore = {
    get: () =>
      flights.away(
        call(() => {
          counts.gets++
          return kept
        })
      ),
    set: (text) =>
      call(() => {
        counts.sets++
        kept = text
      })
  }
  const claim = (ms: number) =>
    call(() => {
      counts.claims++
      if (time.now() < claimedUntilMs) return false
      claimedUntilMs = time.now() + ms
      return true
    })
  return { store: hasClaim ? { ...store, claim } : store, counts }
}
