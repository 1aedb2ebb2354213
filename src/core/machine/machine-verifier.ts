import type { MachineTokenType } from '../auth/types.js'
import type { BackendApi } from '../backend-api/backend-api.js'
import { createCallGate } from '../backend-api/call-gate.js'
import { convert, type Eventually } from '../later.js'
import type { UnverifiedToken } from '../token/unverified-token.js'
import { BUS_RETRY_SECONDS, type SignatureOutcome } from '../token/verifier.js'
import { createJwtTokenVerifier } from './jwt-token.js'
import { createOpaqueCache } from './opaque-cache.js'
import { createOpaqueTokenVerifier } from './opaque-token.js'
import { type MachineOutcome, type MachineRevocationCheck, machineFailure } from './outcome.js'

export interface MachineVerifierSettings {
  /** Null without any secret key: only tokens that are JWTs can then be verified. */
  readonly backendApi: BackendApi | null
  readonly verifySignature: (token: UnverifiedToken) => Eventually<SignatureOutcome>
  readonly clockSkewMs: number
  readonly isDevelopment: boolean
  readonly cacheTtlMs: number
  readonly negativeCacheTtlMs: number
  readonly maxEntries: number
  readonly maxConcurrency: number
  /** Opaque tokens are refused without a call. */
  readonly jwtOnly: boolean
  readonly revocations: MachineRevocationCheck
  readonly now: () => number
}

export interface MachineVerifier {
  /**
   * `type` is what classification says (state/README.md section 8.1), `token` the text decoded; null when it is not a JWT.
   * Never throws or rejects for what a token holds. Whether its audience will do is left to the caller: it depends on the
   * route.
   */
  verify(type: MachineTokenType, text: string, token: UnverifiedToken | null): Eventually<MachineOutcome>
  /**
   * The verdict on an opaque token that Clerk has called good, as long as that is remembered; undefined for every other text.
   * `verify` gives the same for it: no other type than that of its prefix has an opaque token of this text.
   */
  recall(text: string): MachineOutcome | undefined
  /** Lets go of refused tokens; the budget for asking about them stays spent. */
  rest(): void
  /** Ends Clerk's answers in memory: a revocation that is known no more may have covered any of their tokens. */
  askAgain(): void
}

/**
 * Three base64url parts. The last may be empty, so that an unsigned JWT is refused as a JWT and not sent to Clerk as an
 * opaque token.
 */
const JWT_SHAPE = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/

export function createMachineVerifier(settings: MachineVerifierSettings): MachineVerifier {
  const { now, jwtOnly, revocations } = settings
  const cache = createOpaqueCache({
    positiveTtlMs: settings.cacheTtlMs,
    negativeTtlMs: settings.negativeCacheTtlMs,
    maxEntries: settings.maxEntries,
    now
  })
  const gate = createCallGate(settings.isDevelopment, settings.maxConcurrency, now)
  const verifyJwt = createJwtTokenVerifier(settings)
  const verifyOpaque = createOpaqueTokenVerifier({ ...settings, cache, gate })

  function verify(type: MachineTokenType, text: string, token: UnverifiedToken | null) {
    if (JWT_SHAPE.test(text)) return verifyJwt(type, token)
    if (jwtOnly) return machineFailure(type, 'token-invalid', 'Only machine tokens that are JWTs are accepted here.')
    return verifyOpaque(type, text)
  }

  /** The last look, at answers of memory too, as a revocation may have come while the token was verified. */
  function unlessRevoked(outcome: MachineOutcome): MachineOutcome {
    if (!outcome.ok || revocations.size === 0) return outcome
    if (revocations.coversMachine(outcome)) return revoked(outcome.type)
    return revocations.isBlind?.() ? busAway(outcome.type) : outcome
  }

  return {
    recall(text) {
      const known = cache.recall(text)
      return known === undefined ? undefined : unlessRevoked(known)
    },
    verify: (type, text, token) => convert(verify(type, text, token), unlessRevoked),
    rest: cache.forgetRefused,
    askAgain: cache.expire
  }
}

function busAway(type: MachineTokenType): MachineOutcome {
  const text = 'It cannot be told whether the token was revoked: the revocation bus is away.'
  return machineFailure(type, 'revocation-bus-away', text, null, BUS_RETRY_SECONDS)
}

function revoked(type: MachineTokenType): MachineOutcome {
  return machineFailure(type, 'token-revoked', 'The token was revoked after it had been issued.')
}
