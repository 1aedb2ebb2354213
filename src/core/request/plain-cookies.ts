/**
 * The cookies that the hot path needs, from a header as browsers write it: `name=value; name=value`, each of Clerk's
 * names once. The values are those that `compileCookieReader` reads, with less work. For any other form of header the
 * reader gives up, and the caller has to use `compileCookieReader`. Production only: development needs one more cookie.
 */
export interface PlainCookies {
  /** The session token of the cookie family that counts. */
  session: string
  /** `__client_uat` of that family, in seconds. */
  clientUat: number
}

/**
 * True: the header is plain and has a session token and its `__client_uat`. False: not known, `into` must not be used.
 */
export type PlainCookieReader = (header: string, into: PlainCookies) => boolean

const UNDERSCORE = 95
const EQUALS = 61
const SPACE = 32

/** Offsets of the values in the header; -1: the cookie is absent. One object for all requests, reset by each call. */
class Places {
  session = -1
  sessionEnd = -1
  sessionSuffixed = -1
  sessionSuffixedEnd = -1
  clientUat = -1
  clientUatEnd = -1
  clientUatSuffixed = -1
  clientUatSuffixedEnd = -1
}

export function compilePlainCookieReader(suffix: string): PlainCookieReader {
  const ending = `_${suffix}=`
  const places = new Places()

  /**
   * Offset of a cookie's value, given where the unsuffixed name ends. > 0: the unsuffixed cookie; < 0: minus the offset
   * for the suffixed cookie; 0: a cookie of another instance; GIVE_UP: not plain.
   */
  function valueAt(header: string, nameEnd: number): number {
    const separator = header.charCodeAt(nameEnd)
    if (separator === EQUALS) return nameEnd + 1
    if (separator !== UNDERSCORE) return GIVE_UP
    if (header.slice(nameEnd, nameEnd + ending.length) === ending) return -(nameEnd + ending.length)
    // The suffix of this instance with something else than `=` behind it, a blank for example; or another instance's.
    return header.startsWith(suffix, nameEnd + 1) ? GIVE_UP : 0
  }

  function noteSession(value: number, end: number): boolean {
    if (value > 0) {
      if (places.session !== -1 || value >= end) return false
      places.session = value
      places.sessionEnd = end
      return true
    }
    if (value === GIVE_UP || places.sessionSuffixed !== -1 || -value >= end) return false
    places.sessionSuffixed = -value
    places.sessionSuffixedEnd = end
    return true
  }

  function noteClientUat(value: number, end: number): boolean {
    if (value > 0) {
      if (places.clientUat !== -1 || value >= end) return false
      places.clientUat = value
      places.clientUatEnd = end
      return true
    }
    if (value === GIVE_UP || places.clientUatSuffixed !== -1 || -value >= end) return false
    places.clientUatSuffixed = -value
    places.clientUatSuffixedEnd = end
    return true
  }

  /** Notes the offsets of the cookie at `start`, whose name begins with two underscores. False: not plain. */
  function note(header: string, start: number, end: number): boolean {
    if (isSession(header, start)) {
      const value = valueAt(header, start + 9)
      return value === 0 || noteSession(value, end)
    }
    if (isClientUat(header, start)) {
      const value = valueAt(header, start + 12)
      return value === 0 || noteClientUat(value, end)
    }
    return !header.startsWith('__clerk_handshake', start)
  }

  function scan(header: string): boolean {
    let start = 0
    while (true) {
      let end = header.indexOf(';', start)
      const isLast = end === -1
      if (isLast) end = header.length
      const first = header.charCodeAt(start)
      if (first === UNDERSCORE) {
        if (header.charCodeAt(start + 1) === UNDERSCORE && !note(header, start, end)) return false
      } else if (first <= SPACE) return false
      if (isLast) return true
      if (header.charCodeAt(end + 1) !== SPACE) return false
      start = end + 2
    }
  }

  return function readPlainCookies(header, into) {
    places.session = -1
    places.sessionSuffixed = -1
    places.clientUat = -1
    places.clientUatSuffixed = -1
    if (!scan(header)) return false

    // The two plain cases of `chooseFamily` in state/cookie-family.ts: only one family, or both with the same token.
    if (places.sessionSuffixed === -1) {
      if (places.session === -1 || places.clientUat === -1 || places.clientUatSuffixed !== -1) return false
      into.clientUat = digitsIn(header, places.clientUat, places.clientUatEnd)
      into.session = header.slice(places.session, places.sessionEnd)
      return into.clientUat > 0
    }
    if (places.clientUatSuffixed === -1) return false
    into.clientUat = digitsIn(header, places.clientUatSuffixed, places.clientUatSuffixedEnd)
    into.session = header.slice(places.sessionSuffixed, places.sessionSuffixedEnd)
    if (into.clientUat <= 0) return false
    return places.session === -1 || into.session === header.slice(places.session, places.sessionEnd)
  }
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
