import { createHmac, hash } from 'node:crypto'

/**
 * Tamper evidence: each line ends in `"prev"`, the hash of its writer's line before, and `"hash"`, the hash of the line
 * up to that point. Hashes are over the bytes as written, so checking needs no canonical form of JSON.
 *
 * Several writers may share a log. Each has a chain of its own, and cites the newest line of every other writer in
 * `audit-anchor` records (`anchors.ts`): removing a whole chain then breaks the citations of the chains that remain.
 *
 * Without a key a chain shows accidents, and edits by somebody who does not recompute the rest. With a key, kept where
 * the log is not, it shows every edit, removal and insertion but the removal of the newest lines, which no other writer
 * has cited yet: a missing close record, or a copy of the newest hash kept elsewhere, shows that.
 */
export interface Chain {
  /** The text that goes behind a record's fields before hashing. */
  prev(): string
  /** Hashes a record up to and including that text. Returns the end of the record. */
  seal(head: Uint8Array): string
}

export function createChain(key: string | null, previousHash: string | null): Chain {
  let last = previousHash
  return {
    prev: () => (last === null ? ',"prev":null' : `,"prev":"${last}"`),
    seal(head) {
      last = hashLine(head, key)
      return `,"hash":"${last}"}`
    }
  }
}

/** SHA-256, or HMAC-SHA-256 under a key, as base64url: 43 characters. */
export function hashLine(head: string | Uint8Array, key: string | null): string {
  return key === null ? hash('sha256', head, 'base64url') : createHmac('sha256', key).update(head).digest('base64url')
}

export interface SealedLine {
  /** The hashed text. */
  readonly head: string
  readonly prev: string | null
  readonly hash: string
}

const SEAL = /,"prev":(?:null|"([\w-]{43})"),"hash":"([\w-]{43})"\}$/

/** Splits a sealed line; null for a line without a seal. */
export function parseSealedLine(line: string): SealedLine | null {
  const match = SEAL.exec(line.slice(-200))
  if (match === null) return null
  const hash = match[2] as string
  return { head: line.slice(0, line.length - `,"hash":"${hash}"}`.length), prev: match[1] ?? null, hash }
}

/**
 * The beginning of every record of this package. Nothing from a request or a handler stands before the writer and
 * `seq`.
 */
const START =
  /^\{"level":\d{1,3},"msg":"(audit(?:-[a-z]+)?)","time":\d{1,16},"writer":"([\w-]{1,32})","seq":(\d{1,16}),/

export interface RecordStart {
  readonly msg: string
  readonly writer: string
  readonly seq: number
}

/** Kind and identity of a record, read from its beginning; null for any other text. */
export function parseRecordStart(line: string): RecordStart | null {
  const match = START.exec(line)
  return match === null ? null : { msg: match[1] as string, writer: match[2] as string, seq: Number(match[3]) }
}
