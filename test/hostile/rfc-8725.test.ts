import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import type { ClerkAuthOptions } from '../../src/core/options/instance-options.js'
import { createTokenVerifier, type TokenVerifier } from '../../src/index.js'
import { createLocalClerk } from '../../src/local/index.js'
import { signingKey } from '../fixtures/app.js'
import { encodePart, signHmac, signingInput, signRsa } from './forge.js'

// JSON Web Token Best Current Practices (RFC 8725), section by section.

const clerk = await createLocalClerk({ frontendApi: 'clerk.example.com', instanceType: 'production', signingKey })
const header = { alg: 'RS256', cat: 'cl_B7d4PD111AAA', kid: clerk.kid, typ: 'JWT' }

function verifier(options: Partial<ClerkAuthOptions> = {}): TokenVerifier {
  return createTokenVerifier({ publishableKey: clerk.publishableKey, jwks: { keys: clerk.jwks().keys }, ...options })
}

async function reasonOf(token: string, options?: Partial<ClerkAuthOptions>): Promise<string> {
  const result = await verifier(options).verify(token)
  return result.ok ? 'accepted' : result.reason
}

t.test('3.1 perform algorithm verification: the key says which, the token cannot choose', async (t) => {
  t.equal(await reasonOf(clerk.signSessionToken()), 'accepted')
  t.equal(await reasonOf(clerk.signSessionToken({ header: { alg: 'RS512' } })), 'token-verification-failed')
})

t.test('3.2 use appropriate algorithms: RSASSA-PKCS1-v1_5 with SHA-2 alone, and never none', async (t) => {
  for (const alg of ['none', 'HS256', 'ES256', 'PS256', 'RS1', 'EdDSA', 'RSA-OAEP']) {
    t.equal(await reasonOf(clerk.signSessionToken({ header: { alg } })), 'token-invalid-algorithm', alg)
  }
})

t.test('3.3 validate all cryptographic operations: a token inside a token does not vouch for it', async (t) => {
  const inner = clerk.signSessionToken()
  const attacker = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const outer = signRsa(signingInput({ ...header, cty: 'JWT' }, { jwt: inner, sub: 'user_1' }), attacker)
  t.equal(await reasonOf(outer), 'token-invalid-signature')
  t.equal(await reasonOf(signRsa(signingInput({ ...header, cty: 'JWT' }, inner), attacker)), 'token-invalid')
})

t.test('3.4 validate cryptographic inputs: the length of a signature is that of its key', async (t) => {
  const [head, payload, text = ''] = clerk.signSessionToken().split('.')
  const signature = Buffer.from(text, 'base64url')
  for (const bytes of [signature.subarray(1), Buffer.concat([Buffer.alloc(1), signature]), Buffer.alloc(0)]) {
    t.equal(await reasonOf(`${head}.${payload}.${bytes.toString('base64url')}`), 'token-invalid-signature')
  }
})

t.test('3.5 keys with enough entropy: no shared secret is ever a key, and none below 2048 bits', async (t) => {
  const token = signHmac(signingInput({ ...header, alg: 'HS256' }, { sub: 'user_1' }), 'secret')
  t.equal(await reasonOf(token), 'token-invalid-algorithm')
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const jwtKey = publicKey.export({ type: 'spki', format: 'pem' }) as string
  t.throws(() => createTokenVerifier({ jwtKey }), { code: 'FST_CLERK_OPTION_JWT_KEY_SIZE' })
})

t.test('3.6 no compression: nothing is ever inflated', async (t) => {
  t.equal(await reasonOf(clerk.sign({ sub: 'user_1' }, { zip: 'DEF', crit: ['zip'] })), 'token-invalid')
})

t.test('3.7 use UTF-8: other encodings and octets that are none are refused', async (t) => {
  const input = (payload: Buffer) => `${encodePart(header)}.${payload.toString('base64url')}`
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  for (const payload of [Buffer.from('{"sub":"user_1"}', 'utf16le'), Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d])]) {
    t.equal(await reasonOf(signRsa(input(payload), privateKey)), 'token-invalid')
  }
  const name = { claims: { name: 'Ünïcödé 😀' } }
  t.match(await verifier().verify(clerk.signSessionToken(name)), { ok: true, claims: { name: 'Ünïcödé 😀' } })
})

t.test('3.8 validate issuer and subject: of this instance, and always there', async (t) => {
  const of = (claims: object) => reasonOf(clerk.signSessionToken({ claims: claims as Record<string, unknown> }))
  t.equal(await of({ iss: 'https://clerk.evil.test' }), 'token-invalid-issuer')
  t.equal(await of({ iss: undefined }), 'token-invalid-issuer')
  t.equal(await of({ sub: undefined }), 'token-verification-failed')
})

t.test('3.9 use and validate audience and authorized parties', async (t) => {
  const audience = ['https://api.example.com']
  const forOther = clerk.signSessionToken({ claims: { aud: 'https://other.example' } })
  t.equal(await reasonOf(forOther, { audience }), 'token-verification-failed')
  const authorizedParties = ['https://app.example.com']
  for (const azp of ['https://evil.test', null]) {
    t.equal(await reasonOf(clerk.signSessionToken({ azp }), { authorizedParties }), 'token-invalid-authorized-parties')
  }
})

t.test(
  '3.10 do not trust received claims: kid is a name in a map, and no URL in a token is ever fetched',
  async (t) => {
    const asked: string[] = []
    const options = {
      jwks: { cooldownInMs: 0 },
      fetch: async (input: unknown, init?: RequestInit) => {
        asked.push(String(input))
        return clerk.fetch(input as string, init)
      }
    }
    const attacker = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    for (const kid of ['__proto__', '../../x', "' OR 1=1 --", 'https://evil.test/']) {
      const more = { kid, jku: 'https://evil.test/jwks.json', x5u: 'https://evil.test/x' }
      const token = signRsa(signingInput({ ...header, ...more }, { sub: 'user_1' }), attacker)
      t.equal(await reasonOf(token, options), 'jwk-kid-mismatch', kid)
    }
    t.ok(asked.length > 0)
    t.ok(asked.every((url) => url === 'https://clerk.example.com/.well-known/jwks.json'))
  }
)

t.test('3.11 use explicit typing: cat and typ say what a token is for', async (t) => {
  t.equal(await reasonOf(clerk.signSessionToken({ header: { cat: 'cl_B7d4PD222AAA' } })), 'token-type-mismatch')
  t.equal(await reasonOf(clerk.signSessionToken({ header: { typ: 'secevent+jwt' } })), 'token-invalid')
})

t.test('3.12 mutually exclusive rules: no token of another kind passes for a session token', async (t) => {
  const m2m = clerk.machineTokens.createM2MToken({ format: 'jwt' })
  const oauth = clerk.machineTokens.createOAuthToken({ userId: 'user_1', format: 'jwt' })
  const handshake = clerk.sign({ handshake: ['__session=x'] })
  t.equal(await reasonOf(m2m), 'token-type-mismatch')
  t.equal(await reasonOf(oauth), 'token-type-mismatch')
  t.equal(await reasonOf(handshake), 'token-verification-failed')
})
