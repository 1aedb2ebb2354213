import t from 'tap'
import type { ApiKeyData } from '../../../src/core/auth/machine-auth.js'
import type { MachineTokenType } from '../../../src/core/auth/types.js'
import type { BackendApi, MachineTokenCall } from '../../../src/core/backend-api/backend-api.js'
import { type BackendResult, backendFailure } from '../../../src/core/backend-api/result.js'
import { type Eventually, isToCome } from '../../../src/core/later.js'
import { createMachineVerifier, type MachineVerifierSettings } from '../../../src/core/machine/machine-verifier.js'
import type { MachineOutcome } from '../../../src/core/machine/outcome.js'
import { failureFor, unavailableFailure } from '../../../src/core/token/outcome.js'
import { type TokenParts, unverifiedOf } from '../../fixtures/unverified-token.js'

const NOW = 1_790_000_000

const DATA = {
  id: 'id_1',
  name: 'deploy',
  subject: 'user_1',
  clientId: 'client_1',
  scopes: ['read'],
  audience: [],
  issuedAt: null,
  expiresAt: null,
  claims: { plan: 'gold' }
}

function verifier(given: Partial<MachineVerifierSettings> & { answer?: (token: string) => unknown } = {}) {
  const asked: string[] = []
  let nowMs = NOW * 1000
  const answer = given.answer ?? ((token) => (token.includes('good') ? found() : backendFailure('http', 404)))
  const ask = async (token: string) => {
    asked.push(token)
    return (await answer(token)) as BackendResult<never>
  }
  const backendApi = {
    verifyMachineToken: ({ body }: MachineTokenCall) => ask(Object.values(body)[0])
  } as unknown as BackendApi
  const machineVerifier = createMachineVerifier({
    backendApi,
    verifySignature: ({ text }) => {
      if (text.startsWith('forged')) return failureFor('token-invalid-signature')
      if (text.startsWith('unavailable')) return unavailableFailure('jwk-remote-failed-to-load', 9)
      return { ok: true }
    },
    clockSkewMs: 5_000,
    isDevelopment: false,
    cacheTtlMs: 60_000,
    negativeCacheTtlMs: 10_000,
    maxEntries: 100,
    maxConcurrency: 10,
    jwtOnly: false,
    revocations: { size: 0, coversMachine: () => true, observeMachine() {} },
    now: () => nowMs,
    ...given
  })
  const machine = {
    verify(type: MachineTokenType, text: string) {
      const parts = JWTS[text]
      return machineVerifier.verify(type, text, parts === undefined ? null : unverifiedOf(text, parts))
    },
    rest: () => machineVerifier.rest()
  }
  return { machine, asked, advance: (ms: number) => (nowMs += ms) }
}

function found(extra: object = {}): BackendResult<unknown> {
  return {
    ok: true,
    value: {
      data: DATA satisfies ApiKeyData & object,
      audience: [],
      isOver: false,
      expiresAtMs: Number.POSITIVE_INFINITY,
      ...extra
    }
  }
}

const times = { iat: NOW - 5, exp: NOW + 60 }
const m2m = { sub: 'mch_1', jti: 'jti_1', scopes: 'read write', plan: 'gold', iss: 'https://x', ...times }
const oauth = { sub: 'user_1', jti: 'jti_2', client_id: 'client_1', scope: 'openid profile', ...times }

