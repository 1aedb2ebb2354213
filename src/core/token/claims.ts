import { type AuthorizedParties, isAuthorized, isUnchecked } from '../authorized-parties.js'
import type { JsonObject } from './decode.js'
import type { VerificationFailureReason } from './outcome.js'

export interface ClaimRules {
  readonly audience: readonly string[]
  /** Accepted `azp`; an empty list: any. */
  readonly authorizedParties: AuthorizedParties
  /** Accepted `iss` values; empty: any. */
  readonly issuers: readonly string[]
  readonly reportOnly: { readonly issuer: boolean; readonly authorizedParties: boolean }
  /** Called for each token that this report-only rule would have refused. */
  readonly onReport: (rule: 'issuer' | 'authorizedParties') => void
}

export type ClaimCheck = (claims: JsonObject, nowMs: number, skewMs: number) => VerificationFailureReason | null

/**
 * Lenient, as Clerk's: session tokens normally have no `aud`, so an absent or empty one passes (token/README.md section 4.2).
 * Any other must name one of the values (RFC 7519 section 4.1.3).
 */
export function allowsAudience(aud: unknown, audience: readonly string[]): boolean {
  if (aud === undefined || aud === null || aud === '') return true
  if (typeof aud === 'string') return audience.includes(aud)
  if (!Array.isArray(aud)) return false
  if (aud.length === 0) return true
  return aud.every((entry) => typeof entry === 'string') && aud.some((entry) => audience.includes(entry))
}

/** Whether the subject is a machine, as of M2M tokens, whatever the category says (token/README.md section 2.2). */
export function isOfMachine({ sub }: JsonObject): boolean {
  return typeof sub === 'string' && sub.startsWith('mch_')
}

/** Whether a claim is a time that can be calculated with (RFC 7519 section 2, NumericDate). JSON's `1e400` is Infinity. */
function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

/** Compiles the check of the claims of a token whose signature is good: token/README.md rows 7 to 13, in Clerk's order. */
export function compileClaimCheck(rules: ClaimRules): ClaimCheck {
  const { audience, authorizedParties, issuers, reportOnly, onReport } = rules

  function checkParty(azp: unknown): boolean {
    if (isUnchecked(authorizedParties)) return true
    if (typeof azp === 'string' && azp !== '' && isAuthorized(authorizedParties, azp)) return true
    if (!reportOnly.authorizedParties) return false
    onReport('authorizedParties')
    return true
  }

  function checkIssuer(iss: unknown): boolean {
    if (issuers.length === 0) return true
    if (typeof iss === 'string' && issuers.includes(iss)) return true
    if (!reportOnly.issuer) return false
    onReport('issuer')
    return true
  }

  return function checkClaims(claims, nowMs, skewMs) {
    if (typeof claims.sub !== 'string') return 'token-verification-failed'
    if (audience.length > 0 && !allowsAudience(claims.aud, audience)) return 'token-verification-failed'
    if (!checkParty(claims.azp)) return 'token-invalid-authorized-parties'
    if (!checkIssuer(claims.iss)) return 'token-invalid-issuer'

    const { exp, nbf, iat } = claims
    if (!isTime(exp)) return 'token-verification-failed'
    if (exp * 1000 <= nowMs - skewMs) return 'token-expired'
    if (nbf !== undefined && !isTime(nbf)) return 'token-verification-failed'
    if (nbf !== undefined && nbf * 1000 > nowMs + skewMs) return 'token-not-active-yet'
    if (iat !== undefined && !isTime(iat)) return 'token-verification-failed'
    if (iat !== undefined && iat * 1000 > nowMs + skewMs) return 'token-iat-in-the-future'
    return null
  }
}

/**
 * Whether the claims of an unverified token are such as this instance's tokens have. Only then may its unknown `kid` or bad
 * signature cause a refresh of the keys. The answer proves nothing: anybody can forge such claims.
 */
export function isPlausible(claims: JsonObject, issuers: readonly string[], nowMs: number, skewMs: number): boolean {
  const { sub, iss, exp, iat, handshake } = claims
  // A handshake token need not have another claim. After a rotation it is the first token under the new key that many
  // browsers bring, so it must be able to cause a refresh. A forged one spends from the budget that forged session
  // tokens spend from.
  if (Array.isArray(handshake)) return true
  if (typeof sub !== 'string' || !isTime(exp)) return false
  if (issuers.length > 0 && !(typeof iss === 'string' && issuers.includes(iss))) return false
  if (exp * 1000 <= nowMs - skewMs) return false
  return iat === undefined || (isTime(iat) && iat * 1000 <= nowMs + skewMs)
}
