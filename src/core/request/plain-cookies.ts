import type { CarriedCookies } from './carried.js'
import { compileCookieReader, compilePieceReader, createCarriedCookies } from './cookies.js'

/**
 * Reads the Cookie header as browsers and Node write it, for the hot path: `name=value; name=value`, each of Clerk's names
 * once, no odd blanks. A scan notes the offsets of cookies. It cuts nothing out of the header and keeps nothing of it, so
 * the other functions are given the same header again, before the next scan of any instance.
 */
export interface PlainCookies {
  /**
   * True: the header is plain, and one of the two plain cases of `chooseFamily` in state/cookie-family.ts: only one family
   * is there, or both hold the same session token. It has a `__client_uat` above 0 and, in development, the token of the
   * development browser. False: not known; `session` and `clientUat` must not be used.
   */
  scan(header: string): boolean
  /** The session token of the family that counts. */
  session(header: string): string
  /** `__client_uat` of that family, in seconds. */
  clientUat(): number
  /** All of Clerk's cookies, as `compileCookieReader` reads them, whatever `scan` has returned. */
  carried(header: string): CarriedCookies
}

const UNDERSCORE = 95
const EQUALS = 61
const SPACE = 32

/** Index of the cookie without suffix; the suffixed one has the next. */
const SESSION = 0
const CLIENT_UAT = 2
const DEV_BROWSER = 4
const PLACES = 6

/** Most cookies with two underscores in front that a scan notes. A header with more is scanned again by `carried`. */
const MAX_PIECES = 24

// Scratch memory of the latest scan, shared by all instances: with many tenants it stays in the processor's cache.
// Offsets of the values; a start of 0: the cookie is absent.
const starts = new Int32Array(PLACES)
const ends = new Int32Array(PLACES)
// Offsets of all cookies with two underscores in front. Complete only if `isScanned`.
const pieces = new Int32Array(2 * MAX_PIECES)
let pieceCount = 0
let isScanned = false
let family = 0
let clientUat = 0

/** By which an instance knows its own cookies. */
interface OwnNames {
  readonly suffix: string
  /** What follows the name in a suffixed cookie, up to its value. */
  readonly ending: string
  readonly isDevelopment: boolean
}

export function compilePlainCookies(suffix: string, isDevelopment: boolean): PlainCookies {
  const names: OwnNames = { suffix, ending: `_${suffix}=`, isDevelopment }
  const readPiece = compilePieceReader(suffix)
  const readCookies = compileCookieReader(suffix)

  return {
    scan: (header) => scan(header, names),
    session: (header) => textAt(header, SESSION + family),
    clientUat: () => clientUat,
    carried(header) {
      const cookies = createCarriedCookies()
      if (!isScanned) {
        readCookies(header, cookies)
        return cookies
      }
      let seen = 0
      for (let i = 0; i < pieceCount; i++) {
        const start = pieces[2 * i] as number
        const end = pieces[2 * i + 1] as number
        const equals = header.indexOf('=', start)
        if (equals !== -1 && equals < end) seen = readPiece(header, start, equals, end, seen, cookies)
      }
      return cookies
    }
  }
}

// No closures of an instance: with many tenants the processor's cache does not hold those of all.

function scan(header: string, names: OwnNames): boolean {
  // A loop: the call of `fill` costs more than writing six numbers.
  for (let place = 0; place < PLACES; place++) starts[place] = 0
  pieceCount = 0
  isScanned = false
  if (!scanPieces(header, names)) return false
  family = chooseFamily(header, names.isDevelopment)
  if (family === -1 || (names.isDevelopment && starts[DEV_BROWSER + family] === 0)) return false
  const place = CLIENT_UAT + family
  clientUat = digitsIn(header, starts[place] as number, ends[place] as number)
  return clientUat > 0
}

/** False: not plain. Ends early at a blank that no browser writes: cookies may then begin where no scan looks. */
function scanPieces(header: string, names: OwnNames): boolean {
  let isPlain = true
  let start = 0
  while (true) {
    let end = header.indexOf(';', start)
    const isLast = end === -1
    if (isLast) end = header.length
    const first = header.charCodeAt(start)
    if (first === UNDERSCORE) {
      if (header.charCodeAt(start + 1) === UNDERSCORE) {
        if (pieceCount < MAX_PIECES) {
          pieces[2 * pieceCount] = start
          pieces[2 * pieceCount + 1] = end
        }
        pieceCount++
        if (isPlain) isPlain = note(header, start, end, names)
      }
    } else if (first <= SPACE) return false
    if (isLast) {
      isScanned = pieceCount <= MAX_PIECES
      return isPlain
    }
    if (header.charCodeAt(end + 1) !== SPACE) return false
    start = end + 2
  }
}