/** Named like JWTs, which is all that classification looks at here. */
const JWTS: Record<string, TokenParts> = {
  'm2m.a.a': { header: { typ: 'JWT', cat: 'cl_B7d4PD333AAA' }, claims: m2m },
  'm2m.no.cat': { header: {}, claims: m2m },
  'm2m.session.cat': { header: { cat: 'cl_B7d4PD111AAA' }, claims: m2m },
  'm2m.ignore.cat': { header: { cat: 'cl_I7d4PD111III' }, claims: m2m },
  'm2m.null.cat': { header: { cat: null }, claims: m2m },
  'm2m.other.typ': { header: { typ: 'JOSE' }, claims: m2m },
  'm2m.expired.a': { header: {}, claims: { ...m2m, exp: NOW - 60 } },
  'm2m.bare.a': { header: {}, claims: { sub: 'mch_1', aud: ['a', 'b'], exp: NOW + 60 } },
  'm2m.bad.aud': { header: {}, claims: { ...m2m, aud: [7] } },
  'm2m.bad.exp': { header: {}, claims: { ...m2m, exp: 'soon' } },
  'forged.m2m.a': { header: {}, claims: m2m },
  'unavailable.m2m.a': { header: {}, claims: m2m },
  'oauth.a.a': { header: { typ: 'at+jwt' }, claims: oauth },
  'oauth.long.typ': {
    header: { typ: 'application/at+jwt', cat: 'anything' },
    claims: { ...oauth, scp: ['a', 7, 'b'] }
  },
  'oauth.aud.a': { header: { typ: 'at+jwt' }, claims: { ...oauth, aud: ['api', 'other'] } },
  'oauth.early.a': { header: { typ: 'at+jwt' }, claims: { ...oauth, nbf: NOW + 60 } },
  'oauth.no.sub': { header: { typ: 'at+jwt' }, claims: { ...oauth, sub: 7 } }
}

async function authOf(outcome: Eventually<MachineOutcome>) {
  const settled = await outcome
  if (!settled.ok) throw new Error(settled.message)
  return settled.auth
}

t.test('M2M and OAuth tokens that are JWTs become their auth', async (t) => {
  const { machine, asked } = verifier()
  t.match(await authOf(machine.verify('m2m_token', 'm2m.a.a')), {
    tokenType: 'm2m_token',
    id: 'jti_1',
    subject: 'mch_1',
    machineId: 'mch_1',
    scopes: ['read', 'write'],
    claims: { scopes: 'read write', plan: 'gold' }
  })
  t.match(await authOf(machine.verify('m2m_token', 'm2m.bare.a')), { id: '', scopes: ['a', 'b'] })
  t.match(await authOf(machine.verify('m2m_token', 'm2m.no.cat')), { subject: 'mch_1' })
  t.match(await authOf(machine.verify('oauth_token', 'oauth.a.a')), {
    tokenType: 'oauth_token',
    id: 'jti_2',
    userId: 'user_1',
    clientId: 'client_1',
    scopes: ['openid', 'profile']
  })
  t.same((await authOf(machine.verify('oauth_token', 'oauth.long.typ'))).scopes, ['a', 'b'])
  t.equal(asked.length, 0, 'nobody is asked')
})

t.test('a JWT is refused for what is wrong with it', async (t) => {
  const { machine } = verifier()
  const cases: [MachineTokenType, token: string, type: MachineTokenType, reason: string][] = [
    ['m2m_token', 'm2m.session.cat', 'm2m_token', 'token-invalid'],
    ['m2m_token', 'm2m.ignore.cat', 'm2m_token', 'token-invalid'],
    ['m2m_token', 'm2m.null.cat', 'm2m_token', 'token-invalid'],
    ['m2m_token', 'm2m.other.typ', 'm2m_token', 'token-verification-failed'],
    ['m2m_token', 'm2m.expired.a', 'm2m_token', 'token-verification-failed'],
    ['m2m_token', 'm2m.bad.exp', 'm2m_token', 'token-verification-failed'],
    ['m2m_token', 'forged.m2m.a', 'm2m_token', 'token-verification-failed'],
    ['oauth_token', 'oauth.early.a', 'oauth_token', 'token-verification-failed'],
    ['oauth_token', 'oauth.no.sub', 'oauth_token', 'token-verification-failed'],
    ['m2m_token', 'mt_x.a.b', 'm2m_token', 'token-invalid'],
    ['api_key', 'ak_x.a.b', 'm2m_token', 'token-invalid'],
    ['oauth_token', 'oat_x.a.b', 'm2m_token', 'token-invalid']
  ]
  for (const [asked, token, type, reason] of cases) {
    const outcome = await machine.verify(asked, token)
    t.match(outcome, { ok: false, type, reason, retryAfterSeconds: null }, token)
    if (!outcome.ok) t.match(outcome.message, new RegExp(`\\(code=${reason}, status=n/a\\)$`))
  }
  t.match(await machine.verify('m2m_token', 'unavailable.m2m.a'), {
    reason: 'token-verification-failed',
    retryAfterSeconds: 9
  })
})

