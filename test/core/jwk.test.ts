import t from 'tap'
import { isKid, parseJwk } from '../../src/core/jwk.js'
import { createRsaKey } from '../fixtures/rsa-keys.js'

const key = createRsaKey('ins_a')
const { n } = key.jwk

const refused: [string, unknown, string][] = [
  ['null', null, 'not-an-object'],
  ['a list', [key.jwk], 'not-an-object'],
  ['an EC key', { ...key.jwk, kty: 'EC' }, 'not-rsa'],
  ['an octet key', { kty: 'oct', k: 'AAAA', kid: 'x' }, 'not-rsa'],
  ['a key for encryption', { ...key.jwk, use: 'enc' }, 'not-for-signatures'],
  ['a key whose use is no text', { ...key.jwk, use: 7 }, 'not-for-signatures'],
  ['key_ops without verify', { ...key.jwk, key_ops: ['encrypt'] }, 'not-for-signatures'],
  ['key_ops that is no list', { ...key.jwk, key_ops: 'verify' }, 'not-for-signatures'],
  ['use sig with key_ops sign', { ...key.jwk, use: 'sig', key_ops: ['sign'] }, 'not-for-signatures'],
  ['PS256', { ...key.jwk, alg: 'PS256' }, 'algorithm'],
  ['RSA-OAEP under use sig', { ...key.jwk, alg: 'RSA-OAEP' }, 'algorithm'],
  ['HS256', { ...key.jwk, alg: 'HS256' }, 'algorithm'],
  ['none', { ...key.jwk, alg: 'none' }, 'algorithm'],
  ['alg null', { ...key.jwk, alg: null }, 'algorithm'],
  ['no kid', { ...key.jwk, kid: undefined }, 'no-kid'],
  ['an empty kid', { ...key.jwk, kid: '' }, 'no-kid'],
  ['a kid with a line break', { ...key.jwk, kid: 'a\nb' }, 'no-kid'],
  ['a kid of 257 characters', { ...key.jwk, kid: 'k'.repeat(257) }, 'no-kid'],
  ['a private key', { ...key.privateKey.export({ format: 'jwk' }), kid: 'x' }, 'private-key'],
  ['no modulus', { ...key.jwk, n: undefined }, 'malformed'],
  ['a modulus with padding', { ...key.jwk, n: `${n}==` }, 'malformed'],
  ['a modulus in base64', { ...key.jwk, n: `${n.slice(0, -2)}+/` }, 'malformed'],
  ['an even modulus', { ...key.jwk, n: even(n) }, 'malformed'],
  ['a modulus with a leading zero', { ...key.jwk, n: bytes(Buffer.concat([Buffer.of(0), modulus(n)])) }, 'malformed'],
  ['an empty modulus', { ...key.jwk, n: '' }, 'malformed'],
  ['1024 bits', createRsaKey('x', 1024).jwk, 'modulus-size'],
  ['2047 bits', { ...key.jwk, n: bytes(Buffer.concat([Buffer.of(0x7f), modulus(n).subarray(1)])) }, 'modulus-size'],
  ['8200 bits', { ...key.jwk, n: bytes(Buffer.alloc(1025, 0xff)) }, 'modulus-size'],
  ['exponent 1', { ...key.jwk, e: 'AQ' }, 'exponent'],
  ['exponent 3', { ...key.jwk, e: 'Aw' }, 'exponent'],
  ['an even exponent', { ...key.jwk, e: bytes(Buffer.of(1, 0, 2)) }, 'exponent'],
  ['an exponent of five bytes', { ...key.jwk, e: bytes(Buffer.of(1, 0, 0, 0, 1)) }, 'exponent'],
  ['an exponent with a leading zero', { ...key.jwk, e: bytes(Buffer.of(0, 1, 0, 1)) }, 'exponent'],
  ['an empty exponent', { ...key.jwk, e: '' }, 'exponent']
]

for (const [name, jwk, reason] of refused) {
  t.test(`${name} is refused: ${reason}`, (t) => {
    t.equal(parseJwk(jwk), reason)
    t.end()
  })
}

t.test('of a good key only the members that count are kept', (t) => {
  const jwk = { ...key.jwk, use: 'sig', key_ops: ['verify'], x5c: ['MIIB'], unknown: {} }
  t.strictSame(parseJwk(jwk), { kid: 'ins_a', algorithm: 'RS256', n, e: 'AQAB', modulusBits: 2048 })
  t.end()
})

t.test('an absent alg means RS256; RS384 and RS512 are kept', (t) => {
  for (const [alg, algorithm] of [
    [undefined, 'RS256'],
    ['RS384', 'RS384'],
    ['RS512', 'RS512']
  ]) {
    t.match(parseJwk({ ...key.jwk, alg }), { algorithm })
  }
  t.end()
})

t.test('a kid is printable ASCII of at most 256 characters, names that reach prototypes included', (t) => {
  for (const kid of ['ins_a', '!', '~', '__proto__', 'constructor', 'k'.repeat(256)]) t.equal(isKid(kid), true, kid)
  for (const kid of ['', ' ', 'a b', 'a\u007f', 'ä', 'k'.repeat(257), 7, null, undefined, ['ins_a']]) {
    t.equal(isKid(kid), false, String(kid))
  }
  t.end()
})

function modulus(text: string): Buffer {
  return Buffer.from(text, 'base64url')
}

function bytes(buffer: Buffer): string {
  return buffer.toString('base64url')
}

function even(text: string): string {
  const buffer = modulus(text)
  buffer[buffer.length - 1] = (buffer.at(-1) as number) & 0xfe
  return bytes(buffer)
}
