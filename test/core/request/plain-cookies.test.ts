import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { compileCookieReader, createCarriedCookies } from '../../../src/core/request/cookies.js'
import { compilePlainCookies } from '../../../src/core/request/plain-cookies.js'

const suffix = 'naoXFJnI'
const production = compilePlainCookies(suffix, false)
const development = compilePlainCookies(suffix, true)
const readCookies = compileCookieReader(suffix)

/** The session that counts and its time, or null when the header is left to the state machine. */
function read(header: string, reader = production): { session: string; clientUat: number } | null {
  const isPlain = reader.scan(header)
  const all = createCarriedCookies()
  readCookies(header, all)
  assert.deepEqual(reader.carried(header), all, 'whatever comes of it, all cookies are read')
  return isPlain ? { session: reader.session(header), clientUat: reader.clientUat() } : null
}

const PLAIN = { session: 'a.b.c', clientUat: 1_790_000_000 }
const SESSION = '__session=a.b.c'
const CLIENT_UAT = '__client_uat=1790000000'
const SESSION_SUFFIXED = `__session_${suffix}=a.b.c`
const CLIENT_UAT_SUFFIXED = `__client_uat_${suffix}=1790000000`
const BOTH = `${SESSION}; ${CLIENT_UAT}`
const BOTH_SUFFIXED = `${SESSION_SUFFIXED}; ${CLIENT_UAT_SUFFIXED}`

t.test('one family of cookies, or both with the same token, is read among those of others', async (t) => {
  const others = [
    '_ga=GA1.1',
    '_',
    '__',
    '__session_other=x',
    '__session_other',
    '__client_uat_other=5',
    '__clerk_db_jwt=x',
    '__clerk_active_context=sess_1:',
    '__stripe_mid=x',
    '__sessioo=x',
    'a',
    'session=x',
    'xx__session=x',
    '!=x',
    `__client_uat_${suffix.slice(0, -1)}=5`
  ]
  for (const header of [BOTH, BOTH_SUFFIXED, `${BOTH}; ${BOTH_SUFFIXED}`, `${CLIENT_UAT}; ${SESSION}`]) {
    t.same(read(header), PLAIN, header)
    for (const other of others) {
      t.same(read(`${other}; ${header}`), PLAIN, `${other} before`)
      t.same(read(`${header}; ${other}`), PLAIN, `${other} behind`)
      t.same(read(header.replace('; ', `; ${other}; `)), PLAIN, `${other} between`)
    }
  }
})

t.test('a separator at the end begins nothing', async (t) => {
  t.same(read(`${BOTH}; `), PLAIN)
})

t.test('the suffixed family counts when both are there', async (t) => {
  t.same(read(`${SESSION}; __client_uat=7; ${BOTH_SUFFIXED}`), PLAIN)
  t.same(read(`${SESSION}; ${BOTH_SUFFIXED}`), PLAIN)
  t.same(read(`__client_uat=0; ${BOTH_SUFFIXED}`), PLAIN)
})

