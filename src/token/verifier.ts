import type { SessionClaims, SignedInAuth, SignedOutAuth } from '../auth/types.js'
import type { KeyStore, VerificationKey } from '../jwks/types.js'
import type { Stats } from '../stats.js'
import { type ClaimCheck, isPlausible } from './claims.js'
import { type JsonObject, parseJsonPart, splitToken, type TokenParts } from './decode.js'
import { failureFor, unavailableFailure } from './failures.js'
import { createHeaderTable } from './header-table.js'
import type { JoseHeader } from './jose-header.js'
import type { VerificationOutcome } from './outcome.js'
import { verifySignature, verifySignaturePooled } from './signature.js'
import type { TokenCache } from './token-cache.js'
import { VerifiedToken } from './verified-token.js'

/** How a verified payload becomes what routes see. */
export interface AuthFactory {
  signedIn(claims: SessionClaims, token: string): SignedInAuth
  /** The signed-out auth of a pending session; null when the session is not pending. */
  pending(claims: SessionClaims): SignedOutAuth | null
}

export interface RevocationCheck {
  /** 0: nothing is revoked, and nothing is asked. */
  readonly size: number
  covers(verified: VerifiedToken): boolean
}

export interface VerifierSettings {
  readonly keyStore: KeyStore
  readonly cache: TokenCache
  readonly checkClaims: ClaimCheck
  readonly issuers: readonly string[]
  /** FAPI host whose `iss` makes a token this instance's own; null when the instance is not known. */
  readonly originalFrontendApi: string | null
  readonly clockSkewInMs: number
  readonly auth: AuthFactory
  readonly revocations: RevocationCheck
  readonly stats: Stats
  readonly now: () => number
  /** How many first-seen tokens of one turn of the event loop are verified on the loop before the pool takes over. */
  readonly synchronousPerTurn: number
}

export interface Verifier {
  /**
   * Judges a session token. Synchronous for a token in memory, and for a first-seen one whose key is known unless many
   * arrive in the same turn of the event loop; a promise otherwise. Never throws or rejects for what a token holds.
   * `skewMs` other than the configured one bypasses the cache.
   */
  verify(token: string, skewMs?: number): VerificationOutcome | Promise<VerificationOutcome>
  /** What a token in memory is worth at this instant; undefined when it is not in memory (any more). */
  recall(token: string): VerificationOutcome | undefined
}

interface Candidate {
  readonly token: string
  readonly parts: TokenParts
  readonly header: JoseHeader
  readonly claims: JsonObject
  readonly skewMs: number
}

const SCHEME = /^https?:\/\//i

