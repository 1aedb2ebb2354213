import type { SessionClaims, SignedInAuth, SignedOutAuth } from '../auth/types.js'
import type { KeyStore, VerificationKey } from '../jwks/types.js'
import type { Stats } from '../stats.js'
import { type ClaimCheck, isOfMachine } from './claims.js'
import { copyOf, decodeUnverified, readClaims, readSignature, splitToken, type UnverifiedToken } from './decode.js'
import { createHeaderTable } from './header-table.js'
import { createInFlight } from './in-flight.js'
import { parseJoseHeader } from './jose-header.js'
import type { VerificationObserver } from './observer.js'
import type { VerificationFailure, VerificationOutcome } from './outcome.js'
import { failureFor } from './outcome.js'
import { type Candidate, createSigningKeyFinder, isFailure, type SignatureResult } from './signing-key.js'
import type { TokenCache } from './token-cache.js'
import { VerifiedToken } from './verified-token.js'

/** How a verified payload becomes what routes see. */
export interface AuthFactory {
  signedIn(claims: SessionClaims, token: string): SignedInAuth
  /** The signed-out auth of a session with outstanding tasks. */
  pending(claims: SessionClaims): SignedOutAuth
}

/** What was signed out before its tokens ran out. */
export interface RevocationCheck {
  /** 0: nothing is revoked, and nothing is asked. */
  readonly size: number
  covers(verified: VerifiedToken): boolean
  observe(verified: VerifiedToken): void
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
  /** Told of what memory does not accept. */
  readonly observer?: VerificationObserver
  readonly stats: Stats
  readonly now: () => number
  readonly synchronousPerTurn: number
}

export type SignatureOutcome = ({ readonly ok: true } & UnverifiedToken) | VerificationFailure

export interface Verifier {
  /**
   * Judges a session token. Synchronous for a token in memory, and for a first-seen one whose key is known unless many
   * arrive in the same turn of the event loop; a promise otherwise. Never throws or rejects for what a token holds.
   * `skewMs` other than the configured one bypasses the cache.
   */
  verify(token: string, skewMs?: number): VerificationOutcome | Promise<VerificationOutcome>
  /** What a token in memory is worth at this instant; undefined when it is not in memory (any more). */
  recall(token: string): VerificationOutcome | undefined
  /** Decoding, algorithm, key and signature of any JWT of the instance, and nothing else: no claim, `typ` or `cat`. */
  verifySignature(token: string): SignatureOutcome | Promise<SignatureOutcome>
}

export function createVerifier(settings: VerifierSettings): Verifier {
  const { keyStore, cache, checkClaims, clockSkewInMs, revocations, observer, stats, now } = settings
  const headers = createHeaderTable(keyStore, now)
  const findSigningKey = createSigningKeyFinder(settings)
  const inFlight = createInFlight()

  function recall(token: string): VerificationOutcome | undefined {
    const nowMs = now()
    const verified = cache.find(token)
    if (verified === undefined) return undefined
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
    if (skewMs !== clockSkewInMs) return verifyUnknown(token, skewMs)
    const known = recall(token)
    if (known !== undefined) {
      if (!known.ok) observer?.refused(known.reason, cache.find(token)?.claims, now(), skewMs)
      return known
    }
    stats.misses++
    const pending = inFlight.find(token)
    if (pending !== undefined) {
      stats.shared++
      return pending
    }
    const begunAtMs = observer?.begin() ?? 0
    const outcome = verifyUnknown(token, skewMs)
    observer?.judged(outcome, begunAtMs)
    if (outcome instanceof Promise) inFlight.add(token, outcome)
    return outcome
  }

  function verifyUnknown(token: string, skewMs: number): VerificationOutcome | Promise<VerificationOutcome> {
    const parts = splitToken(token)
    if (parts === null || readSignature(token, parts) === null) return failureFor('token-invalid')
    const entry = headers.lookup(token, parts.headerEnd)
    if (entry === null) return failureFor('token-invalid')
    const claims = readClaims(token, parts)
    if (claims === null) return failureFor('token-invalid')
    if (entry.header.category !== 'session' || isOfMachine(claims)) return failureFor('token-type-mismatch')

    const candidate: Candidate = { token, parts, header: entry.header, mustBeJwt: true, claims, keys: entry.keys }
    const result = findSigningKey(candidate)
    if (!(result instanceof Promise)) return conclude(candidate, result, skewMs)
    return result.then(
      (settled) => {
        inFlight.forget(token)
        return conclude(candidate, settled, skewMs)
      },
      (error: unknown) => {
        inFlight.forget(token)
        throw error
      }
    )
  }

  /** Once the signature is good, the claims are believed enough to be looked at. */
  function conclude(candidate: Candidate, result: SignatureResult, skewMs: number): VerificationOutcome {
    if (isFailure(result)) return result
    const nowMs = now()
    const reason = checkClaims(candidate.claims, nowMs, skewMs)
    observer?.concluded(candidate.claims, reason, nowMs, skewMs)
    if (reason !== null) return failureFor(reason)

    const verified = createVerifiedToken(candidate, result, skewMs)
    revocations.observe(verified)
    if (skewMs === clockSkewInMs) {
      cache.add(verified, nowMs)
      if (verified.auth.sessionId !== undefined) keyStore.witness(verified.auth.sessionId)
    }
    if (revocations.size !== 0 && revocations.covers(verified)) return failureFor('session-revoked')
    return verified
  }

  function createVerifiedToken(candidate: Candidate, key: VerificationKey, skewMs: number): VerifiedToken {
    const claims = candidate.claims as SessionClaims
    const token = copyOf(candidate.token)
    const notBefore = Math.max(claims.nbf ?? Number.NEGATIVE_INFINITY, claims.iat ?? Number.NEGATIVE_INFINITY)
    return new VerifiedToken({
      token,
      key,
      expiresAtMs: claims.exp * 1000 + skewMs,
      notBeforeMs: notBefore * 1000 - skewMs,
      issuedAt: claims.iat ?? Number.POSITIVE_INFINITY,
      isOwnIssuer: claims.iss === `https://${settings.originalFrontendApi}`,
      auth: settings.auth.signedIn(claims, token),
      pendingAuth: claims.sts === 'pending' ? settings.auth.pending(claims) : null
    })
  }

  function verifySignature(token: string): SignatureOutcome | Promise<SignatureOutcome> {
    const parts = splitToken(token)
    const decoded = decodeUnverified(token)
    if (parts === null || decoded === null) return failureFor('token-invalid')
    const header = parseJoseHeader(decoded.header)
    const conclude = (result: SignatureResult): SignatureOutcome =>
      isFailure(result) ? result : { ok: true, ...decoded }
    const { claims } = decoded
    const keys = keyStore.find(header.kid)
    const result = findSigningKey({ token, parts, header, mustBeJwt: false, claims, keys })
    return result instanceof Promise ? result.then(conclude) : conclude(result)
  }

  return { verify, recall, verifySignature }
}
