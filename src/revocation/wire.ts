import { parseJson } from '../core/json.js'
import type { Revocation } from '../core/revocation/revocation.js'
import { parseRevocation, serializeRevocation } from '../core/revocation/wire-format.js'
import type { StoredRevocation } from './bus-engine.js'

/** The form of a revocation in the store of an engine. */
export function toStored(revocation: Revocation): StoredRevocation {
  const row = serializeRevocation(revocation)
  return { target: JSON.stringify(row.slice(0, -1)), atMs: Number(row.at(-1)) }
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
    const row = JSON.stringify(serializeRevocation(revocation))
    const rowBytes = Buffer.byteLength(row) + 1
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

/** The revocations of a message. Whatever is not a revocation is left out. */
export function parseMessage(message: string): Revocation[] {
  const rows = parseJson(message)
  return Array.isArray(rows) ? rows.map(parseRevocation).filter((revocation) => revocation !== null) : []
}
