import type { KeyStore, VerificationKey } from '../jwks/types.js'
import { parsePart } from './decode.js'
import { type JoseHeader, parseJoseHeader } from './jose-header.js'

export interface HeaderEntry {
  readonly header: JoseHeader
  /** Empty: the key is not in memory, so the entry was not kept either. */
  readonly keys: readonly VerificationKey[]
}

export interface HeaderTable {
  /** The header of a token whose encoded header text ends at `end`, or null when it is no JSON object. */
  lookup(token: string, end: number): HeaderEntry | null
}

/** An instance has as many header texts as keys, give or take; what goes beyond was made up by a client. */
const MAX_ENTRIES = 64

/**
 * Almost every token of an instance has the same JOSE header, so its encoded text leads straight to the resolved header
 * and key: no base64, no JSON. Only headers whose key is known are kept, and all are forgotten when the key set changes.
 */
export function createHeaderTable(keyStore: KeyStore, now: () => number): HeaderTable {
  const entries = new Map<string, HeaderEntry>()
  keyStore.onChange(() => entries.clear())

  return {
    lookup(token, end) {
      const text = token.slice(0, end)
      const known = entries.get(text)
      if (known !== undefined && now() < (known.keys[0] as VerificationKey).trustedUntilMs) return known

      const json = parsePart(text)
      if (json === null) return null
      const header = parseJoseHeader(json)
      const entry = { header, keys: keyStore.find(header.kid) }
      if (entry.keys.length > 0) {
        if (entries.size >= MAX_ENTRIES) entries.clear()
        // A copy: a slice would keep the token it was cut from in memory.
        entries.set(Buffer.from(text, 'latin1').toString('latin1'), entry)
      }
      return entry
    }
  }
}
