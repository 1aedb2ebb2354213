import { constants, generateKeyPairSync, type KeyObject, publicEncrypt, verify as verifyByOpenssl } from 'node:crypto'
import t, { type Test } from 'tap'
import { createTokenVerifier, type TokenVerifier } from '../../src/index.js'
import { createRsaKey } from '../fixtures/rsa-keys.js'
import { cubeRoot, SESSION_CATEGORY, signingInput, signRsa, toBytes, toInteger, withSignature } from './forge.js'
import { prefixOfLaxMessage, properPadding } from './padding.js'

const nowMs = 1_750_000_000_000
const seconds = nowMs / 1000
const LENGTH = 256

const good = createRsaKey('good')
const small = createRsaKey('evil', 1024)
const smallest = createRsaKey('evil', 512)
const three = createRsaKey('evil', 2048, 3)

const claims = { exp: seconds + 60, iat: seconds, iss: 'https://clerk.example.com', sub: 'user_admin' }
const header = { alg: 'RS256', cat: SESSION_CATEGORY, kid: 'evil', typ: 'JWT' }
const input = signingInput(header, claims)

/** A verifier whose key endpoint, taken over or misconfigured, serves `evil` next to a key that is good. */
async function serve(t: Test, evil: object): Promise<TokenVerifier> {
  const keys = [good.jwk, { kid: 'evil', kty: 'RSA', alg: 'RS256', use: 'sig', ...evil }]
  const verifier = createTokenVerifier({
    publishableKey: 'pk_live_Y2xlcmsuZXhhbXBsZS5jb20k',
    fetch: async () => Response.json({ keys }),
    now: () => nowMs,
    jwks: { warmUp: false, cooldownInMs: 0 }
  })
  t.teardown(() => verifier.close())
  const control = signRsa(signingInput({ ...header, kid: 'good' }, claims), good.privateKey)
  t.ok((await verifier.verify(control)).ok, 'control: the good key of the set counts')
  return verifier
}

async function refusedAs(t: Test, verifier: TokenVerifier, token: string, skipped: string): Promise<void> {
  t.match(await verifier.verify(token), { ok: false, reason: 'jwk-kid-mismatch' })
  t.equal(verifier.health().keys.skippedKeys[skipped], 1, `skipped as ${skipped}`)
  t.same(verifier.health().keys.kids, ['good'])
}

const base64url = (value: bigint | number, length?: number): string => {
  const hex = BigInt(value).toString(16)
  return toBytes(BigInt(value), length ?? Math.ceil(hex.length / 2)).toString('base64url')
}

t.test('with exponent 1 the padded digest is its own signature: such a key is not let in', async (t) => {
  const message = properPadding(LENGTH, input)
  t.ok(toInteger(message) < toInteger(Buffer.from(good.jwk.n, 'base64url')), 'it is a signature of the right size')
  const verifier = await serve(t, { n: good.jwk.n, e: base64url(1) })
  await refusedAs(t, verifier, withSignature(input, message), 'exponent')
})

t.test(
  'with exponent 3 a cube root forges what is not looked at behind the digest: such a key is not let in',
  async (t) => {
    const { token, encoded } = forgeByCubeRoot(three.publicKey)
    const prefix = prefixOfLaxMessage(input)
    t.same(encoded.subarray(0, prefix.length), prefix, 'a lax checker would find the padding, the digest and garbage')
    const verifier = await serve(t, { n: three.jwk.n, e: three.jwk.e })
    await refusedAs(t, verifier, token, 'exponent')
    const genuine = signRsa(input, three.privateKey)
    t.match(await verifier.verify(genuine), { ok: false, reason: 'jwk-kid-mismatch' }, 'nor by its own signature')
  }
)

t.test('the forgery by a cube root would fail even under a key with exponent 3', async (t) => {
  const { token } = forgeByCubeRoot(three.publicKey)
  const signature = Buffer.from(token.split('.')[2] as string, 'base64url')
  t.notOk(verifyByOpenssl('sha256', Buffer.from(input), three.publicKey, signature))
})

/** Bleichenbacher 2006: `00 01 ff… 00 DigestInfo digest` and garbage, chosen so that the whole is nearly a cube. */
function forgeByCubeRoot(publicKey: KeyObject): { token: string; encoded: Buffer } {
  const prefix = prefixOfLaxMessage(input)
  const top = (toInteger(prefix) + 1n) << BigInt((LENGTH - prefix.length) * 8)
  const signature = toBytes(cubeRoot(top - 1n), LENGTH)
  const encoded = publicEncrypt({ key: publicKey, padding: constants.RSA_NO_PADDING }, signature)
  return { token: withSignature(input, signature), encoded }
}

const modulus = toInteger(Buffer.from(good.jwk.n, 'base64url'))

