import type { KeyObject } from 'node:crypto'
import type { PublicJwk } from '../jwk.js'

/** A public RSA key: modulus and exponent, as a JWK writes them (RFC 7518 section 6.3.1). */
export type KeyMaterial = Pick<PublicJwk, 'n' | 'e'>

/** Options that name an instance, each by the keys that it leads to. */
export type InstanceOption = 'publishableKey' | 'secretKey' | 'jwtKey' | 'jwks.keys'

/** Two options whose keys are of different instances. */
export interface InstanceMismatch {
  readonly options: readonly [InstanceOption, InstanceOption]
}

/**
 * Whether two key sets are of different instances: they have no key in common. Sets of one instance differ while its keys are
 * rotated, but share a key then; where all keys are replaced at once, one of the sets may be the old one for a while, so that
 * only a difference that lasts means anything. An empty set says nothing.
 */
export function areOfDifferentInstances(one: readonly KeyMaterial[], other: readonly KeyMaterial[]): boolean {
  if (one.length === 0 || other.length === 0) return false
  // Both encodings are canonical (jwk.ts), so equal text means the same key.
  const known = new Set(one.map(({ n, e }) => `${e} ${n}`))
  return other.every(({ n, e }) => !known.has(`${e} ${n}`))
}

/** The material of a key from a PEM; null for a key that is not RSA. */
export function materialOf(key: KeyObject): KeyMaterial | null {
  const { n, e } = key.export({ format: 'jwk' })
  return n === undefined || e === undefined ? null : { n, e }
}

const VARIABLES: Readonly<Record<InstanceOption, string>> = {
  publishableKey: 'publishableKey (CLERK_PUBLISHABLE_KEY)',
  secretKey: 'secretKey (CLERK_SECRET_KEY)',
  jwtKey: 'jwtKey (CLERK_JWT_KEY)',
  'jwks.keys': 'jwks.keys'
}

/** The two options, and the cure. Constant for each pair. */
export function mismatchText({ options: [one, other] }: InstanceMismatch): string {
  return `${VARIABLES[one]} and ${VARIABLES[other]} belong to different Clerk instances. Copy both from the same instance of the Clerk dashboard.`
}

/** For a mismatch that key sets had confirmed. */
export const MISMATCH_TAKEN_BACK =
  'Clerk: session tokens verify: the options that were said to belong to different Clerk instances belong to one.'

/** The text for a mismatch that no key set has confirmed: tokens fail for long, and anybody can make up such tokens. */
export function likelyMismatchText(mismatch: InstanceMismatch): string {
  return `No session token verifies, although tokens name the instance of publishableKey. Unless all of them are forged: ${mismatchText(mismatch)}`
}
