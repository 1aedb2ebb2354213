import type { KeyObject } from 'node:crypto'
import t from 'tap'
import type { SignedInAuth, SignedOutAuth } from '../../../src/core/auth/types.js'
import type { SignatureAlgorithm } from '../../../src/core/jwk.js'
import type { KeyResolution, KeyStore, VerificationKey } from '../../../src/core/jwks/types.js'
import { Later } from '../../../src/core/later.js'
import { Stats } from '../../../src/core/stats.js'
import { compileClaimCheck } from '../../../src/core/token/claims.js'
import { parsePart } from '../../../src/core/token/decode.js'
import type { VerificationFailureReason, VerificationOutcome } from '../../../src/core/token/outcome.js'
import { failureFor, unavailableFailure } from '../../../src/core/token/outcome.js'
import { createTokenMemory } from '../../../src/core/token/token-memory.js'
import { UnverifiedToken } from '../../../src/core/token/unverified-token.js'
import type { VerifiedToken } from '../../../src/core/token/verified-token.js'
import { createVerifier, type Verifier, type VerifierSettings } from '../../../src/core/token/verifier.js'
import { createRsaKey, type RsaKey } from '../../fixtures/rsa-keys.js'
import { type Part, signingInput, signRsa } from '../../hostile/forge.js'

const NOW = 1_750_000_000
const SKEW_MS = 5000
const own = createRsaKey('own')
const other = createRsaKey('other')

const CLAIMS = { sub: 'user_1', sid: 'sess_1', iss: 'https://clerk.example.com', iat: NOW - 10, exp: NOW + 60 }
const DIGESTS = { RS256: 'sha256', RS384: 'sha384', RS512: 'sha512' } as const

function sign(claims: object = {}, header: object = {}, { privateKey }: RsaKey = own, digest = 'sha256'): string {
  return signRsa(
    signingInput({ alg: 'RS256', kid: 'own', ...header } as Part, { ...CLAIMS, ...claims }),
    privateKey,
    digest
  )
}

function keyOf({ publicKey: keyObject, kid }: RsaKey, algorithm: SignatureAlgorithm = 'RS256'): VerificationKey {
  return { kid, algorithm, keyObject, signatureLength: 256, trustedUntilMs: Number.POSITIVE_INFINITY }
}

const MISMATCH: KeyResolution = { ok: false, reason: 'jwk-kid-mismatch', unavailable: false, retryAfterSeconds: 0 }

function createScene(keys: VerificationKey[] = [keyOf(own)], given: Partial<VerifierSettings> = {}) {
  const calls: unknown[][] = []
  const scene = {
    keys,
    calls,
    nowMs: NOW * 1000,
    stats: new Stats(),
    resolution: MISMATCH,
    reconsidered: false as false | Promise<boolean>,
    revoked: new Set<string | undefined>(),
    changed: () => {}
  }
  const keyStore = {
    find: (kid: string | undefined) => scene.keys.filter((key) => key.kid === kid),
    async resolve(...args: unknown[]) {
      calls.push(['resolve', ...args])
      return scene.resolution
    },
    reconsider(...args: unknown[]) {
      calls.push(['reconsider', ...args])
      return scene.reconsidered
    },
    witness: (sid: string) => void calls.push(['witness', sid]),
    onChange(listener: () => void) {
      scene.changed = listener
    }
  } as unknown as KeyStore
  const verifier = createVerifier({
    keyStore,
    memory: createTokenMemory({ maxEntries: 100, maxBytes: 1e7 }),
    checkClaims: compileClaimCheck({
      audience: [],
      authorizedParties: [],
      issuers: [],
      reportOnly: { issuer: false, authorizedParties: false },
      onReport() {}
    }),
    issuers: ['https://clerk.example.com'],
    originalFrontendApi: 'clerk.example.com',
    clockSkewInMs: SKEW_MS,
    auth: {
      signedIn: (claims) => ({ sessionClaims: claims, sessionId: claims.sid }) as unknown as SignedInAuth,
      pending: () => ({ isAuthenticated: false }) as SignedOutAuth
    },
    revocations: {
      get size() {
        return scene.revoked.size
      },
      covers: (verified) => scene.revoked.has(verified.claims.sid),
      observe() {}
    },
    stats: scene.stats,
    now: () => scene.nowMs,
    synchronousPerTurn: 100,
    ...given
  })
  return Object.assign(scene, { verifier })
}

