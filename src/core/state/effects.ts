import type { MachineTokenType } from '../auth/types.js'
import type { RefreshRequest } from '../backend-api/backend-api.js'
import type { BackendResult } from '../backend-api/result.js'
import type { Logger } from '../logger.js'
import type { MachineOutcome } from '../machine/outcome.js'
import type { UnverifiedToken } from '../token/decode.js'
import type { VerificationOutcome } from '../token/outcome.js'
import type { VerifiedToken } from '../token/verified-token.js'
import type { SignatureOutcome } from '../token/verifier.js'

/** What the state machine needs of the world. Nothing here throws for anything a client sends. */
export interface Effects {
  /** A token that is verified and in time, from memory. Never any I/O, never a signature check. */
  cachedSession(token: string): VerifiedToken | null
  /** Total: `null` for anything that is no JWT with an object as header and an object as payload. */
  decode(token: string): UnverifiedToken | null
  verifySession(
    token: string,
    options?: { readonly skewMs: number }
  ): VerificationOutcome | Promise<VerificationOutcome>
  /** Decoding, algorithm, key and signature, and nothing else: no claim, no `typ`, no `cat` is looked at. */
  verifySignature(token: string): SignatureOutcome | Promise<SignatureOutcome>
  /** `null` without a secret key: there is nobody to ask. */
  fetchHandshakePayload: ((nonce: string) => Promise<BackendResult<readonly string[]>>) | null
  /** `null` without a secret key. */
  refreshSession: ((request: RefreshRequest) => Promise<BackendResult<readonly string[]>>) | null
  verifyMachineToken(type: MachineTokenType, token: string): MachineOutcome | Promise<MachineOutcome>
  now(): number
  readonly log: Logger
}
