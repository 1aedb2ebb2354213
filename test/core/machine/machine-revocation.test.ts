import t from 'tap'
import { createApiKeyAuth, createM2MTokenAuth, createOAuthTokenAuth } from '../../../src/core/auth/machine-auth.js'
import type { BackendApi, MachineTokenCall } from '../../../src/core/backend-api/backend-api.js'
import { silentLogger } from '../../../src/core/logger.js'
import { createMachineVerifier } from '../../../src/core/machine/machine-verifier.js'
import { parseApiKey, parseM2MToken, parseOAuthToken } from '../../../src/core/machine/opaque-answers.js'
import type { MachineOutcome } from '../../../src/core/machine/outcome.js'
import type { RevocationTarget } from '../../../src/core/revocation/revocation.js'
import { createRevocations } from '../../../src/core/revocation/revocations.js'
import type { MachineTokenType } from '../../../src/core/token-types.js'
import { createManualClock } from '../../fixtures/manual-clock.js'
import { unverifiedOf } from '../../fixtures/unverified-token.js'

const SKEW_MS = 5_000
const DAY_MS = 86_400_000

/** A verifier with real revocations, and a Clerk that knows a token of each type. */
function setUp(given: { cacheTtlMs?: number; maxEntries?: number } = {}) {
  const clock = createManualClock()
  const revocations = createRevocations({
    now: clock.now,
    setTimer: clock.setTimer,
    clockSkewMs: SKEW_MS,
    logger: silentLogger,
    ...given
  })
  const created_at = clock.now() - 10 * DAY_MS
  const answers = new Map<string, Readonly<Record<string, unknown>>>([
    ['ak_user', { id: 'ak_1', subject: 'user_1', created_at }],
    ['ak_org', { id: 'ak_2', subject: 'org_1', created_at }],
    ['ak_undated', { id: 'ak_3', subject: 'user_3' }],
    ['mt_1', { id: 'mt_1', subject: 'mch_1', created_at }],
    ['oat_1', { id: 'oat_1', subject: 'user_1', client_id: 'client_1', created_at }]
  ])
  const asked: string[] = []
  let meanwhile = () => {}
  const api = {
    async verifyMachineToken({ body, path }: MachineTokenCall, parse: (value: unknown) => unknown) {
      const token = String(Object.values(body)[0])
      asked.push(token)
      meanwhile()
      const value = parse(answers.get(token))
      return value === null ? { ok: false, kind: 'http', status: 404, path } : { ok: true, value }
    }
  } as unknown as BackendApi
  const verifier = createMachineVerifier({
    backendApi: api,
    verifySignature: () => ({ ok: true }),
    clockSkewMs: SKEW_MS,
    isDevelopment: false,
    cacheTtlMs: given.cacheTtlMs ?? 10_000,
    negativeCacheTtlMs: 10_000,
    maxEntries: 100,
    maxConcurrency: 10,
    jwtOnly: false,
    revocations,
    now: clock.now
  })
  const jwts = new Map<string, Readonly<Record<string, unknown>>>()
  let issued = 0

  /** A JWT of this moment. */
  function issue(claims: Readonly<Record<string, unknown>>, lifetimeSeconds = 86_400): string {
    const iat = Math.floor(clock.now() / 1000)
    const text = `a.${++issued}.a`
    jwts.set(text, { iat, exp: iat + lifetimeSeconds, ...claims })
    return text
  }

  async function ask(type: MachineTokenType, text: string): Promise<string> {
    const claims = jwts.get(text)
    const header = type === 'oauth_token' ? { typ: 'at+jwt' } : {}
    const outcome: MachineOutcome = await verifier.verify(
      type,
      text,
      claims === undefined ? null : unverifiedOf(text, { header, claims })
    )
    return outcome.ok ? 'good' : outcome.reason
  }

  return {
    clock,
    revocations,
    verifier,
    answers,
    asked,
    issue,
    ask,
    during: (run: () => void) => {
      meanwhile = run
    }
  }
}

const oauth = { sub: 'user_1', client_id: 'client_1', jti: 'oat_jwt' }
const m2m = { sub: 'mch_1', jti: 'mt_jwt' }

