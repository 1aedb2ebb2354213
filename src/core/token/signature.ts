import { verify } from 'node:crypto'
import type { SignatureAlgorithm } from '../jwk.js'
import type { VerificationKey } from '../jwks/types.js'
import { readSignature, readSigningInput, type TokenParts } from './decode.js'

const DIGESTS: Readonly<Record<SignatureAlgorithm, string>> = {
  RS256: 'sha256',
  RS384: 'sha384',
  RS512: 'sha512'
}

/** RSASSA-PKCS1-v1_5 over `header.payload` (RFC 7518 section 3.3), on this thread. */
export function verifySignature(token: string, parts: TokenParts, key: VerificationKey): boolean {
  const signature = readSignature(token, parts)
  // No arithmetic for another length than the modulus's (RFC 8017 section 8.2.2 step 1): no zeros dropped or added.
  if (signature?.length !== key.signatureLength) return false
  return verify(DIGESTS[key.algorithm], readSigningInput(token, parts), key.keyObject, signature)
}

/**
 * The same in the thread pool, which copies the bytes: the event loop is left with a small part of the work. Always calls back
 * later, never at once.
 */
export function verifySignaturePooled(
  token: string,
  parts: TokenParts,
  key: VerificationKey,
  done: (error: Error | null, isValid: boolean) => void
): void {
  const signature = readSignature(token, parts)
  if (signature?.length !== key.signatureLength) {
    queueMicrotask(() => done(null, false))
    return
  }
  verify(DIGESTS[key.algorithm], readSigningInput(token, parts), key.keyObject, signature, done)
}
