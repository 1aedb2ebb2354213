import { createHmac, hash } from 'node:crypto'

/**
 * Tamper evidence: each line ends in `"prev"`, the hash of its writer's line before, and `"hash"`, the hash of the line
 * up to that point. Hashes are over the bytes as written, so checking needs no canonical form of JSON.
 *
 * Without a key this shows accidents and edits by those who do not care to recompute the rest; with a key, kept where
 * the log is not, it shows every edit, removal and insertion but one: removing the newest lines, for which the close
 * record and a copy of the newest hash elsewhere are there.
 */
export interface Chain {
  /** What is put behind a record's fields before hashing. */
  prev(): string
  /** Hashes a record up to and including that, and gives the record's end. */
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
  /** What the hash is over. */
  readonly head: string
  readonly prev: string | null
  readonly hash: string
}

const SEAL = /,"prev":(?:null|"([\w-]{43})"),"hash":"([\w-]{43})"\}$/

/** Takes a sealed line apart; null when it is none. */
export function parseSealedLine(line: string): SealedLine | null {
  const match = SEAL.exec(line.slice(-200))
  if (match === null) return null
  const hash = match[2] as string
  return { head: line.slice(0, line.length - `,"hash":"${hash}"}`.length), prev: match[1] ?? null, hash }
}
