import { helpOfLine } from '../log-lines.js'
import type { InstanceSettings } from '../options/instance-settings.js'
import { type SetTimer, setUnrefTimer } from '../timers.js'
import { shareWithinCluster } from './cluster-source.js'
import { createFailureRecord, DAY_MS } from './failure-record.js'
import { createFapiSource } from './http-source.js'
import {
  type InstanceMismatch,
  type InstanceOption,
  type KeyMaterial,
  likelyMismatchText,
  MISMATCH_TAKEN_BACK,
  materialOf,
  mismatchText
} from './instance-mismatch.js'
import {
  type ComparisonOutcome,
  createKeySetComparison,
  type KeySetComparison,
  LOOK_AFTER_MS
} from './key-set-comparison.js'
import { createSource } from './key-store.js'
import type { KeyStore } from './types.js'

export type MismatchWatchOptions = Pick<
  InstanceSettings,
  | 'jwtKey'
  | 'jwks'
  | 'secretKey'
  | 'frontendApi'
  | 'instanceType'
  | 'issuers'
  | 'apiUrl'
  | 'apiVersion'
  | 'now'
  | 'fetch'
  | 'logger'
>

export interface MismatchWatch {
  /** The key store, which tells the watch of good tokens and of bad ones, and of the end of the warm-up. */
  readonly keyStore: KeyStore
  /** The options that belong to different instances; null while none are known to. */
  readonly found: InstanceMismatch | null
  /** Two key sets were compared: tokens alone, which anybody can forge, make no certainty. */
  readonly isCertain: boolean
  /** For the operator: the two options and the cure; null while no mismatch is known. */
  readonly cause: string | null
  /** A token with a good signature names another issuer. Only the holder of the keys can make such a token. */
  suspectIssuer(): void
}

export interface MismatchWatchSeams {
  readonly setTimer?: SetTimer
  /** A number from 0 to less than 1, for jitter. */
  readonly random?: () => number
}

/** With keys given in code and without a secret key, nothing is fetched: failures of this long are all the evidence. */
const NEVER_VERIFIED_MS = 600_000
/**
 * In production the two key sets are compared some time after the start, at random: most processes have verified a token by
 * then, and the others of a deployment do not fetch at once.
 */
const WARM_UP_FROM_MS = 10_000
const WARM_UP_SPREAD_MS = 60_000
/** Tokens that verify contradict a mismatch: the key sets are compared again, and no more often than this. */
const LOOK_AGAIN_MS = 3_600_000

/**
 * Watches whether the keys are those of the instance that the publishable key names. Tokens that name this instance and fail by
 * their key or signature are the reason to look, and so is a start; the search depends on where the keys come from.
 */
export function watchForMismatch(
  keyStore: KeyStore,
  options: MismatchWatchOptions,
  seams: MismatchWatchSeams = {}
): MismatchWatch {
  const search = createSearch(keyStore, options, seams)
  if (search === null) return { keyStore, found: null, isCertain: false, cause: null, suspectIssuer() {} }
  return {
    get found() {
      return search.found
    },
    get isCertain() {
      return search.isCertain
    },
    get cause() {
      return search.cause
    },
    suspectIssuer: search.suspectIssuer,
    keyStore: {
      ...keyStore,
      // A handshake token that another key has signed comes this way too: it is plausible to the verifier.
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
      async ready() {
        await keyStore.ready()
        search.warmUp()
      },
      close() {
        search.close()
        keyStore.close()
      }
    }
  }
}

interface MismatchSearch {
  readonly found: InstanceMismatch | null
  readonly isCertain: boolean
  readonly cause: string | null
  suspect(): void
  suspectIssuer(): void
  prove(): void
  warmUp(): void
  close(): void
}

