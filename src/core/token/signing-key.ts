import type { KeyStore, VerificationKey } from '../jwks/types.js'
import { type Eventually, Later } from '../later.js'
import type { Stats } from '../stats.js'
import { isPlausible } from './claims.js'
import type { LoopShare } from './loop-share.js'
import { failureFor, unavailableFailure, type VerificationFailure } from './outcome.js'
import { verifySignature, verifySignaturePooled } from './signature.js'
import type { UnverifiedToken } from './unverified-token.js'

/** The key under which the signature is good, or why there is no such key. */
export type SigningKey = VerificationKey | VerificationFailure

export function isFailure(result: SigningKey): result is VerificationFailure {
  return 'reason' in result
}

export interface SigningKeySettings {
  readonly keyStore: KeyStore
  readonly issuers: readonly string[]
  readonly clockSkewInMs: number
  readonly stats: Stats
  readonly now: () => number
  /** Whether `typ` must be `JWT` or absent, as it must for session tokens. */
  readonly mustBeJwt: boolean
  readonly loopShare: LoopShare
}

/** Finds the key that signed a token: token/README.md section 3, token/README.md rows 3 to 6. */
export function createSigningKeyFinder(
  settings: SigningKeySettings
): (token: UnverifiedToken) => Eventually<SigningKey> {
  const { keyStore, issuers, clockSkewInMs, stats, now, mustBeJwt, loopShare } = settings

  function find(token: UnverifiedToken): Eventually<SigningKey> {
    const keys = keyStore.find(token.jose.kid)
    return keys.length > 0 ? findAmong(keys, token) : resolve(token)
  }

  async function resolve(token: UnverifiedToken): Promise<SigningKey> {
    const resolution = await keyStore.resolve(token.jose.kid, isWorthAFetch(token), sessionIdOf(token))
    if (resolution.ok) return findAmong(resolution.keys, token)
    return resolution.unavailable
      ? unavailableFailure(resolution.reason, resolution.retryAfterSeconds)
      : failureFor(resolution.reason)
  }

  function isWorthAFetch({ jose, claims }: UnverifiedToken): boolean {
    if (jose.algorithm === null || jose.isCritical || (mustBeJwt && !jose.isJwt)) return false
    return isPlausible(claims, issuers, now(), clockSkewInMs)
  }

  function findAmong(keys: readonly VerificationKey[], token: UnverifiedToken): Eventually<SigningKey> {
    const { algorithm, isCritical, isJwt } = token.jose
    if (isCritical || (mustBeJwt && !isJwt)) return failureFor('token-invalid')
    if (algorithm === null) return failureFor('token-invalid-algorithm')
    // A key is for one algorithm (RFC 8725 section 3.1): the token has no say in it.
    if (!keys.some((key) => key.algorithm === algorithm)) return failureFor('token-verification-failed')
    if (loopShare.take()) return findNow(keys, token) ?? refuse(token)
    // The keys may be others by then.
    return loopShare.nextTurn()?.next(() => find(token)) ?? findPooled(keys, token)
  }

  function findNow(keys: readonly VerificationKey[], token: UnverifiedToken): VerificationKey | null {
    for (const key of keys) {
      if (key.algorithm !== token.jose.algorithm) continue
      stats.verifications++
      if (verifySignature(token, key)) return key
    }
    return null
  }

  function findPooled(keys: readonly VerificationKey[], token: UnverifiedToken): Later<SigningKey> {
    const found = new Later<SigningKey>()
    tryPooled(keys, 0, token, found)
    return found
  }

  /** One key after the other. */
  function tryPooled(
    keys: readonly VerificationKey[],
    index: number,
    token: UnverifiedToken,
    found: Later<SigningKey>
  ): void {
    const key = keys[index]
    if (key === undefined) {
      found.settle(refuse(token))
      return
    }
    if (key.algorithm !== token.jose.algorithm) {
      tryPooled(keys, index + 1, token, found)
      return
    }
    stats.verifications++
    stats.pooledVerifications++
    verifySignaturePooled(token, key, (error, isValid) => {
      loopShare.leavePool()
      if (error) found.fail(error)
      else if (!isValid) tryPooled(keys, index + 1, token, found)
      // A key that was withdrawn while the thread pool verified vouches for nothing: the key set of now decides.
      else found.settle(now() < key.trustedUntilMs ? key : resolve(token))
    })
    // After the call: of one that throws, the pool would never answer.
    loopShare.enterPool()
  }

  /** No key verifies. The key may have been replaced under its name: a plausible token may cause one refresh. */
  function refuse(token: UnverifiedToken): Eventually<SigningKey> {
    stats.forged++
    if (!isWorthAFetch(token)) return failureFor('token-invalid-signature')
    const reconsidered = keyStore.reconsider(token.jose.kid, sessionIdOf(token))
    return reconsidered === false ? failureFor('token-invalid-signature') : findAgain(token, reconsidered)
  }

  /** Tries once more if the key set changed; does not ask for another refresh. */
  async function findAgain(token: UnverifiedToken, reconsidered: Promise<boolean>): Promise<SigningKey> {
    const key = (await reconsidered) ? findNow(keyStore.find(token.jose.kid), token) : null
    return key ?? failureFor('token-invalid-signature')
  }

  return find
}

function sessionIdOf({ claims }: UnverifiedToken): string | undefined {
  return typeof claims.sid === 'string' ? claims.sid : undefined
}
