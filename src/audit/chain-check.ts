import { ANCHOR, parseAnchors } from './anchors.js'
import { hashLine, parseRecordStart, parseSealedLine, type RecordStart } from './chain.js'

/** The first place where a chained log is not as it was written. */
export interface BrokenRecord {
  readonly file: string
  readonly line: number
  readonly writer: string | null
  readonly seq: number | null
  readonly problem: string
}

/** The newest record of a writer. */
export interface WriterEnd {
  readonly writer: string
  readonly seq: number
  readonly hash: string
  readonly isClosed: boolean
}

export interface ChainReport {
  readonly isIntact: boolean
  readonly records: number
  readonly broken: BrokenRecord | null
  /** The hash of the last record: compare it with a copy kept elsewhere to see that none is missing at the end. */
  readonly lastHash: string | null
  readonly writers: readonly WriterEnd[]
  /** Facts that break no chain and that a reader should know, such as a log that begins in the middle. */
  readonly notices: readonly string[]
}

export interface Place {
  readonly file: string
  readonly line: number
}

interface SealedRecord extends RecordStart {
  readonly line: string
  readonly prev: string | null
  readonly hash: string
  readonly place: Place
}

interface WriterState {
  seq: number
  hash: string
  isClosed: boolean
  hasAnchored: boolean
  /** The writer's first record, if it names no record before it although the log has some. */
  start: SealedRecord | null
  /** Whether the writer cites a record of another writer, or is cited by another. */
  isLinked: boolean
}

/** A record that is named by its hash and has not been read yet. */
interface Citation {
  readonly by: SealedRecord
  /** Null: the last record of the log when the citing writer began. */
  readonly cited: { readonly writer: string; readonly seq: number } | null
  /** The writer's first citations within these files may name records from before them. */
  readonly mayBeBefore: boolean
}

/** Half a record, as a killed process may leave it. */
interface TornLine {
  readonly place: Place
  readonly start: RecordStart | null
  /** Writers that may have left it: begun, not closed, each with the `seq` of its last record before it. */
  readonly suspects: ReadonlyMap<string, number>
  readonly recordsBefore: number
  isFollowedByStart: boolean
}

/** Number of newest records whose hashes are remembered, for records that cite them. */
const MAX_REMEMBERED = 200_000

/**
 * Reads a chained log line by line: each writer's chain by itself, and what the chains say of each other. Ends at the first
 * line that cannot be right; the rest shows only in `finish`.
 */
export class ChainCheck {
  readonly #key: string | null
  readonly #writers = new Map<string, WriterState>()
  /** Hash of a record → its writer. */
  readonly #remembered = new Map<string, string>()
  readonly #citations = new Map<string, Citation[]>()
  readonly #torn: TornLine[] = []
  readonly #notices: string[] = []
  #records = 0
  #lastHash: string | null = null
  #beginsInTheMiddle = false
  #broken: BrokenRecord | null = null

  constructor(key: string | null) {
    this.#key = key
  }

  /** False: the log is broken at this line, and the report says how. */
  read(line: string, place: Place): boolean {
    let record = this.#parse(line, place)
    if (typeof record === 'string') {
      const problem = record
      const behind = this.#findBehindTorn(line, place)
      if (behind === null) {
        if (line.endsWith('}')) return this.#fail(place, parseRecordStart(line), problem)
        this.#addTorn(line, place)
        return true
      }
      record = behind
    }
    const torn = this.#torn.at(-1)
    if (torn !== undefined && torn.place.file === place.file && torn.place.line === place.line - 1)
      torn.isFollowedByStart = record.seq === 0
    const problem = this.#link(record)
    if (problem !== null) return this.#fail(place, record, problem)
    this.#records++
    return true
  }

