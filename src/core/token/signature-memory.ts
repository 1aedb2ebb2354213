import type { VerificationKey } from '../jwks/types.js'
import { hashOfTail } from './tail.js'

/**
 * Remembers which texts have a good signature, and under which key: tokens that were brought once. Most tokens of a fleet are
 * brought to a process once, and an object that is kept for a minute costs the garbage collector more than its making: it is
 * copied twice, with the claims and the text that hang on it. So texts are kept as bytes of a block, found by a table of numbers.
 */
export interface SignatureMemory {
  /** The key under which the signature of exactly this text is good; undefined when that is not remembered. */
  keyOf(text: string): VerificationKey | undefined
  /** `text` is ASCII. False: there is no room for such a text. */
  add(text: string, key: VerificationKey): boolean
  delete(text: string): void
  clear(): void
  readonly size: number
  /** Of the texts that are remembered or were deleted, not of the free room beside them. */
  readonly bytes: number
}

export interface SignatureMemoryBounds {
  readonly maxEntries: number
  readonly maxBytes: number
  /** Told how many texts were forgotten for newer ones. */
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
    add(text, key) {
      if (young.add(text, key)) return true
      if (young.size === 0) return false
      const forgotten = old
      if (forgotten.size > 0) onForget(forgotten.size)
      forgotten.clear()
      old = young
      young = forgotten
      return young.add(text, key)
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

const FIRST_BYTES = 16_384
/** Bytes of a block for each slot of its table. Tokens have 600 and more, so the table is a third full at most. */
const BYTES_PER_SLOT = 256
/** The index of a key is one byte. */
const MAX_KEYS = 256
/** A text is written between the index of its key and a byte that is in no text, so that a part of it, or more, is not equal. */
const END = 0
const BYTES_BESIDE_TEXT = 2

const FREE = 0
const DELETED = -1

/** A block of texts, and a table with linear probing. Grows by doubling up to its bounds. */
class Generation {
  readonly #maxEntries: number
  readonly #maxBytes: number
  readonly #keys: VerificationKey[] = []
  #block = Buffer.alloc(0)
  /** Where the texts end. */
  #end = 0
  /** Position of a text plus 1; FREE or DELETED. Its length is a power of two. */
  #slots = new Int32Array(0)
  /** The hash of the text in the slot of the same index. */
  #hashes = new Int32Array(0)
  /** Slots that are not free. */
  #taken = 0
  size = 0

  constructor({ maxEntries, maxBytes }: { readonly maxEntries: number; readonly maxBytes: number }) {
    this.#maxEntries = maxEntries
    this.#maxBytes = maxBytes
  }

  get bytes(): number {
    return this.#end
  }

  keyOf(text: string): VerificationKey | undefined {
    const slot = this.#find(text)
    return slot === -1 ? undefined : this.#keys[this.#block[(this.#slots[slot] as number) - 1] as number]
  }

  delete(text: string): boolean {
    const slot = this.#find(text)
    if (slot === -1) return false
    this.#slots[slot] = DELETED
    this.size--
    return true
  }

  /** False: it is full. */
  add(text: string, key: VerificationKey): boolean {
    const position = this.#end
    const end = position + text.length + BYTES_BESIDE_TEXT
    if (this.size >= this.#maxEntries) return false
    while (end > this.#block.length || this.#taken >= this.#slots.length / 2) if (!this.#grow()) return false
    const index = this.#indexOf(key)
    if (index >= MAX_KEYS) return false
    this.#block[position] = index
    this.#block.write(text, position + 1, 'latin1')
    this.#block[end - 1] = END
    this.#end = end
    this.#take(hashOfTail(text), position + 1)
    return true
  }

  clear(): void {
    this.#keys.length = 0
    this.#end = 0
    this.#slots.fill(FREE)
    this.#taken = 0
    this.size = 0
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
    const begin = this.#slots[slot] as number
    const end = begin + text.length
    return this.#block[end] === END && this.#block.toString('latin1', begin, end) === text
  }

  #take(hash: number, value: number): void {
    const mask = this.#slots.length - 1
    let slot = hash & mask
    while (this.#slots[slot] !== FREE) slot = (slot + 1) & mask
    this.#slots[slot] = value
    this.#hashes[slot] = hash
    this.#taken++
    this.size++
  }

  #grow(): boolean {
    const length = Math.min(Math.max(FIRST_BYTES, this.#block.length * 2), this.#maxBytes)
    if (length <= this.#block.length) return false
    const block = Buffer.allocUnsafeSlow(length)
    this.#block.copy(block, 0, 0, this.#end)
    this.#block = block
    const slots = this.#slots
    const hashes = this.#hashes
    const slotCount = 2 ** Math.ceil(Math.log2(length / BYTES_PER_SLOT))
    this.#slots = new Int32Array(slotCount)
    this.#hashes = new Int32Array(slotCount)
    this.#taken = 0
    this.size = 0
    for (let slot = 0; slot < slots.length; slot++) {
      const value = slots[slot] as number
      if (value > FREE) this.#take(hashes[slot] as number, value)
    }
    return true
  }
}
