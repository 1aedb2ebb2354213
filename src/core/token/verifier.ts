import type { SessionClaims, SignedInAuth, SignedOutAuth } from '../auth/types.js'
import type { KeyStore, VerificationKey } from '../jwks/types.js'
import { convert, type Eventually, isToCome, Later, toLater } from '../later.js'
import type { Stats } from '../stats.js'
import { type ClaimCheck, isOfMachine } from './claims.js'
import { copyOf } from './decode.js'
import { createHeaderTable } from './header-table.js'
import { createInFlight } from './in-flight.js'
import { createLoopShare } from './loop-share.js'
import type { VerificationObserver } from './observer.js'
import { failureFor, unavailableFailure, type VerificationFailure, type VerificationOutcome } from './outcome.js'
import { createSigningKeyFinder, isFailure, type SigningKey } from './signing-key.js'
import type { TokenMemory } from './token-memory.js'
import { createTokenDecoder, type UnverifiedToken } from './unverified-token.js'
import { VerifiedToken } from './verified-token.js'

/** How a verified payload becomes what routes see. */
export interface AuthFactory {
  signedIn(claims: SessionClaims, token: string): SignedInAuth
  /** The signed-out auth of a session with outstanding tasks. */
  pending(): SignedOutAuth
}

/** The sessions and users that were signed out before their tokens expire. */
export interface RevocationCheck {
  /** 0: nothing is revoked, and `covers` is not called. */
  readonly size: number
  covers(verified: VerifiedToken): boolean
  observe(verified: VerifiedToken): void
  /** Whether it cannot be told what is revoked; `size` is then not 0. Absent: never. */
  isBlind?(): boolean
}

export interface VerifierSettings {
  readonly keyStore: KeyStore
  readonly memory: TokenMemory
  readonly checkClaims: ClaimCheck
  readonly issuers: readonly string[]
  /** FAPI host whose `iss` makes a token this instance's own; null when the instance is not known. */
  readonly originalFrontendApi: string | null
  readonly clockSkewInMs: number
  readonly auth: AuthFactory
  readonly revocations: RevocationCheck
  /** Told of tokens that memory does not accept. */
  readonly observer?: VerificationObserver
  readonly stats: Stats
  readonly now: () => number
  /** Most signatures that one turn of the event loop verifies itself (`createLoopShare`). 0: the thread pool verifies all. */
  readonly synchronousPerTurn: number
}

export type SignatureOutcome = { readonly ok: true } | VerificationFailure

/** A bus that is away is tried again every second. */
export const BUS_RETRY_SECONDS = 5
const BUS_AWAY = Object.freeze(unavailableFailure('revocation-bus-away', BUS_RETRY_SECONDS))

const GOOD_SIGNATURE: SignatureOutcome = Object.freeze({ ok: true })

/**
 * Judges the session tokens of one instance. A token is looked up in memory (`recall`, `lookUp`), and the answer is taken by
 * `accept` or `judge`, which count it: a hit for a token that memory answers for, a miss for a token that it does not have.
 * Nothing here throws or rejects for what a token holds.
 */
export interface Verifier {
  /** The verdict on a token in memory at this instant; undefined when it is not in memory (any more). Counts nothing. */
  recall(text: string): VerificationOutcome | undefined
  /**
   * Verified if memory has it and accepts it, else decoded, else (no JWT) null. Counts nothing. `retainedLength`: length of
   * the header that memory may keep with the token instead of a copy; 0, or not given: none.
   */
  lookUp(text: string, retainedLength?: number): VerifiedToken | UnverifiedToken | null
  /** As `lookUp`, for a text that `recall` has just not found. */
  decodeUnseen(text: string, retainedLength: number): UnverifiedToken | null
  /** A JWT, split and decoded; null for any other text. */
  decode(text: string): UnverifiedToken | null
  /** Counts a hit. `verified` is what `recall` or `lookUp` has just given. */
  accept(verified: VerifiedToken): VerifiedToken
  /**
   * Judges a token that `lookUp` has just given. Counts a hit if its signature is remembered, and a miss unless memory refuses it.
   * At once for a remembered signature, and for a first-seen token whose key is known, unless several arrive together; else
   * later.
   */
  judge(token: UnverifiedToken): VerificationOutcome | Later<VerificationOutcome>
  /** `lookUp`, and then `accept` or `judge`. Another `skewMs` than the configured one bypasses memory, and is not counted. */
  verify(text: string, skewMs?: number): VerificationOutcome | Later<VerificationOutcome>
  /** Algorithm, key and signature of any JWT of the instance, and nothing else: no claim, `typ` or `cat`. */
  verifySignature(token: UnverifiedToken): Eventually<SignatureOutcome>
}

