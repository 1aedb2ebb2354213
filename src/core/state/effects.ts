import type { MachineTokenType } from '../auth/types.js'
import type { RefreshRequest } from '../backend-api/backend-api.js'
import type { BackendResult } from '../backend-api/result.js'
import type { Eventually } from '../later.js'
import type { MisdirectedToken } from '../log-lines.js'
import type { Logger } from '../logger.js'
import type { MachineOutcome } from '../machine/outcome.js'
import type { VerificationOutcome } from '../token/outcome.js'
import type { UnverifiedToken } from '../token/unverified-token.js'
import type { VerifiedToken } from '../token/verified-token.js'
import type { SignatureOutcome } from '../token/verifier.js'

/**
 * All that the state machine needs from outside: tokens, Clerk's API, clock, log. No client input makes a member throw.
 */
export interface Effects {
  /**
   * Verified if memory has the token and accepts it now, else decoded, else (no JWT) null. Never I/O or a signature
   * check. `retainedLength`: length of the header that memory may keep with the token; 0, or not given: none.
   */
  lookUp(text: string, retainedLength?: number): VerifiedToken | UnverifiedToken | null
  /** `null` for a text that is not a JWT with an object as header and an object as payload. */
  decode(text: string): UnverifiedToken | null
  /** Counts a token that `lookUp` has just found in memory, once the request is answered by it. */
  accept(verified: VerifiedToken): VerifiedToken
  /** Judges a token that `lookUp` has just decoded. */
  verifySession(token: UnverifiedToken): Eventually<VerificationOutcome>
  /**
   * Looks a token up that the request itself did not bring, and judges it. With a tolerance of its own it bypasses
   * memory.
   */
  verifySessionText(text: string, options?: { readonly skewMs: number }): Eventually<VerificationOutcome>
  /** Algorithm, key and signature, and nothing else: no claim, no `typ`, no `cat` is looked at. */
  verifySignature(token: UnverifiedToken): Eventually<SignatureOutcome>
  /** Null without a secret key, as BAPI answers only to its holder. */
  fetchHandshakePayload: ((nonce: string) => Promise<BackendResult<readonly string[]>>) | null
  /** Null without a secret key. */
  refreshSession: ((request: RefreshRequest) => Promise<BackendResult<readonly string[]>>) | null
  /** `token`: the text decoded; null when it is not a JWT. */
  verifyMachineToken(type: MachineTokenType, text: string, token: UnverifiedToken | null): Eventually<MachineOutcome>
  /** Told of a session token of a cookie that was first seen, is well signed, and has no `azp`. */
  sawNoParty(): void
  /** Told of a request that is refused for one of these. */
  sawMisdirected(kind: MisdirectedToken): void
  now(): number
  /** Clerk's clock minus ours, in ms; null: not known. */
  clockOffsetMs(): number | null
  readonly log: Logger
}
