import fc from 'fast-check'
import t from 'tap'
import type { VerificationKey } from '../../../src/core/jwks/types.js'
import { createSignatureMemory } from '../../../src/core/token/signature-memory.js'

const keyNamed = (kid: string) => ({ kid }) as VerificationKey
const [one, two] = [keyNamed('one'), keyNamed('two')]
const [NOW, LATER] = [1_000, 2_000]
const textOf = (n: number, length = 600) => `${n}.`.padEnd(length - 12, 'p') + `${n}`.padStart(12, 's')

function create(maxEntries = 1000, maxBytes = 1_000_000) {
  const forgotten: number[] = []
  const memory = createSignatureMemory({ maxEntries, maxBytes, onForget: (count) => forgotten.push(count) })
  return { memory, forgotten }
}

t.test('exactly the text that was added is found, with its key', (t) => {
  const { memory } = create()
  const text = textOf(1)
  t.equal(memory.keyOf(text), undefined)
  t.ok(memory.add(text, one, LATER, NOW))
  t.ok(memory.add(textOf(2), two, LATER, NOW))
  t.equal(memory.keyOf(text), one)
  t.equal(memory.keyOf(textOf(2)), two)
  const tail = text.slice(-12)
  for (const other of [
    `X${text.slice(1)}`,
    text.slice(1),
    `a${text}`,
    tail,
    `other.${tail}`,
    text + textOf(2),
    '',
    'a'
  ]) {
    t.equal(memory.keyOf(other), undefined, other.slice(0, 20))
  }
  const beside = `${text}\u0001${textOf(2)}`
  t.equal(memory.keyOf(beside), undefined, 'not two that lie side by side')
  t.match(memory, { size: 2, bytes: 1204 })
  t.end()
})

t.test('texts with the same tail do not push each other out', (t) => {
  const { memory } = create()
  const texts = Array.from({ length: 100 }, (_, n) => `${n}.claims.the-same-signature`)
  for (const text of texts) memory.add(text, one, LATER, NOW)
  for (const text of texts) t.equal(memory.keyOf(text), one)
  t.end()
})

t.test('what was deleted is not found, and all else is', (t) => {
  const { memory } = create()
  for (let n = 0; n < 200; n++) memory.add(textOf(n), one, LATER, NOW)
  for (let n = 0; n < 200; n += 2) memory.delete(textOf(n))
  memory.delete('never added')
  for (let n = 0; n < 200; n++) t.equal(memory.keyOf(textOf(n)), n % 2 === 0 ? undefined : one)
  t.equal(memory.size, 100)
  memory.clear()
  t.match(memory, { size: 0, bytes: 0 })
  t.equal(memory.keyOf(textOf(1)), undefined)
  t.ok(memory.add(textOf(1), two, LATER, NOW))
  t.equal(memory.keyOf(textOf(1)), two)
  t.end()
})

t.test('within the bounds, the newest half of them is remembered at least', (t) => {
  for (const [maxEntries, maxBytes] of [
    [100, 10_000_000],
    [100_000, 100_000]
  ] as const) {
    const { memory, forgotten } = create(maxEntries, maxBytes)
    // Half of 100,000 bytes holds three chunks of 16 KiB, and a chunk 27 texts.
    const half = maxEntries === 100 ? 50 : 3 * 27
    for (let n = 0; n < 1000; n++) {
      t.ok(memory.add(textOf(n), one, LATER, NOW))
      if (memory.size > maxEntries || memory.bytes > maxBytes) t.fail(`${memory.size} texts, ${memory.bytes} bytes`)
      for (const past of [0, half - 1])
        if (past <= n && memory.keyOf(textOf(n - past)) !== one) t.fail(`${n - past} at ${n}`)
    }
    t.equal(memory.size + forgotten.reduce((sum, count) => sum + count, 0), 1000, 'each is remembered or counted')
    t.equal(memory.keyOf(textOf(0)), undefined)
  }
  t.end()
})