export function createVerifier(settings: VerifierSettings): Verifier {
  const { memory, checkClaims, clockSkewInMs, revocations, observer, stats, now } = settings
  // Taken out once: with getters among them, V8 keeps the members of the memory in a dictionary, which is slow to look up.
  const { find, keyOf, addSignature } = memory
  const headers = createHeaderTable()
  const decode = createTokenDecoder(headers)
  const inFlight = createInFlight()
  const loopShare = createLoopShare(settings.synchronousPerTurn)
  const findSessionKey = createSigningKeyFinder({ ...settings, loopShare, mustBeJwt: true })
  const findAnyKey = createSigningKeyFinder({ ...settings, loopShare, mustBeJwt: false })

  const ownIssuer = `https://${settings.originalFrontendApi}`

  function recall(text: string): VerificationOutcome | undefined {
    const verified = find(text)
    if (verified === undefined) return undefined
    const nowMs = now()
    if (nowMs >= verified.key.trustedUntilMs) {
      memory.delete(verified)
      return undefined
    }
    return verdictOn(verified, nowMs)
  }

  /** On a token in memory whose key is trusted. */
  function verdictOn(verified: VerifiedToken, nowMs: number): VerificationOutcome {
    if (nowMs >= verified.expiresAtMs) return failureFor('token-expired')
    if (nowMs < verified.notBeforeMs) {
      // Only a clock that was set back gets here. The reason is not kept: the claims tell it again.
      const reason = checkClaims(verified.claims, nowMs, clockSkewInMs)
      if (reason !== null) return failureFor(reason)
    }
    return revocations.size === 0 ? verified : (objectionTo(verified) ?? verified)
  }

  /** For those who share a verification: who hears of it before them may have revoked the session by then. */
  function lookAgain(outcome: VerificationOutcome): VerificationOutcome {
    if (!outcome.ok || revocations.size === 0) return outcome
    const objection = objectionTo(outcome)
    if (objection?.reason === 'session-revoked') stats.revoked++
    return objection ?? outcome
  }

  function objectionTo(verified: VerifiedToken): VerificationFailure | null {
    if (revocations.covers(verified)) return failureFor('session-revoked')
    return revocations.isBlind?.() ? BUS_AWAY : null
  }

  function lookUp(text: string, retainedLength = 0): VerifiedToken | UnverifiedToken | null {
    const known = recall(text)
    if (known !== undefined) return known.ok ? known : decode(text, known)
    const token = decodeUnseen(text, retainedLength)
    return token?.verified ?? token
  }

  function decodeUnseen(text: string, retainedLength: number): UnverifiedToken | null {
    const token = inFlight.find(text) ?? decode(text, null, retainedLength)
    if (token !== null && token.pending === null) recallSignature(token)
    return token
  }

  /** Of a token that was brought once before: gives it its verdict. From now on memory has it verified. */
  function recallSignature(token: UnverifiedToken): void {
    const key = keyOf(token.text)
    if (key === undefined) return
    const nowMs = now()
    if (nowMs >= key.trustedUntilMs) {
      // Else it would hide the same text with another key.
      memory.deleteSignature(token.text)
      return
    }
    const verified = createVerifiedToken(token, key, clockSkewInMs, true)
    memory.add(verified, nowMs)
    const outcome = verdictOn(verified, nowMs)
    if (outcome.ok) token.verified = outcome
    else token.refusal = outcome
  }

  function accept(verified: VerifiedToken): VerifiedToken {
    stats.hits++
    return verified
  }

  function judge(token: UnverifiedToken): VerificationOutcome | Later<VerificationOutcome> {
    if (token.refusal !== null) {
      if (token.refusal.reason === 'session-revoked') stats.revoked++
      observer?.refused(token.refusal.reason, token.claims, now(), clockSkewInMs)
      return token.refusal
    }
    if (token.verified !== null) return accept(token.verified)
    stats.misses++
    if (token.pending !== null) {
      stats.shared++
      token.isShared = true
      return token.pending.next(lookAgain)
    }
    const begunAtMs = observer?.begin() ?? 0
    const outcome = verifyUnseen(token, clockSkewInMs, begunAtMs)
    if (outcome instanceof Later) inFlight.add(token, outcome)
    else observer?.judged(outcome, begunAtMs)
    return outcome
  }

  function verify(text: string, skewMs = clockSkewInMs): VerificationOutcome | Later<VerificationOutcome> {
    if (skewMs !== clockSkewInMs) {
      const unseen = decode(text)
      return unseen === null ? failureFor('token-invalid') : verifyUnseen(unseen, skewMs)
    }
    const token = lookUp(text)
    if (token instanceof VerifiedToken) return accept(token)
    return token === null ? refuseMalformed() : judge(token)
  }

  function refuseMalformed(): VerificationFailure {
    stats.misses++
    const failure = failureFor('token-invalid')
    if (observer !== undefined) observer.judged(failure, observer.begin())
    return failure
  }

  /** `begunAtMs`: what the observer has given when it was told of the token; 0 if it was not told. */
  function verifyUnseen(
    token: UnverifiedToken,
    skewMs: number,
    begunAtMs = 0
  ): VerificationOutcome | Later<VerificationOutcome> {
    if (token.jose.category !== 'session' || isOfMachine(token.claims)) return failureFor('token-type-mismatch')
    const key = findSessionKey(token)
    if (!isToCome(key)) return conclude(token, key, skewMs)
    return toLater(key).next((found) => {
      const outcome = conclude(token, found, skewMs)
      observer?.judged(outcome, begunAtMs)
      return outcome
    })
  }

  /** Claims are looked at only once the signature is good: a forged token learns nothing of the configuration. */
  function conclude(token: UnverifiedToken, key: SigningKey, skewMs: number): VerificationOutcome {
    if (isFailure(key)) return key
    headers.keep(token)
    const nowMs = now()
    const reason = checkClaims(token.claims, nowMs, skewMs)
    observer?.concluded(token.claims, reason, nowMs, skewMs)
    if (reason !== null) return failureFor(reason)

    const isRemembered = skewMs === clockSkewInMs
    const expiresAtMs = (token.claims as SessionClaims).exp * 1000 + skewMs
    const isEntered = isRemembered && (token.isShared || !addSignature(token.text, key, expiresAtMs, nowMs))
    const verified = createVerifiedToken(token, key, skewMs, isEntered)
    revocations.observe(verified)
    if (isRemembered) {
      if (isEntered) memory.add(verified, nowMs)
      if (verified.auth.sessionId !== undefined) settings.keyStore.witness(verified.auth.sessionId)
    }
    const objection = revocations.size === 0 ? null : objectionTo(verified)
    if (objection?.reason === 'session-revoked') stats.revoked++
    return objection ?? verified
  }

  /** `isKept`: memory will keep it, and so its text. */
  function createVerifiedToken(
    { text, retainedLength, claims }: UnverifiedToken,
    key: VerificationKey,
    skewMs: number,
    isKept: boolean
  ): VerifiedToken {
    const checked = claims as SessionClaims
    const token = isKept && retainedLength === 0 ? copyOf(text) : text
    const notBefore = Math.max(checked.nbf ?? Number.NEGATIVE_INFINITY, checked.iat ?? Number.NEGATIVE_INFINITY)
    return new VerifiedToken({
      token,
      retainedLength: retainedLength === 0 ? text.length : retainedLength,
      key,
      expiresAtMs: checked.exp * 1000 + skewMs,
      notBeforeMs: notBefore * 1000 - skewMs,
      issuedAt: checked.iat ?? Number.POSITIVE_INFINITY,
      isOwnIssuer: checked.iss === ownIssuer,
      auth: settings.auth.signedIn(checked, token),
      pendingAuth: checked.sts === 'pending' ? settings.auth.pending() : null
    })
  }

  function verifySignature(token: UnverifiedToken): Eventually<SignatureOutcome> {
    return convert(findAnyKey(token), concludeSignature)
  }

  return { recall, lookUp, decodeUnseen, decode, accept, judge, verify, verifySignature }
}

function concludeSignature(key: SigningKey): SignatureOutcome {
  return isFailure(key) ? key : GOOD_SIGNATURE
}
