import { KeyObject } from 'node:crypto'
import { parseJson } from '../json.js'
import { type PublicJwk, parseJwk, type SkipReason } from '../jwk.js'

/** A key of a set after validation, not yet tied to a generation. */
export interface ImportedKey extends PublicJwk {
  readonly keyObject: KeyObject
}

export type SkipCounts = Partial<Record<SkipReason, number>>

export interface KeySet {
  /** At least one. */
  readonly keys: readonly ImportedKey[]
  readonly skipped: SkipCounts
}

export type KeySetFailure = 'not-json' | 'not-a-key-set' | 'empty' | 'no-usable-key'

/** Members beyond this number are counted and not examined: bounds the work that one answer can cause. */
const MAX_MEMBERS_LOOKED_AT = 1024

export function parseKeySetText(text: string, maxKeys: number): Promise<KeySet | KeySetFailure> {
  const json = parseJson(text)
  return json === undefined ? Promise.resolve('not-json') : parseKeySet(json, maxKeys)
}

/**
 * Reads a key set (RFC 7517 section 5). Keys that are not RSA signing keys of a sane size are skipped and counted; the
 * others are imported through jose. Of keys that share a kid the first counts: a key appended to a set displaces none.
 *
 * jose imports to a CryptoKey. `node:crypto` verifies with the KeyObject inside it, without a promise for each
 * signature.
 */
export async function parseKeySet(json: unknown, maxKeys: number): Promise<KeySet | KeySetFailure> {
  const members = (json as { keys?: unknown } | null | undefined)?.keys
  if (!Array.isArray(members)) return 'not-a-key-set'
  if (members.length === 0) return 'empty'

  const skipped: SkipCounts = {}
  const skip = (reason: SkipReason, count = 1) => {
    skipped[reason] = (skipped[reason] ?? 0) + count
  }
  const byKid = new Map<string, PublicJwk>()
  for (const member of members.slice(0, MAX_MEMBERS_LOOKED_AT)) {
    const jwk = parseJwk(member)
    if (typeof jwk === 'string') skip(jwk)
    else if (byKid.has(jwk.kid)) skip('duplicate-kid')
    else if (byKid.size >= maxKeys) skip('too-many')
    else byKid.set(jwk.kid, jwk)
  }
  if (members.length > MAX_MEMBERS_LOOKED_AT) skip('too-many', members.length - MAX_MEMBERS_LOOKED_AT)

  const keys: ImportedKey[] = []
  for (const jwk of byKid.values()) {
    const keyObject = await importPublicKey(jwk)
    if (keyObject === null) skip('not-importable')
    else keys.push({ ...jwk, keyObject })
  }
  return keys.length === 0 ? 'no-usable-key' : { keys, skipped }
}

let jose: Promise<typeof import('jose/key/import')> | undefined

/**
 * jose is loaded with the first key set, not with the plugin: it is needed only after the first fetch, which waits
 * anyway.
 */
export function loadJose(): Promise<typeof import('jose/key/import')> {
  jose ??= import('jose/key/import')
  return jose
}

async function importPublicKey({ n, e, algorithm, modulusBits }: PublicJwk): Promise<KeyObject | null> {
  try {
    const { importJWK } = await loadJose()
    const imported = await importJWK({ kty: 'RSA', n, e, alg: algorithm }, algorithm)
    if (imported instanceof Uint8Array) return null
    const keyObject = KeyObject.from(imported)
    return keyObject.asymmetricKeyDetails?.modulusLength === modulusBits ? keyObject : null
  } catch {
    return null
  }
}