/** As the state machine asks for it: a text that is not a JWT is not judged. */
function signatureOf({ verifier }: { verifier: Verifier }, text: string) {
  const token = verifier.decode(text)
  return token === null ? failureFor('token-invalid') : verifier.verifySignature(token)
}

const reasonOf = (outcome: VerificationOutcome | undefined) => (outcome?.ok ? null : outcome?.reason)
const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

t.test('each RSA algorithm verifies with its own digest, and with no other', async (t) => {
  for (const [alg, digest] of Object.entries(DIGESTS)) {
    for (const synchronousPerTurn of [0, 1]) {
      const { verifier } = createScene([keyOf(own, alg as SignatureAlgorithm)], { synchronousPerTurn })
      t.ok((await verifier.verify(sign({}, { alg }, own, digest))).ok, alg)
      for (const wrong of Object.values(DIGESTS).filter((name) => name !== digest)) {
        t.equal(reasonOf(await verifier.verify(sign({}, { alg }, own, wrong))), 'token-invalid-signature')
      }
    }
  }
})

t.test('of tokens that arrive together the first is verified at once, the others in the pool', async (t) => {
  const { verifier, stats } = createScene(undefined, { synchronousPerTurn: 3 })
  for (let turn = 0; turn < 3; turn++) {
    const outcomes = [0, 1, 2, 3].map((n) => verifier.verify(sign({ jti: `${turn} ${n}` })))
    t.same(
      outcomes.map((outcome) => outcome instanceof Later),
      [false, true, true, true]
    )
    for (const outcome of outcomes) t.ok((await outcome).ok)
    await nextTurn()
  }
  t.match(stats, { verifications: 12, pooledVerifications: 9, forged: 0, misses: 12, shared: 0 })
})

t.test('a token that the pool cannot be given does not count among those that it has', async (t) => {
  const scene = createScene(undefined, { synchronousPerTurn: 1 })
  const { verifier, stats } = scene
  t.ok((await verifier.verify(sign({ jti: 'first of its turn' }))).ok)
  scene.keys = [{ ...keyOf(own), keyObject: null as unknown as KeyObject }]
  t.throws(() => verifier.verify(sign({ jti: 'second' })), TypeError)
  scene.keys = [keyOf(own)]
  await nextTurn()
  const outcome = verifier.verify(sign({ jti: 'alone' }))
  t.notOk(outcome instanceof Later)
  t.ok((await outcome).ok)
  t.match(stats, { pooledVerifications: 1 }, 'that of the second')
})

t.test('tokens that are brought one after the other are verified at once, up to the bound of a turn', async (t) => {
  const { verifier, stats } = createScene(undefined, { synchronousPerTurn: 3 })
  const isLater: boolean[] = []
  for (let n = 0; n < 13; n++) {
    const outcome = verifier.verify(sign({ jti: `${n}` }))
    isLater.push(outcome instanceof Later)
    t.ok((await outcome).ok)
  }
  // A turn begins with the token that has waited for it.
  const turn = [false, false, true]
  t.same(isLater, [false, true, false, ...turn, ...turn, ...turn, false])
  t.match(stats, { verifications: 13, pooledVerifications: 1, misses: 13 }, 'the pool is asked once, to know')
})

