import assert from 'node:assert/strict'
import { createPublicKey, type KeyObject, sign } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import type { SignedInAuth, SignedOutAuth } from '../../src/core/auth/types.js'
import { createInstance } from '../../src/core/instance.js'
import type { KeyResolution, KeyStore, VerificationKey } from '../../src/core/jwks/types.js'
import { isToCome } from '../../src/core/later.js'
import { silentLogger } from '../../src/core/logger.js'
import { readInstanceOptions } from '../../src/core/options/instance-settings.js'
import { createRevocations } from '../../src/core/revocation/revocations.js'
import type { Revocations } from '../../src/core/revocation/types.js'
import { Stats } from '../../src/core/stats.js'
import { compileClaimCheck } from '../../src/core/token/claims.js'
import { createHeaderTable } from '../../src/core/token/header-table.js'
import type { VerificationOutcome } from '../../src/core/token/outcome.js'
import { createTokenCache } from '../../src/core/token/token-cache.js'
import { createTokenMemory } from '../../src/core/token/token-memory.js'
import { createTokenDecoder } from '../../src/core/token/unverified-token.js'
import { VerifiedToken } from '../../src/core/token/verified-token.js'
import { createVerifier, type Verifier } from '../../src/core/token/verifier.js'
import { createRsaKey } from '../fixtures/rsa-keys.js'
import { encodePart, SESSION_CATEGORY, signingInput, signRsa } from './forge.js'

// Compares a verifier that caches tokens with one that does not: after any history both must give the same answer.

const START_MS = 1_750_000_000_000
const START = START_MS / 1000
const SKEW_MS = 5000

const materials = [createRsaKey('a'), createRsaKey('b'), createRsaKey('c')]
const [keyA, keyB, keyC] = materials.map((key) => key.privateKey) as [KeyObject, KeyObject, KeyObject]

/** Names of keys. At first the first name has the first material, the second name the second. */
const KIDS = ['ins_1', 'ins_2'] as const

interface World {
  nowMs: number
  readonly keys: Map<string, VerificationKey>
  readonly store: KeyStore
  readonly revocations: Revocations
  changed(): void
}

function createWorld(): World {
  const listeners: (() => void)[] = []
  const keys = new Map<string, VerificationKey>()
  const find = (kid: string | undefined): readonly VerificationKey[] => {
    const key = kid === undefined ? undefined : keys.get(kid)
    return key !== undefined && world.nowMs < key.trustedUntilMs ? [key] : []
  }
  const mismatch: KeyResolution = { ok: false, reason: 'jwk-kid-mismatch', unavailable: false, retryAfterSeconds: 0 }
  const world: World = {
    nowMs: START_MS,
    keys,
    revocations: createRevocations({
      now: () => world.nowMs,
      clockSkewMs: SKEW_MS,
      logger: silentLogger,
      setTimer: () => () => {}
    }),
    changed: () => {
      for (const listener of listeners) listener()
    },
    store: {
      find,
      async resolve(kid: string | undefined) {
        const found = find(kid)
        return found.length > 0 ? { ok: true, keys: found } : mismatch
      },
      reconsider: () => false,
      witness() {},
      onChange: (listener: () => void) => {
        listeners.push(listener)
      }
    } as unknown as KeyStore
  }
  publish(world, 0, 0, Number.POSITIVE_INFINITY)
  publish(world, 1, 1, Number.POSITIVE_INFINITY)
  return world
}

function publish(world: World, name: number, material: number, trustedUntilMs: number): void {
  withdraw(world, name)
  const kid = KIDS[name] as string
  const { publicKey: keyObject } = materials[material] as (typeof materials)[number]
  world.keys.set(kid, { kid, algorithm: 'RS256', keyObject, signatureLength: 256, trustedUntilMs })
  world.changed()
}

function withdraw(world: World, name: number): void {
  const key = world.keys.get(KIDS[name] as string)
  if (key === undefined) return
  key.trustedUntilMs = 0
  world.keys.delete(KIDS[name] as string)
  world.changed()
}

function verifierOf(world: World, maxEntries: number, synchronousPerTurn: number): Verifier {
  return createVerifier({
    keyStore: world.store,
    memory: createTokenMemory({ maxEntries, maxBytes: 16_000_000 }),
    checkClaims: compileClaimCheck({
      audience: [],
      authorizedParties: ['https://app.test'],
      issuers: ['https://clerk.example.com'],
      reportOnly: { issuer: false, authorizedParties: false },
      onReport() {}
    }),
    issuers: ['https://clerk.example.com'],
    originalFrontendApi: 'clerk.example.com',
    clockSkewInMs: SKEW_MS,
    auth: {
      signedIn: (claims) =>
        ({
          sessionClaims: claims,
          userId: claims.sub,
          sessionId: claims.sid,
          orgId: undefined
        }) as unknown as SignedInAuth,
      pending: () => ({ isAuthenticated: false }) as SignedOutAuth
    },
    revocations: world.revocations,
    stats: new Stats(),
    now: () => world.nowMs,
    synchronousPerTurn
  })
}

