import t from 'tap'
import { createHeaderTable } from '../../../src/core/token/header-table.js'

const encode = (header: object): string => Buffer.from(JSON.stringify(header)).toString('base64url')
const OURS = encode({ alg: 'RS256', kid: 'ours', deep: { list: [1] } })

function setUp() {
  const table = createHeaderTable()
  const read = (encoded: string) => table.read(`${encoded}.payload.signature`, encoded.length)
  return {
    read,
    /** A token with this header has a good signature. */
    keep(encoded: string) {
      const header = read(encoded)
      if (header === null) throw new Error('not a header')
      table.keep({ text: `${encoded}.payload.signature`, header: header.members, jose: header.jose })
    },
    isKept(encoded: string) {
      const before = read(encoded)?.jose
      return read(encoded)?.jose === before
    }
  }
}

t.test('a header is read as it is, and the members that count are told apart', async (t) => {
  const { read } = setUp()
  t.match(read(OURS), {
    members: { alg: 'RS256', kid: 'ours', deep: { list: [1] } },
    jose: { algorithm: 'RS256', kid: 'ours', category: 'session', isJwt: true, isCritical: false }
  })
  for (const text of ['bm90IEpTT04', encode([]), `${OURS}=`, ` ${OURS}`, '']) t.equal(read(text), null, text)
})

t.test('a header is kept once a signature under it was good, and not before', async (t) => {
  const { read, keep, isKept } = setUp()
  t.notOk(isKept(OURS))
  t.notOk(isKept(OURS), 'however often it comes')
  keep(OURS)
  t.ok(isKept(OURS))
  const kept = read(OURS)
  keep(encode({ alg: 'RS256', kid: 'theirs' }))
  keep(OURS)
  t.equal(read(OURS), kept, 'the first one stays')
})

t.test('nobody can write to a header that other tokens are given', async (t) => {
  const { read, keep } = setUp()
  keep(OURS)
  const { jose, members } = read(OURS) ?? {}
  const { deep } = members as { deep: { list: [] } }
  for (const [name, value] of Object.entries({ jose, members, deep, list: deep.list })) {
    t.ok(Object.isFrozen(value), name)
  }
})

t.test('64 headers are kept; one more makes the table start again', async (t) => {
  const { keep, isKept } = setUp()
  const texts = Array.from({ length: 65 }, (_, i) => encode({ alg: 'RS256', kid: 'ours', i }))
  for (const text of texts.slice(0, 64)) keep(text)
  for (const text of texts.slice(0, 64)) t.ok(isKept(text))
  keep(texts[64] as string)
  t.ok(isKept(texts[64] as string))
  t.notOk(isKept(texts[0] as string))
  t.notOk(isKept(texts[63] as string))
})

t.test('a header that begins as the one before it, or is a beginning of it, is told apart', async (t) => {
  const { read, keep } = setUp()
  const long = `${OURS.slice(0, 4)}${encode({ kid: 'theirs', alg: 'RS256' })}`
  keep(OURS)
  t.equal(read(OURS)?.jose.kid, 'ours')
  t.equal(read(`${OURS}A`), null)
  t.equal(read(OURS.slice(0, -1)), null)
  t.equal(read(OURS.slice(0, -4)), null)
  t.equal(read(long), null)
  const other = encode({ alg: 'RS256', kid: 'olds', deep: { list: [1] } })
  t.equal(other.length, OURS.length)
  t.equal(read(other)?.jose.kid, 'olds')
  t.equal(read(OURS)?.jose.kid, 'ours')
})
