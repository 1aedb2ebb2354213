import { createPublicKey } from 'node:crypto'
import { EMPTY_GENERATION, type Generation, succeed } from './generation.js'
import { type KeySetFailure, parseKeySet, type SkipCounts } from './key-set.js'
import { noInitialKeys } from './no-initial-keys.js'
import {
  createCounters,
  type KeyResolution,
  type KeyStore,
  type KeyStoreHealth,
  KID_MISMATCH,
  NO_KEYS,
  type VerificationKey
} from './types.js'

/**
 * PEM keys (option `jwtKey`), without network. A PEM names no kid, so every token is tried against all keys, and no
 * algorithm, so it is RS256, as in Clerk's SDK. The texts have been validated with the options.
 */
export function createPemKeyStore(pems: readonly string[]): KeyStore {
  const keys: readonly VerificationKey[] = Object.freeze(pems.map(importPem))
  const resolution: Promise<KeyResolution> = Promise.resolve({ ok: true, keys })
  return createStaticKeyStore('jwtKey', {
    find: () => keys,
    resolve: () => resolution,
    ready: async () => {},
    kids: () => [],
    skipped: () => ({}),
    isReady: () => true
  })
}

function importPem(pem: string): VerificationKey {
  const keyObject = createPublicKey(pem)
  const bits = keyObject.asymmetricKeyDetails?.modulusLength ?? 0
  return {
    kid: null,
    algorithm: 'RS256',
    keyObject,
    signatureLength: Math.ceil(bits / 8),
    trustedUntilMs: Number.POSITIVE_INFINITY
  }
}

/** A key set given in code (option `jwks.keys`): validated like a fetched one, trusted while the process lives. */
export function createGivenKeyStore(given: { readonly keys: readonly object[] }, maxKeys: number): KeyStore {
  let generation: Generation = EMPTY_GENERATION
  let skipped: SkipCounts = {}
  let problem: KeySetFailure | null = null
  const listeners: (() => void)[] = []
  const find = (kid: string | undefined) => (kid === undefined ? NO_KEYS : (generation.byKid.get(kid) ?? NO_KEYS))

  const imported = parseKeySet(given, maxKeys).then((set) => {
    if (typeof set === 'string') {
      problem = set
      return
    }
    generation = succeed(EMPTY_GENERATION, set.keys, Number.POSITIVE_INFINITY).generation
    skipped = set.skipped
    for (const listener of listeners) listener()
  })

  return createStaticKeyStore('jwks', {
    find,
    async resolve(kid) {
      await imported
      const keys = find(kid)
      return keys.length > 0 ? { ok: true, keys } : KID_MISMATCH
    },
    async ready() {
      await imported
      if (problem !== null) throw noInitialKeys(problem)
    },
    kids: () => generation.kids,
    skipped: () => ({ ...skipped }),
    isReady: () => generation.kids.length > 0,
    listeners
  })
}

interface StaticKeys {
  find(kid: string | undefined): readonly VerificationKey[]
  resolve(kid: string | undefined): Promise<KeyResolution>
  ready(): Promise<void>
  kids(): readonly string[]
  skipped(): SkipCounts
  isReady(): boolean
  readonly listeners?: (() => void)[]
}

const NO_STATS = Object.freeze(createCounters())

function createStaticKeyStore(source: 'jwtKey' | 'jwks', keys: StaticKeys): KeyStore {
  return {
    find: keys.find,
    resolve: keys.resolve,
    reconsider: () => false,
    witness() {},
    rest() {},
    onChange(listener) {
      keys.listeners?.push(listener)
    },
    ready: keys.ready,
    close() {},
    health: (): KeyStoreHealth => ({
      source,
      kids: keys.kids(),
      ageMs: null,
      nextRefreshInMs: null,
      lastError: null,
      consecutiveFailures: 0,
      degraded: !keys.isReady(),
      skippedKeys: keys.skipped(),
      clockOffsetMs: null
    }),
    stats: () => NO_STATS
  }
}