t.test('a token that waits for the next turn is judged by the keys of that turn', async (t) => {
  const scene = createScene(undefined, { synchronousPerTurn: 2 })
  const { verifier, stats } = scene
  const bringTwo = async () => {
    await nextTurn()
    for (let n = 0; n < 2; n++) t.ok((await verifier.verify(sign({ jti: `${stats.misses}` }))).ok)
  }
  await bringTwo()
  t.match(stats, { pooledVerifications: 1 })

  await bringTwo()
  const forged = verifier.verify(sign({}, {}, other))
  t.type(forged, Later)
  t.equal(reasonOf(await forged), 'token-invalid-signature')

  await bringTwo()
  const outcome = verifier.verify(sign({ jti: 'late' }))
  t.type(outcome, Later)
  scene.keys = []
  t.equal(reasonOf(await outcome), 'jwk-kid-mismatch')
  t.match(stats, { pooledVerifications: 1 })
})

t.test('a token that many bring at once is verified once, and each gets the answer', async (t) => {
  const { verifier, stats } = createScene(undefined, { synchronousPerTurn: 0 })
  const [token, sibling] = [sign(), sign({}, {}, other)]
  const outcomes = await Promise.all([token, token, sibling, token, sibling].map((text) => verifier.verify(text)))
  const bad = 'token-invalid-signature'
  t.same(outcomes.map(reasonOf), [null, null, bad, null, bad])
  t.match(stats, { verifications: 2, misses: 5, shared: 3, forged: 1 })
  t.equal(verifier.verify(token), outcomes[0], 'then it is in memory')
  t.match(stats, { misses: 5 })
  await verifier.verify(sibling)
  t.match(stats, { verifications: 3, shared: 3 }, 'a refusal is not remembered')
})

t.test('every key of a name that fits the algorithm is tried', async (t) => {
  const named = (key: RsaKey, algorithm?: SignatureAlgorithm) => ({ ...keyOf(key, algorithm), kid: 'own' })
  for (const synchronousPerTurn of [0, 1]) {
    const keys = [named(own, 'RS512'), named(other), named(own)]
    const { verifier, stats } = createScene(keys, { synchronousPerTurn })
    const verified = (await verifier.verify(sign())) as VerifiedToken
    t.equal(verified.key, keys[2])
    t.match(stats, { verifications: 2, forged: 0 })
    t.equal(reasonOf(await verifier.verify(sign({}, { alg: 'RS384' }))), 'token-verification-failed')
    t.match(stats, { verifications: 2 }, 'no key is for that algorithm')
  }
})

t.test('a signature of another length is refused without being looked at', async (t) => {
  for (const synchronousPerTurn of [0, 1]) {
    const { verifier } = createScene([{ ...keyOf(own), signatureLength: 512 }], { synchronousPerTurn })
    t.equal(reasonOf(await verifier.verify(sign())), 'token-invalid-signature')
  }
})

t.test('an unknown key is asked for with what is known of the token', async (t) => {
  const scene = createScene([])
  const rows: [header: object, claims: object, plausible: boolean, sid?: string][] = [
    [{}, {}, true, 'sess_1'],
    [{}, { sid: 5 }, true],
    [{}, { sid: undefined }, true],
    [{ alg: 'none' }, {}, false, 'sess_1'],
    [{ crit: [] }, {}, false, 'sess_1'],
    [{ typ: 'other' }, {}, false, 'sess_1'],
    [{}, { iss: 'https://other.test' }, false, 'sess_1'],
    [{}, { exp: NOW - 60 }, false, 'sess_1']
  ]
  for (const [header, claims, plausible, sid] of rows) {
    t.equal(reasonOf(await scene.verifier.verify(sign(claims, { kid: 'new', ...header }))), 'jwk-kid-mismatch')
    t.strictSame(scene.calls.pop(), ['resolve', 'new', plausible, sid])
  }
  await signatureOf(scene, sign({}, { kid: 'new', typ: 'other' }))
  t.strictSame(scene.calls.pop(), ['resolve', 'new', true, 'sess_1'], 'a handshake may have any type')
  scene.resolution = { ok: true, keys: [keyOf(own)] }
  t.ok((await scene.verifier.verify(sign())).ok)
  scene.resolution = { ok: false, reason: 'jwk-remote-failed-to-load', unavailable: true, retryAfterSeconds: 7 }
  t.match(await scene.verifier.verify(sign({ jti: 'x' })), {
    reason: 'jwk-remote-failed-to-load',
    unavailable: true,
    retryAfterSeconds: 7
  })
})