/** Notes the offsets of the cookie at `start`, whose name begins with two underscores. False: not plain. */
function note(header: string, start: number, end: number, names: OwnNames): boolean {
  if (isSession(header, start)) return noteValue(header, SESSION, valueAt(header, start + 9, names), end)
  if (isClientUat(header, start)) return noteValue(header, CLIENT_UAT, valueAt(header, start + 12, names), end)
  if (!header.startsWith('__clerk_', start)) return true
  if (names.isDevelopment && header.startsWith('db_jwt', start + 8)) {
    return noteValue(header, DEV_BROWSER, valueAt(header, start + 14, names), end)
  }
  return !header.startsWith('handshake', start + 8)
}

/**
 * Offset of a cookie's value, given where the unsuffixed name ends. > 0: the unsuffixed cookie; < 0: minus the offset
 * for the suffixed cookie; 0: a cookie of another instance; GIVE_UP: not plain.
 */
function valueAt(header: string, nameEnd: number, { suffix, ending }: OwnNames): number {
  const separator = header.charCodeAt(nameEnd)
  if (separator === EQUALS) return nameEnd + 1
  if (separator !== UNDERSCORE) return GIVE_UP
  if (header.slice(nameEnd, nameEnd + ending.length) === ending) return -(nameEnd + ending.length)
  // The suffix of this instance with something else than `=` behind it, a blank for example; or another instance's.
  return header.startsWith(suffix, nameEnd + 1) ? GIVE_UP : 0
}

function noteValue(header: string, name: number, value: number, end: number): boolean {
  if (value === 0) return true
  if (value === GIVE_UP) return false
  const place = value > 0 ? name : name + 1
  const start = value > 0 ? value : -value
  if (starts[place] !== 0 || start >= end || header.charCodeAt(start) <= SPACE) return false
  starts[place] = start
  ends[place] = end
  return true
}

/** 0: the family without suffix counts; 1: the suffixed one; -1: not a plain case. */
function chooseFamily(header: string, isDevelopment: boolean): number {
  if (starts[SESSION + 1] === 0) {
    return starts[SESSION] === 0 || starts[CLIENT_UAT] === 0 || starts[CLIENT_UAT + 1] !== 0 ? -1 : 0
  }
  if (starts[CLIENT_UAT + 1] === 0) return -1
  if (starts[SESSION] !== 0 && textAt(header, SESSION) !== textAt(header, SESSION + 1)) return -1
  // Signed out in the family without suffix: state/README.md rule 6 asks the clock.
  return isDevelopment && starts[CLIENT_UAT] !== 0 && textAt(header, CLIENT_UAT) === '0' ? -1 : 1
}

function textAt(header: string, place: number): string {
  return header.slice(starts[place], ends[place])
}

// Compared character by character: V8 inlines that, and calls a builtin for `startsWith`.

/** Whether `session` follows the two underscores at `start`. */
function isSession(header: string, start: number): boolean {
  return (
    header.charCodeAt(start + 2) === 115 &&
    header.charCodeAt(start + 3) === 101 &&
    header.charCodeAt(start + 4) === 115 &&
    header.charCodeAt(start + 5) === 115 &&
    header.charCodeAt(start + 6) === 105 &&
    header.charCodeAt(start + 7) === 111 &&
    header.charCodeAt(start + 8) === 110
  )
}

/** Whether `client_uat` follows the two underscores at `start`. */
function isClientUat(header: string, start: number): boolean {
  return (
    header.charCodeAt(start + 2) === 99 &&
    header.charCodeAt(start + 3) === 108 &&
    header.charCodeAt(start + 4) === 105 &&
    header.charCodeAt(start + 5) === 101 &&
    header.charCodeAt(start + 6) === 110 &&
    header.charCodeAt(start + 7) === 116 &&
    header.charCodeAt(start + 8) === UNDERSCORE &&
    header.charCodeAt(start + 9) === 117 &&
    header.charCodeAt(start + 10) === 97 &&
    header.charCodeAt(start + 11) === 116
  )
}

/** Below every negated offset: a header is shorter than 2³⁰ characters. */
const GIVE_UP = -(2 ** 30)

/** The number in decimal digits at `text[start, end)`; -1: something else stands there, or more than 15 digits. */
function digitsIn(text: string, start: number, end: number): number {
  if (end - start > 15) return -1
  let number = 0
  for (let i = start; i < end; i++) {
    const digit = text.charCodeAt(i) - 48
    if (digit < 0 || digit > 9) return -1
    number = number * 10 + digit
  }
  return number
}
