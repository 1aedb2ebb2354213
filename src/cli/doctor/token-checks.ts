import type { Instance } from '../../core/instance.js'
import { type ClaimRules, compileClaimCheck } from '../../core/token/claims.js'
import type { JsonObject } from '../../core/token/decode.js'
import type { UnverifiedToken } from '../../core/token/unverified-token.js'
import { momentInWords } from './duration.js'
import { quote } from './quote.js'

export interface TokenCheck {
  readonly check:
    | 'form'
    | 'category'
    | 'key'
    | 'algorithm'
    | 'signature'
    | 'subject'
    | 'audience'
    | 'authorized party'
    | 'issuer'
    | 'expiry'
    | 'not before'
    | 'issued at'
    | 'revocation'
  readonly answer: 'passed' | 'failed' | 'not checked'
  /** Of a failed check: the reason with which the plugin refuses. */
  readonly reason: string | null
  readonly says: string
}

/** What each check answers for a session token, each for itself: the plugin stops at the first that fails. */
export async function checkToken(token: UnverifiedToken, instance: Instance): Promise<readonly TokenCheck[]> {
  const { settings } = instance
  return [
    passed('form', `${token.text.length} characters, three parts`),
    categoryCheck(token),
    ...(await keyChecks(token, instance)),
    ...claimChecks(token.claims, settings, settings.now()),
    { check: 'revocation', answer: 'not checked', reason: null, says: 'only the running server knows what was revoked' }
  ]
}

function passed(check: TokenCheck['check'], says: string): TokenCheck {
  return { check, answer: 'passed', reason: null, says }
}

function categoryCheck({ jose, claims }: UnverifiedToken): TokenCheck {
  const isMachine = typeof claims.sub === 'string' && claims.sub.startsWith('mch_')
  const isSession = jose.category === 'session' && !isMachine
  const says = isSession ? 'a session token' : CATEGORIES[isMachine ? 'm2m' : jose.category]
  return isSession
    ? passed('category', says)
    : { check: 'category', answer: 'failed', reason: 'token-type-mismatch', says }
}

const CATEGORIES: Readonly<Record<UnverifiedToken['jose']['category'], string>> = {
  session: 'a session token',
  template: 'of a JWT template: it is for other services, send what getToken() returns without a template',
  m2m: 'a machine-to-machine token',
  oauth: 'an OAuth access token',
  unknown: 'of a category that is not known'
}

async function keyChecks(token: UnverifiedToken, instance: Instance): Promise<readonly TokenCheck[]> {
  const { kid, algorithm } = token.jose
  const known = instance.health().keys.kids
  const named = kid === undefined ? 'it names no key' : `it names the key ${quote(kid)}`
  const set = known.length === 0 ? '' : `; the key set has ${known.map(quote).join(', ')}`
  const outcome = await instance.verifier.verifySignature(token)
  const alg = `${quote(token.header.alg)}`
  const keyPassed = passed('key', instance.health().keys.source === 'jwtKey' ? 'jwtKey, whatever key it names' : named)
  const algorithmPassed = passed('algorithm', alg)
  if (outcome.ok) return [keyPassed, algorithmPassed, passed('signature', 'good')]
  const { reason } = outcome
  const skipped = { check: 'signature', answer: 'not checked', reason: null, says: 'it was not come to' } as const
  if (outcome.unavailable) {
    return [
      { check: 'key', answer: 'not checked', reason, says: `no key set could be had; ${named}` },
      algorithm === null
        ? { check: 'algorithm', answer: 'failed', reason: 'token-invalid-algorithm', says: alg }
        : algorithmPassed,
      { ...skipped, says: 'no key is known here' }
    ]
  }
  if (reason === 'jwk-kid-mismatch')
    return [{ check: 'key', answer: 'failed', reason, says: named + set }, algorithmPassed, skipped]
  if (reason === 'token-invalid-signature') {
    return [keyPassed, algorithmPassed, { check: 'signature', answer: 'failed', reason, says: 'bad under that key' }]
  }
  return [keyPassed, { check: 'algorithm', answer: 'failed', reason, says: `${alg}, or a crit member` }, skipped]
}

const NO_RULES: ClaimRules = {
  audience: [],
  authorizedParties: [],
  issuers: [],
  reportOnly: { issuer: false, authorizedParties: false },
  onReport() {}
}

/** Claims with which every other check passes, so that the rule of one answers alone. */
const FINE: JsonObject = { sub: 'user', exp: Number.MAX_SAFE_INTEGER }

function claimChecks(claims: JsonObject, settings: Instance['settings'], nowMs: number): readonly TokenCheck[] {
  const { audience, authorizedParties, issuers, clockSkewInMs } = settings
  const { sub, aud, azp, iss, exp, nbf, iat } = claims
  const ask = (rules: Partial<ClaimRules>, own: JsonObject) =>
    compileClaimCheck({ ...NO_RULES, ...rules })({ ...FINE, ...own }, nowMs, clockSkewInMs)
  const check = (name: TokenCheck['check'], reason: string | null, says: string): TokenCheck =>
    reason === null ? passed(name, says) : { check: name, answer: 'failed', reason, says }
  const time = (value: unknown) => (typeof value === 'number' ? momentInWords(value, nowMs) : quote(value))
  const isAnyParty = Array.isArray(authorizedParties) && authorizedParties.length === 0
  const reportsParty = settings.reportOnly.authorizedParties ? ' (reportOnly: it is accepted all the same)' : ''
  const reportsIssuer = settings.reportOnly.issuer ? ' (reportOnly: it is accepted all the same)' : ''
  const expiry = ask({}, { exp })
  return [
    check('subject', ask({}, { sub }), typeof sub === 'string' ? 'there' : 'missing'),
    check(
      'audience',
      ask({ audience }, { aud }),
      `${quote(aud)}${audience.length === 0 ? '; not asked for' : `; audience is ${audience.map(quote).join(', ')}`}`
    ),
    check(
      'authorized party',
      ask({ authorizedParties }, { azp }),
      `${quote(azp)}${isAnyParty ? '; any is accepted' : `; authorizedParties is ${list(authorizedParties)}`}${reportsParty}`
    ),
    check(
      'issuer',
      ask({ issuers }, { iss }),
      `${quote(iss)}${issuers.length === 0 ? '; any is accepted' : `; accepted is ${list(issuers)}`}${reportsIssuer}`
    ),
    check('expiry', expiry, `${expiry === null ? 'expires' : 'expired'} ${time(exp)}`),
    check('not before', ask({}, { nbf }), nbf === undefined ? 'not given' : `good from ${time(nbf)}`),
    check('issued at', ask({}, { iat }), iat === undefined ? 'not given' : `issued ${time(iat)}`)
  ]
}

function list(values: readonly string[] | ((azp: string) => boolean)): string {
  return typeof values === 'function' ? 'a function' : values.map(quote).join(', ')
}
