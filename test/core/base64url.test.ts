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

t.test('a text is read if and only if it is what its bytes are written as, whichever character stands where', (t) => {
  // The decoder takes only the low byte of a character beyond U+00FF, so it must see all of them, in each place.
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  for (const base of ['AAAAAAAA', 'AAAAAAA', 'AAAAAA', 'AAAAA', '_-9zAA', 'AAg', 'Aw', 'A']) {
    for (let index = 0; index < base.length; index++) {
      const wrong: string[] = []
      for (let code = 0; code <= 0xffff; code++) {
        const text = base.slice(0, index) + String.fromCharCode(code) + base.slice(index + 1)
        const bytes = Buffer.from(text, 'base64url')
        const isCanonical = bytes.toString('base64url') === text
        if (isCanonical && !alphabet.includes(String.fromCharCode(code))) wrong.push(`oracle ${code}`)
        if (isBase64url(text) !== isCanonical) wrong.push(text)
        else if (isCanonical && decode(text)?.equals(bytes) !== true) wrong.push(text)
      }
      t.same(wrong, [], `${base} at ${index}`)
    }
  }
  t.end()
})

t.test('texts of several odd characters', (t) => {
  const characters = [
    'A',
    'z',
    '9',
    '-',
    '_',
    'Q',
    '+',
    '/',
    '=',
    ' ',
    '\n',
    '.',
    '\0',
    '\u00c1',
    '\u0141',
    '\ud83d',
    '\ude00'
  ]
  const numbers = randomBytes(200_000)
  const wrong: string[] = []
  let accepted = 0
  for (let at = 0; at + 12 < numbers.length; at += 12) {
    const length = 1 + ((numbers[at] as number) % 11)
    // Half of the texts are of the alphabet alone, or hardly any would be accepted.
    const range = (numbers[at] as number) & 128 ? 6 : characters.length
    let text = ''
    for (let i = 1; i <= length; i++) text += characters[(numbers[at + i] as number) % range]
    const isCanonical = Buffer.from(text, 'base64url').toString('base64url') === text
    if (isCanonical) accepted++
    if (isBase64url(text) !== isCanonical) wrong.push(text)
  }
  t.same(wrong, [])
  t.ok(accepted > 1000, `${accepted} accepted`)
  t.end()
})
