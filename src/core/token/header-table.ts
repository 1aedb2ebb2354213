import { deepFreeze } from '../auth/deep-freeze.js'
import { copyOf, type JsonObject, parsePart } from './decode.js'
import { type JoseHeader, parseJoseHeader } from './jose-header.js'

export interface TokenHeader {
  /** All members, as they were sent. */
  readonly members: JsonObject
  readonly jose: JoseHeader
}

export interface HeaderTable {
  /** The header that a token's first part encodes, or null when it is not a JSON object. */
  read(encoded: string): TokenHeader | null
  /** Keeps the header of a token whose signature is good, frozen: later tokens share it. */
  keep(token: { readonly text: string; readonly header: JsonObject; readonly jose: JoseHeader }): void
}

/** An instance has about as many header texts as keys. */
const MAX_ENTRIES = 64

/**
 * Almost every token of an instance has the same JOSE header: its encoded text leads to the parsed header, without base64 and
 * JSON. Only headers under a good signature are kept, so that forged tokens cannot fill the table.
 */
export function createHeaderTable(): HeaderTable {
  const entries = new Map<string, TokenHeader>()
  let newest: JoseHeader | null = null

  return {
    read(encoded) {
      const known = entries.get(encoded)
      if (known !== undefined) return known
      const members = parsePart(encoded)
      return members === null ? null : { members, jose: parseJoseHeader(members) }
    },
    keep({ text, header, jose }) {
      // Nearly always the one that was kept or found the last time.
      if (jose === newest) return
      newest = jose
      const encoded = text.slice(0, text.indexOf('.'))
      if (entries.has(encoded)) return
      if (entries.size >= MAX_ENTRIES) entries.clear()
      entries.set(copyOf(encoded), { members: deepFreeze(header), jose: Object.freeze(jose) })
    }
  }
}
