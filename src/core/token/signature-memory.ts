import type { VerificationKey } from '../jwks/types.js'
import { hashOfTail } from './tail.js'

/**
 * Remembers which texts have a good signature, and under which key: tokens that were brought once. Most tokens of a fleet are
 * brought to a process once, and an object that is kept for a minute costs the garbage collector more than its making: it is
 * copied twice, with the claims and the text that hang on it. So texts are kept as bytes outside the heap, found by a table of numbers.
 */
export interface SignatureMemory {
  /** The key under which the signature of exactly this text is good; undefined when that is not remembered. */
  keyOf(text: string): VerificationKey | undefined
  /** `text` is ASCII. False: there is no room for such a text. */
  add(text: string, key: VerificationKey, expiresAtMs: number, nowMs: number): boolean
  delete(text: string): void
  clear(): void
  readonly size: number
  /** Of the texts that are remembered or were deleted, not of the free room beside them. */
  readonly bytes: number
}

export interface SignatureMemoryBounds {
  readonly maxEntries: number
  readonly maxBytes: number
  /** Told how many texts were forgotten for newer ones, and had not expired. */
  readonly onForget: (count: number) => void
}

/**
 * Two generations: texts are added to the young one. When that is full it becomes the old one, and the old one is forgotten as a
 * whole. So a text is remembered for as long as half of the bounds takes to fill, and forgetting costs nothing for each text.
 */
export function createSignatureMemory({ maxEntries, maxBytes, onForget }: SignatureMemoryBounds): SignatureMemory {
  const bounds = { maxEntries: Math.floor(maxEntries / 2), maxBytes: Math.floor(maxBytes / 2) }
  let young = new Generation(bounds)
  let old = new Generation(bounds)

  return {
    keyOf(text) {
      return young.keyOf(text) ?? old.keyOf(text)
    },
    add(text, key, expiresAtMs, nowMs) {
      if (young.add(text, key, expiresAtMs)) return true
      if (young.bytes === 0) return false
      // All of its texts may have been deleted. The room of these is free only once it is cleared.
      let count = 0
      if (young.size > 0) {
        count = old.countUnexpired(nowMs)
        const forgotten = old
        old = young
        young = forgotten
      }
      young.clear()
      if (count > 0) onForget(count)
      return young.add(text, key, expiresAtMs)
    },
    delete(text) {
      if (!young.delete(text)) old.delete(text)
    },
    clear() {
      young = new Generation(bounds)
      old = new Generation(bounds)
    },
    get size() {
      return young.size + old.size
    },
    get bytes() {
      return young.bytes + old.bytes
    }
  }
}

/** Memory is taken in chunks, as texts come: one large block would be copied as it grows, and each copy hastens a full collection. */
const CHUNK_BITS = 14
const CHUNK_BYTES = 1 << CHUNK_BITS
const OFFSET_MASK = CHUNK_BYTES - 1
const FIRST_SLOTS = 64
/** The index of a key is one byte. */
const MAX_KEYS = 256
/** A text is written between the index of its key and a byte that is in no text, so that a part of it, or more, is not equal. */
const END = 0
const BYTES_BESIDE_TEXT = 2

const FREE = 0
const DELETED = -1

/** Texts in chunks, and a table with linear probing. Grows up to its bounds, and keeps its memory when it is cleared. */
class Generation {
  readonly #maxEntries: number
  readonly #maxChunks: number
  readonly #keys: VerificationKey[] = []
  readonly #chunks: Buffer[] = []
  /** Index of the chunk that is being filled, and where its texts end. */
  #current = -1
  #end = CHUNK_BYTES
  /** Position of a text plus 1; FREE or DELETED. Its length is a power of two. */
  #slots = new Int32Array(0)
  /** The hash of the text in the slot of the same index. */
  #hashes = new Int32Array(0)
  /** When that text expires. */
  #expiries = new Float64Array(0)
  /** Slots that are not free: at most half of them, so that every search ends. */
  #taken = 0
  size = 0
  bytes = 0

  constructor({ maxEntries, maxBytes }: { readonly maxEntries: number; readonly maxBytes: number }) {
    this.#maxEntries = maxEntries
    this.#maxChunks = Math.floor(maxBytes / CHUNK_BYTES)
  }