function createTokens(): readonly string[] {
  const base = { azp: 'https://app.test', iss: 'https://clerk.example.com', sid: 'sess_1', sub: 'user_1' }
  const header = (kid: string) => ({ alg: 'RS256', cat: SESSION_CATEGORY, kid, typ: 'JWT' })
  const token = (claims: object, key = keyA, kid: string = KIDS[0]) =>
    signRsa(signingInput(header(kid), { ...base, ...claims }), key)
  const long = { iat: START, nbf: START - 10, exp: START + 60 }
  const genuine = [
    token(long),
    token({ ...long, exp: START + 10 }),
    token({ ...long, sub: 'user_2', sid: 'sess_2' }),
    token({ ...long, iat: START + 20, nbf: START + 20, exp: START + 80 }),
    token({ ...long, nbf: START + 30, exp: START + 80 }),
    token({ exp: START + 60 }),
    token({ ...long, sts: 'pending', sid: 'sess_3' }),
    token({ ...long, exp: START + 100_000, sub: 'user_3' }),
    token(long, keyB, KIDS[1]),
    token({ ...long, sub: 'user_2' }, keyB, KIDS[1]),
    // Accepted only after the key of its name has been replaced by `keyC`.
    token({ ...long, sid: 'sess_9' }, keyC)
  ]
  const siblings = genuine.slice(0, 5).flatMap((original) => {
    const [head, payload, signature] = original.split('.') as [string, string, string]
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
    const otherPayload = encodePart({ ...claims, sub: 'user_admin' })
    const bytes = Buffer.from(signature, 'base64url')
    bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0)
    return [
      `${head}.${otherPayload}.${signature}`,
      `${encodePart({ ...header(KIDS[0]), oiat: 1 })}.${payload}.${signature}`,
      `${encodePart(header(KIDS[1]))}.${payload}.${signature}`,
      `${head}.${payload}.${bytes.toString('base64url')}`,
      `${original}=`,
      `${head}.${payload}.A${signature}`,
      signature.slice(-43),
      `x${original}`
    ]
  })
  const bad = [
    token({ ...long, azp: 'https://evil.test' }),
    token({ ...long, iss: 'https://clerk.evil.test' }),
    token({ ...long, exp: START - 60 }),
    token({ ...long, sub: 1 }),
    token(long, keyC, 'ins_unknown'),
    ''
  ]
  return [...genuine, ...siblings, ...bad]
}

const tokens = createTokens()

type Step =
  | { readonly do: 'verify'; readonly tokens: readonly number[] }
  | { readonly do: 'interrupt'; readonly tokens: readonly number[]; readonly by: Change }
  | Change
type Change =
  | { readonly do: 'advance'; readonly ms: number }
  | { readonly do: 'publish'; readonly name: number; readonly material: number; readonly trustMs: number | null }
  | { readonly do: 'withdraw'; readonly name: number }
  | { readonly do: 'revoke'; readonly target: number }

/** Mostly a few good tokens and their siblings with the same signature, so that they meet in the cache. */
const oneToken = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(0, 1, 7, 8) },
  { weight: 2, arbitrary: fc.nat(10) },
  { weight: 2, arbitrary: fc.nat(tokens.length - 1) }
)
const someTokens = fc.array(oneToken, { minLength: 1, maxLength: 6 })
const change: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('advance' as const),
      ms: fc.oneof(
        fc.constantFrom(
          1,
          1,
          1000,
          1000,
          4999,
          5000,
          5001,
          10_000,
          14_999,
          15_000,
          15_001,
          60_000,
          65_000,
          -1,
          -5000,
          -60_000
        ),
        fc.integer({ min: -30_000, max: 30_000 })
      )
    })
  },
  fc.record({
    do: fc.constant('publish' as const),
    name: fc.nat(1),
    material: fc.nat(2),
    trustMs: fc.constantFrom(null, null, 5000, 30_000)
  }),
  fc.record({ do: fc.constant('withdraw' as const), name: fc.nat(1) }),
  fc.record({ do: fc.constant('revoke' as const), target: fc.nat(3) })
)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 9, arbitrary: fc.record({ do: fc.constant('verify' as const), tokens: someTokens }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('interrupt' as const), tokens: someTokens, by: change }) },
  { weight: 3, arbitrary: change }
)

