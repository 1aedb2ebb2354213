/**
 * Characters of the signature by which a token is looked up. Twelve hold 72 bits: in one of 10¹² caches of a hundred thousand
 * tokens two of them share a tail. V8 copies a slice this short; a longer one is a view, which costs more to hash and compare.
 */
const TAIL_LENGTH = 12

/** The key by which a token is found. It does not identify the token: the text that it finds must be compared as a whole. */
export function tailOf(token: string): string {
  return token.slice(-TAIL_LENGTH)
}

const HASHED_LENGTH = 6
const FNV_BASIS = 0x811c9dc5 | 0
const FNV_PRIME = 0x01000193

/**
 * A 32-bit number in the tail's place (FNV-1a), where a key may not be an object. The last character of a signature is left out:
 * it holds two bits or four.
 */
export function hashOfTail(token: string): number {
  const end = token.length - 1
  let hash = FNV_BASIS
  for (let i = end - HASHED_LENGTH; i < end; i++) hash = Math.imul(hash ^ token.charCodeAt(i), FNV_PRIME)
  return hash
}
