import { verify } from 'node:crypto'
import type { SignatureAlgorithm } from '../jwk.js'
import type { VerificationKey } from '../jwks/types.js'
import { MAX_TOKEN_LENGTH } from './decode.js'
import type { UnverifiedToken } from './unverified-token.js'

const DIGESTS: Readonly<Record<SignatureAlgorithm, string>> = {
  RS256: 'sha256',
  RS384: 'sha384',
  RS512: 'sha512'
}

// Scratch memory. A view into it holds this token's bytes until the next call of a function of this file: it goes to `verify`
// at once, which copies it when it is given a callback.
const input = Buffer.allocUnsafeSlow(MAX_TOKEN_LENGTH)
const signature = Buffer.allocUnsafeSlow(MAX_TOKEN_LENGTH)

/** RSASSA-PKCS1-v1_5 over `header.payload` (RFC 7518 section 3.3), on this thread. */
export function verifySignature(token: UnverifiedToken, key: VerificationKey): boolean {
  if (!fits(token, key)) return false
  return verify(DIGESTS[key.algorithm], writeInput(token), key.keyObject, writeSignature(token))
}

/** The same in the thread pool, which leaves a small part of the work to the event loop. Calls back later, never at once. */
export function verifySignaturePooled(
  token: UnverifiedToken,
  key: VerificationKey,
  done: (error: Error | null, isValid: boolean) => void
): void {
  if (fits(token, key)) verify(DIGESTS[key.algorithm], writeInput(token), key.keyObject, writeSignature(token), done)
  else queueMicrotask(() => done(null, false))
}

/**
 * Whether the signature is as long as the modulus (RFC 8017 section 8.2.2 step 1); no number is computed from another. Canonical
 * base64url writes three bytes as four characters, and has no padding.
 */
function fits({ text, payloadEnd }: UnverifiedToken, { signatureLength }: VerificationKey): boolean {
  return Math.floor(((text.length - payloadEnd - 1) * 3) / 4) === signatureLength
}

/** The bytes that the signature is over (RFC 7515 section 5.2). All of them are ASCII: the parts have been decoded. */
function writeInput({ text, payloadEnd }: UnverifiedToken): Uint8Array {
  return input.subarray(0, input.write(text, 0, payloadEnd, 'latin1'))
}

function writeSignature({ text, payloadEnd }: UnverifiedToken): Uint8Array {
  return signature.subarray(0, signature.write(text.slice(payloadEnd + 1), 'base64url'))
}
