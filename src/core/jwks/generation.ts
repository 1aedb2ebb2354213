import type { ImportedKey } from './key-set.js'
import type { VerificationKey } from './types.js'

/** One key set in use. Immutable: a new answer makes a new generation, only `trustedUntilMs` of its keys moves. */
export interface Generation {
  readonly kids: readonly string[]
  /** Ready-made answers of `find`, so that looking a key up makes nothing. */
  readonly byKid: ReadonlyMap<string, readonly [GenerationKey]>
}

export interface GenerationKey extends VerificationKey {
  readonly kid: string
  /** The modulus and exponent as they were sent: equal text, equal key. */
  readonly material: string
}

export interface Succession {
  readonly generation: Generation
  readonly added: readonly string[]
  /** Kids whose key left, or was replaced under the same name. */
  readonly withdrawn: readonly string[]
}

export const EMPTY_GENERATION: Generation = Object.freeze({ kids: Object.freeze([]), byKid: new Map() })

/**
 * The generation that follows `previous`. A key that stays is the same object, so what was verified under it stays
 * good; a key that left, or has other material under its old name, loses its trust here and now.
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
