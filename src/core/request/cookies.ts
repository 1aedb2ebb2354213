import type { CarriedCookies } from './carried.js'

const EQUALS = '='
const SEMICOLON = ';'
const SPACE = 32
const TAB = 9
const UNDERSCORE = 95

// One bit for each cookie: set when the first of that name has been read, as later ones do not count.
const SESSION = 1
const SESSION_SUFFIXED = 2
const CLIENT_UAT = 4
const CLIENT_UAT_SUFFIXED = 8
const DEV_BROWSER = 16
const DEV_BROWSER_SUFFIXED = 32
const REFRESH_SUFFIXED = 64
const HANDSHAKE = 128
const HANDSHAKE_NONCE = 256
const REDIRECT_COUNT = 512

export type CookieReader = (header: string | undefined, into: CarriedCookies) => void

export function createCarriedCookies(): CarriedCookies {
  return {
    session: '',
    sessionSuffixed: '',
    clientUat: '',
    clientUatSuffixed: '',
    devBrowser: '',
    devBrowserSuffixed: '',
    refreshSuffixed: '',
    handshake: '',
    handshakeNonce: '',
    redirectCount: ''
  }
}

/**
 * Percent-decodes one value. Only after the header has been split, so that an encoded `;` cannot forge a cookie
 * (hostile/README.md case 5).
 */
function decodeValue(value: string): string {
  if (value.indexOf('%') === -1) return value
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

/** A cookie of the header: from the first letter of its name to the semicolon or the end; `equals` is its first `=`. */
export type PieceReader = (
  header: string,
  start: number,
  equals: number,
  end: number,
  /** The cookies that have been read: the first of a name counts. */
  seen: number,
  into: CarriedCookies
) => number

/** Compiles what `compileCookieReader` does with one cookie. Returns `seen`, with the cookie added if its name matters. */
export function compilePieceReader(suffix: string): PieceReader {
  // Without a publishable key there is no suffix. `_;` ends no cookie name, so the suffixed names match nothing.
  const ending = suffix === '' ? '_;' : `_${suffix}`
  const names: readonly (readonly [name: string, bit: number])[] = [
    ['__session', SESSION],
    ['__client_uat', CLIENT_UAT],
    ['__clerk_db_jwt', DEV_BROWSER],
    ['__clerk_handshake', HANDSHAKE],
    ['__clerk_handshake_nonce', HANDSHAKE_NONCE],
    ['__clerk_redirect_count', REDIRECT_COUNT],
    [`__session${ending}`, SESSION_SUFFIXED],
    [`__client_uat${ending}`, CLIENT_UAT_SUFFIXED],
    [`__clerk_db_jwt${ending}`, DEV_BROWSER_SUFFIXED],
    [`__refresh${ending}`, REFRESH_SUFFIXED]
  ]
  // Names by length: at most two are compared with the cookie at hand.
  const byLength: (readonly (readonly [name: string, bit: number])[])[] = []
  for (let length = 0; length < 32; length++) byLength.push(names.filter(([name]) => name.length === length))

  function identify(header: string, start: number, end: number): number {
    const length = end - start
    if (length > 31) return 0
    const candidates = byLength[length] as readonly (readonly [string, number])[]
    for (let i = 0; i < candidates.length; i++) {
      const candidate = candidates[i] as readonly [string, number]
      if (header.startsWith(candidate[0], start)) return candidate[1]
    }
    return 0
  }

  return function readPiece(header, start, equals, end, seen, into) {
    let nameEnd = equals
    while (nameEnd > start && isBlank(header.charCodeAt(nameEnd - 1))) nameEnd--
    const bit = identify(header, start, nameEnd)
    if (bit === 0 || (seen & bit) !== 0) return seen

    let valueStart = equals + 1
    let valueEnd = end
    while (valueStart < valueEnd && isBlank(header.charCodeAt(valueStart))) valueStart++
    while (valueEnd > valueStart && isBlank(header.charCodeAt(valueEnd - 1))) valueEnd--
    store(into, bit, decodeValue(header.slice(valueStart, valueEnd)))
    return seen | bit
  }
}

/**
 * Compiles a reader of the Cookie header (RFC 6265 section 4.2.1) for one instance: one pass, only the names that matter, the
 * first occurrence of each (state/README.md section 2.5). What the header lacks is set to `''`.
 */
export function compileCookieReader(suffix: string): CookieReader {
  const readPiece = compilePieceReader(suffix)

  return function readCookies(header, into) {
    into.session = ''
    into.sessionSuffixed = ''
    into.clientUat = ''
    into.clientUatSuffixed = ''
    into.devBrowser = ''
    into.devBrowserSuffixed = ''
    into.refreshSuffixed = ''
    into.handshake = ''
    into.handshakeNonce = ''
    into.redirectCount = ''
    if (header === undefined) return

    let seen = 0
    let pieceEnd = -1
    let equals = -1
    while (pieceEnd < header.length) {
      let start = pieceEnd + 1
      pieceEnd = header.indexOf(SEMICOLON, start)
      if (pieceEnd === -1) pieceEnd = header.length
      while (start < pieceEnd && isBlank(header.charCodeAt(start))) start++
      // Clerk's names start with two underscores; most other cookies do not.
      if (header.charCodeAt(start) !== UNDERSCORE || header.charCodeAt(start + 1) !== UNDERSCORE) continue

      // Searched again only once the last `=` found is behind us. Searching in every piece would make a long header of
      // pieces without `=` cost quadratic time.
      if (equals < start) equals = header.indexOf(EQUALS, start)
      if (equals === -1) return
      if (equals < pieceEnd) seen = readPiece(header, start, equals, pieceEnd, seen, into)
    }
  }
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB
}

function store(into: CarriedCookies, bit: number, value: string): void {
  switch (bit) {
    case SESSION:
      into.session = value
      break
    case SESSION_SUFFIXED:
      into.sessionSuffixed = value
      break
    case CLIENT_UAT:
      into.clientUat = value
      break
    case CLIENT_UAT_SUFFIXED:
      into.clientUatSuffixed = value
      break
    case DEV_BROWSER:
      into.devBrowser = value
      break
    case DEV_BROWSER_SUFFIXED:
      into.devBrowserSuffixed = value
      break
    case REFRESH_SUFFIXED:
      into.refreshSuffixed = value
      break
    case HANDSHAKE:
      into.handshake = value
      break
    case HANDSHAKE_NONCE:
      into.handshakeNonce = value
      break
    case REDIRECT_COUNT:
      into.redirectCount = value
      break
  }
}