const rows: readonly (readonly [name: string, jwk: object, skipped: string])[] = [
  ['exponent 0', { n: good.jwk.n, e: base64url(0) }, 'exponent'],
  ['exponent 2', { n: good.jwk.n, e: base64url(2) }, 'exponent'],
  ['exponent 17', { n: good.jwk.n, e: base64url(17) }, 'exponent'],
  ['an even exponent', { n: good.jwk.n, e: base64url(65_538) }, 'exponent'],
  ['an exponent of 2048 bits', { n: good.jwk.n, e: base64url(modulus - 2n) }, 'exponent'],
  ['an exponent with leading zeros', { n: good.jwk.n, e: Buffer.from([0, 1, 0, 1]).toString('base64url') }, 'exponent'],
  ['a padded exponent', { n: good.jwk.n, e: 'AQAB=' }, 'exponent'],
  ['no exponent', { n: good.jwk.n }, 'malformed'],
  ['a numeric exponent', { n: good.jwk.n, e: 65_537 }, 'malformed'],
  ['an even modulus', { n: base64url(modulus - 1n), e: 'AQAB' }, 'malformed'],
  ['a modulus with a leading zero', { n: base64url(modulus, LENGTH + 1), e: 'AQAB' }, 'malformed'],
  ['a modulus in the standard alphabet', { n: `${good.jwk.n.slice(0, -2)}+/`, e: 'AQAB' }, 'malformed'],
  ['a padded modulus', { n: `${good.jwk.n}==`, e: 'AQAB' }, 'malformed'],
  ['an empty modulus', { n: '', e: 'AQAB' }, 'malformed'],
  ['modulus 1', { n: base64url(1), e: 'AQAB' }, 'modulus-size'],
  ['modulus 0', { n: base64url(0), e: 'AQAB' }, 'malformed'],
  ['a modulus of 2047 bits', { n: base64url((1n << 2047n) - 1n), e: 'AQAB' }, 'modulus-size'],
  ['a modulus of 8200 bits', { n: Buffer.alloc(1025, 0xff).toString('base64url'), e: 'AQAB' }, 'modulus-size'],
  ['a modulus of 32768 bits', { n: Buffer.alloc(4096, 0xff).toString('base64url'), e: 'AQAB' }, 'malformed'],
  ['1024 bits', { n: small.jwk.n, e: small.jwk.e }, 'modulus-size'],
  ['512 bits', { n: smallest.jwk.n, e: smallest.jwk.e }, 'modulus-size'],
  ['a private key', good.privateKey.export({ format: 'jwk' }), 'private-key'],
  ['a key for encryption', { ...good.jwk, kid: 'evil', use: 'enc' }, 'not-for-signatures'],
  ['a key that is not for verifying', { ...good.jwk, kid: 'evil', key_ops: ['encrypt'] }, 'not-for-signatures'],
  ['a key for HS256', { ...good.jwk, kid: 'evil', alg: 'HS256' }, 'algorithm'],
  ['a key for none', { ...good.jwk, kid: 'evil', alg: 'none' }, 'algorithm'],
  ['a key for PS256', { ...good.jwk, kid: 'evil', alg: 'PS256' }, 'algorithm'],
  ['a symmetric key', { kty: 'oct', k: 'AAAA' }, 'not-rsa'],
  ['an elliptic-curve key', { kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA' }, 'not-rsa'],
  ['a certificate alone', { x5c: ['AAAA'] }, 'malformed'],
  ['a key under the name of another', { ...small.jwk, kid: 'good', n: three.jwk.n, e: 'AQAB' }, 'duplicate-kid']
]

for (const [name, jwk, skipped] of rows) {
  t.test(`a served key is left out of the set: ${name}`, async (t) => {
    const verifier = await serve(t, jwk)
    const signers = [good, small, smallest, three].map((key) => signRsa(input, key.privateKey))
    for (const token of [...signers, withSignature(input, properPadding(LENGTH, input)), `${input}.`]) {
      await refusedAs(t, verifier, token, skipped)
    }
  })
}

t.test('a key under the name of another does not displace it', async (t) => {
  const verifier = await serve(t, { ...three.jwk, kid: 'good', e: 'AQAB' })
  const genuine = signRsa(signingInput({ ...header, kid: 'good' }, claims), good.privateKey)
  t.ok((await verifier.verify(genuine)).ok)
})

t.test('keys of other types cannot be given for RSA keys', async (t) => {
  for (const type of ['ed25519', 'ed448', 'x25519'] as const) {
    const { publicKey } = generateKeyPairSync(type as 'ed25519')
    const verifier = await serve(t, { ...publicKey.export({ format: 'jwk' }), kty: 'RSA' })
    t.same(verifier.health().keys.kids, ['good'], type)
  }
})
