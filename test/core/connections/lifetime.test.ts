import { EventEmitter } from 'node:events'
import t from 'tap'
import type { Auth, SignedInAuth } from '../../../src/core/auth/types.js'
import { createLifetimes } from '../../../src/core/connections/lifetime.js'
import { silentLogger } from '../../../src/core/logger.js'
import { createRevocations } from '../../../src/core/revocation/revocations.js'
import type { VerificationOutcome } from '../../../src/core/token/outcome.js'
import { createManualClock } from '../../fixtures/manual-clock.js'

const SKEW_MS = 5_000

function setUp() {
  const clock = createManualClock()
  const timers = { now: clock.now, setTimer: clock.setTimer, clockSkewMs: SKEW_MS }
  const revocations = createRevocations({ ...timers, logger: silentLogger })
  const tokens = new Map<string, VerificationOutcome>()
  const refused = { ok: false, reason: 'token-invalid-signature' } as VerificationOutcome
  const lifetimes = createLifetimes({ ...timers, revocations, verify: (token) => tokens.get(token) ?? refused })

  /** What a verified token says; 60 s from now on unless told otherwise. */
  function signedIn(fields: Partial<SignedInAuth> & { lifetimeSeconds?: number } = {}): SignedInAuth {
    const { lifetimeSeconds = 60, ...auth } = fields
    const iat = Math.floor(clock.now() / 1000)
    return {
      isAuthenticated: true,
      tokenType: 'session_token',
      userId: 'user_1',
      sessionId: 'sess_1',
      sessionClaims: { sub: 'user_1', iat, exp: iat + lifetimeSeconds },
      sessionStatus: 'active',
      ...auth
    } as SignedInAuth
  }

  function issue(token: string, auth: SignedInAuth): string {
    tokens.set(token, { ok: true, auth, expiresAtMs: auth.sessionClaims.exp * 1000 + SKEW_MS } as VerificationOutcome)
    return token
  }

  return { clock, revocations, lifetimes, signedIn, issue, tokens }
}

t.test('a connection ends when its token runs out, and not before', async (t) => {
  const { clock, lifetimes, signedIn } = setUp()
  const { signal } = lifetimes.open(signedIn())
  clock.advance(64_999)
  t.equal(signal.aborted, false)
  clock.advance(1)
  t.equal(signal.aborted, true)
  t.match(signal.reason, { code: 'FST_CLERK_LIFETIME_EXPIRED', statusCode: 401 })
  t.equal(lifetimes.size, 0)
})

t.test('every target that covers session tokens ends their connections, and no others', async (t) => {
  const { clock, revocations, lifetimes, signedIn } = setUp()
  const targets = [
    { userId: 'user_1', only: 'sessions' },
    { organizationId: 'org_1', only: 'sessions' },
    { organizationId: 'org_1' },
    { everyone: true, only: 'sessions' },
    { everyone: true }
  ] as const
  for (const target of targets) {
    const own = lifetimes.open(signedIn({ orgId: 'org_1' }))
    const other = lifetimes.open(signedIn({ userId: 'user_2', sessionId: 'sess_2', orgId: 'org_2' }))
    revocations.revoke(target)
    t.match(own.signal.reason, { code: 'FST_CLERK_LIFETIME_REVOKED' }, JSON.stringify(target))
    t.equal(other.signal.aborted, 'everyone' in target, 'of somebody else')
    other.close()
    clock.advance(1_000)
  }
  const session = lifetimes.open(signedIn({ orgId: 'org_1' }))
  for (const target of [{ tokenId: 'ak_1' }, { clientId: 'client_1' }]) revocations.revoke(target)
  t.equal(session.signal.aborted, false)
})

t.test('renewal carries it on, as often as there is a fresh token', async (t) => {
  const { clock, lifetimes, signedIn, issue } = setUp()
  const lifetime = lifetimes.open(signedIn())
  for (let i = 0; i < 10; i++) {
    clock.advance(50_000)
    const renewal = await lifetime.renew(issue(`token-${i}`, signedIn()))
    t.match(renewal, { ok: true, expiresAtMs: clock.now() + 65_000, auth: { sessionId: 'sess_1' } })
  }
  t.equal(lifetime.signal.aborted, false)
  t.equal(lifetimes.size, 1)
  clock.advance(65_000)
  t.equal(lifetime.signal.aborted, true)
})

t.test('an older token than the newest is accepted and changes nothing', async (t) => {
  const { clock, lifetimes, signedIn, issue } = setUp()
  const old = issue('old', signedIn())
  clock.advance(10_000)
  const lifetime = lifetimes.open(signedIn())
  const { expiresAtMs } = lifetime
  t.match(await lifetime.renew(old), { ok: true, expiresAtMs })
  t.equal(lifetime.expiresAtMs, expiresAtMs)
})