t.test('each target ends its tokens, cached or not, opaque or JWT, and no others', async (t) => {
  const tokens: Readonly<Record<string, readonly [MachineTokenType, string | Readonly<Record<string, unknown>>]>> = {
    'API key of a user': ['api_key', 'ak_user'],
    'API key of an organization': ['api_key', 'ak_org'],
    'opaque M2M token': ['m2m_token', 'mt_1'],
    'opaque OAuth token': ['oauth_token', 'oat_1'],
    'M2M JWT': ['m2m_token', m2m],
    'OAuth JWT': ['oauth_token', oauth]
  }
  const cases: readonly (readonly [RevocationTarget, readonly string[]])[] = [
    [{ userId: 'user_1' }, ['API key of a user', 'opaque OAuth token', 'OAuth JWT']],
    [{ userId: 'mch_1' }, []],
    [{ organizationId: 'org_1' }, ['API key of an organization']],
    [{ organizationId: 'org_1', userId: 'user_1' }, []],
    [{ sessionId: 'sess_1' }, []],
    [{ clientId: 'client_1' }, ['opaque OAuth token', 'OAuth JWT']],
    [{ tokenId: 'ak_1' }, ['API key of a user']],
    [{ tokenId: 'mt_1' }, ['opaque M2M token']],
    [{ tokenId: 'mt_jwt' }, ['M2M JWT']],
    [{ tokenId: 'oat_jwt' }, ['OAuth JWT']],
    [{ everyone: true }, Object.keys(tokens)]
  ]
  for (const [target, ended] of cases) {
    for (const isCached of [true, false]) {
      const { clock, revocations, issue, ask } = setUp()
      const made = Object.entries(tokens).map(([name, [type, token]]) => {
        return { name, type, text: typeof token === 'string' ? token : issue(token) }
      })
      if (isCached) for (const { type, text } of made) t.equal(await ask(type, text), 'good')
      clock.advance(1_500)
      await revocations.revoke(target)
      for (const { name, type, text } of made) {
        const expected = ended.includes(name) ? 'token-revoked' : 'good'
        t.equal(await ask(type, text), expected, `${JSON.stringify(target)}, ${name}, cached: ${isCached}`)
        t.equal(await ask(type, text), expected, 'and again')
      }
    }
  }
})

t.test('what is issued after the revocation is good', async (t) => {
  const { clock, revocations, issue, ask, answers } = setUp()
  await revocations.revoke({ userId: 'user_1' })
  clock.advance(1_000)
  answers.set('ak_new', { id: 'ak_9', subject: 'user_1', created_at: clock.now() })
  t.equal(await ask('api_key', 'ak_new'), 'good')
  t.equal(await ask('oauth_token', issue(oauth)), 'good')
  t.equal(await ask('api_key', 'ak_user'), 'token-revoked')
})

t.test('a token that does not say when it was issued is older than any revocation', async (t) => {
  const { clock, revocations, issue, ask } = setUp()
  await revocations.revoke({ userId: 'user_3' }, clock.now() - DAY_MS / 2)
  await revocations.revoke({ userId: 'user_1' })
  clock.advance(10_000)
  t.equal(await ask('api_key', 'ak_undated'), 'token-revoked')
  t.equal(await ask('oauth_token', issue({ ...oauth, iat: undefined })), 'token-revoked')
})

t.test('a revocation that comes while Clerk is asked counts', async (t) => {
  const { revocations, ask, during } = setUp()
  during(() => void revocations.revoke({ tokenId: 'ak_1' }))
  t.equal(await ask('api_key', 'ak_user'), 'token-revoked')
})

t.test('a revocation outlives the longest token: an OAuth JWT of a day, issued just before', async (t) => {
  const { clock, revocations, issue, ask } = setUp()
  const token = issue(oauth)
  await revocations.revoke({ userId: 'user_1' })
  for (let passedMs = 0; passedMs < DAY_MS; passedMs += DAY_MS / 8) {
    t.equal(await ask('oauth_token', token), 'token-revoked', `${passedMs} ms later`)
    clock.advance(DAY_MS / 8)
  }
  clock.advance(SKEW_MS - 1)
  t.equal(revocations.size, 1)
  clock.advance(1_001)
  t.equal(revocations.size, 0, 'and no longer than that')
  t.equal(await ask('oauth_token', token), 'token-verification-failed', 'it has expired')
})