  keyOf(text: string): VerificationKey | undefined {
    const slot = this.#find(text)
    if (slot === -1) return undefined
    const position = (this.#slots[slot] as number) - 1
    return this.#keys[(this.#chunks[position >>> CHUNK_BITS] as Buffer)[position & OFFSET_MASK] as number]
  }

  delete(text: string): boolean {
    const slot = this.#find(text)
    if (slot === -1) return false
    this.#slots[slot] = DELETED
    this.size--
    return true
  }

  /** False: it is full. */
  add(text: string, key: VerificationKey, expiresAtMs: number): boolean {
    const length = text.length + BYTES_BESIDE_TEXT
    if (length > CHUNK_BYTES || this.size >= this.#maxEntries) return false
    if (this.#end + length > CHUNK_BYTES && !this.#nextChunk()) return false
    const index = this.#indexOf(key)
    if (index >= MAX_KEYS) return false
    if (this.#taken >= this.#slots.length / 2) this.#growTable()
    const chunk = this.#chunks[this.#current] as Buffer
    const position = (this.#current << CHUNK_BITS) + this.#end
    chunk[this.#end] = index
    chunk.write(text, this.#end + 1, 'latin1')
    this.#end += length
    chunk[this.#end - 1] = END
    this.bytes += length
    this.#take(hashOfTail(text), position + 1, expiresAtMs)
    return true
  }

  countUnexpired(nowMs: number): number {
    let count = 0
    for (let slot = 0; slot < this.#slots.length; slot++) {
      if ((this.#slots[slot] as number) > FREE && (this.#expiries[slot] as number) > nowMs) count++
    }
    return count
  }

  clear(): void {
    this.#keys.length = 0
    this.#current = -1
    this.#end = CHUNK_BYTES
    this.#slots.fill(FREE)
    this.#taken = 0
    this.size = 0
    this.bytes = 0
  }

  #nextChunk(): boolean {
    const next = this.#current + 1
    if (next >= this.#maxChunks) return false
    if (next === this.#chunks.length) this.#chunks.push(Buffer.allocUnsafeSlow(CHUNK_BYTES))
    this.#current = next
    this.#end = 0
    return true
  }

  #indexOf(key: VerificationKey): number {
    const index = this.#keys.indexOf(key)
    return index === -1 ? this.#keys.push(key) - 1 : index
  }

  #find(text: string): number {
    if (this.size === 0) return -1
    const hash = hashOfTail(text)
    const mask = this.#slots.length - 1
    for (let slot = hash & mask; this.#slots[slot] !== FREE; slot = (slot + 1) & mask) {
      if (this.#hashes[slot] === hash && this.#slots[slot] !== DELETED && this.#holds(slot, text)) return slot
    }
    return -1
  }

  #holds(slot: number, text: string): boolean {
    const position = (this.#slots[slot] as number) - 1
    const chunk = this.#chunks[position >>> CHUNK_BITS] as Buffer
    const begin = (position & OFFSET_MASK) + 1
    const end = begin + text.length
    return chunk[end] === END && chunk.toString('latin1', begin, end) === text
  }

  #take(hash: number, value: number, expiresAtMs: number): void {
    const mask = this.#slots.length - 1
    let slot = hash & mask
    while (this.#slots[slot] !== FREE) slot = (slot + 1) & mask
    this.#slots[slot] = value
    this.#hashes[slot] = hash
    this.#expiries[slot] = expiresAtMs
    this.#taken++
    this.size++
  }

  #growTable(): void {
    const slots = this.#slots
    const hashes = this.#hashes
    const expiries = this.#expiries
    const length = Math.max(FIRST_SLOTS, slots.length * 2)
    this.#slots = new Int32Array(length)
    this.#hashes = new Int32Array(length)
    this.#expiries = new Float64Array(length)
    this.#taken = 0
    this.size = 0
    for (let slot = 0; slot < slots.length; slot++) {
      const value = slots[slot] as number
      if (value > FREE) this.#take(hashes[slot] as number, value, expiries[slot] as number)
    }
  }
}
