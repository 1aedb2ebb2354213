import { createPublicKey } from 'node:crypto'
import t from 'tap'
import { isKid, parseJwk } from '../../../src/core/jwk.js'
import { parseKeySet, parseKeySetText } from '../../../src/core/jwks/key-set.js'
import { createRsaKey } from '../../fixtures/rsa-keys.js'

const key = createRsaKey('ins_a')
const other = createRsaKey('ins_b')
const { n } = key.jwk

const refused: [string, object | unknown, string][] = [
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
  t.test(`${name} is skipped as ${reason}, and the good key beside it stays`, async (t) => {
    t.equal(parseJwk(jwk), reason)
    const set = await parseKeySet({ keys: [jwk, other.jwk] }, 32)
    if (typeof set === 'string') throw new Error(set)
    t.strictSame(
      set.keys.map(({ kid }) => kid),
      ['ins_b']
    )
    t.strictSame(set.skipped, { [reason]: 1 })
  })
}

t.test('a good key is imported with its algorithm bound, whatever else it carries', async (t) => {
  const jwk = { ...key.jwk, x5c: ['MIIB'], x5t: 'x', key_ops: ['verify'], ext: true, unknown: {} }
  const set = await parseKeySet({ keys: [jwk] }, 32)
  if (typeof set === 'string') throw new Error(set)
  t.equal(set.keys[0]?.algorithm, 'RS256')
  t.equal(set.keys[0]?.modulusBits, 2048)
  t.ok(set.keys[0]?.keyObject.equals(createPublicKey(key.privateKey)))
  t.strictSame(set.skipped, {})
})

t.test('an absent alg means RS256; RS384 and RS512 are kept', async (t) => {
  for (const [alg, expected] of [
    [undefined, 'RS256'],
    ['RS384', 'RS384'],
    ['RS512', 'RS512']
  ]) {
    const set = await parseKeySet({ keys: [{ ...key.jwk, alg }] }, 32)
    t.equal(typeof set === 'string' ? set : set.keys[0]?.algorithm, expected)
  }
})

t.test('of keys that share a kid the first counts; an unusable one does not take the name', async (t) => {
  const set = await parseKeySet(
    { keys: [{ ...other.jwk, kid: 'ins_a', use: 'enc' }, key.jwk, { ...other.jwk, kid: 'ins_a' }] },
    32
  )
  if (typeof set === 'string') throw new Error(set)
  t.equal(set.keys.length, 1)
  t.equal(set.keys[0]?.n, key.jwk.n)
  t.strictSame(set.skipped, { 'not-for-signatures': 1, 'duplicate-kid': 1 })
})

t.test('no more than maxKeys are imported, and no more than 1024 looked at', async (t) => {
  const many = Array.from({ length: 2000 }, (_, i) => ({ ...key.jwk, kid: `ins_${i}` }))
  const set = await parseKeySet({ keys: many }, 3)
  if (typeof set === 'string') throw new Error(set)
  t.strictSame(
    set.keys.map(({ kid }) => kid),
    ['ins_0', 'ins_1', 'ins_2']
  )
  t.strictSame(set.skipped, { 'too-many': 1997 })
})

t.test('what is no key set is named, not thrown', async (t) => {
  const cases: [string, string][] = [
    ['<html></html>', 'not-json'],
    ['{"keys":[{"kty":"RSA"', 'not-json'],
    ['', 'not-json'],
    ['null', 'not-a-key-set'],
    ['7', 'not-a-key-set'],
    ['[]', 'not-a-key-set'],
    ['{}', 'not-a-key-set'],
    ['{"keys":{}}', 'not-a-key-set'],
    ['{"keys":"x"}', 'not-a-key-set'],
    ['{"keys":[]}', 'empty'],
    ['{"keys":[null,7,"x"]}', 'no-usable-key']
  ]
  for (const [text, failure] of cases) t.equal(await parseKeySetText(text, 32), failure, text)
})

t.test('names that reach prototypes are names like any other', async (t) => {
  t.equal(isKid('__proto__'), true)
  const set = await parseKeySet({ keys: [{ ...key.jwk, kid: 'constructor' }] }, 32)
  t.equal(typeof set === 'string' ? set : set.keys[0]?.kid, 'constructor')
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