t.test('a header is left alone that is not plain, or lacks what it takes', async (t) => {
  for (const header of [
    '',
    SESSION,
    CLIENT_UAT,
    SESSION_SUFFIXED,
    CLIENT_UAT_SUFFIXED,
    `${SESSION}; ${CLIENT_UAT_SUFFIXED}`,
    `${CLIENT_UAT}; ${SESSION_SUFFIXED}`,
    `${BOTH}; ${SESSION_SUFFIXED}`,
    `${BOTH}; ${CLIENT_UAT_SUFFIXED}`,
    `__session=other; ${CLIENT_UAT}; ${BOTH_SUFFIXED}`,
    // Twice.
    `${SESSION}; ${BOTH}`,
    `${CLIENT_UAT}; ${BOTH}`,
    `${SESSION_SUFFIXED}; ${BOTH_SUFFIXED}`,
    `${CLIENT_UAT_SUFFIXED}; ${BOTH_SUFFIXED}`,
    // Empty.
    `__session=; ${BOTH}`,
    `__session=; ${CLIENT_UAT}`,
    `__client_uat=; ${SESSION}`,
    `__session_${suffix}=; ${BOTH}`,
    `__session_${suffix}=; ${CLIENT_UAT_SUFFIXED}`,
    `__client_uat_${suffix}=; ${SESSION_SUFFIXED}`,
    `__client_uat_${suffix}=; ${BOTH}`,
    `__client_uat=; ${BOTH_SUFFIXED}`,
    // No number above zero.
    `${SESSION}; __client_uat=0`,
    `${SESSION}; __client_uat=-5`,
    `${SESSION}; __client_uat=1/`,
    `${SESSION}; __client_uat=1:`,
    `${SESSION}; __client_uat=x1`,
    `${SESSION}; __client_uat=1x`,
    `${SESSION}; __client_uat=1234567890123456`,
    `${SESSION_SUFFIXED}; __client_uat_${suffix}=0`,
    `${SESSION_SUFFIXED}; __client_uat_${suffix}=x`,
    // Odd ends of names that matter.
    `__session =x; ${BOTH}`,
    `__session; ${BOTH}`,
    `__sessionx=x; ${BOTH}`,
    `__client_uat =5; ${BOTH}`,
    `__client_uat; ${BOTH}`,
    `__client_uatx=5; ${BOTH}`,
    `__session_${suffix}; ${BOTH}`,
    `__session_${suffix} =x; ${BOTH}`,
    `__session_${suffix}x=x; ${BOTH}`,
    `__client_uat_${suffix} =5; ${BOTH}`,
    `__client_uat_${suffix}x=5; ${BOTH}`,
    // What comes back from a handshake.
    `__clerk_handshake=x; ${BOTH}`,
    `${BOTH}; __clerk_handshake_nonce=x`,
    // Blanks that no browser writes.
    ` ${BOTH}`,
    `${BOTH} ;`,
    `${BOTH};`,
    `${BOTH};  a=b`,
    `${BOTH};a=b`,
    `${BOTH};\ta=b`,
    `${BOTH}; \ta=b`,
    `${SESSION};${CLIENT_UAT}`
  ]) {
    t.equal(read(header), null, JSON.stringify(header))
  }
})

t.test('a name counts in all its letters', async (t) => {
  for (const [name, value] of [
    ['__session', 'x'],
    ['__client_uat', '5']
  ] as const) {
    for (let i = 0; i < name.length; i++) {
      const other = `${name.slice(0, i)}X${name.slice(i + 1)}=${value}`
      t.same(read(`${other}; ${BOTH}`), PLAIN, other)
    }
  }
})

t.test('a time has at most 15 digits', async (t) => {
  t.same(read(`${SESSION}; __client_uat=123456789012345`), { session: 'a.b.c', clientUat: 123_456_789_012_345 })
  t.same(read(`${SESSION}; __client_uat=1`), { session: 'a.b.c', clientUat: 1 })
  t.same(read(`${SESSION}; __client_uat=9000`), { session: 'a.b.c', clientUat: 9000 })
})

