import { convert, type Eventually } from '../later.js'
import { compileClaimCheck } from '../token/claims.js'
import type { VerificationFailure } from '../token/outcome.js'
import type { UnverifiedToken } from '../token/unverified-token.js'
import type { SignatureOutcome } from '../token/verifier.js'
import type { MachineTokenType } from '../token-types.js'
import { readAudience } from './jwt-claims.js'
import { type JwtForm, MACHINE_TYPES } from './machine-types.js'
import { type MachineOutcome, type MachineRevocationCheck, machineFailure, verifiedMachineToken } from './outcome.js'

export interface JwtTokenSettings {
  readonly verifySignature: (token: UnverifiedToken) => Eventually<SignatureOutcome>
  readonly clockSkewMs: number
  readonly revocations: Pick<MachineRevocationCheck, 'observeMachine'>
  readonly now: () => number
}

const NO_REPORT = { issuer: false, authorizedParties: false }

/** Verifies machine tokens that are JWTs, without a call (machine/README.md section 2). */
export function createJwtTokenVerifier(
  settings: JwtTokenSettings
): (type: MachineTokenType, token: UnverifiedToken | null) => Eventually<MachineOutcome> {
  const { verifySignature, clockSkewMs, revocations, now } = settings
  // Neither `iss` nor `azp` is checked: the key decides the instance, and a machine has no origin. The audience depends on
  // the route, and is checked by whoever asked.
  const checkClaims = compileClaimCheck({
    audience: [],
    authorizedParties: [],
    issuers: [],
    reportOnly: NO_REPORT,
    onReport() {}
  })

  return function verify(type, token) {
    const { jwt } = MACHINE_TYPES[type]
    // A machine token's prefix on text with two dots ends here too: the text does not decode as a JWT.
    if (token === null || jwt === null || !jwt.allowsCategory(token.header)) return malformed()
    if (!jwt.allowsType(token.header)) return refuse(type)
    return convert(verifySignature(token), (outcome) => conclude(type, jwt, token, outcome))
  }

  function conclude(
    type: MachineTokenType,
    jwt: JwtForm,
    { text, claims }: UnverifiedToken,
    outcome: SignatureOutcome
  ): MachineOutcome {
    if (!outcome.ok) return refuse(type, outcome)
    if (checkClaims(claims, now(), clockSkewMs) !== null) return refuse(type)
    const verified = verifiedMachineToken(jwt.createAuth(claims, text), readAudience(claims.aud), false)
    revocations.observeMachine(verified)
    return verified
  }
}

/** As Clerk's SDK reports it: with the type `m2m_token`, whatever the prefix says. */
function malformed(): MachineOutcome {
  return machineFailure('m2m_token', 'token-invalid', 'The token is not a well-formed machine token.')
}

function refuse(type: MachineTokenType, failure?: VerificationFailure): MachineOutcome {
  const text = 'The token does not verify: signature, type or lifetime.'
  const retryAfterSeconds = failure?.unavailable ? failure.retryAfterSeconds : null
  return machineFailure(type, 'token-verification-failed', text, null, retryAfterSeconds)
}
