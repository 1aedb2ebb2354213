import { randomBytes } from 'node:crypto'
import type { VerifiedToken } from './verified-token.js'

/** 20 KiB, for an instance that sees few tokens. */
const SMALLEST_BITS = 10
/** 5 MiB. */
const LARGEST_BITS = 18

/** Places a token is given at least, as long as the table may grow: few buckets then have to hold three. */
const PLACES_PER_TOKEN = 4

/**
 * A table of the verified tokens used last, in buckets of two by the last twelve characters of the signature; a third token
 * in a bucket pushes out the one put there first. Holds nothing that the cache behind it does not hold.
 */
export interface FrontTable {
  /** The verified token with exactly this text, if it has a place. */
  find(token: string): VerifiedToken | undefined
  put(verified: VerifiedToken): void
  remove(verified: VerifiedToken): void
  /** Makes room for so many tokens. */
  fit(tokens: number): void
}

export function createFrontTable(): FrontTable {
  // Odd, so that no bit is lost; its own in each process, so that nobody outside knows who meets whom.
  const multiplier = randomBytes(4).readInt32LE() | 1
  let bits = SMALLEST_BITS
  let places = createPlaces(bits)
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
    return (
      ((first ^ (tails[at] as number)) | (second ^ (tails[at + 1] as number)) | (third ^ (tails[at + 2] as number))) ===
      0
    )
  }

  return {
    find(token) {
      const end = token.length
      const first = fourBefore(token, end)
      const second = fourBefore(token, end - 4)
      const third = fourBefore(token, end - 8)
      let place = bucketOf(first, second, third)
      if (!hasTail(place, first, second, third)) {
        place++
        if (!hasTail(place, first, second, third)) return undefined
      }
      // Comparing the texts ends where they part, but only for who has the whole tail.
      const verified = places[place]
      return verified !== undefined && verified.token === token ? verified : undefined
    },
    put(verified) {
      const { token } = verified
      const place = bucketOfToken(token)
      if (places[place] === verified || places[place + 1] === verified) return
      const at = place * TAIL_WORDS
      if (places[place] !== undefined) {
        places[place + 1] = places[place]
        tails.copyWithin(at + TAIL_WORDS, at, at + TAIL_WORDS)
      }
      places[place] = verified
      for (let word = 0; word < TAIL_WORDS; word++) tails[at + word] = fourBefore(token, token.length - 4 * word)
    },
    remove(verified) {
      const place = bucketOfToken(verified.token)
      if (places[place] === verified) places[place] = undefined
      else if (places[place + 1] === verified) places[place + 1] = undefined
    },
    fit(tokens) {
      if (tokens * PLACES_PER_TOKEN <= 2 ** bits || bits === LARGEST_BITS) return
      // Empty again: each token returns at its next use.
      bits++
      places = createPlaces(bits)
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

function createPlaces(bits: number): (VerifiedToken | undefined)[] {
  return new Array<VerifiedToken | undefined>(2 ** bits).fill(undefined)
}

/** Twelve characters. */
const TAIL_WORDS = 3

function createTails(bits: number): Int32Array {
  return new Int32Array(TAIL_WORDS * 2 ** bits)
}
