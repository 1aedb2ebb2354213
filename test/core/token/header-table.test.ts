import t from 'tap'
import type { KeyStore, VerificationKey } from '../../../src/core/jwks/types.js'
import { createHeaderTable } from '../../../src/core/token/header-table.js'

/** A key store that knows the key `ours`, and counts how often it is asked for one. */
function setUp() {
  let asked = 0
  let change = () => {}
  const key = { trustedUntilMs: 1000 } as VerificationKey
  const keyStore = {
    find: (kid: string | undefined) => {
      asked++
      return kid === 'ours' ? [key] : []
    },
    onChange: (listener: () => void) => {
      change = listener
    }
  } as unknown as KeyStore
  const clock = { nowMs: 0 }
  const table = createHeaderTable(keyStore, () => clock.nowMs)
  const isKnown = (text: string): boolean => {
    const before = asked
    table.lookup(text, text.length)
    return asked === before
  }
  return { table, clock, isKnown, changeKeys: () => change() }
}

const encode = (header: object): string => Buffer.from(JSON.stringify(header)).toString('base64url')
const OURS = encode({ alg: 'RS256', kid: 'ours' })

t.test('a header is read once, as long as its key counts', async (t) => {
  const { table, clock, isKnown, changeKeys } = setUp()
  t.notOk(isKnown(OURS))
  t.ok(isKnown(OURS))
  t.same(table.lookup(`${OURS}.payload.signature`, OURS.length)?.header.kid, 'ours')
  changeKeys()
  t.notOk(isKnown(OURS), 'the key set changed')
  t.ok(isKnown(OURS))
  clock.nowMs = 1000
  t.notOk(isKnown(OURS), 'the key is trusted no more')
})

t.test('a header without a key, and what is no header, are not kept', async (t) => {
  const { table, isKnown } = setUp()
  const unknown = encode({ alg: 'RS256', kid: 'theirs' })
  t.same(table.lookup(unknown, unknown.length)?.keys, [])
  t.notOk(isKnown(unknown))
  t.equal(table.lookup('bm90IEpTT04', 11), null)
})

t.test('64 headers are kept: whoever makes up more makes the table start again', async (t) => {
  const { isKnown } = setUp()
  const texts = Array.from({ length: 65 }, (_, i) => encode({ alg: 'RS256', kid: 'ours', i }))
  for (const text of texts.slice(0, 64)) t.notOk(isKnown(text))
  for (const text of texts.slice(0, 64)) t.ok(isKnown(text))
  t.notOk(isKnown(texts[64] as string))
  t.ok(isKnown(texts[64] as string))
  t.notOk(isKnown(texts[0] as string))
})