t.test('a bad signature of a plausible token may mean that the key was replaced under its name', async (t) => {
  for (const synchronousPerTurn of [0, 1]) {
    const scene = createScene([{ ...keyOf(other), kid: 'own' }], { synchronousPerTurn })
    t.equal(reasonOf(await scene.verifier.verify(sign())), 'token-invalid-signature')
    t.strictSame(scene.calls.pop(), ['reconsider', 'own', 'sess_1'])
    scene.reconsidered = Promise.resolve(false)
    t.equal(reasonOf(await scene.verifier.verify(sign())), 'token-invalid-signature')
    scene.reconsidered = Promise.resolve(true)
    t.equal(reasonOf(await scene.verifier.verify(sign())), 'token-invalid-signature', 'replaced by none that fits')
    const replaced = scene.verifier.verify(sign({ jti: 'y' }, {}, own))
    scene.keys = [keyOf(own)]
    t.ok((await replaced).ok, 'met the old key, and is found good under the new one')
    scene.calls.length = 0
    const implausible = sign({ iss: 'https://other.test' }, {}, other)
    t.equal(reasonOf(await scene.verifier.verify(implausible)), 'token-invalid-signature')
    t.same(scene.calls, [], 'an implausible one means nothing')
  }
})

t.test('a header leads to the keys of the newest key set that are still trusted', async (t) => {
  const key = keyOf(own)
  const scene = createScene([key])
  t.ok((await scene.verifier.verify(sign())).ok)
  scene.keys = [keyOf(own, 'RS512')]
  scene.changed()
  t.equal(reasonOf(await scene.verifier.verify(sign({ jti: '1' }))), 'token-verification-failed')
  scene.keys = [key]
  scene.changed()
  t.ok((await scene.verifier.verify(sign({ jti: '2' }))).ok)
  scene.keys = []
  key.trustedUntilMs = scene.nowMs
  t.equal(reasonOf(await scene.verifier.verify(sign({ jti: '3' }))), 'jwk-kid-mismatch')
})

t.test('a key that is withdrawn while the pool is at work counts for nothing', async (t) => {
  const key = keyOf(own)
  const scene = createScene([key], { synchronousPerTurn: 0 })
  const outcome = scene.verifier.verify(sign())
  key.trustedUntilMs = scene.nowMs
  t.equal(reasonOf(await outcome), 'jwk-kid-mismatch')
  t.equal(scene.calls[0]?.[0], 'resolve')
  t.equal(scene.verifier.recall(sign()), undefined)
})

t.test('memory answers by the key, the time and the revocations of this instant', async (t) => {
  const key = keyOf(own)
  const scene = createScene([key])
  const token = sign()
  const verified = await scene.verifier.verify(token)
  t.equal(scene.verifier.recall(token), verified)
  scene.nowMs = (NOW + 60) * 1000 + SKEW_MS - 1
  t.equal(scene.verifier.recall(token), verified)
  scene.nowMs++
  t.equal(reasonOf(scene.verifier.recall(token)), 'token-expired')
  scene.nowMs = (NOW - 10) * 1000 - SKEW_MS
  t.equal(scene.verifier.recall(token), verified)
  scene.nowMs--
  t.equal(reasonOf(scene.verifier.recall(token)), 'token-iat-in-the-future')
  scene.nowMs = NOW * 1000
  scene.revoked.add('sess_2')
  t.equal(scene.verifier.recall(token), verified)
  scene.revoked.add('sess_1')
  t.equal(reasonOf(scene.verifier.recall(token)), 'session-revoked')
  t.equal(reasonOf(await scene.verifier.verify(sign({ jti: 'unseen' }))), 'session-revoked')
  scene.revoked.clear()
  key.trustedUntilMs = scene.nowMs
  t.equal(scene.verifier.recall(token), undefined, 'not at the instant itself')
})

