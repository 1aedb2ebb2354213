import { randomBytes } from 'node:crypto'
import t from 'tap'
import { decodeBase64url, isBase64url } from '../../src/core/base64url.js'

function decode(text: string): Buffer | null {
  const target = Buffer.alloc(text.length)
  const length = decodeBase64url(text, target)
  return length === -1 ? null : target.subarray(0, length)
}

t.test('the vectors of RFC 4648 section 10, without their padding', (t) => {
  for (const [text, encoded] of [
    ['', ''],
    ['f', 'Zg'],
    ['fo', 'Zm8'],
    ['foo', 'Zm9v'],
    ['foob', 'Zm9vYg'],
    ['fooba', 'Zm9vYmE'],
    ['foobar', 'Zm9vYmFy']
  ] as const) {
    t.equal(decode(encoded)?.toString(), text)
  }
  t.end()
})

t.test('every sequence of bytes has one text, and no other text is read as it', (t) => {
  for (let length = 0; length < 100; length++) {
    const bytes = randomBytes(length)
    const text = bytes.toString('base64url')
    t.same(decode(text), bytes)
    for (const other of [`${text}=`, `${text} `, `\n${text}`, `${text}\0`, `${text}.`, `${text}é`]) {
      t.equal(isBase64url(other), false, JSON.stringify(other))
    }
  }
  t.end()
})

t.test('other spellings of the same bytes are refused', (t) => {
  for (const [text, why] of [
    ['Zg==', 'padding'],
    ['Zh', 'trailing bits that are not zero'],
    ['Zm9', 'trailing bits that are not zero'],
    ['-_8', ''],
    ['+/8', 'the alphabet of base64'],
    ['Z', 'one character, which encodes no byte'],
    ['Zm9vY', 'a last group of one character'],
    ['Zm 9v', 'white space inside']
  ] as const) {
    t.equal(isBase64url(text), why === '', why)
  }
  t.end()
})
