import t from 'tap'
import type { SignedInAuth } from '../../../src/core/auth/types.js'
import type { VerificationKey } from '../../../src/core/jwks/types.js'
import { createFrontTable, type FrontTable } from '../../../src/core/token/front-table.js'
import { VerifiedToken } from '../../../src/core/token/verified-token.js'

const SECOND = 7

function createEntry(token: string): VerifiedToken {
  const verified = new VerifiedToken({
    token,
    key: {} as VerificationKey,
    expiresAtMs: Number.POSITIVE_INFINITY,
    notBeforeMs: 0,
    issuedAt: 0,
    isOwnIssuer: true,
    auth: {} as SignedInAuth,
    pendingAuth: null
  })
  verified.usedSecond = SECOND
  return verified
}

/** Entries whose last twelve characters differ as those of signatures do. */
function createEntries(count: number): VerifiedToken[] {
  return Array.from({ length: count }, (_, i) => {
    const tail = Buffer.alloc(9)
    tail.writeUInt32BE(Math.imul(i + 1, 0x85ebca6b) >>> 0, 1)
    tail.writeUInt32BE(Math.imul(i + 1, 0xc2b2ae35) >>> 0, 5)
    return createEntry(`header.payload.${tail.toString('base64url')}`)
  })
}

/** A text of its own: one that the table has not seen as an object. */
const copyOf = (token: string): string => Buffer.from(token).toString('latin1')

const isFound = (table: FrontTable, entry: VerifiedToken): boolean => table.find(copyOf(entry.token), SECOND) === entry

t.test('a token is found by its whole text, in the second of its last use', async (t) => {
  const table = createFrontTable()
  const entry = createEntry('header.payload.signature-of-it')
  t.equal(table.find(entry.token, SECOND), undefined)
  table.put(entry)
  t.equal(table.find(copyOf(entry.token), SECOND), entry)
  t.equal(table.find(entry.token, SECOND + 1), undefined)
  t.equal(table.find('header.another.signature-of-it', SECOND), undefined)
  table.remove(createEntry(entry.token))
  t.equal(table.find(entry.token, SECOND), entry, 'another entry of this text is not this one')
  table.remove(entry)
  t.equal(table.find(entry.token, SECOND), undefined)
})

t.test('each of the last twelve characters tells tokens apart', async (t) => {
  const token = 'header.payload.abcdefghijkl'
  for (let i = token.length - 12; i < token.length; i++) {
    const table = createFrontTable()
    const entry = createEntry(token)
    const sibling = createEntry(`${token.slice(0, i)}Z${token.slice(i + 1)}`)
    table.put(entry)
    table.put(sibling)
    t.ok(isFound(table, entry), `beside the sibling that differs at ${i}`)
    t.ok(isFound(table, sibling))
  }
})

// 512 buckets. Of 400 tokens 372 have one of the two places of their bucket in the mean, with a deviation of 5;
// with one place each it would be 277.
t.test('a bucket holds two, however often they are put', async (t) => {
  const table = createFrontTable()
  const entries = createEntries(400)
  for (const entry of entries) table.put(entry)
  const found = entries.filter((entry) => isFound(table, entry))
  t.ok(found.length > 335, `${found.length} of 400 found`)
  t.ok(found.length < 400, 'and no third in any')
  for (const entry of found) table.put(entry)
  t.same(
    found.filter((entry) => !isFound(table, entry)),
    []
  )
})

t.test('what is removed leaves its neighbours alone, and can come back beside them', async (t) => {
  const table = createFrontTable()
  const entries = createEntries(400)
  for (const entry of entries) table.put(entry)
  const found = entries.filter((entry) => isFound(table, entry))
  for (const which of [0, 1]) {
    const removed = found.filter((_, i) => i % 2 === which)
    for (const entry of removed) table.remove(entry)
    t.same(
      found.filter((entry, i) => isFound(table, entry) === (i % 2 === which)),
      []
    )
    for (const entry of removed) table.put(entry)
    t.same(
      found.filter((entry) => !isFound(table, entry)),
      []
    )
  }
})

t.test('the table grows to four places a token, and is empty then', async (t) => {
  const table = createFrontTable()
  const entries = createEntries(1000)
  const [first] = entries as [VerifiedToken]
  table.put(first)
  table.fit(256)
  t.ok(isFound(table, first), '256 tokens fit')
  table.fit(257)
  t.notOk(isFound(table, first))
  table.fit(1000)
  for (const entry of entries) table.put(entry)
  table.fit(1000)
  const found = entries.filter((entry) => isFound(table, entry)).length
  t.ok(found > 960, `${found} of 1000 found in 4096 places`)
})

t.test('the table stops growing', async (t) => {
  const table = createFrontTable()
  for (let i = 0; i < 8; i++) table.fit(1e9)
  const entry = createEntry('header.payload.signature-of-it')
  table.put(entry)
  table.fit(1e9)
  t.ok(isFound(table, entry))
})