t.test('a token is looked up and decoded once, however many bring it while it is verified', async (t) => {
  const { verifier, stats } = createScene(undefined, { synchronousPerTurn: 0 })
  const text = sign()
  t.equal(verifier.lookUp('a.b.c'), null)
  const first = verifier.lookUp(text)
  if (!(first instanceof UnverifiedToken)) throw new Error('not decoded')
  t.match(first, { text, claims: CLAIMS, refusal: null, pending: null })
  t.match(stats, { hits: 0, misses: 0 }, 'looking up counts nothing')
  const outcome = verifier.judge(first)
  t.equal(verifier.lookUp(text), first, 'the same for all')
  const shared = verifier.judge(first)
  t.match(stats, { hits: 0, misses: 2, shared: 1, verifications: 1 })
  const verified = await outcome
  t.equal(await shared, verified)
  t.equal(verifier.lookUp(text), verified)
  t.not(verifier.decode(text), first, 'decoding asks nobody')
  t.equal(verifier.accept(verified as VerifiedToken), verified)
  t.match(stats, { hits: 1, misses: 2, verifications: 1 })
})

t.test('a token that memory refuses is decoded, and refused again without another look at its signature', async (t) => {
  const scene = createScene()
  const { verifier, stats } = scene
  const text = sign()
  await verifier.verify(text)
  scene.nowMs = (NOW + 120) * 1000
  const token = verifier.lookUp(text)
  if (!(token instanceof UnverifiedToken)) throw new Error('not decoded')
  t.match(token, { claims: CLAIMS, refusal: { reason: 'token-expired' } })
  t.equal(verifier.judge(token), token.refusal)
  t.equal(reasonOf(await verifier.verify(text)), 'token-expired')
  t.match(stats, { hits: 0, misses: 1, verifications: 1 }, 'neither a hit nor a miss')
})

t.test(
  'a token that is brought again is judged by its signature of the first time, and is in memory from then on',
  async (t) => {
    for (const synchronousPerTurn of [0, 100]) {
      const scene = createScene(undefined, {
        synchronousPerTurn,
        memory: createTokenMemory({ maxEntries: 1000, maxBytes: 1e7 })
      })
      const { verifier, stats } = scene
      const text = sign()
      const first = await verifier.verify(text)
      t.ok(first.ok)
      t.equal(verifier.recall(text), undefined)
      const second = verifier.verify(text)
      t.notOk(second instanceof Later, 'at once')
      t.match(second, { ok: true, claims: CLAIMS, token: text, key: scene.keys[0] })
      t.equal(verifier.recall(text), second)
      t.equal(verifier.verify(text), second)
      t.match(stats, { hits: 2, misses: 1, verifications: 1 })
      t.same(scene.calls, [['witness', 'sess_1']], 'its session is seen once')
    }
  }
)

