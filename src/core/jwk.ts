import { isBase64url } from './base64url.js'
import { isRecord } from './json.js'

export type SignatureAlgorithm = 'RS256' | 'RS384' | 'RS512'

/** Why a key of a set is left out. A closed set: skipped keys are counted under these names. */
export type SkipReason =
  | 'not-an-object'
  | 'not-rsa'
  | 'not-for-signatures'
  | 'algorithm'
  | 'no-kid'
  | 'duplicate-kid'
  | 'private-key'
  | 'malformed'
  | 'modulus-size'
  | 'exponent'
  | 'not-importable'
  | 'too-many'

/** The members of an RSA public key (RFC 7518 section 6.3.1) that are used. Other members of the JWK are dropped. */
export interface PublicJwk {
  readonly kid: string
  readonly algorithm: SignatureAlgorithm
  readonly n: string
  readonly e: string
  readonly modulusBits: number
}

// RFC 7518 section 3.3 demands 2048 bits. The upper bound keeps a hostile key set from making verification slow.
const MIN_MODULUS_BITS = 2048
const MAX_MODULUS_BITS = 8192
const MAX_KID_LENGTH = 256
const ALGORITHMS: ReadonlySet<unknown> = new Set<SignatureAlgorithm>(['RS256', 'RS384', 'RS512'])
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth']

/**
 * Validates one member of a key set: it has to be an RSA signing key of sane size whose `use`, `key_ops` and `alg`
 * agree. The key is bound to its algorithm; an absent `alg` means RS256, the only algorithm that Clerk signs with.
 * Certificates (`x5c`, `x5u`) are ignored.
 */
export function parseJwk(jwk: unknown): PublicJwk | SkipReason {
  if (!isRecord(jwk)) return 'not-an-object'
  const { kty, use, key_ops: operations, alg, kid, n, e } = jwk
  if (kty !== 'RSA') return 'not-rsa'
  if (use !== undefined && use !== 'sig') return 'not-for-signatures'
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) {
    return 'not-for-signatures'
  }
  if (alg !== undefined && !ALGORITHMS.has(alg)) return 'algorithm'
  if (!isKid(kid)) return 'no-kid'
  // A private key in a published set is compromised: every reader can sign with it.
  for (const member of PRIVATE_MEMBERS) if (member in jwk) return 'private-key'
  if (typeof n !== 'string' || typeof e !== 'string') return 'malformed'

  const modulusBits = parseModulusBits(n)
  if (modulusBits === null) return 'malformed'
  if (modulusBits < MIN_MODULUS_BITS || modulusBits > MAX_MODULUS_BITS) return 'modulus-size'
  if (!isExponent(e)) return 'exponent'
  return { kid, algorithm: (alg as SignatureAlgorithm | undefined) ?? 'RS256', n, e, modulusBits }
}

/** Whether a value can be a key id: 1 to 256 characters of printable ASCII. */
export function isKid(kid: unknown): kid is string {
  if (typeof kid !== 'string' || kid.length === 0 || kid.length > MAX_KID_LENGTH) return false
  for (let i = 0; i < kid.length; i++) {
    const code = kid.charCodeAt(i)
    if (code < 0x21 || code > 0x7e) return false
  }
  return true
}

/**
 * Length in bits of an odd modulus without leading zeros (RFC 7518 section 2, Base64urlUInt); null for any other text.
 */
function parseModulusBits(n: string): number | null {
  // The length first: a modulus that is too large is not decoded.
  if (n.length === 0 || n.length > MAX_MODULUS_BITS / 4 || !isBase64url(n)) return null
  const bytes = Buffer.from(n, 'base64url')
  const first = bytes[0] as number
  const last = bytes[bytes.length - 1] as number
  if (first === 0 || (last & 1) === 0) return null
  return bytes.length * 8 - (Math.clz32(first) - 24)
}

/**
 * Odd, from 65537 to 2^32 - 1. RFC 8017 section 3.1 would allow 3, but a small exponent turns every laxness of a
 * padding check into a forgery, and FIPS 186-5 section A.1.1 asks for more than 2^16. The upper bound keeps the cost of
 * one verification where it is with 65537, which is what Clerk and practically everyone uses.
 */
function isExponent(e: string): boolean {
  if (e.length > 6 || !isBase64url(e)) return false
  const bytes = Buffer.from(e, 'base64url')
  if (bytes.length < 3 || bytes.length > 4 || bytes[0] === 0) return false
  const value = bytes.readUIntBE(0, bytes.length)
  return value >= 65_537 && (value & 1) === 1
}
