import t from 'tap'
import { createHeaderTable } from '../../../src/core/token/header-table.js'
import { createTokenDecoder } from '../../../src/core/token/unverified-token.js'
import { encodePart } from '../../hostile/forge.js'

const decodeAnew = (text: string) => createTokenDecoder(createHeaderTable())(text)
const OBJECT = encodePart({})

t.test('a token is three parts, of which the signature may be empty', async (t) => {
  const [header, payload] = [encodePart({ alg: 'RS256', kid: 'ins_1' }), encodePart({ sub: 'user_1' })]
  for (const signature of ['', 'AAAA']) {
    const text = `${header}.${payload}.${signature}`
    t.match(decodeAnew(text), {
      text,
      header: { alg: 'RS256', kid: 'ins_1' },
      jose: { algorithm: 'RS256', kid: 'ins_1' },
      claims: { sub: 'user_1' },
      refusal: null
    })
    t.equal(decodeAnew(text)?.payloadEnd, header.length + 1 + payload.length)
  }
  const incomplete = [
    '',
    '.',
    '..',
    OBJECT,
    `${OBJECT}.`,
    `${OBJECT}.${OBJECT}`,
    `.${OBJECT}.`,
    `${OBJECT}..`,
    '..AAAA'
  ]
  for (const text of incomplete) t.equal(decodeAnew(text), null, text)
  t.equal(decodeAnew(`${OBJECT}.${OBJECT}.AAAA.AAAA`), null, 'four parts')
})

t.test('a token has at most 8,192 characters', async (t) => {
  t.ok(decodeAnew(`${OBJECT}.${OBJECT}.`.padEnd(8192, 'A')))
  t.equal(decodeAnew(`${OBJECT}.${OBJECT}.`.padEnd(8193, 'A')), null)
})

t.test('each part is canonical base64url; header and payload are JSON objects', async (t) => {
  const list = encodePart([])
  for (const text of [
    `${OBJECT}=.${OBJECT}.AAAA`,
    `${OBJECT}.${OBJECT}=.AAAA`,
    `${OBJECT}.${OBJECT}.AAA=`,
    `${OBJECT}.${OBJECT}.AAB`,
    `${OBJECT}.${OBJECT}.A+AA`,
    `${list}.${OBJECT}.AAAA`,
    `${OBJECT}.${list}.AAAA`
  ]) {
    t.equal(decodeAnew(text), null, text)
  }
})

t.test('a decoder gives later tokens the iss and azp strings of the token before, and nothing else', async (t) => {
  const decode = createTokenDecoder(createHeaderTable())
  const rows = [
    { iss: 'https://a.test', azp: 'https://app.test', sub: 'user_1' },
    { iss: 'https://a.test', azp: 'https://app.test', sub: 'user_2' },
    { iss: 'https://b.test', sub: 'user_1' },
    { iss: 7, azp: null },
    { azp: 'https://app.test' },
    {}
  ]
  for (const claims of [...rows, ...rows.reverse()]) {
    t.strictSame(decode(`${OBJECT}.${encodePart(claims)}.AAAA`)?.claims, claims)
  }
})