t.test('a token that was brought once is judged again by key, time and revocations', async (t) => {
  const remembered = async (claims: object = {}) => {
    const scene = createScene([keyOf(own)], { memory: createTokenMemory({ maxEntries: 1000, maxBytes: 1e7 }) })
    const text = sign(claims)
    t.ok((await scene.verifier.verify(text)).ok)
    return { ...scene, scene, text, again: () => scene.verifier.verify(text) }
  }
  const expired = await remembered()
  expired.scene.nowMs = (NOW + 60) * 1000 + SKEW_MS
  t.equal(reasonOf(await expired.again()), 'token-expired')
  t.equal(reasonOf(await expired.again()), 'token-expired')
  expired.scene.nowMs--
  t.ok((await expired.again()).ok)
  t.match(expired.stats, { hits: 1, misses: 1, verifications: 1 }, 'refusals count neither')

  const early = await remembered()
  early.scene.nowMs = (NOW - 10) * 1000 - SKEW_MS - 1
  t.equal(reasonOf(await early.again()), 'token-iat-in-the-future')

  const ended = await remembered()
  ended.revoked.add('sess_1')
  t.equal(reasonOf(await ended.again()), 'session-revoked')
  t.match(ended.stats, { revoked: 1, hits: 0, verifications: 1 })

  const withdrawn = await remembered()
  ;(withdrawn.keys[0] as { trustedUntilMs: number }).trustedUntilMs = withdrawn.scene.nowMs
  withdrawn.scene.keys = []
  t.equal(reasonOf(await withdrawn.again()), 'jwk-kid-mismatch', 'a key that is gone vouches for nothing')
  withdrawn.scene.keys = [keyOf(own)]
  t.ok((await withdrawn.again()).ok)
  t.match(withdrawn.stats, { hits: 0, misses: 3, verifications: 2 })

  const pending = await remembered({ sts: 'pending' })
  t.match(await pending.again(), { pendingAuth: { isAuthenticated: false } })
})

t.test('a token whose key was withdrawn and is there again is brought once again, and then in memory', async (t) => {
  const memory = createTokenMemory({ maxEntries: 1000, maxBytes: 1e7 })
  const scene = createScene([keyOf(own)], { memory })
  const text = sign()
  t.ok((await scene.verifier.verify(text)).ok)
  ;(scene.keys[0] as { trustedUntilMs: number }).trustedUntilMs = 0
  scene.keys = [keyOf(own)]
  for (let n = 0; n < 5; n++) t.match(await scene.verifier.verify(text), { ok: true, key: scene.keys[0] })
  t.match(scene.stats, { verifications: 2, misses: 2, hits: 4 })
  t.equal(memory.size, 1)
})

t.test('a remembered signature stands for no other text', async (t) => {
  const { verifier, stats } = createScene(undefined, { memory: createTokenMemory({ maxEntries: 1000, maxBytes: 1e7 }) })
  const text = sign()
  await verifier.verify(text)
  const [header, , signature] = text.split('.')
  const [, forged] = sign({ sub: 'user_2' }, {}, other).split('.')
  t.equal(reasonOf(await verifier.verify(`${header}.${forged}.${signature}`)), 'token-invalid-signature')
  t.match(stats, { hits: 0, misses: 2, forged: 1 })
})

t.test('a token that several bring at once is in memory at once', async (t) => {
  const memory = createTokenMemory({ maxEntries: 1000, maxBytes: 1e7 })
  const { verifier } = createScene(undefined, { synchronousPerTurn: 0, memory })
  const text = sign()
  const [one, two] = await Promise.all([verifier.verify(text), verifier.verify(text)])
  t.equal(one, two)
  t.equal(verifier.recall(text), one)
})

t.test('a tolerance of its own neither takes from memory nor leaves anything there', async (t) => {
  const scene = createScene()
  const late = sign({ exp: NOW - 60 })
  t.ok((await scene.verifier.verify(late, 86_400_000)).ok)
  t.equal(scene.verifier.recall(late), undefined)
  t.same(scene.calls, [])
  t.equal(reasonOf(await scene.verifier.verify(late)), 'token-expired')
  const good = sign()
  await scene.verifier.verify(good)
  t.same(scene.calls, [['witness', 'sess_1']], 'a session that was seen')
  t.equal(reasonOf(await scene.verifier.verify(good, -86_400_000)), 'token-expired')
  await scene.verifier.verify(sign({ sid: undefined }))
  t.equal(scene.calls.length, 1)
})