t.test('the audience that a token names is told, and left to the caller', async (t) => {
  const { machine } = verifier()
  t.match(await machine.verify('oauth_token', 'oauth.aud.a'), { ok: true, audience: ['api', 'other'] })
  t.match(await machine.verify('oauth_token', 'oauth.a.a'), { ok: true, audience: [] })
  t.match(await machine.verify('m2m_token', 'm2m.bare.a'), { ok: true, audience: ['a', 'b'] })
  t.match(await machine.verify('m2m_token', 'm2m.bad.aud'), { ok: true, audience: null, auth: { audience: [] } })
  const answer = (token: string) => found({ audience: token === 'oat_list' ? ['x', 'api'] : null })
  const opaque = verifier({ answer }).machine
  for (const from of ['Clerk', 'memory']) {
    t.match(await opaque.verify('oauth_token', 'oat_list'), { ok: true, audience: ['x', 'api'] }, from)
    t.match(await opaque.verify('oauth_token', 'oat_none'), { ok: true, audience: null }, from)
  }
})

t.test('an opaque token is asked about once, then remembered for a while', async (t) => {
  const { machine, asked, advance } = verifier()
  const [a, b] = await Promise.all([machine.verify('api_key', 'ak_good'), machine.verify('api_key', 'ak_good')])
  t.match(a, { ok: true, auth: { tokenType: 'api_key', userId: 'user_1', name: 'deploy' } })
  t.equal(a, b)
  t.equal(asked.length, 1)
  const known = machine.verify('api_key', 'ak_good')
  t.notOk(isToCome(known), 'from memory, at once')
  advance(60_000)
  await machine.verify('api_key', 'ak_good')
  t.equal(asked.length, 2)
})

t.test('an unknown token is refused from memory for a shorter while', async (t) => {
  const { machine, asked, advance } = verifier()
  for (let i = 0; i < 5; i++) {
    t.match(await machine.verify('api_key', 'ak_unknown'), {
      ok: false,
      reason: 'token-invalid',
      retryAfterSeconds: null
    })
  }
  t.equal(asked.length, 1)
  advance(10_000)
  await machine.verify('api_key', 'ak_unknown')
  t.equal(asked.length, 2)
})

t.test('a clock that is set back does not make an answer last', async (t) => {
  let isRevoked = false
  const answer = (token: string) => (token.includes('good') && !isRevoked ? found() : backendFailure('http', 404))
  const { machine, asked, advance } = verifier({ answer })
  t.match(await machine.verify('api_key', 'ak_good'), { ok: true })
  await machine.verify('api_key', 'ak_unknown')
  advance(-1_000)
  t.match(await machine.verify('api_key', 'ak_good'), { ok: true })
  t.equal(asked.length, 2, 'a little is no matter')
  advance(-3_600_000)
  isRevoked = true
  t.match(await machine.verify('api_key', 'ak_good'), { ok: false, reason: 'token-invalid' })
  await machine.verify('api_key', 'ak_unknown')
  t.equal(asked.length, 4)
})

t.test('both memories can be turned off', async (t) => {
  const { machine, asked } = verifier({ cacheTtlMs: 0, negativeCacheTtlMs: 0 })
  for (let i = 0; i < 3; i++) await machine.verify('api_key', 'ak_good')
  for (let i = 0; i < 3; i++) await machine.verify('api_key', 'ak_unknown')
  t.equal(asked.length, 6)
})

