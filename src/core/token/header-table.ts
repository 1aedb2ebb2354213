import { deepFreeze } from '../auth/deep-freeze.js'
import { copyOf, type JsonObject, parsePart } from './decode.js'
import { type JoseHeader, parseJoseHeader } from './jose-header.js'

export interface TokenHeader {
  /** As it was sent: the first part of the token. */
  readonly encoded: string
  /** All members, as they were sent. */
  readonly members: JsonObject
  readonly jose: JoseHeader
}

export interface HeaderTable {
  /** The header that a token encodes up to its first dot, which is at `end`; null when it is not a JSON object. */
  read(text: string, end: number): TokenHeader | null
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
  // The entry found last is nearly always the next one too: then nothing is cut out of the token.
  let last: TokenHeader | null = null
  let newest: JoseHeader | null = null

  return {
    read(text, end) {
      if (last !== null && end === last.encoded.length && text.startsWith(last.encoded)) return last
      const encoded = text.slice(0, end)
      const known = entries.get(encoded)
      if (known !== undefined) {
        last = known
        return known
      }
      const members = parsePart(encoded)
      return members === null ? null : { encoded, members, jose: parseJoseHeader(members) }
    },
    keep({ text, header, jose }) {
      // Nearly always the one that was kept or found the last time.
      if (jose === newest) return
      newest = jose
      const end = text.indexOf('.')
      if (entries.has(text.slice(0, end))) return
      if (entries.size >= MAX_ENTRIES) {
        entries.clear()
        last = null
      }
      const encoded = copyOf(text.slice(0, end))
      entries.set(encoded, { encoded, members: deepFreeze(header), jose: Object.freeze(jose) })
    }
  }
}