t.test('a development browser needs its own cookie in the family that counts', async (t) => {
  const [browser, browserSuffixed] = ['__clerk_db_jwt=dvb_1', `__clerk_db_jwt_${suffix}=dvb_1`]
  const rows: [header: string, isPlain: boolean][] = [
    [`${BOTH}; ${browser}`, true],
    [`${browser}; ${BOTH}`, true],
    [`${BOTH_SUFFIXED}; ${browserSuffixed}`, true],
    [`${BOTH}; ${BOTH_SUFFIXED}; ${browserSuffixed}`, true],
    [`${SESSION}; __client_uat=00; ${BOTH_SUFFIXED}; ${browserSuffixed}`, true],
    [BOTH, false],
    [BOTH_SUFFIXED, false],
    [`${BOTH}; ${browserSuffixed}`, false],
    [`${BOTH_SUFFIXED}; ${browser}`, false],
    [`${BOTH}; ${BOTH_SUFFIXED}; ${browser}`, false],
    // Signed out in the other family: the clock decides.
    [`${SESSION}; __client_uat=0; ${BOTH_SUFFIXED}; ${browserSuffixed}`, false],
    [`__client_uat=0; ${BOTH_SUFFIXED}; ${browserSuffixed}`, false],
    // Not plain.
    [`${BOTH}; __clerk_db_jwt=`, false],
    [`${BOTH}; __clerk_db_jwt= `, false],
    [`${BOTH}; __clerk_db_jwt =x`, false],
    [`${BOTH}; __clerk_db_jwt`, false],
    [`${BOTH}; ${browser}; ${browser}`, false],
    [`${BOTH}; ${browser}; __clerk_db_jwt_${suffix} =x`, false],
    [`${BOTH}; ${browser}; __clerk_handshake=x`, false],
    [`${BOTH}; ${browser}; __clerk_db_jwt_other=x; __clerk_active_context=y`, true]
  ]
  for (const [header, isPlain] of rows) t.same(read(header, development), isPlain ? PLAIN : null, header)
})

t.test('all cookies are read as the reader of everything reads them', async (t) => {
  const names = [
    '__session',
    '__client_uat',
    '__clerk_db_jwt',
    '__refresh',
    '__clerk_redirect_count',
    '__clerk_handshake'
  ]
  const name = fc.oneof(
    fc.constantFrom(...names, ...names.map((plain) => `${plain}_${suffix}`), '__session_other', '__x', '_ga', ''),
    fc.string({ maxLength: 4 })
  )
  const value = fc.oneof(
    { weight: 3, arbitrary: fc.constant('1790000000') },
    { weight: 1, arbitrary: fc.constantFrom('a.b.c', '0', '', '%20x', ' ', '"q"') },
    { weight: 1, arbitrary: fc.string({ maxLength: 6 }) }
  )
  const cookie = fc.tuple(name, value).map((pair) => pair.join('='))
  const pair = fc.constantFrom(BOTH, BOTH_SUFFIXED)
  const piece = fc.oneof(
    { weight: 9, arbitrary: cookie },
    { weight: 1, arbitrary: name },
    { weight: 1, arbitrary: pair }
  )
  const nameOf = (text: string) => text.split('=')[0]
  const header = fc
    .tuple(
      fc.oneof(fc.array(piece, { maxLength: 40 }), fc.uniqueArray(piece, { maxLength: 8, selector: nameOf })),
      fc.constantFrom('; ', '; ', '; ', ';', ' ; ')
    )
    .map(([pieces, separator]) => pieces.join(separator))
  let plain = 0
  fc.assert(
    fc.property(header, fc.constantFrom(production, development), (text, reader) => {
      if (read(text, reader) !== null) plain++
    }),
    { numRuns: 4000, seed: 3 }
  )
  t.ok(plain > 100, `${plain} of 4000 were plain`)
})

t.test('carried speaks of the header that was scanned', async (t) => {
  const fresh = compilePlainCookies(suffix, false)
  t.match(fresh.carried(SESSION), { session: 'a.b.c' }, 'and reads all of it where there was no scan')
  const many = Array.from({ length: 30 }, (_, i) => `__x${i}=y`).join('; ')
  t.same(read(`${many}; ${BOTH}`), PLAIN, 'more cookies than a scan takes down')
})

t.test('nothing is left of the header before', async (t) => {
  for (const before of [BOTH, BOTH_SUFFIXED, `${BOTH}; ${BOTH_SUFFIXED}`, CLIENT_UAT_SUFFIXED]) {
    read(before)
    for (const header of [SESSION, CLIENT_UAT, SESSION_SUFFIXED, CLIENT_UAT_SUFFIXED]) {
      t.equal(read(header), null, `${header} after ${before}`)
      read(before)
    }
    t.same(read(BOTH), PLAIN)
    read(before)
    t.same(read(BOTH_SUFFIXED), PLAIN)
  }
})