function createSearch(
  keyStore: KeyStore,
  options: MismatchWatchOptions,
  { setTimer = setUnrefTimer, random = Math.random }: MismatchWatchSeams
): MismatchSearch | null {
  const { frontendApi, jwks, secretKey, now, logger } = options
  const option = optionOf(keyStore)
  if (frontendApi === null || option === 'publishableKey') return null
  const mismatch: InstanceMismatch = Object.freeze({
    options: Object.freeze(['publishableKey', option] as const)
  })
  const hasKeys = () => keyStore.health().kids.length > 0
  let found: InstanceMismatch | null = null
  let isCertain = false
  /** A token has verified since the key sets are compared again. */
  let goOnVerifying = false
  let lookedAgainMs = Number.NEGATIVE_INFINITY
  let failuresOfLong = 0

  // A process without a secret key that was given its keys calls nobody, and this does not change that.
  const comparison: KeySetComparison | null =
    secretKey === null
      ? null
      : createKeySetComparison({
          keysInHand: () => keysInHand(keyStore, options),
          own: option === 'secretKey' ? createSource(options) : null,
          other: shareWithinCluster(
            createFapiSource(frontendApi, {
              maxBytes: jwks.maxBytes,
              fetch: options.fetch,
              now
            })
          ),
          bounds: jwks,
          setTimer,
          now,
          onOutcome
        })
  // Without an issuer to compare with, tokens of any instance would count.
  const record =
    options.issuers.length === 0
      ? null
      : createFailureRecord({
          now,
          neverVerifiedMs: comparison === null ? NEVER_VERIFIED_MS : DAY_MS,
          onEnough(failures) {
            failuresOfLong = failures
            if (comparison === null) suppose()
            else if (!isCertain) comparison.again()
          }
        })

  function onOutcome(outcome: ComparisonOutcome): void {
    if (outcome === 'same' || (isCertain && goOnVerifying)) {
      takeBack()
    } else if (outcome === 'different') {
      if (isCertain) return
      found = mismatch
      isCertain = true
      logger.error({ options: mismatch.options, help: HELP }, `Clerk: ${mismatchText(mismatch)}`)
    } else if (failuresOfLong > 0 && found === null) {
      suppose()
    }
  }

  /** Where all keys were replaced at once and one endpoint gave the old set for long, the sets differed without a mismatch. */
  function takeBack(): void {
    if (isCertain) logger.info({ options: mismatch.options }, MISMATCH_TAKEN_BACK)
    found = null
    isCertain = false
    goOnVerifying = false
    failuresOfLong = 0
    record?.restart()
  }

  function doubt(): void {
    goOnVerifying = true
    const nowMs = now()
    // Also where the clock was set back.
    if (Math.abs(nowMs - lookedAgainMs) < LOOK_AGAIN_MS) return
    lookedAgainMs = nowMs
    goOnVerifying = false
    comparison?.again()
  }

  function suppose(): void {
    found = mismatch
    logger.warn(
      { options: mismatch.options, failures: failuresOfLong, help: HELP },
      `Clerk: ${likelyMismatchText(mismatch)}`
    )
  }

  return {
    get found() {
      return found
    },
    get isCertain() {
      return isCertain
    },
    get cause() {
      return found === null ? null : isCertain ? mismatchText(found) : likelyMismatchText(found)
    },
    suspect() {
      comparison?.suspect()
      record?.suspect()
    },
    // Not for the record: the keys are good for these tokens, and `domain`, `proxyUrl` or `issuer` may be wrong.
    suspectIssuer: () => comparison?.suspect(),
    prove() {
      record?.prove()
      failuresOfLong = 0
      if (isCertain) {
        doubt()
        return
      }
      comparison?.prove()
      found = null
    },
    warmUp() {
      if (comparison === null || option !== 'secretKey' || jwks.warmUp === false) return
      if (options.instanceType === 'development') comparison.plan(LOOK_AFTER_MS, hasKeys)
      else {
        // Keys of a snapshot were fetched by another process, which compares them for all.
        const isFetcher = () => hasKeys() && keyStore.stats().fetches > 0
        comparison.plan(WARM_UP_FROM_MS + random() * WARM_UP_SPREAD_MS, isFetcher)
      }
    },
    close: () => comparison?.close()
  }
}

const HELP = helpOfLine('keys-of-two-instances')

function optionOf(keyStore: KeyStore): InstanceOption {
  const { source } = keyStore.health()
  return SOURCE_OPTIONS[source]
}

const SOURCE_OPTIONS = {
  jwtKey: 'jwtKey',
  jwks: 'jwks.keys',
  bapi: 'secretKey',
  fapi: 'publishableKey'
} as const

/** A PEM has no kid, so that the store does not list it. */
function keysInHand(keyStore: KeyStore, { jwtKey }: MismatchWatchOptions): readonly KeyMaterial[] {
  const kids = jwtKey.length > 0 ? [undefined] : keyStore.health().kids
  return kids.flatMap((kid) => keyStore.find(kid).flatMap(({ keyObject }) => materialOf(keyObject) ?? []))
}
