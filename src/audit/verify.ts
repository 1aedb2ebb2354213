import { hashLine, parseSealedLine } from './chain.js'

/** The first place where a chained log is not what was written. */
export interface BrokenRecord {
  readonly file: string
  readonly line: number
  readonly writer: string | null
  readonly seq: number | null
  readonly problem: string
}

export interface ChainReport {
  readonly isIntact: boolean
  readonly records: number
  readonly broken: BrokenRecord | null
  /** The hash of the last record: compare it with a copy kept elsewhere to see that none is missing at the end. */
  readonly lastHash: string | null
  /** What is not wrong but to be known, such as a log that begins in the middle. */
  readonly notices: readonly string[]
}

export interface LogFile {
  readonly name: string
  readonly lines: AsyncIterable<string> | Iterable<string>
}

interface WriterState {
  seq: number
  hash: string
  isClosed: boolean
}

/** Hashes of this many last records are remembered, for writers that begin after them. */
const MAX_REMEMBERED = 200_000

/** Checks files of a chained log, oldest first, up to the first record that is not as it was written. */
export async function verifyChain(files: Iterable<LogFile>, key: string | null = null): Promise<ChainReport> {
  const writers = new Map<string, WriterState>()
  const remembered = new Set<string>()
  const notices: string[] = []
  let records = 0
  let lastHash: string | null = null
  let torn: BrokenRecord | null = null

  for (const { name, lines } of files) {
    let number = 0
    for await (const line of lines) {
      number++
      if (line === '') continue
      const place = { file: name, line: number }
      const result = checkLine(line)
      if (typeof result === 'string') {
        if (torn !== null) return report(torn)
        torn = { ...place, writer: null, seq: null, problem: result }
        // Half a record, as a killed process leaves it. Whether that is what it is, the next record shows.
        if (!line.endsWith('}')) continue
        return report({ ...torn, ...identify(line) })
      }
      const problem = link(result)
      if (torn !== null) {
        if (result.seq !== 0) return report(torn)
        notices.push(`${torn.file}:${torn.line}: half a record, left by a writer that was killed`)
        torn = null
      }
      if (problem !== null) return report({ ...place, writer: result.writer, seq: result.seq, problem })
      records++
    }
  }
  if (torn !== null)
    notices.push(`${torn.file}:${torn.line}: half a record at the end: the writer was killed, or is writing`)
  for (const [writer, state] of writers) {
    if (!state.isClosed)
      notices.push(`writer ${writer} has no close record: it is running, was killed, or its last records are missing`)
  }
  return report(null)

  function report(broken: BrokenRecord | null): ChainReport {
    return { isIntact: broken === null, records, broken, lastHash, notices }
  }

  function checkLine(line: string): SealedRecord | string {
    const sealed = parseSealedLine(line)
    if (sealed === null) return 'is not a chained record'
    if (hashLine(sealed.head, key) !== sealed.hash) {
      return key === null
        ? 'was changed: its hash does not fit'
        : 'was changed, or the key is another: its hash does not fit'
    }
    const { writer, seq } = identify(line)
    if (writer === null || seq === null) return 'names no writer'
    return { writer, seq, prev: sealed.prev, hash: sealed.hash, isClose: line.includes('"msg":"audit-close"') }
  }

  function link(record: SealedRecord): string | null {
    const state = writers.get(record.writer)
    const isFirst = records === 0
    if (state === undefined) {
      if (isFirst && record.prev !== null)
        notices.push(
          `the log begins at record ${record.seq} of writer ${record.writer}: what was before is not in these files`
        )
      else if (!isFirst && record.seq !== 0)
        return `begins at record ${record.seq} of its writer: records before it are missing`
      else if (!isFirst && record.prev === null) return 'begins a new chain that knows nothing of the records before it'
      else if (!isFirst && !remembered.has(record.prev as string)) return 'follows a record that is missing'
    } else {
      if (record.seq !== state.seq + 1)
        return `follows record ${state.seq} of its writer: records are missing, repeated or out of order`
      if (record.prev !== state.hash) return 'does not follow the record before it'
    }
    writers.set(record.writer, { seq: record.seq, hash: record.hash, isClosed: record.isClose })
    remembered.add(record.hash)
    if (remembered.size > MAX_REMEMBERED)
      for (const oldest of remembered) {
        remembered.delete(oldest)
        break
      }
    lastHash = record.hash
    return null
  }
}

interface SealedRecord {
  readonly writer: string
  readonly seq: number
  readonly prev: string | null
  readonly hash: string
  readonly isClose: boolean
}

function identify(line: string): { writer: string | null; seq: number | null } {
  try {
    const { writer, seq } = JSON.parse(line) as { writer?: unknown; seq?: unknown }
    return { writer: typeof writer === 'string' ? writer : null, seq: typeof seq === 'number' ? seq : null }
  } catch {
    return { writer: null, seq: null }
  }
}