const TARGETS = [{ userId: 'user_1' }, { userId: 'user_2' }, { sessionId: 'sess_2' }, { sessionId: 'sess_3' }] as const

function apply(world: World, change: Change): void {
  switch (change.do) {
    case 'advance':
      world.nowMs += change.ms
      break
    case 'publish': {
      const until = change.trustMs === null ? Number.POSITIVE_INFINITY : world.nowMs + change.trustMs
      publish(world, change.name, change.material, until)
      break
    }
    case 'withdraw':
      withdraw(world, change.name)
      break
    case 'revoke':
      void world.revocations.revoke(TARGETS[change.target] as (typeof TARGETS)[number])
  }
}

/** The part of an outcome that a caller sees. */
function seen(outcome: VerificationOutcome): unknown {
  return outcome.ok
    ? { claims: outcome.claims, token: outcome.token, pending: outcome.pendingAuth !== null }
    : outcome.reason
}

async function judge(verifier: Verifier, chosen: readonly number[]): Promise<unknown[]> {
  const outcomes = await Promise.all(chosen.map((index) => verifier.verify(tokens[index] as string)))
  return outcomes.map(seen)
}

async function run(steps: readonly Step[], maxEntries: number, synchronousPerTurn: number): Promise<number> {
  const world = createWorld()
  const verifier = verifierOf(world, maxEntries, synchronousPerTurn)
  const judgeAnew = (chosen: readonly number[]) => judge(verifierOf(world, 1, 1_000_000), chosen)
  let hits = 0
  for (const step of steps) {
    if (step.do === 'verify') {
      for (const index of step.tokens) if (verifier.recall(tokens[index] as string)?.ok) hits++
      assert.deepEqual(await judge(verifier, step.tokens), await judgeAnew(step.tokens))
    } else if (step.do === 'interrupt') {
      const before = await judgeAnew(step.tokens)
      const pending = step.tokens.map((index) => verifier.verify(tokens[index] as string))
      const answered = pending.map((outcome) => !isToCome(outcome))
      apply(world, step.by)
      const outcomes = (await Promise.all(pending)).map(seen)
      const after = await judgeAnew(step.tokens)
      for (const [i, outcome] of outcomes.entries()) {
        const mayBe = [before[i], ...(answered[i] ? [] : [after[i]])]
        const accepted = typeof outcome !== 'string'
        // A verification that was under way when keys or revocations changed must not accept by the earlier state.
        if (accepted && !answered[i]) assert.deepEqual(outcome, after[i])
        else
          assert.ok(
            mayBe.some((other) => isSame(outcome, other)),
            `${JSON.stringify(outcome)} is of neither world`
          )
      }
      assert.deepEqual(await judge(verifier, step.tokens), after, 'and nothing of it stays')
    } else {
      apply(world, step)
    }
  }
  await world.revocations.close()
  return hits
}

function isSame(one: unknown, other: unknown): boolean {
  try {
    assert.deepEqual(one, other)
    return true
  } catch {
    return false
  }
}

const numRuns = Number(process.env.HOSTILE_RUNS ?? 150)
const seed = Number(process.env.HOSTILE_SEED ?? 20_260_101)

t.test('at every instant a cached answer is the one that a fresh process would give', async (t) => {
  let hits = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 10, maxLength: 60, size: 'max' }),
      fc.constantFrom(1, 2, 3, 1000),
      fc.constantFrom(0, 1, 1_000_000),
      async (steps, maxEntries, synchronousPerTurn) => {
        hits += await run(steps, maxEntries, synchronousPerTurn)
      }
    ),
    { numRuns, seed }
  )
  t.ok(hits > numRuns, `${hits} of the answers came from the cache`)
})

t.test('a token that shares the tail of its signature with a cached one does not get its answer', async (t) => {
  const cache = createTokenCache({ maxEntries: 10, maxBytes: 1_000_000 })
  const tail = sign('sha256', Buffer.from('x'), keyA).toString('base64url').slice(-43)
  const entry = (token: string) =>
    new VerifiedToken({
      token,
      retainedLength: token.length,
      key: {} as VerificationKey,
      expiresAtMs: START_MS,
      notBeforeMs: 0,
      issuedAt: 0,
      isOwnIssuer: true,
      auth: {} as SignedInAuth,
      pendingAuth: null
    })
  const [one, two] = [entry(`one.${tail}`), entry(`two.${tail}`)]
  cache.add(one, START_MS)
  t.equal(cache.find(`one.${tail}`), one)
  for (const other of [`two.${tail}`, tail, `one.one.${tail}`, `One.${tail}`, `one.${tail}=`, `one.${tail} `, '']) {
    t.equal(cache.find(other), undefined, other)
  }
  cache.add(two, START_MS)
  t.equal(cache.find(`one.${tail}`), undefined, 'the newer one took the place')
  t.equal(cache.find(`two.${tail}`), two)
  cache.delete(one)
  t.equal(cache.find(`two.${tail}`), two, 'what deletes the older one leaves the newer one')
})

