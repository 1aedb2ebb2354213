import t from 'tap'
import { isRecord, parseJson } from '../../src/core/json.js'

t.test('what is not JSON is undefined, and null stays null', (t) => {
  t.strictSame(parseJson('{"a":[1,null]}'), { a: [1, null] })
  t.equal(parseJson('null'), null)
  for (const text of ['', 'undefined', '{', '<html>', "{'a':1}"]) t.equal(parseJson(text), undefined, text)
  t.end()
})

t.test('a record is an object with members', (t) => {
  for (const value of [{}, { a: 1 }, Object.create(null)]) t.equal(isRecord(value), true)
  for (const value of [null, undefined, [], 'x', 7, () => {}]) t.equal(isRecord(value), false)
  t.end()
})
