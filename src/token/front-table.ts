import { randomBytes } from 'node:crypto'
import type { VerifiedToken } from './verified-token.js'

/** 20 KiB, for an instance that sees few tokens. */
const SMALLEST_BITS = 10
/** 5 MiB. */
const LARGEST_BITS = 18

/**
 * A table of the verified tokens used last, one place each by the last twelve characters of the signature; two that meet in a
 * place push each other out. Holds nothing that the cache behind it does not hold.
 */
export interface FrontTable {
  /** The verified token with exactly this text, if it has its place. */
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

  function placeOf(first: number, second: number, third: number): number {
    return Math.imul(first ^ (second << 9) ^ (third << 3), multiplier) >>> (32 - bits)
  }

  function placeOfToken(token: string): number {
    const end = token.length
    return placeOf(fourBefore(token, end), fourBefore(token, end - 4), fourBefore(token, end - 8))
  }

  return {
    find(token) {
      const end = token.length
      const first = fourBefore(token, end)
      const second = fourBefore(token, end - 4)
      const third = fourBefore(token, end - 8)
      const place = placeOf(first, second, third)
      const at = place * TAIL_WORDS
      // All twelve characters in one decision: the texts are compared, and that ends where they part, only for who has
      // the whole tail. A guess that is nearly right looks like any other.
      const difference =
        (first ^ (tails[at] as number)) | (second ^ (tails[at + 1] as number)) | (third ^ (tails[at + 2] as number))
      if (difference !== 0) return undefined
      const verified = places[place]
      return verified !== undefined && verified.token === token ? verified : undefined
    },
    put(verified) {
      const { token } = verified
      const place = placeOfToken(token)
      places[place] = verified
      for (let word = 0; word < TAIL_WORDS; word++) {
        tails[place * TAIL_WORDS + word] = fourBefore(token, token.length - 4 * word)
      }
    },
    remove(verified) {
      const place = placeOfToken(verified.token)
      if (places[place] === verified) places[place] = undefined
    },
    fit(tokens) {
      if (tokens < 2 ** (bits - 1) || bits === LARGEST_BITS) return
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
