import { randomBytes } from 'node:crypto'
import type { VerifiedToken } from './verified-token.js'

/** 28 KiB, for an instance that sees few tokens. */
const SMALLEST_BITS = 10
/** 7 MiB. */
const LARGEST_BITS = 18

/** Places a token is given at least, as long as the table may grow: few buckets then have to hold three. */
const PLACES_PER_TOKEN = 4

/**
 * A table of the verified tokens used last, in buckets of two by the last twelve characters of the signature; a third token
 * in a bucket pushes out the one put there first. Holds nothing that the cache behind it does not hold.
 *
 * What a look-up costs is memory it has to wait for, so nothing is read to learn where the next thing lies that could
 * lie beside it: tails and entries are at places that the token gives, and an entry has its text next to it.
 */
export interface FrontTable {
  /** The verified token with exactly this text, if it has a place and was used in this second before. */
  find(token: string, second: number): VerifiedToken | undefined
  put(verified: VerifiedToken): void
  remove(verified: VerifiedToken): void
  /** Makes room for so many tokens. */
  fit(tokens: number): void
}

export function createFrontTable(): FrontTable {
  // Odd, so that no bit is lost; its own in each process, so that nobody outside knows who meets whom.
  const multiplier = randomBytes(4).readInt32LE() | 1
  let bits = SMALLEST_BITS
  let entries = createEntries(bits)
  let tails = createTails(bits)

  /** The first place of the bucket. The shifts lay the words of the tail over each other, so that every character counts. */
  function bucketOf(first: number, second: number, third: number): number {
    return (Math.imul(first ^ (second << 9) ^ (third << 3), multiplier) >>> (33 - bits)) << 1
  }

  function bucketOfToken(token: string): number {
    const end = token.length
    return bucketOf(fourBefore(token, end), fourBefore(token, end - 4), fourBefore(token, end - 8))
  }

  /** All twelve characters in one decision: a guess that is nearly right looks like any other. */
  function hasTail(place: number, first: number, second: number, third: number): boolean {
    const at = place * TAIL_WORDS
    const firstDiffers = first ^ (tails[at] as number)
    const secondDiffers = second ^ (tails[at + 1] as number)
    const thirdDiffers = third ^ (tails[at + 2] as number)
    return (firstDiffers | secondDiffers | thirdDiffers) === 0
  }

  function isHeldAt(place: number, verified: VerifiedToken): boolean {
    return entries[place * ENTRY_SLOTS] === verified
  }

  return {
    find(token, usedSecond) {
      const end = token.length
      const first = fourBefore(token, end)
      const second = fourBefore(token, end - 4)
      const third = fourBefore(token, end - 8)
      let place = bucketOf(first, second, third)
      if (!hasTail(place, first, second, third)) {
        place++
        if (!hasTail(place, first, second, third)) return undefined
      }
      const at = place * ENTRY_SLOTS
      const verified = entries[at] as VerifiedToken | undefined
      if (verified === undefined || verified.usedSecond !== usedSecond) return undefined
      // Comparing the texts ends where they part, but only for who has the whole tail.
      return entries[at + 1] === token ? verified : undefined
    },
    put(verified) {
      const { token } = verified
      const place = bucketOfToken(token)
      if (isHeldAt(place, verified) || isHeldAt(place + 1, verified)) return
      const at = place * ENTRY_SLOTS
      const tailAt = place * TAIL_WORDS
      if (entries[at] !== undefined) {
        entries.copyWithin(at + ENTRY_SLOTS, at, at + ENTRY_SLOTS)
        tails.copyWithin(tailAt + TAIL_WORDS, tailAt, tailAt + TAIL_WORDS)
      }
      entries[at] = verified
      entries[at + 1] = token
      for (let word = 0; word < TAIL_WORDS; word++) tails[tailAt + word] = fourBefore(token, token.length - 4 * word)
    },
    remove(verified) {
      const bucket = bucketOfToken(verified.token)
      for (let place = bucket; place < bucket + 2; place++) {
        if (!isHeldAt(place, verified)) continue
        entries[place * ENTRY_SLOTS] = undefined
        entries[place * ENTRY_SLOTS + 1] = undefined
      }
    },
    fit(tokens) {
      if (tokens * PLACES_PER_TOKEN <= 2 ** bits || bits === LARGEST_BITS) return
      // Empty again: each token returns at its next use.
      bits++
      entries = createEntries(bits)
      tails = createTails(bits)
    }
  }
}

/** Four characters as one number. Those of a token have seven bits; others make a number that fits nobody's text. */
function fourBefore(token: string, end: number): number {
  return (
    token.charCodeAt(end - 1) |
    (token.charCodeAt(end - 2) << 7) |
    (token.charCodeAt(end - 3) << 14) |
    (token.charCodeAt(end - 4) << 21)
  )
}

/** A verified token and its text. */
const ENTRY_SLOTS = 2

function createEntries(bits: number): (VerifiedToken | string | undefined)[] {
  return new Array<VerifiedToken | string | undefined>(ENTRY_SLOTS * 2 ** bits).fill(undefined)
}

/** Twelve characters. */
const TAIL_WORDS = 3

function createTails(bits: number): Int32Array {
  return new Int32Array(TAIL_WORDS * 2 ** bits)
}