t.test('a token that was accepted once is accepted again after it was forgotten, and under another skew', async (t) => {
  const jwtKey = createPublicKey(keyA).export({ type: 'spki', format: 'pem' }).toString()
  const publishableKey = `pk_live_${Buffer.from('clerk.example.com$').toString('base64')}`
  const options = readInstanceOptions(
    { publishableKey, jwtKey, now: () => START_MS },
    { env: {}, logger: silentLogger }
  )
  const { verifier, memory } = createInstance(options)
  const claims = { sub: 'user_1', sid: 'sess_1', iss: 'https://clerk.example.com', azp: 'https://app.test' }
  const token = signRsa(signingInput({ alg: 'RS256', typ: 'JWT' }, { ...claims, iat: START, exp: START + 60 }), keyA)
  for (const skewMs of [undefined, 86_400_000, undefined]) {
    t.match(await verifier.verify(token, skewMs), { ok: true, claims: { sub: 'user_1' } }, `${skewMs}`)
    memory.clear()
  }
})

t.test('what was read of one token never stands for another', async (t) => {
  const genuine = signRsa(signingInput({ alg: 'RS256', kid: 'ins_1' }, { sub: 'user_1' }), keyA)
  const expected = { header: { alg: 'RS256', kid: 'ins_1' }, claims: { sub: 'user_1' } }
  const headers = createHeaderTable()
  const decodeToken = createTokenDecoder(headers)
  const decode = (text: string) => {
    const token = decodeToken(text)
    if (token === null) return null
    // Keeps the header of every token, as if its signature were good: a kept header is given to later tokens.
    headers.keep(token)
    return { header: token.header, claims: token.claims }
  }
  // Characters beyond Latin-1 whose low byte is the genuine character. A percent-encoded cookie can hold them.
  const widened = (from: number, to: number) =>
    genuine.slice(0, from) +
    [...genuine.slice(from, to)].map((c) => String.fromCharCode(c.charCodeAt(0) + 0x100)).join('') +
    genuine.slice(to)
  const [headerEnd, payloadEnd] = [genuine.indexOf('.'), genuine.lastIndexOf('.')]
  const others = [
    widened(0, 1),
    widened(0, headerEnd),
    widened(headerEnd + 1, payloadEnd),
    widened(payloadEnd + 1, genuine.length),
    genuine.slice(1),
    `${genuine}=`
  ]
  for (const other of others) {
    t.equal(decode(other), null)
    t.strictSame(decode(genuine), expected)
  }
  const sameHeader = signRsa(signingInput({ alg: 'RS256', kid: 'ins_1' }, { sub: 'user_2' }), keyA)
  t.strictSame(decode(sameHeader), { ...expected, claims: { sub: 'user_2' } })
  const samePayload = signRsa(signingInput({ alg: 'RS512', kid: 'ins_1' }, { sub: 'user_2' }), keyA)
  t.strictSame(decode(samePayload), { header: { alg: 'RS512', kid: 'ins_1' }, claims: { sub: 'user_2' } })
})

t.test('a valid token and its invalid sibling, verified at once in any order, keep their own answers', async (t) => {
  const [genuine, sibling] = [0, 11]
  for (const order of [
    [genuine, sibling],
    [sibling, genuine],
    [sibling, genuine, sibling, genuine]
  ]) {
    for (const synchronousPerTurn of [0, 1, 100]) {
      const verifier = verifierOf(createWorld(), 10, synchronousPerTurn)
      for (let round = 0; round < 3; round++) {
        const answers = await judge(verifier, order)
        for (const [i, index] of order.entries()) {
          if (index === genuine) t.match(answers[i], { claims: { sub: 'user_1' } })
          else t.equal(answers[i], 'token-invalid-signature')
        }
      }
    }
  }
})

t.test('a token that runs out between two looks is refused from that instant on', async (t) => {
  const world = createWorld()
  const verifier = verifierOf(world, 10, 1)
  const token = tokens[1] as string
  t.ok((await verifier.verify(token)).ok)
  world.nowMs = (START + 10) * 1000 + SKEW_MS - 1
  t.ok(verifier.recall(token)?.ok)
  world.nowMs += 1
  t.match(verifier.recall(token), { ok: false, reason: 'token-expired' })
  t.match(await verifier.verify(token), { ok: false, reason: 'token-expired' })
})
