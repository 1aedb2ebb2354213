import { helpOfLine } from '../log-lines.js'
import type { InstanceSettings } from '../options/instance-settings.js'
import { type SetTimer, setUnrefTimer } from '../timers.js'
import { createFailureRecord } from './failure-record.js'
import { createFapiSource } from './http-source.js'
import {
  type InstanceMismatch,
  type InstanceOption,
  type KeyMaterial,
  type MismatchSearch,
  materialOf,
  mismatchText
} from './instance-mismatch.js'
import { createKeySetComparison } from './key-set-comparison.js'
import { createSource } from './key-store.js'
import type { KeyStore } from './types.js'

export type MismatchWatchOptions = Pick<
  InstanceSettings,
  'jwtKey' | 'jwks' | 'secretKey' | 'frontendApi' | 'issuers' | 'apiUrl' | 'apiVersion' | 'now' | 'fetch' | 'logger'
>

export interface MismatchWatch {
  /** The key store, which tells the watch of good tokens and of bad ones. */
  readonly keyStore: KeyStore
  /** The options that belong to different instances; null while none are known to. */
  readonly found: InstanceMismatch | null
  /** As of a search. */
  suspect(): void
}

/**
 * Watches whether the keys are those of the instance that the publishable key names. Tokens that name this instance and fail by
 * their key or signature are the reason to look; the search that they start depends on where the keys come from.
 */
export function watchForMismatch(
  keyStore: KeyStore,
  options: MismatchWatchOptions,
  setTimer: SetTimer = setUnrefTimer
): MismatchWatch {
  const search = createSearch(keyStore, options, setTimer)
  if (search === null) return { keyStore, found: null, suspect() {} }
  return {
    get found() {
      return search.found
    },
    suspect: search.suspect,
    keyStore: {
      ...keyStore,
      async resolve(kid, plausible, sessionId) {
        const resolution = await keyStore.resolve(kid, plausible, sessionId)
        if (plausible && !resolution.ok && !resolution.unavailable) search.suspect()
        return resolution
      },
      // Called for tokens of this instance, by their unverified claims, whose signature is bad.
      reconsider(kid, sessionId) {
        search.suspect()
        return keyStore.reconsider(kid, sessionId)
      },
      witness(sessionId) {
        search.prove()
        keyStore.witness(sessionId)
      },
      close() {
        search.close()
        keyStore.close()
      }
    }
  }
}

function createSearch(keyStore: KeyStore, options: MismatchWatchOptions, setTimer: SetTimer): MismatchSearch | null {
  const { frontendApi, jwks, now, logger } = options
  const option = optionOf(keyStore)
  if (frontendApi === null || option === 'publishableKey') return null
  const mismatch: InstanceMismatch = Object.freeze({ options: Object.freeze(['publishableKey', option] as const) })
  if (option === 'secretKey') {
    return createKeySetComparison({
      mismatch,
      keysInHand: () => keysOf(keyStore),
      own: createSource(options),
      other: createFapiSource(frontendApi, { maxBytes: jwks.maxBytes, fetch: options.fetch, now }),
      bounds: jwks,
      setTimer,
      onFound: ({ options }) => logger.error({ options, help: HELP }, `Clerk: ${mismatchText(mismatch)}`)
    })
  }
  // Without an issuer to compare with, tokens of any instance would count.
  if (options.issuers.length === 0) return null
  return createFailureRecord({
    mismatch,
    now,
    onFound: ({ options }, failures) =>
      logger.error(
        { options, failures, help: HELP },
        `Clerk: no session token verifies, although tokens name the instance of publishableKey. Unless all of them are forged: ${mismatchText(mismatch)}`
      )
  })
}

const HELP = helpOfLine('keys-of-two-instances')

function optionOf(keyStore: KeyStore): InstanceOption {
  const { source } = keyStore.health()
  return SOURCE_OPTIONS[source]
}

const SOURCE_OPTIONS = { jwtKey: 'jwtKey', jwks: 'jwks.keys', bapi: 'secretKey', fapi: 'publishableKey' } as const

function keysOf(keyStore: KeyStore): readonly KeyMaterial[] {
  return keyStore
    .health()
    .kids.flatMap((kid) => keyStore.find(kid).flatMap(({ keyObject }) => materialOf(keyObject) ?? []))
}