t.test('a token of another session, user or organization, or of none, does not renew', async (t) => {
  const { clock, lifetimes, signedIn, issue } = setUp()
  const lifetime = lifetimes.open(signedIn({ orgId: 'org_1' }))
  clock.advance(30_000)
  const cases: [string, Partial<SignedInAuth>, string][] = [
    ['session', { sessionId: 'sess_2', orgId: 'org_1' }, 'session-mismatch'],
    ['no session', { sessionId: undefined, orgId: 'org_1' }, 'session-mismatch'],
    ['user', { userId: 'user_2', orgId: 'org_1' }, 'session-mismatch'],
    ['organization', { orgId: 'org_2' }, 'organization-mismatch'],
    ['no organization', { orgId: undefined }, 'organization-mismatch'],
    ['pending', { orgId: 'org_1', sessionStatus: 'pending' }, 'session-pending']
  ]
  for (const [name, fields, reason] of cases) {
    t.strictSame(await lifetime.renew(issue(name, signedIn(fields))), { ok: false, reason }, name)
  }
  t.strictSame(await lifetime.renew('forged'), { ok: false, reason: 'token-invalid-signature' })
  t.equal(lifetime.signal.aborted, false, 'what is refused ends nothing either')
  clock.advance(35_000)
  t.equal(lifetime.signal.aborted, true)
})

t.test('a connection without a session id cannot be renewed: nothing shows that it is the same session', async (t) => {
  const { lifetimes, signedIn, issue } = setUp()
  const lifetime = lifetimes.open(signedIn({ sessionId: undefined }))
  const renewal = await lifetime.renew(issue('next', signedIn({ sessionId: undefined })))
  t.strictSame(renewal, { ok: false, reason: 'session-mismatch' })
})

t.test('a revocation ends the connections of the session, user or membership at once, and no others', async (t) => {
  const { clock, revocations, lifetimes, signedIn } = setUp()
  const open = (fields: Partial<SignedInAuth>) => lifetimes.open(signedIn(fields)).signal
  const first = open({ sessionId: 'sess_1' })
  const second = open({ sessionId: 'sess_1' })
  const otherSession = open({ sessionId: 'sess_2' })
  const member = open({ sessionId: 'sess_3', orgId: 'org_1' })
  const otherUser = open({ sessionId: 'sess_4', userId: 'user_2' })
  const impersonated = open({ sessionId: 'sess_5', userId: 'user_3', actor: { sub: 'user_2' } })

  revocations.revoke({ sessionId: 'sess_1' })
  t.strictSame([first.aborted, second.aborted, otherSession.aborted], [true, true, false])
  t.match(first.reason, { code: 'FST_CLERK_LIFETIME_REVOKED', statusCode: 401 })
  revocations.revoke({ organizationId: 'org_1', userId: 'user_1' })
  t.strictSame([member.aborted, otherSession.aborted], [true, false])
  clock.advance(1_000)
  revocations.revoke({ userId: 'user_1' })
  t.strictSame([otherSession.aborted, otherUser.aborted], [true, false])
  revocations.revoke({ userId: 'user_2' })
  t.strictSame([otherUser.aborted, impersonated.aborted], [true, true])
  t.equal(lifetimes.size, 0)
})

t.test('a revocation as of before the token leaves the connection alone', async (t) => {
  const { clock, revocations, lifetimes, signedIn, issue } = setUp()
  const lifetime = lifetimes.open(signedIn())
  revocations.revoke({ sessionId: 'sess_1' }, clock.now() - 1_000)
  t.equal(lifetime.signal.aborted, false)
  clock.advance(20_000)
  await lifetime.renew(issue('fresh', signedIn()))
  revocations.revoke({ sessionId: 'sess_1' }, clock.now() - 5_000)
  t.equal(lifetime.signal.aborted, false, 'renewed since')
})

t.test('a connection of a session that is revoked already has ended when it is opened', async (t) => {
  const { revocations, lifetimes, signedIn } = setUp()
  const auth = signedIn()
  revocations.revoke({ sessionId: 'sess_1' })
  const lifetime = lifetimes.open(auth)
  t.equal(lifetime.signal.aborted, true)
  t.match(lifetime.signal.reason, { code: 'FST_CLERK_LIFETIME_REVOKED' })
  t.equal(lifetimes.size, 0)
})

t.test('too many revocations end every connection they may have meant', async (t) => {
  const clock = createManualClock()
  const timers = { now: clock.now, setTimer: clock.setTimer, clockSkewMs: SKEW_MS }
  const revocations = createRevocations({ ...timers, logger: silentLogger, maxEntries: 16 })
  const lifetimes = createLifetimes({ ...timers, revocations, verify: () => ({ ok: false }) as VerificationOutcome })
  const { signedIn } = setUp()
  const { signal } = lifetimes.open(signedIn({ sessionId: 'sess_x' }))
  for (let i = 0; i < 17; i++) revocations.revoke({ sessionId: `sess_${i}` })
  t.equal(signal.aborted, true)
})

