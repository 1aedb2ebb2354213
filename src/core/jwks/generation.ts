import type { ImportedKey } from './key-set.js'
import type { VerificationKey } from './types.js'

/** One key set in use. Immutable, except for `trustedUntilMs` of its keys: a new answer makes a new generation. */
export interface Generation {
  readonly kids: readonly string[]
  /** The arrays that `find` returns, made in advance: a look-up allocates nothing. */
  readonly byKid: ReadonlyMap<string, readonly [GenerationKey]>
}

export interface GenerationKey extends VerificationKey {
  readonly kid: string
  /**
   * Algorithm, exponent and modulus as they were sent. Both encodings are canonical, so equal text means the same key.
   */
  readonly material: string
}

export interface Succession {
  readonly generation: Generation
  readonly added: readonly string[]
  /** Kids whose key has left, or was replaced under the same kid. */
  readonly withdrawn: readonly string[]
}

export const EMPTY_GENERATION: Generation = Object.freeze({ kids: Object.freeze([]), byKid: new Map() })

/**
 * Makes the generation that follows `previous`. A key that stays keeps its object, so tokens verified under it stay
 * verified. A key that has left, or whose material was replaced under the same kid, loses its trust at once.
 */
export function succeed(previous: Generation, keys: readonly ImportedKey[], trustedUntilMs: number): Succession {
  const byKid = new Map<string, readonly [GenerationKey]>()
  const added: string[] = []
  for (const imported of keys) {
    const material = `${imported.algorithm} ${imported.e} ${imported.n}`
    const entry = previous.byKid.get(imported.kid)
    if (entry !== undefined && entry[0].material === material) {
      entry[0].trustedUntilMs = trustedUntilMs
      byKid.set(imported.kid, entry)
    } else {
      added.push(imported.kid)
      byKid.set(imported.kid, Object.freeze([createKey(imported, material, trustedUntilMs)] as const))
    }
  }

  const withdrawn: string[] = []
  for (const [kid, entry] of previous.byKid) {
    if (byKid.get(kid) === entry) continue
    entry[0].trustedUntilMs = 0
    withdrawn.push(kid)
  }
  return { generation: { kids: Object.freeze([...byKid.keys()]), byKid }, added, withdrawn }
}

export function trustUntil(generation: Generation, trustedUntilMs: number): void {
  for (const [key] of generation.byKid.values()) key.trustedUntilMs = trustedUntilMs
}

function createKey(imported: ImportedKey, material: string, trustedUntilMs: number): GenerationKey {
  return {
    kid: imported.kid,
    algorithm: imported.algorithm,
    keyObject: imported.keyObject,
    signatureLength: Math.ceil(imported.modulusBits / 8),
    trustedUntilMs,
    material
  }
}
