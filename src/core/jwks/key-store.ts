import type { InstanceSettings } from '../options/instance-settings.js'
import { steadyOf } from '../steady-clock.js'
import { type SetTimer, setUnrefTimer } from '../timers.js'
import { shareWithinCluster } from './cluster-source.js'
import { createBapiSource, createFapiSource } from './http-source.js'
import { createRemoteKeyStore } from './remote-key-store.js'
import { createSnapshots, type Snapshots } from './snapshot.js'
import { createFileSnapshotStore } from './snapshot-file.js'
import type { KeySource } from './source.js'
import { createGivenKeyStore, createPemKeyStore } from './static-key-store.js'
import type { KeyStore } from './types.js'

export type KeyStoreOptions = Pick<
  InstanceSettings,
  'jwtKey' | 'jwks' | 'secretKey' | 'frontendApi' | 'apiUrl' | 'apiVersion' | 'now' | 'fetch' | 'logger'
>

export interface KeyStoreSeams {
  /** A counter that grows with every authenticated request and is never reset. It is compared at timer ticks. */
  readonly activity?: () => number
  readonly setTimer?: SetTimer
  /** A clock that nobody sets. */
  readonly steadyNow?: () => number
  /** A number from 0 to less than 1, for jitter. */
  readonly random?: () => number
}

/** The keys of one instance, from the first source that is configured: `jwtKey`, `jwks.keys`, BAPI, FAPI. */
export function createKeyStore(options: KeyStoreOptions, seams: KeyStoreSeams = {}): KeyStore {
  if (options.jwtKey.length > 0) return createPemKeyStore(options.jwtKey)
  const { keys, ...cache } = options.jwks
  if (keys !== null) return createGivenKeyStore({ keys }, cache.maxKeys)
  const source = shareWithinCluster(createSource(options))
  return createRemoteKeyStore({
    source,
    instance: options.frontendApi,
    cache,
    snapshots: createSnapshotsOf(options, source),
    now: options.now,
    logger: options.logger,
    // Without a counter every look at it counts as traffic: keys are then refreshed as if requests always came.
    activity: seams.activity ?? countLooks(),
    setTimer: seams.setTimer ?? setUnrefTimer,
    steadyNow: seams.steadyNow ?? steadyOf(options.now),
    random: seams.random ?? Math.random
  })
}

/** The endpoint that keys are fetched from: BAPI with a secret key, else FAPI. */
export function createSource(options: Omit<KeyStoreOptions, 'jwtKey' | 'logger'>): KeySource {
  const settings = { maxBytes: options.jwks.maxBytes, fetch: options.fetch, now: options.now }
  if (options.secretKey !== null) return createBapiSource({ ...options, secretKey: options.secretKey }, settings)
  if (options.frontendApi !== null) return createFapiSource(options.frontendApi, settings)
  throw new TypeError('unreachable: settings have a key source')
}

function createSnapshotsOf({ jwks, secretKey, now }: KeyStoreOptions, source: KeySource): Snapshots | null {
  const { snapshot, maxBytes } = jwks
  if (snapshot === null) return null
  const store = typeof snapshot === 'string' ? createFileSnapshotStore(snapshot, maxBytes) : snapshot
  return createSnapshots({ store, sourceId: source.id, secretKey, maxBytes, now })
}

function countLooks(): () => number {
  let looks = 0
  return () => ++looks
}