t.test('a connection that closes by itself is let go without a signal', async (t) => {
  const { clock, revocations, lifetimes, signedIn, issue } = setUp()
  const socket = new EventEmitter()
  const lifetime = lifetimes.open(signedIn(), socket)
  t.equal(socket.listenerCount('close'), 1)
  socket.emit('close')
  t.equal(lifetimes.size, 0)
  t.equal(socket.listenerCount('close'), 0)
  revocations.revoke({ sessionId: 'sess_1' })
  clock.advance(100_000)
  t.equal(lifetime.signal.aborted, false)
  clock.advance(1_000)
  const renewal = await lifetime.renew(issue('late', signedIn()))
  t.strictSame(renewal, { ok: false, reason: 'connection-ended' })
  t.equal(lifetimes.size, 0)
})

t.test('a socket that serves one stream after the other collects no listeners', async (t) => {
  const { lifetimes, signedIn } = setUp()
  const socket = new EventEmitter()
  for (let i = 0; i < 50; i++) lifetimes.open(signedIn(), socket).close()
  t.equal(socket.listenerCount('close'), 0)
})

t.test('a signal asked for after the end has fired', async (t) => {
  const { clock, lifetimes, signedIn } = setUp()
  const lifetime = lifetimes.open(signedIn())
  clock.advance(65_000)
  t.equal(lifetime.signal.aborted, true)
  t.match(lifetime.signal.reason, { code: 'FST_CLERK_LIFETIME_EXPIRED' })
})

t.test('only a signed-in session has a lifetime', async (t) => {
  const { lifetimes } = setUp()
  const others = [
    { tokenType: 'session_token', isAuthenticated: false },
    { tokenType: 'api_key', isAuthenticated: true },
    { tokenType: null, isAuthenticated: false }
  ]
  for (const auth of others) t.throws(() => lifetimes.open(auth as Auth), { code: 'FST_CLERK_UNAUTHORIZED' })
})

t.test('there is one timer for all connections, and none without', async (t) => {
  const { clock, lifetimes, signedIn } = setUp()
  t.equal(clock.pending, 0)
  const all = Array.from({ length: 1_000 }, (_, i) => lifetimes.open(signedIn({ sessionId: `sess_${i}` })))
  t.equal(clock.pending, 1)
  clock.advance(1_500)
  t.equal(clock.pending, 1)
  for (const lifetime of all) lifetime.close()
  clock.advance(1_000)
  t.equal(clock.pending, 0)
})

t.test('a process that slept ends what ran out meanwhile, and only that', async (t) => {
  const { clock, lifetimes, signedIn } = setUp()
  const short = lifetimes.open(signedIn({ sessionId: 'sess_1' }))
  const long = lifetimes.open(signedIn({ sessionId: 'sess_2', lifetimeSeconds: 10_000 }))
  clock.jump(5_000_000)
  clock.advance(1_000)
  t.strictSame([short.signal.aborted, long.signal.aborted], [true, false])
})

t.test('a token that has run out when the connection opens ends it with the next tick', async (t) => {
  const { clock, lifetimes, signedIn } = setUp()
  const auth = signedIn()
  clock.advance(70_000)
  const { signal } = lifetimes.open(auth)
  t.equal(signal.aborted, false)
  clock.advance(1_000)
  t.equal(signal.aborted, true)
})

t.test('a listener may close, open and revoke while connections end', async (t) => {
  const { clock, revocations, lifetimes, signedIn } = setUp()
  const all = Array.from({ length: 10 }, () => lifetimes.open(signedIn()))
  all[0]!.signal.addEventListener('abort', () => {
    all[5]!.close()
    revocations.revoke({ userId: 'user_1' })
    lifetimes.open(signedIn({ userId: 'user_2', sessionId: 'sess_2' }))
  })
  clock.advance(65_000)
  t.equal(all.filter(({ signal }) => signal.aborted).length, 9)
  t.equal(lifetimes.size, 1)
})

t.test('closing lets go of all without a signal', async (t) => {
  const { clock, revocations, lifetimes, signedIn } = setUp()
  const socket = new EventEmitter()
  const { signal } = lifetimes.open(signedIn(), socket)
  lifetimes.close()
  revocations.revoke({ sessionId: 'sess_1' })
  clock.advance(100_000)
  t.equal(signal.aborted, false)
  t.equal(lifetimes.size, 0)
  t.equal(socket.listenerCount('close'), 0)
})

t.test('a machine token has no lifetime, and the refusal says so', async (t) => {
  const { lifetimes } = setUp()
  for (const tokenType of ['api_key', 'm2m_token', 'oauth_token'] as const) {
    const auth = { tokenType, isAuthenticated: true } as Auth
    t.throws(() => lifetimes.open(auth), { code: 'FST_CLERK_UNAUTHORIZED', message: /machine token.*session_token/ })
    const refused = { tokenType, isAuthenticated: false } as Auth
    t.throws(() => lifetimes.open(refused), { code: 'FST_CLERK_UNAUTHORIZED', message: /sign in first/ })
  }
  t.equal(lifetimes.size, 0)
})
