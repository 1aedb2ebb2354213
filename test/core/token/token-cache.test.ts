import t from 'tap'
import type { SignedInAuth } from '../../../src/core/auth/types.js'
import type { VerificationKey } from '../../../src/core/jwks/types.js'
import { createTokenCache } from '../../../src/core/token/token-cache.js'
import { VerifiedToken } from '../../../src/core/token/verified-token.js'

const START_MS = 1_800_000_000_000
const key = { trustedUntilMs: Number.POSITIVE_INFINITY } as VerificationKey

function createEntry(token: string, expiresAtMs = START_MS + 3_600_000, retainedLength = token.length): VerifiedToken {
  return new VerifiedToken({
    token,
    retainedLength,
    key,
    expiresAtMs,
    notBeforeMs: START_MS,
    issuedAt: START_MS / 1000,
    isOwnIssuer: true,
    auth: {} as SignedInAuth,
    pendingAuth: null
  })
}

/** Tokens that differ in the characters the cache looks at, as signatures do. */
function createTokens(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, i) => {
    const signature = Buffer.alloc(32)
    signature.writeUInt32BE(Math.imul(from + i + 1, 0x85ebca6b) >>> 0, 24)
    signature.writeUInt32BE(from + i, 28)
    return `header.payload.${signature.toString('base64url')}`
  })
}

t.test('every token that the bounds let stay is found, whatever else was looked up in between', async (t) => {
  const cache = createTokenCache({ maxEntries: 5000, maxBytes: 1e9 })
  const entries = createTokens(5000).map((token) => createEntry(token))
  for (const entry of entries) cache.add(entry, START_MS)
  for (let pass = 0; pass < 3; pass++) {
    // A text of its own: one that the cache has not seen as an object.
    const wrong = entries.filter((entry) => cache.find(Buffer.from(entry.token).toString('latin1')) !== entry)
    t.equal(wrong.length, 0, `pass ${pass}`)
  }
  t.equal(cache.size, 5000)
})

t.test('what was evicted, deleted or cleared is not found again', async (t) => {
  let evictions = 0
  const cache = createTokenCache({ maxEntries: 100, maxBytes: 1e9, onEvict: () => evictions++ })
  const entries = createTokens(300).map((token) => createEntry(token))
  for (const entry of entries) {
    cache.add(entry, START_MS)
    t.equal(cache.find(entry.token), entry)
  }
  t.equal(evictions, 200)
  for (const [index, { token }] of entries.entries()) t.equal(cache.find(token) !== undefined, index >= 200)
  const [deleted, kept] = entries.slice(-2) as [VerifiedToken, VerifiedToken]
  cache.delete(deleted)
  t.equal(cache.find(deleted.token), undefined)
  t.equal(cache.find(kept.token), kept)
  t.equal(evictions, 200, 'what is deleted was not pushed out')
  cache.clear()
  t.equal(cache.find(kept.token), undefined)
  t.equal(cache.size, 0)
})

t.test('the bytes are those of the texts, and a kibibyte for each entry', async (t) => {
  let evictions = 0
  const tokens = createTokens(4)
  const maxBytes = 3 * ((tokens[0] as string).length + 1024)
  const cache = createTokenCache({ maxEntries: 100, maxBytes, onEvict: () => evictions++ })
  for (const token of tokens.slice(0, 3)) cache.add(createEntry(token), START_MS)
  t.equal(cache.bytes, maxBytes)
  t.equal(evictions, 0)
  cache.add(createEntry(tokens[3] as string), START_MS)
  t.equal(cache.bytes, maxBytes)
  t.equal(evictions, 1)
  cache.clear()
  t.equal(cache.bytes, 0)
})

t.test('a token that is kept with its header counts with the length of the header', async (t) => {
  const cache = createTokenCache({ maxEntries: 100, maxBytes: 1e9 })
  const [token] = createTokens(1) as [string]
  const entry = createEntry(token, START_MS + 60_000, token.length + 200)
  cache.add(entry, START_MS)
  t.equal(cache.bytes, token.length + 200 + 1024)
  cache.delete(entry)
  t.equal(cache.bytes, 0)
})

t.test('the token used least recently goes first', async (t) => {
  const cache = createTokenCache({ maxEntries: 3, maxBytes: 1e9 })
  const entries = createTokens(5).map((token) => createEntry(token))
  const find = (index: number) => cache.find(entries[index]?.token as string)
  for (const entry of entries.slice(0, 3)) cache.add(entry, START_MS)
  find(1)
  find(0)
  for (const entry of entries.slice(3)) cache.add(entry, START_MS)
  t.same(
    entries.map((entry, index) => find(index) === entry),
    [true, false, false, true, true]
  )
})

t.test('a token in use stays while others come and go', async (t) => {
  const cache = createTokenCache({ maxEntries: 100, maxBytes: 1e9 })
  const favourite = createEntry(createTokens(1)[0] as string)
  cache.add(favourite, START_MS)
  for (const [index, token] of createTokens(2000, 1).entries()) {
    cache.add(createEntry(token), START_MS)
    if (index % 20 === 0) t.equal(cache.find(favourite.token), favourite)
  }
})

t.test('what ran out long ago makes room before the bounds do', async (t) => {
  const cache = createTokenCache({ maxEntries: 1000, maxBytes: 1e9 })
  for (const token of createTokens(200)) cache.add(createEntry(token, START_MS + 60_000), START_MS)
  for (const token of createTokens(64, 200)) cache.add(createEntry(token), START_MS + 180_000)
  t.equal(cache.size, 64)
})