t.test('a JWT that lives for longer than a day is refused if a forgotten revocation may have covered it', async (t) => {
  const { clock, revocations, issue, ask } = setUp()
  const week = 7 * 86_400
  const before = issue(m2m, week)
  await revocations.revoke({ tokenId: 'mt_jwt' })
  clock.advance(2 * DAY_MS)
  t.equal(revocations.size, 0, 'forgotten')
  t.equal(await ask('m2m_token', before), 'token-revoked')
  t.equal(await ask('m2m_token', issue(m2m, week)), 'good')
  t.equal(await ask('api_key', 'ak_user'), 'good', 'Clerk is asked about opaque tokens, so they need no watermark')
  await revocations.revoke({ tokenId: 'mt_jwt' })
  clock.advance(3 * DAY_MS)
  t.equal(revocations.health().machineRetentionMs, week * 1000 + SKEW_MS)
  t.ok(revocations.size > 0, 'from then on revocations are kept for a week')
})

t.test('a revocation outlives each answer of Clerk from before it, with the longest memory there can be', async (t) => {
  const { clock, revocations, ask, answers } = setUp({ cacheTtlMs: 300_000 })
  t.equal(await ask('api_key', 'ak_user'), 'good')
  await revocations.revoke({ tokenId: 'ak_1' })
  answers.delete('ak_user')
  clock.advance(299_999)
  t.equal(await ask('api_key', 'ak_user'), 'token-revoked')
  clock.advance(DAY_MS + SKEW_MS)
  t.equal(revocations.size, 0)
  t.equal(await ask('api_key', 'ak_user'), 'token-invalid', "by then it is Clerk's own answer")
})

t.test('a flood of sign-outs costs no machine its token', async (t) => {
  const { revocations, issue, ask } = setUp({ maxEntries: 100 })
  const jwt = issue(oauth)
  await revocations.revoke({ tokenId: 'ak_1' })
  for (let i = 0; i < 1_000; i++) revocations.revoke({ sessionId: `sess_${i}` })
  t.ok(revocations.size <= 102)
  t.equal(await ask('oauth_token', jwt), 'good')
  t.equal(await ask('api_key', 'ak_user'), 'token-revoked', 'and undoes no revocation')
})

t.test(
  'too many revocations of machine tokens: JWTs of before are refused, opaque tokens asked about again',
  async (t) => {
    const { clock, revocations, verifier, issue, ask, asked, answers } = setUp({ maxEntries: 100 })
    revocations.onRevoked(({ kind }) => void (kind === 'all-machine-jwts' && verifier.askAgain()))
    const jwt = issue(oauth)
    await ask('api_key', 'ak_org')
    await revocations.revoke({ organizationId: 'org_1' })
    clock.advance(1)
    for (let i = 0; i < 200; i++) revocations.revoke({ tokenId: `t_${i}` })
    t.ok(revocations.size <= 102)
    t.type(revocations.health().machinesIssuedUntilMs, 'number')
    t.equal(await ask('oauth_token', jwt), 'token-revoked')
    answers.delete('ak_org')
    t.equal(await ask('api_key', 'ak_org'), 'token-invalid', 'Clerk says what it says now')
    t.same(asked, ['ak_org', 'ak_org'])
  }
)

t.test('the answers of Clerk give all that a revocation can name', async (t) => {
  const dated = { id: 'id_1', created_at: 1_700_000_000_000 }
  const key = parseApiKey({ ...dated, subject: 'org_1' })?.data
  const token = parseM2MToken({ ...dated, subject: 'mch_1' })?.data
  const access = parseOAuthToken({ ...dated, subject: 'user_1', client_id: 'client_1' })?.data
  if (key === undefined || token === undefined || access === undefined) throw new Error('unread')
  t.match(createApiKeyAuth(key, ''), { id: 'id_1', orgId: 'org_1', userId: null, issuedAt: dated.created_at })
  t.match(createM2MTokenAuth(token, ''), { id: 'id_1', issuedAt: dated.created_at })
  t.match(createOAuthTokenAuth(access, ''), { userId: 'user_1', clientId: 'client_1', issuedAt: dated.created_at })
  for (const created_at of [undefined, null, '1', new Date()]) {
    t.equal(parseApiKey({ id: 'ak_1', subject: 'user_1', created_at })?.data.issuedAt, null, String(created_at))
  }
})
