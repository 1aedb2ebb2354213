import { parseRecordStart, parseSealedLine } from './chain.js'
import type { AuditSink } from './types.js'

/** A record that another writer's chain cites: if it is removed, the citation leads nowhere. */
export interface Anchor {
  readonly writer: string
  readonly seq: number
  readonly hash: string
}

export const ANCHOR = 'audit-anchor'

/** Most citations in one record. Further writers are cited by the next anchor record. */
const MAX_ANCHORS = 100
/** Most writers remembered as cited. A forgotten writer is cited once more, which does no harm. */
const MAX_WRITERS = 10_000

/** Makes the fields of this writer's next anchor record; null if no other writer has written since the previous one. */
export type NextAnchors = () => Promise<string | null>

export function createAnchors(sink: AuditSink, writer: string): NextAnchors {
  const cited = new Map<string, number>()
  const waiting = new Map<string, Anchor>()
  /**
   * Whether another writer has a new record that is not an anchor record: those alone would have two idle writers cite
   * each other for ever.
   */
  let isNews = false

  return async function next() {
    const lines = (await sink.newestOfOthers?.(writer)) ?? []
    for (const line of lines) {
      const start = parseRecordStart(line)
      const sealed = parseSealedLine(line)
      if (start === null || sealed === null || start.writer === writer) continue
      if (start.seq <= (cited.get(start.writer) ?? -1)) continue
      waiting.set(start.writer, { writer: start.writer, seq: start.seq, hash: sealed.hash })
      if (start.msg !== ANCHOR) isNews = true
    }
    if (!isNews) return null
    const anchors = [...waiting.values()].slice(0, MAX_ANCHORS)
    for (const anchor of anchors) {
      waiting.delete(anchor.writer)
      cited.delete(anchor.writer)
      cited.set(anchor.writer, anchor.seq)
    }
    isNews = waiting.size > 0
    for (const oldest of cited.keys()) {
      if (cited.size <= MAX_WRITERS) break
      cited.delete(oldest)
    }
    return `"anchors":${JSON.stringify(anchors.map(({ writer, seq, hash }) => [writer, seq, hash]))}`
  }
}

const CITED_WRITER = /^[\w-]{1,32}$/
const CITED_HASH = /^[\w-]{43}$/

/** Reads the citations of an anchor record whose hash has been checked. */
export function parseAnchors(line: string): readonly Anchor[] {
  let anchors: unknown
  try {
    anchors = (JSON.parse(line) as { anchors?: unknown }).anchors
  } catch {
    return []
  }
  if (!Array.isArray(anchors)) return []
  return anchors.flatMap((anchor: unknown) => {
    if (!Array.isArray(anchor)) return []
    const [writer, seq, hash] = anchor as unknown[]
    if (typeof writer !== 'string' || !CITED_WRITER.test(writer)) return []
    if (typeof hash !== 'string' || !CITED_HASH.test(hash)) return []
    return Number.isSafeInteger(seq) ? [{ writer, seq: seq as number, hash }] : []
  })
}
