import type { VerifiedToken } from './verified-token.js'

/** 16 KiB, for an instance that sees few tokens. */
const SMALLEST_BITS = 10
/** 4 MiB. */
const LARGEST_BITS = 18

/**
 * A table of the verified tokens used last, one place each by a few characters of the signature; two that meet in a place push
 * each other out. Holds nothing that the cache behind it does not hold.
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
  let shift = 32 - SMALLEST_BITS
  // Text and token next to each other: the processor fetches both at once, where one by way of the other takes twice as long.
  let places = createPlaces(SMALLEST_BITS)

  function placeOf(token: string): number {
    const end = token.length
    // Not the last character: of the signature's last byte it holds two bits.
    const characters =
      token.charCodeAt(end - 2) |
      (token.charCodeAt(end - 3) << 8) |
      (token.charCodeAt(end - 4) << 16) |
      (token.charCodeAt(end - 5) << 24)
    return (Math.imul(characters, GOLDEN_RATIO) >>> shift) << 1
  }

  return {
    find(token) {
      const place = placeOf(token)
      return places[place] === token ? (places[place + 1] as VerifiedToken) : undefined
    },
    put(verified) {
      const place = placeOf(verified.token)
      places[place] = verified.token
      places[place + 1] = verified
    },
    remove(verified) {
      const place = placeOf(verified.token)
      if (places[place + 1] !== verified) return
      places[place] = undefined
      places[place + 1] = undefined
    },
    fit(tokens) {
      const bits = 32 - shift
      if (tokens < 2 ** (bits - 1) || bits === LARGEST_BITS) return
      // Empty again: each token returns at its next use.
      shift = 32 - (bits + 1)
      places = createPlaces(bits + 1)
    }
  }
}

/** 2³² divided by the golden ratio: neighbours end up far apart (Knuth, The Art of Computer Programming, section 6.4). */
const GOLDEN_RATIO = 0x9e3779b1

function createPlaces(bits: number): (string | VerifiedToken | undefined)[] {
  return new Array<string | VerifiedToken | undefined>(2 ** (bits + 1)).fill(undefined)
}