t.test('rest lets go of what anybody can make up, and of no good token and no spent budget', async (t) => {
  const { machine, asked } = verifier()
  await machine.verify('api_key', 'ak_good')
  for (let i = 1; i < 250; i++) await machine.verify('api_key', `ak_${i}`)
  t.equal(asked.length, 250, 'the budget')
  machine.rest()
  t.match(await machine.verify('api_key', 'ak_good'), { ok: true })
  t.equal(asked.length, 250, 'the good one is still remembered')
  t.match(await machine.verify('api_key', 'ak_249'), { ok: false, reason: 'unexpected-error', retryAfterSeconds: 1 })
  t.equal(asked.length, 250, 'and the budget is still spent')
})

t.test('a token is not remembered beyond its own end', async (t) => {
  const { machine, asked, advance } = verifier({ answer: () => found({ expiresAtMs: NOW * 1000 + 5_000 }) })
  await machine.verify('api_key', 'ak_good')
  advance(5_000)
  await machine.verify('api_key', 'ak_good')
  t.equal(asked.length, 2)
})

t.test('a token that Clerk calls revoked or expired is refused, whatever the status', async (t) => {
  const { machine } = verifier({ answer: () => found({ isOver: true }) })
  t.match(await machine.verify('api_key', 'ak_good'), { ok: false, reason: 'token-invalid' })
})

t.test('each failure of Clerk has its reason, and says when to try again if it is not about the token', async (t) => {
  const cases: [object, reason: string, retryAfterSeconds: number | null][] = [
    [backendFailure('http', 404), 'token-invalid', null],
    [backendFailure('http', 401), 'secret-key-invalid', 60],
    [backendFailure('http', 422), 'unexpected-error', null],
    [backendFailure('http', 429, null, 7), 'unexpected-error', 7],
    [backendFailure('http', 500), 'unexpected-error', 5],
    [backendFailure('busy', null, null, 3), 'unexpected-error', 3],
    [backendFailure('network'), 'unexpected-error', 5],
    [backendFailure('timeout'), 'unexpected-error', 5],
    [backendFailure('malformed'), 'unexpected-error', 5],
    [backendFailure('keyless'), 'token-invalid', null]
  ]
  for (const [answer, reason, retryAfterSeconds] of cases) {
    const { machine, asked } = verifier({ answer: () => answer })
    t.match(await machine.verify('api_key', 'ak_1'), { ok: false, reason, retryAfterSeconds })
    await machine.verify('api_key', 'ak_1')
    t.equal(asked.length, retryAfterSeconds === null ? 1 : 2, 'only a verdict is remembered')
  }
  t.match(await verifier({ backendApi: null }).machine.verify('api_key', 'ak_1'), {
    reason: 'token-invalid',
    message: /needs the option secretKey/,
    retryAfterSeconds: null
  })
})

t.test('a bearer token of RFC 6750 section 2.1 is asked about, whatever characters it has', async (t) => {
  const { machine, asked } = verifier({ answer: () => found() })
  const tokens = [
    'ak_LCWGdaM8mv8K4PC/57IICZQXAeWfCgF30DZaFXHoGn9=',
    'ak_.~+/-_',
    'ak_a.b',
    'ak_a==',
    `ak_${'x'.repeat(509)}`
  ]
  for (const token of tokens) t.match(await machine.verify('api_key', token), { ok: true }, token)
  t.same(asked, tokens, 'as they are')
})

t.test('what cannot be a bearer token is refused without a call, and without a status that nobody sent', async (t) => {
  const { machine, asked } = verifier()
  for (const token of ['ak_ ', 'ak_ü', 'ak_a=b', 'ak_a%2F', 'ak_"a"', 'ak_a,b', 'ak_a\n', `ak_${'x'.repeat(510)}`]) {
    const message = /no bearer token.*\(code=token-invalid, status=n\/a\)$/
    t.match(await machine.verify('api_key', token), { ok: false, reason: 'token-invalid', message }, token)
  }
  t.match(await verifier({ jwtOnly: true }).machine.verify('api_key', 'ak_good'), { reason: 'token-invalid' })
  t.equal(asked.length, 0)
})

