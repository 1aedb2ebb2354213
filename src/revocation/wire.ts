import { parseJson } from '../core/json.js'
import type { Revocation } from '../core/revocation/revocation.js'
import { parseRevocation, serializeRevocation } from '../core/revocation/wire-format.js'
import type { StoredRevocation } from './bus-engine.js'

/** The form of a revocation in the store of an engine. */
export function toStored(revocation: Revocation): StoredRevocation {
  const row = serializeRevocation(revocation)
  return { target: toAscii(row.slice(0, -1)), atMs: Number(row.at(-1)) }
}

/** Null for any other value: a store is shared with others, so its content is not trusted. */
export function fromStored({ target, atMs }: StoredRevocation): Revocation | null {
  const ids = parseJson(target)
  return Array.isArray(ids) ? parseRevocation([...ids, atMs]) : null
}

/** Messages that hold all the revocations, each of at most `maxBytes`. */
export function composeMessages(revocations: readonly Revocation[], maxBytes: number): string[] {
  const messages: string[] = []
  let rows = ''
  let bytes = 2
  for (const revocation of revocations) {
    const row = toAscii(serializeRevocation(revocation))
    const rowBytes = row.length + 1
    if (rows !== '' && bytes + rowBytes > maxBytes) {
      messages.push(`[${rows}]`)
      rows = ''
      bytes = 2
    }
    rows += rows === '' ? row : `,${row}`
    bytes += rowBytes
  }
  if (rows !== '') messages.push(`[${rows}]`)
  return messages
}

/** One text that the encoding of a database lacks would keep the others from it, and the bus away, for good. */
function toAscii(value: unknown): string {
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(value).replace(/[\u0080-\uffff]/g, escaped)
}

/** The revocations of a message. Whatever is not a revocation is left out. */
export function parseMessage(message: string): Revocation[] {
  const rows = parseJson(message)
  return Array.isArray(rows) ? rows.map(parseRevocation).filter((revocation) => revocation !== null) : []
}
