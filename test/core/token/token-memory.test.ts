import t from 'tap'
import type { VerificationKey } from '../../../src/core/jwks/types.js'
import { createTokenMemory } from '../../../src/core/token/token-memory.js'
import type { VerifiedToken } from '../../../src/core/token/verified-token.js'

const key = {} as VerificationKey
const textOf = (n: number) => `${n}.`.padEnd(588, 'p') + `${n}`.padStart(12, 's')
const verifiedOf = (n: number) =>
  ({ token: textOf(n), retainedLength: 600, expiresAtMs: 1e12 }) as unknown as VerifiedToken

t.test('a token is counted once, whether it was brought once or again', (t) => {
  const memory = createTokenMemory({ maxEntries: 1000, maxBytes: 1e7 })
  t.ok(memory.addSignature(textOf(1), key, 1e12, 0))
  t.equal(memory.keyOf(textOf(1)), key)
  t.equal(memory.find(textOf(1)), undefined)
  t.match(memory, { size: 1, bytes: 602 })
  const verified = verifiedOf(1)
  memory.add(verified, 0)
  t.equal(memory.find(textOf(1)), verified)
  t.equal(memory.keyOf(textOf(1)), undefined)
  t.equal(memory.size, 1)
  memory.delete(verified)
  t.equal(memory.find(textOf(1)), undefined)
  memory.addSignature(textOf(2), key, 1e12, 0)
  memory.add(verifiedOf(3), 0)
  memory.clear()
  t.same([memory.size, memory.keyOf(textOf(2)), memory.find(textOf(3))], [0, undefined, undefined])
  t.end()
})

t.test('tokens of both kinds stay within the bounds, and each that is pushed out is counted', (t) => {
  let evicted = 0
  const memory = createTokenMemory({ maxEntries: 1000, maxBytes: 1e7, onEvict: (count) => (evicted += count) })
  for (let n = 0; n < 3000; n++) {
    memory.addSignature(textOf(n), key, 1e12, 0)
    if (n % 3 === 0) memory.add(verifiedOf(n), 0)
    if (memory.size > 1000) t.fail(`${memory.size} tokens`)
  }
  t.equal(memory.size + evicted, 3000)
  t.equal(memory.find(textOf(2997))?.token, textOf(2997))
  t.end()
})

t.test('under small bounds all is for verified tokens', (t) => {
  for (const bounds of [
    { maxEntries: 511, maxBytes: 1e7 },
    { maxEntries: 1000, maxBytes: 1_048_575 }
  ]) {
    const memory = createTokenMemory(bounds)
    t.notOk(memory.addSignature(textOf(1), key, 1e12, 0))
    const count = Math.min(bounds.maxEntries, Math.floor(bounds.maxBytes / (600 + 1024)))
    for (let n = 0; n < count; n++) memory.add(verifiedOf(n), 0)
    t.equal(memory.size, count)
  }
  t.end()
})
