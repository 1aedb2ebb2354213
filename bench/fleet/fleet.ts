import { createKeyStore } from '../../src/core/jwks/key-store.js'
import type { KeyStore, KeyStoreStats } from '../../src/core/jwks/types.js'
import { silentLogger } from '../../src/core/logger.js'
import type { JwksSettings } from '../../src/core/options/jwks.js'
import { watchFlights } from '../../test/fixtures/flight-watch.js'
import { createPublicJwk } from '../../test/fixtures/rsa-keys.js'
import { createSimulatedTime, type SimulatedTime } from '../../test/fixtures/simulated-time.js'
import { createRandom } from '../traffic/random.js'
import { createModelEndpoint, type ModelEndpoint } from './endpoint.js'
import { createLatency } from './latency.js'
import { createModelSnapshotStore, type StoreCounts } from './snapshot-store.js'

/**
 * `alone`: each process fetches for itself. `snapshots`: they share a store with `get` and `set`. `turns`: the store has
 * `claim`, too.
 */
export type Sharing = 'alone' | 'snapshots' | 'turns'

export interface FleetInput {
  readonly size: number
  readonly sharing: Sharing
  readonly seed: number
  /** Most requests that the key endpoint answers in ten seconds. Default: no limit, as Clerk documents for `/v1/jwks`. */
  readonly limit?: number
  /** In place of the drawn numbers that the processes spread their fetches by: shows a herd. */
  readonly jitter?: () => number
}

/** Processes of one application with real key stores, in simulated time, around a modelled key endpoint and store. */
export interface Fleet {
  readonly time: SimulatedTime
  readonly endpoint: ModelEndpoint
  readonly storeCounts: Readonly<StoreCounts> | null
  readonly random: () => number
  /** Running processes. */
  readonly processes: readonly KeyStore[]
  /** Runs `act` for each process, at moments drawn evenly from `withinMs`. The moments lie ahead: let time pass. */
  spread(withinMs: number, act: (place: number) => void): void
  /** Ends the process at this place, if there is one, and starts a new one in its place. */
  restart(place: number): void
  /** A token with this key arrives at a process, again every second until it is accepted. */
  meet(place: number, kid: string): void
  /** How long each token of `meet` waited until it was accepted, in ms. */
  readonly waitsMs: number[]
  /** Fetches that all processes, the ended ones included, have counted. */
  fetches(): number
  close(): void
}

// No timer but that of a fetch has this length, or a quarter of it: simulated time tells work from waiting by it.
const TIMEOUT_MS = 2999.5
const RETRY_MS = 1000

/** The defaults of the options. */
const CACHE: Omit<JwksSettings, 'snapshot'> = {
  keys: null,
  cacheMaxAgeInMs: 300_000,
  refreshAheadInMs: 60_000,
  staleIfErrorInMs: 14_400_000,
  cooldownInMs: 1000,
  timeoutInMs: TIMEOUT_MS,
  maxBytes: 65_536,
  maxKeys: 32,
  warmUp: 'background',
  pollWhenIdle: false
}

/** Of the modelled network, in ms: the key endpoint, and the store that the processes share. */
export const LATENCIES = {
  endpoint: { medianMs: 80, p99Ms: 600 },
  store: { medianMs: 1, p99Ms: 8 }
} as const

export function createFleet({ size, sharing, seed, limit = Number.POSITIVE_INFINITY, jitter }: FleetInput): Fleet {
  const time = createSimulatedTime()
  const random = createRandom(seed)
  const flights = watchFlights(time, TIMEOUT_MS)
  const { endpoint: far, store: near } = LATENCIES
  const endpoint = createModelEndpoint({
    time,
    flights,
    latency: createLatency(far.medianMs, far.p99Ms, random),
    limit
  })
  const shared =
    sharing === 'alone'
      ? null
      : createModelSnapshotStore({
          time,
          flights,
          latency: createLatency(near.medianMs, near.p99Ms, random),
          hasClaim: sharing === 'turns'
        })
  const processes: KeyStore[] = []
  const waitsMs: number[] = []
  let endedFetches = 0

  function boot(): KeyStore {
    // Without a counter of requests, a key store takes it that requests always come.
    const store = createKeyStore(
      {
        jwtKey: [],
        jwks: { ...CACHE, snapshot: shared?.store ?? null },
        secretKey: 'sk_live_fleet',
        frontendApi: 'clerk.example.com',
        apiUrl: 'https://api.clerk.com',
        apiVersion: 'v1',
        now: time.now,
        fetch: endpoint.fetch,
        logger: silentLogger
      },
      { setTimer: flights.setTimer, random: jitter ?? random }
    )
    void store.ready()
    return store
  }

  const end = (store: KeyStore) => {
    endedFetches += countFetches(store.stats())
    store.close()
  }

  async function meet(place: number, kid: string, sinceMs: number): Promise<void> {
    const store = processes[place]
    if (store === undefined) return
    const isKnown = store.find(kid).length > 0 || (await store.resolve(kid, true)).ok
    if (isKnown) waitsMs.push(time.now() - sinceMs)
    else time.setTimer(() => void meet(place, kid, sinceMs), RETRY_MS)
  }

  endpoint.publish(createPublicJwk(0).jwk)
  return {
    time,
    endpoint,
    storeCounts: shared?.counts ?? null,
    random,
    processes,
    spread(withinMs, act) {
      for (let place = 0; place < size; place++) time.setTimer(() => act(place), random() * withinMs)
    },
    restart(place) {
      const running = processes[place]
      if (running !== undefined) end(running)
      processes[place] = boot()
    },
    meet: (place, kid) => void meet(place, kid, time.now()),
    waitsMs,
    fetches: () => processes.reduce((sum, store) => sum + countFetches(store.stats()), endedFetches),
    close: () => {
      for (const store of processes.splice(0)) end(store)
    }
  }
}

function countFetches({ fetches }: KeyStoreStats): number {
  return fetches
}