t.test('texts of which each is deleted at once never use the room up', (t) => {
  const { memory, forgotten } = create(1000, 100_000)
  for (let n = 0; n < 1000; n++) {
    if (!memory.add(textOf(n), one, LATER, NOW)) t.fail(`no room for ${n}`)
    memory.delete(textOf(n))
  }
  t.ok(memory.add(textOf(1000), one, LATER, NOW))
  t.equal(memory.keyOf(textOf(1000)), one)
  t.same(forgotten, [])
  t.end()
})

t.test('texts that have expired by then are forgotten without being counted', (t) => {
  const { memory, forgotten } = create(100)
  for (let n = 0; n < 50; n++) memory.add(textOf(n), one, n < 20 ? NOW : LATER, 0)
  memory.delete(textOf(49))
  for (let n = 50; n < 100; n++) memory.add(textOf(n), one, NOW, 0)
  t.same(forgotten, [])
  for (let n = 100; n < 1000; n++) memory.add(textOf(n), one, NOW, NOW)
  t.same(forgotten, [29])
  t.end()
})

t.test('a text that no half of the bounds has room for is not taken', (t) => {
  const { memory, forgotten } = create(1000, 80_000)
  t.ok(memory.add(textOf(1), one, LATER, NOW))
  t.notOk(memory.add(textOf(2, 16_383), one, LATER, NOW))
  t.ok(memory.add(textOf(4, 16_382), one, LATER, NOW))
  t.equal(memory.keyOf(textOf(4, 16_382)), one)
  t.ok(memory.add(textOf(3), one, LATER, NOW))
  for (const [maxEntries, maxBytes] of [
    [1, 1_000_000],
    [0, 0],
    [1000, 1000]
  ] as const) {
    const { memory: small } = create(maxEntries, maxBytes)
    t.notOk(small.add(textOf(1), one, LATER, NOW))
    t.equal(small.size, 0)
  }
  t.ok(forgotten.length <= 1)
  t.end()
})

t.test('more keys than a generation can number make a new one', (t) => {
  const { memory } = create(10_000, 10_000_000)
  const keys = Array.from({ length: 600 }, (_, n) => keyNamed(`${n}`))
  for (const [n, key] of keys.entries()) {
    t.ok(memory.add(textOf(n), key, LATER, NOW))
    t.equal(memory.keyOf(textOf(n)), key)
  }
  t.equal(memory.keyOf(textOf(400)), keys[400])
  t.end()
})

t.test('after any history it knows nothing that was not added, and all of late', (t) => {
  const step = fc.record({ do: fc.constantFrom('add', 'add', 'add', 'delete', 'clear?'), n: fc.nat(60), k: fc.nat(1) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), fc.constantFrom(8, 40, 1000), (steps, maxEntries) => {
      const { memory } = create(maxEntries, 100_000)
      const model = new Map<string, VerificationKey>()
      for (const { do: what, n, k } of steps) {
        const text = textOf(n, 40 + n * 13)
        const key = k === 0 ? one : two
        if (what === 'add' && memory.keyOf(text) === undefined) {
          if (!memory.add(text, key, LATER, NOW)) throw new Error('no room')
          model.set(text, key)
        } else if (what === 'delete') {
          memory.delete(text)
          model.delete(text)
        } else if (what === 'clear?' && n === 0) {
          memory.clear()
          model.clear()
        }
        let found = 0
        for (let m = 0; m <= 60; m++) {
          const known = memory.keyOf(textOf(m, 40 + m * 13))
          if (known === undefined) continue
          found++
          if (known !== model.get(textOf(m, 40 + m * 13))) throw new Error(`${m} has another key, or was never added`)
        }
        if (found !== memory.size) throw new Error(`${found} found of ${memory.size}`)
        if (maxEntries === 1000 && found !== model.size) throw new Error('forgotten without need')
      }
    }),
    { numRuns: 200, seed: 3 }
  )
  t.end()
})
