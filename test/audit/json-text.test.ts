import t from 'tap'
import { jsonString, jsonValue } from '../../src/audit/json-text.js'

t.test('text becomes JSON that PostgreSQL takes', async (t) => {
  t.equal(jsonString('plain "quoted"'), '"plain \\"quoted\\""')
  t.equal(JSON.parse(jsonString('a\0b\ud800c')), 'a\ufffdb\ufffdc')
  t.equal(JSON.parse(jsonString('line\u0001')), 'line\u0001')
  t.same(JSON.parse(jsonValue({ 'k\0': ['\ud800'] })), { 'k\ufffd': ['\ufffd'] })
  t.equal(
    jsonValue(() => {}),
    'null'
  )
  t.equal(jsonValue(1n), 'null')
})

t.test('no control character that a terminal obeys is in the JSON, and the text is the same when read', async (t) => {
  const controls = Array.from({ length: 0xa0 }, (_, code) => String.fromCharCode(code)).join('')
  for (const json of [jsonString(`é${controls}`), jsonValue({ [controls]: [controls] })]) {
    t.notOk([...json].some((character) => character < ' ' || (character >= '\u007f' && character <= '\u009f')))
    t.ok(json.includes('\\u009b'))
  }
  t.equal(JSON.parse(jsonString('31m\u009b\u007f')), '31m\u009b\u007f')
})
