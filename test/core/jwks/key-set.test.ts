import { createPublicKey } from 'node:crypto'
import t from 'tap'
import { parseKeySet, parseKeySetText } from '../../../src/core/jwks/key-set.js'
import { createRsaKey } from '../../fixtures/rsa-keys.js'

const key = createRsaKey('ins_a')
const other = createRsaKey('ins_b')

t.test('a key that is not ours to use is skipped and counted, and the good one beside it stays', async (t) => {
  const bad = [null, { ...key.jwk, use: 'enc' }, { ...key.jwk, e: 'Aw' }, { ...key.jwk, e: 'AQ' }]
  const set = await parseKeySet({ keys: [...bad, other.jwk] }, 32)
  if (typeof set === 'string') throw new Error(set)
  t.strictSame(
    set.keys.map(({ kid }) => kid),
    ['ins_b']
  )
  t.strictSame(set.skipped, { 'not-an-object': 1, 'not-for-signatures': 1, exponent: 2 })
})

t.test('a good key is imported with its algorithm bound, whatever else it carries', async (t) => {
  const jwk = { ...key.jwk, x5c: ['MIIB'], x5t: 'x', key_ops: ['verify'], ext: true, unknown: {} }
  const set = await parseKeySet({ keys: [jwk] }, 32)
  if (typeof set === 'string') throw new Error(set)
  t.equal(set.keys[0]?.algorithm, 'RS256')
  t.equal(set.keys[0]?.modulusBits, 2048)
  t.ok(set.keys[0]?.keyObject.equals(createPublicKey(key.privateKey)))
  t.strictSame(set.skipped, {})
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
  const set = await parseKeySet({ keys: [{ ...key.jwk, kid: 'constructor' }] }, 32)
  t.equal(typeof set === 'string' ? set : set.keys[0]?.kid, 'constructor')
})
