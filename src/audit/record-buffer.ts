import { jsonString } from './json-text.js'

/** Whole records for a sink, each with its line break. */
export interface Batch {
  readonly length: number
  readonly bytes: Uint8Array
}

const CHUNK_BYTES = 128 * 1024
const LINE_BREAK = 10
const QUOTE = 34
const BACKSLASH = 92
/** Up to this length a loop over the characters is faster than `Buffer.write`. */
const SHORT = 48
const DIGITS = [1e15, 1e14, 1e13, 1e12, 1e11, 1e10, 1e9, 1e8, 1e7, 1e6, 1e5, 1e4, 1e3, 1e2, 10, 1]

/**
 * Holds records as bytes. A record consists of prepared fragments and a few short texts, and each is copied once, to
 * the memory that the sink writes from. With strings the same took four times as long: joining the pieces, flattening
 * the result, joining the batch and encoding it.
 */
export class RecordBuffer {
  #full: Batch[] = []
  #fullLength = 0
  #chunk: Uint8Array = new Uint8Array(CHUNK_BYTES)
  #text: Buffer = Buffer.from(this.#chunk.buffer)
  /** A written chunk, kept for reuse: the first use of new memory costs a page fault for each page. */
  #spare: Uint8Array | null = null
  #used = 0
  /** Where the unfinished record begins. */
  #start = 0
  #count = 0

  /** Number of finished records. */
  get length(): number {
    return this.#fullLength + this.#count
  }

  fragment(bytes: Uint8Array): void {
    if (this.#used + bytes.length > this.#chunk.length) this.#makeRoom(bytes.length)
    this.#chunk.set(bytes, this.#used)
    this.#used += bytes.length
  }

  text(text: string): void {
    // A UTF-16 unit takes at most three bytes in UTF-8.
    if (this.#used + text.length * 3 > this.#chunk.length) this.#makeRoom(text.length * 3)
    if (text.length > SHORT || !this.#shortText(text)) this.#used += this.#text.write(text, this.#used)
  }

  /** Writes a JSON string. A short text without characters to escape, as nearly all are, is copied between quotes. */
  string(text: string): void {
    if (text.length > SHORT || !needsNoEscape(text)) {
      this.text(jsonString(text))
      return
    }
    if (this.#used + text.length + 2 > this.#chunk.length) this.#makeRoom(text.length + 2)
    this.#chunk[this.#used++] = QUOTE
    this.#shortText(text)
    this.#chunk[this.#used++] = QUOTE
  }

  /** Writes a whole number from 0 to 2⁵³. */
  integer(value: number): void {
    if (this.#used + 16 > this.#chunk.length) this.#makeRoom(16)
    const chunk = this.#chunk
    let rest = value
    let index = DIGITS.length - 1
    while (index > 0 && rest >= (DIGITS[index - 1] as number)) index--
    for (; index < DIGITS.length; index++) {
      const unit = DIGITS[index] as number
      const digit = Math.floor(rest / unit)
      rest -= digit * unit
      chunk[this.#used++] = 48 + digit
    }
  }

  /** The unfinished record, for hashing. A view into the buffer: any later call may overwrite it. */
  get open(): Uint8Array {
    return this.#chunk.subarray(this.#start, this.#used)
  }

  end(): void {
    if (this.#used + 1 > this.#chunk.length) this.#makeRoom(1)
    this.#chunk[this.#used++] = LINE_BREAK
    this.#start = this.#used
    this.#count++
  }

  /** Removes and returns the oldest chunk of finished records; `NO_BATCH` if there are none. */
  take(): Batch {
    if (this.#full.length === 0 && this.#count > 0) this.#closeChunk(CHUNK_BYTES)
    const batch = this.#full.shift()
    if (batch === undefined) return NO_BATCH
    this.#fullLength -= batch.length
    return batch
  }

  /** Takes back the memory of a batch that is written. */
  recycle({ bytes }: Batch): void {
    if (bytes.buffer.byteLength === CHUNK_BYTES) this.#spare = new Uint8Array(bytes.buffer)
  }

  #shortText(text: string): boolean {
    const chunk = this.#chunk
    let at = this.#used
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index)
      if (code > 127) return false
      chunk[at++] = code
    }
    this.#used = at
    return true
  }

  #makeRoom(bytes: number): void {
    this.#closeChunk(Math.max(CHUNK_BYTES, (this.#used - this.#start + bytes) * 2))
  }

  // Moves the unfinished record to the next chunk: a record is never in two chunks.
  #closeChunk(nextBytes: number): void {
    const begun = this.#chunk.subarray(this.#start, this.#used)
    if (this.#count > 0) {
      this.#full.push({ length: this.#count, bytes: this.#chunk.subarray(0, this.#start) })
      this.#fullLength += this.#count
    }
    const next = this.#spare !== null && nextBytes === CHUNK_BYTES ? this.#spare : new Uint8Array(nextBytes)
    this.#spare = null
    next.set(begun)
    this.#chunk = next
    this.#text = Buffer.from(next.buffer)
    this.#used = begun.length
    this.#start = 0
    this.#count = 0
  }
}

function needsNoEscape(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code < 32 || code > 126 || code === QUOTE || code === BACKSLASH) return false
  }
  return true
}

const NO_BATCH: Batch = Object.freeze({ length: 0, bytes: new Uint8Array(0) })

/** The batch in parts of at most `size` records, which share its memory. */
export function splitBatch(batch: Batch, size: number): Batch[] {
  const parts: Batch[] = []
  let start = 0
  for (let left = batch.length; left > 0; left -= size) {
    const length = Math.min(size, left)
    let end = start
    for (let record = 0; record < length; record++) end = batch.bytes.indexOf(LINE_BREAK, end) + 1
    parts.push({ length, bytes: batch.bytes.subarray(start, end) })
    start = end
  }
  return parts
}

/** The batch as lines, for sinks without `writeBytes`. */
export function linesOf({ bytes }: Batch): string[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
  return text.slice(0, -1).split('\n')
}