t.test('a message says what Clerk has answered, and that it has not where it has not', async (t) => {
  const cases: [BackendResult<unknown>, message: RegExp][] = [
    [backendFailure('http', 404), /^API key not found \(code=token-invalid, status=404\)$/],
    [backendFailure('http', 422), /^Clerk answered with an error.*status=422\)$/],
    [backendFailure('http', 500), /^Clerk answered with an error.*status=500\)$/],
    [backendFailure('timeout'), /^Clerk could not be asked.*status=n\/a\)$/],
    [backendFailure('busy', null, null, 3), /^Clerk could not be asked.*status=n\/a\)$/]
  ]
  for (const [answer, message] of cases) {
    t.match(await verifier({ answer: () => answer }).machine.verify('api_key', 'ak_1'), { message })
  }
})

t.test('a flood of made-up tokens spends a quarter of the quota, and known tokens go on', async (t) => {
  for (const [isDevelopment, perTenSeconds] of [
    [false, 250],
    [true, 25]
  ] as const) {
    const { machine, asked, advance } = verifier({ isDevelopment, cacheTtlMs: 1_000, maxEntries: 50 })
    await machine.verify('api_key', 'ak_good')
    let refused = 0
    let goodRefused = 0
    // 60 seconds, 1,000 made-up tokens a second, one good request each second.
    for (let second = 0; second < 60; second++) {
      for (let i = 0; i < 1_000; i++) {
        const outcome = await machine.verify('api_key', `ak_${second}_${i}`)
        if (!outcome.ok && outcome.retryAfterSeconds !== null) refused++
      }
      advance(1_000)
      if (!(await machine.verify('api_key', 'ak_good')).ok) goodRefused++
    }
    t.ok(asked.length <= perTenSeconds * 7 + 61, `${asked.length} calls for 60,060 requests`)
    t.ok(refused >= 60_000 - perTenSeconds * 7)
    t.equal(goodRefused, 0)
    t.comment(`${isDevelopment ? 'development' : 'production'}: ${asked.length} calls in 60 s`)
  }
})

t.test('no more calls than allowed are under way at once', async (t) => {
  let release = () => {}
  const gate = new Promise<void>((resolve) => (release = resolve))
  const { machine, asked } = verifier({ maxConcurrency: 3, answer: () => gate.then(() => found()) })
  const outcomes = Array.from({ length: 8 }, (_, i) => machine.verify('api_key', `ak_${i}`))
  release()
  const settled = await Promise.all(outcomes)
  t.equal(asked.length, 3)
  t.same(
    settled.map((outcome) => (outcome.ok ? 'ok' : outcome.retryAfterSeconds)),
    ['ok', 'ok', 'ok', 1, 1, 1, 1, 1]
  )
})

t.test('made-up tokens that take all places shut out no token that was good before', async (t) => {
  let gate: Promise<unknown> = Promise.resolve()
  let release = () => {}
  const { machine, asked, advance } = verifier({ maxConcurrency: 16, answer: () => gate.then(() => found()) })
  await machine.verify('api_key', 'ak_known')
  advance(60_000)
  gate = new Promise<void>((resolve) => (release = resolve))
  const strangers = Array.from({ length: 16 }, (_, i) => machine.verify('api_key', `ak_stranger${i}`))
  t.match(await machine.verify('api_key', 'ak_stranger16'), { ok: false, retryAfterSeconds: 1 })
  const known = machine.verify('api_key', 'ak_known')
  release()
  t.match(await known, { ok: true })
  await Promise.all(strangers)
  t.equal(asked.length, 18)
  t.match(await machine.verify('api_key', 'ak_stranger16'), { ok: true }, 'the places are free again')
})
