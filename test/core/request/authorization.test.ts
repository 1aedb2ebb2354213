import t from 'tap'
import { parseAuthorization } from '../../../src/core/request/authorization.js'

const table: readonly (readonly [header: string | undefined, token: string])[] = [
  [undefined, ''],
  ['', ''],
  ['Bearer abc', 'abc'],
  ['bearer abc', 'abc'],
  ['BEARER abc', 'abc'],
  ['  Bearer abc  ', 'abc'],
  ['Bearer abc junk', 'abc'],
  ['abc', 'abc'],
  ['Basic abc', ''],
  ['Token abc', ''],
  ['Bearer', 'Bearer'],
  ['Bearer  abc', 'Bearer'],
  ['Bearer\tabc', 'Bearer\tabc'],
  ['Bearer abc, Bearer def', 'abc,'],
  ['Bearerabc def', ''],
  ['Bea_er abc', ''],
  ['Rearer abc', ''],
  ['Bxarer abc', ''],
  ['Bexrer abc', ''],
  ['Beaxer abc', ''],
  ['Bearxr abc', ''],
  ['Bearex abc', ''],
  ['Bearers abc', ''],
  ['Bear abc', ''],
  ['\tBearer abc\t', 'abc'],
  ['\nBearer abc\n', 'abc'],
  ['\rBearer abc\r', 'abc'],
  ['Bearer abc ', 'abc'],
  ['\tabc', 'abc'],
  ['abc\t', 'abc'],
  ['abc\n', 'abc'],
  ['abc\r', 'abc'],
  ['abc ', 'abc'],
  ['Bearer abc  ', 'abc'],
  ['Bearer abc\u00a0', 'abc\u00a0']
]

for (const [header, token] of table) {
  t.test(`${JSON.stringify(header)} carries ${token === '' ? 'no token' : JSON.stringify(token)}`, async (t) => {
    t.equal(parseAuthorization(header), token)
  })
}
