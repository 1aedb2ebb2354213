import t from 'tap'
import { linesOf, RecordBuffer } from '../../src/audit/record-buffer.js'

t.test('records come out of the buffer as they went in, whatever their length and letters', async (t) => {
  const buffer = new RecordBuffer()
  const texts = ['', 'a', 'ü'.repeat(30), '漢字'.repeat(40_000), 'x'.repeat(200_000), '"\\\n', '\u2028', 'z'.repeat(49)]
  const expected: string[] = []
  for (let round = 0; round < 40; round++) {
    for (const text of texts) {
      const number = round * 1e12 + text.length
      buffer.fragment(Buffer.from('{"text":'))
      buffer.string(text)
      buffer.text(',"number":')
      buffer.integer(number)
      buffer.text('}')
      buffer.end()
      expected.push(JSON.stringify({ text, number }))
    }
  }
  t.equal(buffer.length, expected.length)
  const found: string[] = []
  for (let batch = buffer.take(); batch.length > 0; batch = buffer.take()) {
    const lines = linesOf(batch)
    t.equal(lines.length, batch.length)
    found.push(...lines)
    buffer.recycle(batch)
  }
  t.same(found, expected)
  t.equal(buffer.length, 0)
})

t.test('an open record is not taken, and goes on in the next chunk', async (t) => {
  const buffer = new RecordBuffer()
  buffer.text('first')
  buffer.end()
  buffer.text('sec')
  t.same(linesOf(buffer.take()), ['first'])
  t.equal(buffer.take().length, 0)
  buffer.text('ond')
  buffer.end()
  t.same(linesOf(buffer.take()), ['second'])
})
