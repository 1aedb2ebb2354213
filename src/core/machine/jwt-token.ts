import { createM2MTokenAuth, createOAuthTokenAuth } from '../auth/machine-auth.js'
import type { MachineTokenType } from '../auth/types.js'
import { compileClaimCheck } from '../token/claims.js'
import type { JsonObject, UnverifiedToken } from '../token/decode.js'
import { categoryOf, isAccessToken } from '../token/jose-header.js'
import type { VerificationFailure } from '../token/outcome.js'
import type { SignatureOutcome } from '../token/verifier.js'
import { isForAudience } from './audience.js'
import { machineFailure } from './failures.js'
import type { MachineOutcome } from './outcome.js'

export interface JwtTokenSettings {
  readonly decode: (token: string) => UnverifiedToken | null
  readonly verifySignature: (token: string) => SignatureOutcome | Promise<SignatureOutcome>
  readonly audience: readonly string[]
  readonly clockSkewMs: number
  readonly now: () => number
}

const noReport = { issuer: false, authorizedParties: false }

/** Verifies M2M tokens and OAuth access tokens that are JWTs: no call, and no way to revoke them before they expire (section 7.5). */
export function createJwtTokenVerifier(
  settings: JwtTokenSettings
): (type: MachineTokenType, token: string) => MachineOutcome | Promise<MachineOutcome> {
  const { decode, verifySignature, audience, clockSkewMs, now } = settings
  // Neither `iss` nor `azp` is looked at: a machine has no origin.
  const rules = { authorizedParties: [], issuers: [], reportOnly: noReport, onReport() {} }
  const checkM2MClaims = compileClaimCheck({ ...rules, audience })
  const checkOAuthClaims = compileClaimCheck({ ...rules, audience: [] })

  return function verify(type, token) {
    const decoded = decode(token)
    // A machine prefix on something JWT-shaped ends here too.
    if (decoded === null || type === 'api_key') return malformed()
    if (type === 'm2m_token' && !isM2MCategory(decoded)) return malformed()
    if (!isTypeOf(type, decoded)) return refuse(type)
    const outcome = verifySignature(token)
    return outcome instanceof Promise
      ? outcome.then((settled) => conclude(type, token, settled))
      : conclude(type, token, outcome)
  }

  function conclude(type: 'm2m_token' | 'oauth_token', token: string, outcome: SignatureOutcome): MachineOutcome {
    if (!outcome.ok) return refuse(type, outcome)
    const { claims } = outcome
    if (type === 'm2m_token') {
      if (checkM2MClaims(claims, now(), clockSkewMs) !== null) return refuse(type)
      return { ok: true, type, auth: createM2MTokenAuth(m2mData(claims), token) }
    }
    if (checkOAuthClaims(claims, now(), clockSkewMs) !== null || !isForAudience(claims.aud, audience))
      return refuse(type)
    return { ok: true, type, auth: createOAuthTokenAuth(oauthData(claims), token) }
  }
}

function isM2MCategory({ header }: UnverifiedToken): boolean {
  return header.cat === undefined || categoryOf(header) === 'm2m'
}

function isTypeOf(type: 'm2m_token' | 'oauth_token', { header }: UnverifiedToken): boolean {
  if (type === 'm2m_token') return header.typ === undefined || header.typ === 'JWT'
  return isAccessToken(header)
}

function malformed(): MachineOutcome {
  return machineFailure('m2m_token', 'token-invalid', 'The token is not a well-formed machine token.')
}

function refuse(type: MachineTokenType, failure?: VerificationFailure): MachineOutcome {
  const text = 'The token does not verify: signature, type, lifetime or audience.'
  return machineFailure(
    type,
    'token-verification-failed',
    text,
    null,
    failure?.unavailable ? failure.retryAfterSeconds : null
  )
}

/** The registered claims (RFC 7519 section 4.1) that are not the application's own. */
const OWN = ['iss', 'sub', 'exp', 'nbf', 'iat', 'jti']

function m2mData(claims: JsonObject) {
  const custom = Object.entries(claims).filter(([name]) => !OWN.includes(name))
  return {
    id: text(claims.jti),
    subject: text(claims.sub),
    scopes: words(claims.scopes) ?? list(claims.aud),
    claims: custom.length === 0 ? null : Object.fromEntries(custom)
  }
}

function oauthData(claims: JsonObject) {
  return {
    id: text(claims.jti),
    subject: text(claims.sub),
    clientId: text(claims.client_id),
    scopes: Array.isArray(claims.scp) ? list(claims.scp) : (words(claims.scope) ?? [])
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function words(value: unknown): readonly string[] | null {
  return typeof value === 'string' && value !== '' ? value.split(' ') : null
}

function list(value: unknown): readonly string[] {
  if (typeof value === 'string') return value === '' ? [] : [value]
  return Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string') : []
}
