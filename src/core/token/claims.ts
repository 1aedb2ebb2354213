import type { JsonObject } from './decode.js'
import type { VerificationFailureReason } from './outcome.js'

export interface ClaimRules {
  readonly audience: readonly string[]
  readonly authorizedParties: readonly string[]
  /** Accepted `iss` values; empty: any. */
  readonly issuers: readonly string[]
  readonly reportOnly: { readonly issuer: boolean; readonly authorizedParties: boolean }
  /** Told of what a report-only rule would have refused. */
  readonly onReport: (rule: 'issuer' | 'authorizedParties') => void
}

export type ClaimCheck = (claims: JsonObject, nowMs: number, skewMs: number) => VerificationFailureReason | null

/**
 * A lenient audience, as Clerk has it: session tokens normally carry no `aud` (token/README.md section 4.2). One that
 * is there must name us, whatever its shape (RFC 7519 section 4.1.3).
 */
function allowsAudience(aud: unknown, audience: readonly string[]): boolean {
  if (aud === undefined || aud === null || aud === '') return true
  if (typeof aud === 'string') return audience.includes(aud)
  if (!Array.isArray(aud)) return false
  if (aud.length === 0) return true
  return aud.every((entry) => typeof entry === 'string') && aud.some((entry) => audience.includes(entry))
}

/** M2M tokens name a machine as their subject, whatever their category says (token/README.md section 2.2). */
export function isOfMachine({ sub }: JsonObject): boolean {
  return typeof sub === 'string' && sub.startsWith('mch_')
}

/** `exp` and the other times of RFC 7519 section 4.1 as numbers that arithmetic can trust: JSON's `1e400` is Infinity. */
function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

/** Compiles the claim rules in Clerk's order (token/README.md rows 7 to 13). The signature has been checked. */
export function compileClaimCheck(rules: ClaimRules): ClaimCheck {
  const { audience, authorizedParties, issuers, reportOnly, onReport } = rules

  function checkParty(azp: unknown): boolean {
    if (authorizedParties.length === 0) return true
    if (typeof azp === 'string' && azp !== '' && authorizedParties.includes(azp)) return true
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
 * Whether an unverified token looks like one of this instance: only then may its unknown `kid` or bad signature spend
 * from the refresh budget. Nothing is believed because of it.
 */
export function isPlausible(claims: JsonObject, issuers: readonly string[], nowMs: number, skewMs: number): boolean {
  const { sub, iss, exp, iat, handshake } = claims
  // A handshake token may have nothing but its directives. After a rotation it is the first token of the new key that
  // many browsers bring; whoever forges one spends from the common budget, as with a forged session token.
  if (Array.isArray(handshake)) return true
  if (typeof sub !== 'string' || !isTime(exp)) return false
  if (issuers.length > 0 && !(typeof iss === 'string' && issuers.includes(iss))) return false
  if (exp * 1000 <= nowMs - skewMs) return false
  return iat === undefined || (isTime(iat) && iat * 1000 <= nowMs + skewMs)
}