export function createVerifier(settings: VerifierSettings): Verifier {
  const { keyStore, cache, checkClaims, issuers, clockSkewInMs, auth, revocations, stats, now } = settings
  const headers = createHeaderTable(keyStore, now)
  const inFlight = new Map<string, Promise<VerificationOutcome>>()
  const takeTurn = createTurnCounter(settings.synchronousPerTurn)

  function recall(token: string): VerificationOutcome | undefined {
    const verified = cache.find(token)
    if (verified === undefined) return undefined
    const nowMs = now()
    if (nowMs >= verified.key.trustedUntilMs) {
      cache.delete(verified)
      return undefined
    }
    if (nowMs >= verified.expiresAtMs) return failureFor('token-expired')
    if (nowMs < verified.notBeforeMs) {
      // Only a clock that was set back gets here: the reason is worked out, not remembered.
      const reason = checkClaims(verified.claims, nowMs, clockSkewInMs)
      if (reason !== null) return failureFor(reason)
    }
    if (revocations.size !== 0 && revocations.covers(verified)) return failureFor('session-revoked')
    return verified
  }

  function verify(token: string, skewMs: number = clockSkewInMs): VerificationOutcome | Promise<VerificationOutcome> {
    const isCacheable = skewMs === clockSkewInMs
    if (isCacheable) {
      const known = recall(token)
      if (known !== undefined) return known
      stats.misses++
      const pending = inFlight.size === 0 ? undefined : inFlight.get(token)
      if (pending !== undefined) {
        stats.shared++
        return pending
      }
    }
    const outcome = verifyUnknown(token, skewMs)
    if (isCacheable && outcome instanceof Promise) {
      inFlight.set(token, outcome)
      const forget = () => inFlight.delete(token)
      outcome.then(forget, forget)
    }
    return outcome
  }

  function verifyUnknown(token: string, skewMs: number): VerificationOutcome | Promise<VerificationOutcome> {
    const parts = splitToken(token)
    if (parts === null) return failureFor('token-invalid')
    const entry = headers.lookup(token, parts.headerEnd)
    if (entry === null) return failureFor('token-invalid')
    const claims = parseJsonPart(token.slice(parts.headerEnd + 1, parts.payloadEnd))
    if (claims === null) return failureFor('token-invalid')
    const { header } = entry
    if (header.category !== 'session') return failureFor('token-type-mismatch')
    // A machine's JWT says so by its subject as well (protocol reference, section 7.1).
    if (typeof claims.sub === 'string' && claims.sub.startsWith('mch_')) return failureFor('token-type-mismatch')

    const candidate: Candidate = { token, parts, header, claims, skewMs }
    if (entry.keys.length > 0) return verifyWith(candidate, entry.keys)
    return resolveKeys(candidate)
  }

  async function resolveKeys(candidate: Candidate): Promise<VerificationOutcome> {
    const resolution = await keyStore.resolve(candidate.header.kid, isWorthAFetch(candidate))
    if (resolution.ok) return verifyWith(candidate, resolution.keys)
    return resolution.unavailable
      ? unavailableFailure(resolution.reason, resolution.retryAfterSeconds)
      : failureFor(resolution.reason)
  }

  function isWorthAFetch({ header, claims, skewMs }: Candidate): boolean {
    if (header.algorithm === null || !header.isJwt || header.isCritical) return false
    return isPlausible(claims, issuers, now(), skewMs)
  }

  function verifyWith(
    candidate: Candidate,
    keys: readonly VerificationKey[]
  ): VerificationOutcome | Promise<VerificationOutcome> {
    const { header } = candidate
    if (!header.isJwt || header.isCritical) return failureFor('token-invalid')
    if (header.algorithm === null) return failureFor('token-invalid-algorithm')
    if (!keys.some((key) => key.algorithm === header.algorithm)) return failureFor('token-verification-failed')

    if (!takeTurn()) return verifyPooled(candidate, keys)
    for (const key of keys) {
      if (key.algorithm !== header.algorithm) continue
      stats.verifications++
      if (verifySignature(candidate.token, candidate.parts, key)) return admit(candidate, key)
    }
    return refuseSignature(candidate)
  }

  async function verifyPooled(candidate: Candidate, keys: readonly VerificationKey[]): Promise<VerificationOutcome> {
    for (const key of keys) {
      if (key.algorithm !== candidate.header.algorithm) continue
      stats.verifications++
      stats.pooledVerifications++
      if (await verifySignaturePooled(candidate.token, candidate.parts, key)) {
        // The key may have been withdrawn while the pool was at work: then it counts for nothing.
        if (now() < key.trustedUntilMs) return admit(candidate, key)
        return resolveKeys(candidate)
      }
    }
    return refuseSignature(candidate)
  }

  function refuseSignature(candidate: Candidate): VerificationOutcome | Promise<VerificationOutcome> {
    stats.forged++
    if (!isWorthAFetch(candidate)) return failureFor('token-invalid-signature')
    const reconsidered = keyStore.reconsider(candidate.header.kid)
    if (reconsidered === false) return failureFor('token-invalid-signature')
    return reconsidered.then((isChanged) => (isChanged ? verifyOnceMore(candidate) : failureFor('token-invalid-signature')))
  }

  /** With the replaced key set, and without another appeal. */
  async function verifyOnceMore(candidate: Candidate): Promise<VerificationOutcome> {
    for (const key of keyStore.find(candidate.header.kid)) {
      if (key.algorithm !== candidate.header.algorithm) continue
      stats.verifications++
      if (verifySignature(candidate.token, candidate.parts, key)) return admit(candidate, key)
    }
    return failureFor('token-invalid-signature')
  }

  /** The signature is good; now the claims are believed enough to be looked at. */
  function admit({ token, claims, skewMs }: Candidate, key: VerificationKey): VerificationOutcome {
    const nowMs = now()
    const reason = checkClaims(claims, nowMs, skewMs)
    if (reason !== null) return failureFor(reason)
    const verified = createVerifiedToken(token, claims as SessionClaims, key, skewMs)
    if (skewMs === clockSkewInMs) cache.add(verified, nowMs)
    if (revocations.size !== 0 && revocations.covers(verified)) return failureFor('session-revoked')
    return verified
  }

  function createVerifiedToken(received: string, claims: SessionClaims, key: VerificationKey, skewMs: number) {
    // A copy, because what was received is a slice that would keep the whole Cookie header in memory.
    const token = Buffer.from(received, 'latin1').toString('latin1')
    const notBefore = Math.max(claims.nbf ?? Number.NEGATIVE_INFINITY, claims.iat ?? Number.NEGATIVE_INFINITY)
    return new VerifiedToken({
      token,
      key,
      expiresAtMs: claims.exp * 1000 + skewMs,
      notBeforeMs: notBefore * 1000 - skewMs,
      issuedAt: claims.iat ?? Number.POSITIVE_INFINITY,
      isOwnIssuer:
        typeof claims.iss === 'string' && claims.iss.replace(SCHEME, '') === settings.originalFrontendApi,
      auth: auth.signedIn(claims, token),
      pendingAuth: auth.pending(claims)
    })
  }

  return { verify, recall }
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
