import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { CarriedCookies } from '../../../src/core/request/carried.js'
import { compileCookieReader, createCarriedCookies } from '../../../src/core/request/cookies.js'

const suffix = 'naoXFJnI'
const readCookies = compileCookieReader(suffix)

function read(header: string): CarriedCookies {
  const cookies = createCarriedCookies()
  readCookies(header, cookies)
  return cookies
}

const NAMES: Readonly<Record<keyof CarriedCookies, string>> = {
  session: '__session',
  sessionSuffixed: `__session_${suffix}`,
  clientUat: '__client_uat',
  clientUatSuffixed: `__client_uat_${suffix}`,
  devBrowser: '__clerk_db_jwt',
  devBrowserSuffixed: `__clerk_db_jwt_${suffix}`,
  refreshSuffixed: `__refresh_${suffix}`,
  handshake: '__clerk_handshake',
  handshakeNonce: '__clerk_handshake_nonce',
  redirectCount: '__clerk_redirect_count'
}

/** The rules of state/README.md section 2.5, written for clarity alone. */
function readNaively(header: string): CarriedCookies {
  const jar = new Map<string, string>()
  for (const piece of header.split(';')) {
    const equals = piece.indexOf('=')
    if (equals === -1) continue
    const name = piece.slice(0, equals).replace(/^[ \t]+|[ \t]+$/g, '')
    const raw = piece.slice(equals + 1).replace(/^[ \t]+|[ \t]+$/g, '')
    if (jar.has(name)) continue
    try {
      jar.set(name, decodeURIComponent(raw))
    } catch {
      jar.set(name, raw)
    }
  }
  const cookies = createCarriedCookies()
  for (const [field, name] of Object.entries(NAMES)) cookies[field as keyof CarriedCookies] = jar.get(name) ?? ''
  return cookies
}

t.test('every cookie that matters is read under its name', async (t) => {
  for (const [field, name] of Object.entries(NAMES)) {
    const cookies = read(`a=1; ${name}=value; b=2`)
    t.equal(cookies[field as keyof CarriedCookies], 'value', name)
    t.equal(Object.values(cookies).filter((value) => value !== '').length, 1, `${name} alone`)
  }
})

t.test('the documented examples hold', async (t) => {
  t.equal(read('__session=1; __session=2').session, '1', 'the first occurrence wins')
  t.equal(read('__session=; __session=2').session, '', 'also when it is empty')
  t.equal(read('__session=%20x%3B').session, ' x;', 'values are percent-decoded')
  t.equal(read('__session=%zz').session, '%zz', 'or stay as they are')
  t.equal(read('__session="q"').session, '"q"', 'quotes stay')
  t.equal(read('sid=x%3B__session%3Dforged').session, '', 'an encoded semicolon forges nothing')
  t.equal(read('__session; __client_uat=1').clientUat, '1', 'a piece without = is skipped')
  t.equal(read(' \t__session \t=\t a \t;').session, 'a', 'blanks around name and value go')
  t.equal(read('__SESSION=a').session, '', 'names are case-sensitive')
  t.equal(read(`__session_${suffix.toLowerCase()}=a`).sessionSuffixed, '', 'suffixes too')
  t.equal(read('__refresh=a').refreshSuffixed, '', 'the refresh token has no unsuffixed form')
})

t.test('a reader leaves nothing of the request before', async (t) => {
  const cookies = createCarriedCookies()
  readCookies('__session=a; __client_uat=1; __clerk_handshake=h', cookies)
  readCookies(undefined, cookies)
  t.same(cookies, createCarriedCookies())
})

t.test('without a publishable key no suffixed cookie exists', async (t) => {
  const cookies = createCarriedCookies()
  compileCookieReader('')('__session_=a; __session__;=b; __session=c; __refresh=d; __refresh_=e', cookies)
  t.same(cookies, { ...createCarriedCookies(), session: 'c' })
})

t.test('one pass reads what splitting and decoding everything reads', async (t) => {
  const piece = fc.oneof(
    fc
      .tuple(fc.constantFrom(...Object.values(NAMES), '__sessio', '__session_x', '_ga', ''), fc.string())
      .map(([name, value]) => `${name}=${value}`),
    fc.string({ unit: fc.constantFrom(' ', '\t', '=', ';', '_', '%', '4', '1', 's', '"', ',', 'é', '\u0000') }),
    fc.constantFrom(...Object.values(NAMES))
  )
  const header = fc.array(piece, { maxLength: 12 }).chain((pieces) =>
    fc
      .array(fc.constantFrom(';', '; ', ' ;', ';;', ';\t', ', '), {
        minLength: pieces.length,
        maxLength: pieces.length
      })
      .map((separators) => pieces.map((text, i) => text + (separators[i] ?? '')).join(''))
  )
  fc.assert(
    fc.property(header, (text) => {
      assert.deepEqual(read(text), readNaively(text))
    }),
    { numRuns: 3000, seed: 7 }
  )
  t.pass('3000 headers')
})
