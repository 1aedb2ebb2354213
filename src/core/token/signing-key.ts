import type { KeyStore, VerificationKey } from '../jwks/types.js'
import type { Stats } from '../stats.js'
import { isPlausible } from './claims.js'
import type { JsonObject, TokenParts } from './decode.js'
import type { JoseHeader } from './jose-header.js'
import type { VerificationFailure } from './outcome.js'
import { failureFor, unavailableFailure } from './outcome.js'
import { verifySignature, verifySignaturePooled } from './signature.js'

/** A decoded token that nobody has checked yet. */
export interface Candidate {
  readonly token: string
  readonly parts: TokenParts
  readonly header: JoseHeader
  /** Whether `typ` must be `JWT` or absent, as it must for session tokens. */
  readonly mustBeJwt: boolean
  readonly claims: JsonObject
  /** Keys that the header names and that are in memory; empty: they must be asked for. */
  readonly keys: readonly VerificationKey[]
}

/** The key under which the signature is good, or why there is none. */
export type SignatureResult = VerificationKey | VerificationFailure

export function isFailure(result: SignatureResult): result is VerificationFailure {
  return 'reason' in result
}

export interface SigningKeySettings {
  readonly keyStore: KeyStore
  readonly issuers: readonly string[]
  readonly clockSkewInMs: number
  readonly stats: Stats
  readonly now: () => number
  /** How many first-seen tokens of one turn of the event loop are verified on the loop before the pool takes over. */
  readonly synchronousPerTurn: number
}

/** Finds the key of a token and checks the signature: on the event loop for a lone token, in the thread pool for a burst. */
export function createSigningKeyFinder(
  settings: SigningKeySettings
): (candidate: Candidate) => SignatureResult | Promise<SignatureResult> {
  const { keyStore, issuers, clockSkewInMs, stats, now } = settings
  const takeTurn = createTurnCounter(settings.synchronousPerTurn)

  function check(candidate: Candidate): SignatureResult | Promise<SignatureResult> {
    return candidate.keys.length > 0 ? checkWith(candidate, candidate.keys) : resolveKeys(candidate)
  }

  async function resolveKeys(candidate: Candidate): Promise<SignatureResult> {
    const resolution = await keyStore.resolve(candidate.header.kid, isWorthAFetch(candidate), sessionIdOf(candidate))
    if (resolution.ok) return checkWith(candidate, resolution.keys)
    return resolution.unavailable
      ? unavailableFailure(resolution.reason, resolution.retryAfterSeconds)
      : failureFor(resolution.reason)
  }

  function isWorthAFetch({ header, mustBeJwt, claims }: Candidate): boolean {
    if (header.algorithm === null || header.isCritical || (mustBeJwt && !header.isJwt)) return false
    return isPlausible(claims, issuers, now(), clockSkewInMs)
  }

  function checkWith(
    candidate: Candidate,
    keys: readonly VerificationKey[]
  ): SignatureResult | Promise<SignatureResult> {
    const { algorithm, isCritical, isJwt } = candidate.header
    if (isCritical || (candidate.mustBeJwt && !isJwt)) return failureFor('token-invalid')
    if (algorithm === null) return failureFor('token-invalid-algorithm')
    // A key is for one algorithm (RFC 8725 section 3.1): the token has no say in it.
    if (!keys.some((key) => key.algorithm === algorithm)) return failureFor('token-verification-failed')
    if (!takeTurn()) return checkPooled(candidate, keys)
    const key = findSigner(candidate, keys)
    return key ?? refuse(candidate)
  }

  function findSigner(candidate: Candidate, keys: readonly VerificationKey[]): VerificationKey | null {
    for (const key of keys) {
      if (key.algorithm !== candidate.header.algorithm) continue
      stats.verifications++
      if (verifySignature(candidate.token, candidate.parts, key)) return key
    }
    return null
  }

  function checkPooled(candidate: Candidate, keys: readonly VerificationKey[]): Promise<SignatureResult> {
    return new Promise((resolve, reject) => checkNext(candidate, keys, 0, resolve, reject))
  }

  /** One key after the other. By callbacks: each promise more would be paid for by every token of a burst. */
  function checkNext(
    candidate: Candidate,
    keys: readonly VerificationKey[],
    index: number,
    resolve: (result: SignatureResult | Promise<SignatureResult>) => void,
    reject: (error: Error) => void
  ): void {
    const key = keys[index]
    if (key === undefined) {
      resolve(refuse(candidate))
      return
    }
    if (key.algorithm !== candidate.header.algorithm) {
      checkNext(candidate, keys, index + 1, resolve, reject)
      return
    }
    stats.verifications++
    stats.pooledVerifications++
    verifySignaturePooled(candidate.token, candidate.parts, key, (error, isValid) => {
      if (error) reject(error)
      else if (!isValid) checkNext(candidate, keys, index + 1, resolve, reject)
      // The key may have been withdrawn while the pool was at work: then it counts for nothing.
      else resolve(now() < key.trustedUntilMs ? key : resolveKeys(candidate))
    })
  }

  function refuse(candidate: Candidate): SignatureResult | Promise<SignatureResult> {
    stats.forged++
    if (!isWorthAFetch(candidate)) return failureFor('token-invalid-signature')
    const reconsidered = keyStore.reconsider(candidate.header.kid, sessionIdOf(candidate))
    return reconsidered === false ? failureFor('token-invalid-signature') : checkAgain(candidate, reconsidered)
  }

  /** With the replaced key set if there is one, and without another appeal. */
  async function checkAgain(candidate: Candidate, reconsidered: Promise<boolean>): Promise<SignatureResult> {
    const key = (await reconsidered) ? findSigner(candidate, keyStore.find(candidate.header.kid)) : null
    return key ?? failureFor('token-invalid-signature')
  }

  return check
}

function sessionIdOf({ claims }: Candidate): string | undefined {
  return typeof claims.sid === 'string' ? claims.sid : undefined
}

/**
 * Says whether this first-seen token may be verified on the event loop: the first few of a turn may, as the pool costs a
 * lone token more latency than it saves; a burst goes to the pool, where it leaves the loop free for known tokens.
 */
function createTurnCounter(synchronousPerTurn: number): () => boolean {
  let taken = 0
  const reset = () => {
    taken = 0
  }
  return function takeTurn() {
    if (taken === 0) setImmediate(reset)
    return taken++ < synchronousPerTurn
  }
}