t.test('what is kept of a token is what its claims say', async (t) => {
  const { verifier } = createScene()
  const kept = async (claims: object) => (await verifier.verify(sign(claims))) as VerifiedToken
  t.match(await kept({}), {
    issuedAt: NOW - 10,
    expiresAtMs: (NOW + 60) * 1000 + SKEW_MS,
    notBeforeMs: (NOW - 10) * 1000 - SKEW_MS,
    isOwnIssuer: true,
    pendingAuth: null
  })
  t.equal((await kept({ nbf: NOW - 5 })).notBeforeMs, (NOW - 5) * 1000 - SKEW_MS)
  t.equal((await kept({ nbf: NOW - 20 })).notBeforeMs, (NOW - 10) * 1000 - SKEW_MS)
  t.match(await kept({ iat: undefined }), { issuedAt: Number.POSITIVE_INFINITY, notBeforeMs: Number.NEGATIVE_INFINITY })
  t.equal((await kept({ iss: 'https://clerk.other.test' })).isOwnIssuer, false)
  t.equal((await kept({ iss: undefined })).isOwnIssuer, false)
  t.match((await kept({ sts: 'pending' })).pendingAuth, { isAuthenticated: false })
  t.equal((await kept({ sts: 'active' })).pendingAuth, null)
  for (const claims of [{ azp: 'https://a.test' }, { azp: 7, iss: 7 }, { azp: 'https://a.test' }]) {
    t.match((await kept({ ...claims, jti: 'again' })).claims, claims)
  }
})

t.test('a signature is judged apart from every claim, type and category', async (t) => {
  const scene = createScene()
  const handshake = sign({ handshake: ['a=b'], exp: undefined, sub: undefined }, { typ: 'other' })
  t.match(scene.verifier.decode(handshake), { header: { typ: 'other' }, claims: { handshake: ['a=b'] } })
  t.match(await signatureOf(scene, handshake), { ok: true })
  t.match(await signatureOf(scene, sign({}, { typ: 'other' }, other)), { reason: 'token-invalid-signature' })
  t.match(await signatureOf(scene, sign({}, { crit: ['x'] })), { reason: 'token-invalid' })
  for (const text of ['', 'a', 'a.b', 'a.b.c', `${sign()}=`, `${'a'.repeat(9000)}.b.c`]) {
    t.match(await signatureOf(scene, text), { ok: false, reason: 'token-invalid' })
    t.equal(reasonOf(await scene.verifier.verify(text)), 'token-invalid')
  }
})

t.test('a part is an object in UTF-8, in which the replacement character may stand for itself', async (t) => {
  const encode = (part: string | Buffer) => Buffer.from(part).toString('base64url')
  t.same(parsePart(encode('{"a":"\ufffd"}')), { a: '\ufffd' })
  t.equal(parsePart(encode(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))), null)
  for (const part of ['null', '[]', '1', '"a"', '', '{', '{}x']) t.equal(parsePart(encode(part)), null, part)
})

t.test('every reason says in words of its own what is wrong', async (t) => {
  const reasons: VerificationFailureReason[] = [
    'token-expired',
    'token-invalid',
    'token-invalid-algorithm',
    'token-invalid-authorized-parties',
    'token-invalid-issuer',
    'token-invalid-signature',
    'token-not-active-yet',
    'token-iat-in-the-future',
    'token-verification-failed',
    'token-type-mismatch',
    'session-revoked',
    'secret-key-invalid',
    'jwk-remote-failed-to-load',
    'jwk-failed-to-resolve',
    'jwk-kid-mismatch'
  ]
  for (const reason of reasons) {
    t.match(failureFor(reason), { ok: false, reason, message: /^The .{20,}\.$|^No .{20,}\.$/, unavailable: false })
    t.equal(unavailableFailure(reason, 3).message, failureFor(reason).message)
  }
  t.equal(new Set(reasons.map((reason) => failureFor(reason).message)).size, reasons.length)
})
