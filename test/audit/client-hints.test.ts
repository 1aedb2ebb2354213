import t from 'tap'
import { parseBrands, parseQuoted } from '../../src/audit/client-hints.js'

t.test('brands are read from client hints, and malformed text gives no brand', async (t) => {
  t.same(parseBrands('"Chromium";v="130", "Not \\"A\\" Brand";v="99"'), [
    { brand: 'Chromium', version: '130' },
    { brand: 'Not "A" Brand', version: '99' }
  ])
  t.same(parseBrands(''), [])
  t.same(parseBrands('"open'), [])
  t.same(parseBrands('"A"'), [{ brand: 'A', version: '' }])
  t.equal(parseBrands('"a";v="1",'.repeat(1_000)).length, 16)
  t.equal(parseQuoted('"Windows"'), 'Windows')
  t.equal(parseQuoted('Windows'), '')
  t.equal(parseQuoted(undefined), '')
})