  /** Judges the rest when the whole log is read: half records, citations of missing records, foreign chains. */
  finish(): ChainReport {
    for (const torn of this.#torn) {
      const { file, line } = torn.place
      if (torn.recordsBefore === this.#records)
        this.#notices.push(`${file}:${line}: half a record at the end: the writer was killed, or is writing`)
      else if (this.#isLeftByKill(torn))
        this.#notices.push(`${file}:${line}: half a record, left by a writer that was killed`)
      else this.#fail(torn.place, torn.start, 'is not a chained record')
    }
    for (const citations of this.#citations.values()) for (const citation of citations) this.#judgeCitation(citation)
    for (const [writer, state] of this.#writers) {
      if (state.start !== null && !state.isLinked) {
        const problem = 'begins a new chain that knows nothing of the records before it'
        if (state.isClosed) this.#fail(state.start.place, state.start, problem)
        else this.#notices.push(`writer ${writer} ${problem}, and no other writer names it: it was killed as it began`)
      }
      if (!state.isClosed)
        this.#notices.push(
          `writer ${writer} has no close record: it is running, was killed, or its last records are missing`
        )
    }
    return this.report()
  }

  report(): ChainReport {
    return {
      isIntact: this.#broken === null,
      records: this.#records,
      broken: this.#broken,
      lastHash: this.#lastHash,
      writers: [...this.#writers].map(([writer, { seq, hash, isClosed }]) => ({ writer, seq, hash, isClosed })),
      notices: this.#notices
    }
  }

  /** Keeps the first broken place, in the order of the log as far as it is known. */
  #fail({ file, line }: Place, start: RecordStart | null, problem: string): false {
    this.#broken ??= { file, line, writer: start?.writer ?? null, seq: start?.seq ?? null, problem }
    return false
  }

  #parse(line: string, place: Place): SealedRecord | string {
    const sealed = parseSealedLine(line)
    if (sealed === null) return 'is not a chained record'
    if (hashLine(sealed.head, this.#key) !== sealed.hash) {
      return this.#key === null
        ? 'was changed: its hash does not fit'
        : 'was changed, or the key is another: its hash does not fit'
    }
    const start = parseRecordStart(line)
    return start === null ? 'names no writer' : { ...start, line, prev: sealed.prev, hash: sealed.hash, place }
  }

  // A killed process left half a line, and another process appended its record to it.
  #findBehindTorn(line: string, place: Place): SealedRecord | null {
    for (let at = line.indexOf(RECORD_BEGIN, 1); at !== -1; at = line.indexOf(RECORD_BEGIN, at + 1)) {
      const record = this.#parse(line.slice(at), place)
      if (typeof record === 'string') continue
      this.#addTorn(line.slice(0, at), place)
      return record
    }
    return null
  }

  #addTorn(text: string, place: Place): void {
    const suspects = new Map<string, number>()
    for (const [writer, state] of this.#writers) if (!state.isClosed) suspects.set(writer, state.seq)
    const start = parseRecordStart(text)
    this.#torn.push({ place, start, suspects, recordsBefore: this.#records, isFollowedByStart: false })
  }

  /** A writer that left half a record wrote nothing after it. */
  #isLeftByKill({ start, suspects, isFollowedByStart }: TornLine): boolean {
    if (start !== null) return (this.#writers.get(start.writer)?.seq ?? -1) < start.seq
    if (isFollowedByStart) return true
    for (const [writer, seq] of suspects) if (this.#writers.get(writer)?.seq === seq) return true
    return false
  }

  #link(record: SealedRecord): string | null {
    const state = this.#writers.get(record.writer)
    if (state === undefined) {
      const problem = this.#begin(record)
      if (problem !== null) return problem
    } else {
      if (record.seq !== state.seq + 1)
        return `follows record ${state.seq} of its writer: records are missing, repeated or out of order`
      if (record.prev !== state.hash) return 'does not follow the record before it'
      state.seq = record.seq
      state.hash = record.hash
      state.isClosed = record.msg === 'audit-close'
    }
    this.#remember(record)
    this.#settle(record)
    if (record.msg === ANCHOR) this.#citeAnchors(record)
    this.#lastHash = record.hash
    return null
  }

  #begin(record: SealedRecord): string | null {
    const isFirst = this.#records === 0
    if (isFirst) this.#beginsInTheMiddle = record.seq !== 0 || record.prev !== null
    if (record.seq !== 0 && !this.#beginsInTheMiddle)
      return `begins at record ${record.seq} of its writer: records before it are missing`
    if (isFirst ? record.prev !== null : record.seq !== 0)
      this.#notices.push(
        `the log begins at record ${record.seq} of writer ${record.writer}: what was before is not in these files`
      )
    this.#writers.set(record.writer, {
      seq: record.seq,
      hash: record.hash,
      isClosed: record.msg === 'audit-close',
      hasAnchored: false,
      start: !isFirst && record.seq === 0 && record.prev === null ? record : null,
      isLinked: false
    })
    if (!isFirst && record.seq === 0 && record.prev !== null)
      this.#cite(record.prev, { by: record, cited: null, mayBeBefore: false })
    return null
  }

  #citeAnchors(record: SealedRecord): void {
    const state = this.#writers.get(record.writer) as WriterState
    for (const { writer, seq, hash } of parseAnchors(record.line))
      this.#cite(hash, { by: record, cited: { writer, seq }, mayBeBefore: !state.hasAnchored })
    state.hasAnchored = true
  }

  #cite(hash: string, citation: Citation): void {
    const writer = this.#remembered.get(hash)
    if (writer !== undefined) this.#connect(citation.by.writer, writer)
    else {
      const others = this.#citations.get(hash)
      if (others === undefined) this.#citations.set(hash, [citation])
      else others.push(citation)
    }
  }

  // Files of several writers overlap in time: a record may be cited before it is read.
  #settle(record: SealedRecord): void {
    for (const { by } of this.#citations.get(record.hash) ?? []) this.#connect(by.writer, record.writer)
    this.#citations.delete(record.hash)
  }

  #connect(one: string, other: string): void {
    if (one === other) return
    for (const writer of [one, other]) {
      const state = this.#writers.get(writer)
      if (state !== undefined) state.isLinked = true
    }
  }

  #judgeCitation({ by, cited, mayBeBefore }: Citation): void {
    if (cited === null) this.#fail(by.place, by, 'follows a record that is missing')
    else if (!this.#beginsInTheMiddle || !mayBeBefore)
      this.#fail(by.place, by, `names record ${cited.seq} of writer ${cited.writer}, which is missing`)
  }

  #remember(record: SealedRecord): void {
    this.#remembered.set(record.hash, record.writer)
    if (this.#remembered.size <= MAX_REMEMBERED) return
    for (const oldest of this.#remembered.keys()) {
      this.#remembered.delete(oldest)
      return
    }
  }
}

const RECORD_BEGIN = '{"level":'
