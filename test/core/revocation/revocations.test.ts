import t from 'tap'
import { silentLogger } from '../../../src/core/logger.js'
import type { RevocationBus, RevocationPeer } from '../../../src/core/revocation/bus.js'
import type { Revocation } from '../../../src/core/revocation/revocation.js'
import type { RevocableToken } from '../../../src/core/revocation/revocation-store.js'
import { createRevocations } from '../../../src/core/revocation/revocations.js'
import type { Revocations, RevocationsOptions } from '../../../src/core/revocation/types.js'
import { createManualClock } from '../../fixtures/manual-clock.js'

const SKEW_MS = 5_000
/** Lifetime of a session token and skew: as long as an entry is kept. */
const RETENTION_MS = 60_000 + SKEW_MS

type TokenFields = Partial<RevocableToken['auth']> & { issuedAt?: number }

function token({ issuedAt = 0, ...auth }: TokenFields): RevocableToken {
  return {
    issuedAt,
    clearedEpoch: 0,
    auth: { sessionId: 'sess_1', userId: 'user_1', orgId: undefined, actor: undefined, ...auth }
  }
}

/** A bus that nobody else is on. `joined` is this instance. */
function createLonelyBus() {
  const lonely = {
    joined: undefined as RevocationPeer | undefined,
    open: async (peer: RevocationPeer) => {
      lonely.joined = peer
    },
    publish: async () => true,
    health: () => ({ kind: 'lonely', connected: true, disconnectedSinceMs: null }),
    close: async () => {}
  }
  return lonely
}

function setUp(options: Partial<RevocationsOptions> = {}) {
  const clock = createManualClock()
  const revocations = createRevocations({
    now: clock.now,
    setTimer: clock.setTimer,
    clockSkewMs: SKEW_MS,
    logger: silentLogger,
    ...options
  })
  return { clock, revocations, nowSeconds: () => Math.floor(clock.now() / 1000) }
}

/** Lets the revocations observe a token of this lifetime. */
function see(revocations: Revocations, issuedAt: number, lifetimeSeconds: number): void {
  revocations.observe({ issuedAt, auth: { sessionClaims: { exp: issuedAt + lifetimeSeconds } } })
}

t.test('a session that is revoked loses its tokens, and no other session does', async (t) => {
  const { revocations, nowSeconds } = setUp()
  t.equal(revocations.size, 0)
  t.equal(await revocations.revoke({ sessionId: 'sess_1' }), true)
  t.equal(revocations.size, 1)
  t.equal(revocations.covers(token({ issuedAt: nowSeconds() - 30 })), true)
  t.equal(revocations.covers(token({ issuedAt: nowSeconds() - 30, sessionId: 'sess_2' })), false)
  t.equal(revocations.covers(token({ issuedAt: nowSeconds() - 30, sessionId: undefined })), false)
})

t.test('a user who is revoked loses every session, and whoever impersonates with their account', async (t) => {
  const { revocations, nowSeconds } = setUp()
  revocations.revoke({ userId: 'user_1' })
  const issuedAt = nowSeconds() - 1
  t.equal(revocations.covers(token({ issuedAt, sessionId: 'sess_7' })), true)
  t.equal(revocations.covers(token({ issuedAt, userId: 'user_2' })), false)
  t.equal(revocations.covers(token({ issuedAt, userId: 'user_2', actor: { sub: 'user_1' } })), true)
})

t.test('a changed membership ends the tokens of that organization only', async (t) => {
  const { revocations, nowSeconds } = setUp()
  revocations.revoke({ organizationId: 'org_1', userId: 'user_1' })
  const issuedAt = nowSeconds() - 1
  t.equal(revocations.covers(token({ issuedAt, orgId: 'org_1' })), true)
  t.equal(revocations.covers(token({ issuedAt, orgId: 'org_2' })), false)
  t.equal(revocations.covers(token({ issuedAt })), false)
  t.equal(revocations.covers(token({ issuedAt, orgId: 'org_1', userId: 'user_2' })), false)
})

t.test('a revoked organization loses all its tokens, and no other does', async (t) => {
  const { revocations, nowSeconds } = setUp()
  revocations.revoke({ organizationId: 'org_1' })
  const issuedAt = nowSeconds() - 1
  t.equal(revocations.covers(token({ issuedAt, orgId: 'org_1' })), true)
  t.equal(revocations.covers(token({ issuedAt, orgId: 'org_1', userId: 'user_2' })), true)
  t.equal(revocations.covers(token({ issuedAt, orgId: 'org_2' })), false)
  t.equal(revocations.covers(token({ issuedAt })), false, 'nor do its members outside of it')
  t.equal(revocations.covers(token({ issuedAt: nowSeconds() + 1, orgId: 'org_1' })), false)
})

t.test('only sessions: machine tokens stay', async (t) => {
  const machine = {
    tokenId: 'ak_1',
    userId: 'user_1',
    orgId: 'org_1',
    clientId: null,
    issuedAtMs: 0,
    isOpaque: true,
    clearedEpoch: 0
  }
  for (const target of [{ userId: 'user_1' }, { organizationId: 'org_1' }, { everyone: true }] as const) {
    const { revocations, nowSeconds } = setUp()
    revocations.revoke({ ...target, only: 'sessions' })
    t.equal(revocations.covers(token({ issuedAt: nowSeconds(), orgId: 'org_1' })), true)
    t.equal(revocations.coversMachine({ ...machine, clearedEpoch: 0 }), false)
    revocations.revoke(target)
    t.equal(revocations.coversMachine({ ...machine, clearedEpoch: 0 }), true)
  }
})

t.test(
  'an entry that covers session tokens only goes with them, one that covers machine tokens after a day',
  async (t) => {
    const { clock, revocations } = setUp()
    revocations.revoke({ userId: 'user_1', only: 'sessions' })
    revocations.revoke({ userId: 'user_1' })
    t.equal(revocations.size, 2)
    clock.advance(RETENTION_MS)
    t.equal(revocations.size, 1)
    clock.advance(86_400_000 + SKEW_MS - RETENTION_MS)
    t.equal(revocations.size, 0)
    t.equal(clock.pending, 0)
  }
)

t.test('a token of the second in which the revocation falls is refused, one of the next second is good', async (t) => {
  const { clock, revocations, nowSeconds } = setUp()
  clock.advance(400)
  const sameSecond = nowSeconds()
  revocations.revoke({ sessionId: 'sess_1' })
  t.equal(revocations.covers(token({ issuedAt: sameSecond })), true, 'may be from before: refused')
  t.equal(revocations.covers(token({ issuedAt: sameSecond + 1 })), false, 'is from after')
})

t.test('a revocation at the very start of a second refuses the tokens of that second', async (t) => {
  const { revocations, nowSeconds } = setUp()
  revocations.revoke({ sessionId: 'sess_1' })
  t.equal(revocations.covers(token({ issuedAt: nowSeconds() })), true)
})

t.test('"now" is no earlier than the newest token seen, when the clock of the issuer is ahead', async (t) => {
  const { revocations, nowSeconds } = setUp()
  see(revocations, nowSeconds() + 3, 60)
  revocations.revoke({ sessionId: 'sess_1' })
  t.equal(revocations.covers(token({ issuedAt: nowSeconds() + 3 })), true)
  t.equal(revocations.covers(token({ issuedAt: nowSeconds() + 4 })), false)
})

t.test('a token of tomorrow says nothing about now', async (t) => {
  const { revocations, nowSeconds } = setUp()
  see(revocations, nowSeconds() + 80_000, 60)
  revocations.revoke({ sessionId: 'sess_1' })
  t.equal(revocations.covers(token({ issuedAt: nowSeconds() + 1 })), false)
})

t.test('a token without iat lengthens what is kept by what it has left', async (t) => {
  const { clock, revocations, nowSeconds } = setUp()
  revocations.observe({ issuedAt: Infinity, auth: { sessionClaims: { exp: nowSeconds() + 300 } } })
  t.equal(revocations.health().retentionMs, 300_000 + SKEW_MS)
  revocations.revoke({ userId: 'user_1' })
  clock.advance(300_000)
  t.equal(revocations.covers(token({ issuedAt: Infinity })), true)
})

t.test('a token without iat cannot show that it is younger', async (t) => {
  const { revocations } = setUp()
  revocations.revoke({ userId: 'user_1' })
  t.equal(revocations.covers(token({ issuedAt: Infinity })), true)
})

t.test('a given moment counts instead of now, and the later of two wins in any order', async (t) => {
  const { clock, revocations, nowSeconds } = setUp()
  revocations.revoke({ sessionId: 'sess_1' }, clock.now() - 10_000)
  t.equal(revocations.covers(token({ issuedAt: nowSeconds() - 10 })), true)
  t.equal(revocations.covers(token({ issuedAt: nowSeconds() - 9 })), false)
  revocations.revoke({ sessionId: 'sess_1' }, new Date(clock.now() - 5_000))
  revocations.revoke({ sessionId: 'sess_1' }, clock.now() - 20_000)
  t.equal(revocations.covers(token({ issuedAt: nowSeconds() - 5 })), true)
  t.equal(revocations.covers(token({ issuedAt: nowSeconds() - 4 })), false)
  t.equal(revocations.size, 1)
})

t.test('what is not a target or not a moment is refused loudly', async (t) => {
  const { clock, revocations } = setUp()
  const targets: unknown[] = [
    undefined,
    null,
    {},
    { sessionId: '' },
    { sessionId: 7 },
    { userId: '' },
    { organizationId: '' },
    { organizationId: '', userId: 'user_1' },
    { organisationId: 'org_1', userId: 'user_1' },
    { tokenId: 7 },
    { tokenId: 'ak_1', clientId: 'client_1' },
    { everyone: 'yes' },
    { userId: 'user_1', only: 'machines' },
    { userId: 'user_1', only: null },
    { sessionId: 'sess_1', only: 'sessions' },
    { tokenId: 'ak_1', only: 'sessions' },
    { organizationId: 'org_1', userId: 'user_1', only: 'sessions' },
    { only: 'sessions' },
    { everyone: false },
    { everyone: true, userId: 'user_1' },
    { organizationId: 'org_1', userId: 'user_1', sessionId: 'sess_1' },
    { constructor: 'user_1' },
    { sessionId: 'sess_1', userId: 'user_1' },
    { userId: 'u'.repeat(257) },
    'user_1'
  ]
  for (const target of targets) {
    t.throws(() => revocations.revoke(target as never), { code: 'FST_CLERK_REVOCATION_TARGET' }, JSON.stringify(target))
  }
  for (const at of [Number.NaN, Infinity, -Infinity, clock.now() / 1000, clock.now() + 2 * 86_400_000, '1', {}]) {
    const revoke = () => revocations.revoke({ userId: 'user_1' }, at as never)
    t.throws(revoke, { code: 'FST_CLERK_REVOCATION_TIME' }, String(at))
  }
  t.equal(revocations.size, 0)
})

t.test('an entry is kept as long as a token can live, and no longer', async (t) => {
  const { clock, revocations, nowSeconds } = setUp()
  const issuedAt = nowSeconds()
  revocations.revoke({ sessionId: 'sess_1' })
  clock.advance(RETENTION_MS - 1)
  t.equal(revocations.size, 1)
  t.equal(revocations.covers(token({ issuedAt })), true)
  clock.advance(1)
  t.equal(revocations.size, 0)
  t.equal(clock.pending, 0, 'nothing is revoked: no timer')
})

t.test('a longer-lived token that is seen makes entries last longer', async (t) => {
  const { clock, revocations, nowSeconds } = setUp()
  see(revocations, nowSeconds(), 600)
  t.equal(revocations.health().retentionMs, 600_000 + SKEW_MS)
  revocations.revoke({ sessionId: 'sess_1' })
  clock.advance(599_000)
  t.equal(revocations.size, 1)
  clock.advance(6_000)
  t.equal(revocations.size, 0)
})

t.test('entries made before the first longer-lived token last longer too', async (t) => {
  const { clock, revocations, nowSeconds } = setUp()
  revocations.revoke({ sessionId: 'sess_1' })
  see(revocations, nowSeconds() - 10, 600)
  clock.advance(RETENTION_MS)
  t.equal(revocations.size, 1)
})

t.test('a longer-lived token than expected, from before a forgotten revocation, is refused', async (t) => {
  const { clock, revocations, nowSeconds } = setUp()
  const before = nowSeconds()
  revocations.revoke({ sessionId: 'sess_1' })
  clock.advance(RETENTION_MS + 1_000)
  t.equal(revocations.size, 0, 'forgotten')
  see(revocations, before, 600)
  t.equal(revocations.covers(token({ issuedAt: before })), true)
  t.equal(revocations.covers(token({ issuedAt: nowSeconds() })), false, 'a later one is good')
  t.equal(revocations.health().everyoneIssuedUntilMs, before * 1000)
  clock.advance(700_000)
  t.equal(revocations.size, 0)
})

t.test('a revocation older than any token is not entered, and counts when a longer-lived token turns up', async (t) => {
  const { clock, revocations, nowSeconds } = setUp()
  revocations.revoke({ sessionId: 'sess_1' }, clock.now() - 120_000)
  t.equal(revocations.size, 0)
  see(revocations, nowSeconds() - 130, 600)
  t.equal(revocations.covers(token({ issuedAt: nowSeconds() - 130 })), true)
})

t.test('too many entries fold into a watermark: nothing is forgotten, and the number is bounded', async (t) => {
  const warnings: object[] = []
  const { clock, revocations, nowSeconds } = setUp({
    maxEntries: 160,
    logger: { ...silentLogger, warn: (fields) => warnings.push(fields) }
  })
  const revokedAt = new Map<string, number>()
  for (let i = 0; i < 1_000; i++) {
    clock.advance(10)
    revokedAt.set(`sess_${i}`, clock.now())
    revocations.revoke({ sessionId: `sess_${i}` })
    if (revocations.size > 161) t.fail('too many entries')
  }
  for (const [sessionId, atMs] of revokedAt) {
    t.equal(revocations.covers(token({ sessionId, issuedAt: Math.floor(atMs / 1000) })), true)
  }
  const { everyoneIssuedUntilMs } = revocations.health()
  t.ok(everyoneIssuedUntilMs)
  t.ok(everyoneIssuedUntilMs! < clock.now() - 1_000, 'the newest revocations are still precise')
  t.equal(revocations.covers(token({ sessionId: 'other', issuedAt: nowSeconds() + 1 })), false)
  t.ok(warnings.length > 0 && warnings.length < 100)
  clock.advance(RETENTION_MS + 1_000)
  t.equal(revocations.size, 0, 'the watermark runs out as entries do')
})

t.test('revocations of one moment beyond the bound fold as well', async (t) => {
  const { revocations, nowSeconds } = setUp({ maxEntries: 10 })
  for (let i = 0; i < 50; i++) revocations.revoke({ organizationId: `org_${i % 7}`, userId: `user_${i}` })
  t.ok(revocations.size <= 11)
  t.equal(revocations.covers(token({ userId: 'user_3', orgId: 'org_3', issuedAt: nowSeconds() })), true)
})

t.test('entries dated ahead fold into now at most: who signs in afterwards stays in', async (t) => {
  const { clock, revocations, nowSeconds } = setUp({ maxEntries: 1_000 })
  const hourAhead = clock.now() + 3_600_000
  for (let i = 0; i < 2_500; i++) revocations.revoke({ sessionId: `s${i}` }, hourAhead + i)
  t.ok(revocations.size <= 1_001)
  t.ok((revocations.health().everyoneIssuedUntilMs ?? 0) <= clock.now() + SKEW_MS)
  t.equal(revocations.covers(token({ sessionId: 's0', issuedAt: nowSeconds() })), true, 'what was folded still counts')
  t.equal(revocations.covers(token({ sessionId: 's2499', issuedAt: nowSeconds() + 60 })), true, 'and what was not')
  clock.advance(SKEW_MS + 1_000)
  t.equal(revocations.covers(token({ sessionId: 'fresh', issuedAt: nowSeconds() })), false)
})

t.test('a peer whose clock is ahead refuses nobody who signs in after its message', async (t) => {
  let receive: RevocationPeer['receive'] = () => {}
  const bus: RevocationBus = {
    open: async (peer) => {
      receive = peer.receive
    },
    publish: async () => true,
    health: () => ({ kind: 'test', connected: true, disconnectedSinceMs: null }),
    close: async () => {}
  }
  const { clock, revocations, nowSeconds } = setUp({ bus, maxEntries: 100 })
  await revocations.ready
  const atMs = clock.now() + 3_600_000
  receive([
    { kind: 'user', id: 'user_1', atMs },
    { kind: 'membership', userId: 'user_1', organizationId: 'org_1', atMs },
    { kind: 'all-sessions', atMs },
    ...Array.from({ length: 500 }, (_, i) => ({ kind: 'session', id: `s${i}`, atMs }) as const)
  ])
  t.equal(revocations.covers(token({ userId: 'user_1', issuedAt: nowSeconds() - 1 })), true)
  clock.advance(SKEW_MS + 1_000)
  t.equal(
    revocations.covers(token({ userId: 'user_1', orgId: 'org_1', sessionId: 'new', issuedAt: nowSeconds() })),
    false
  )
  t.equal(revocations.covers(token({ userId: 'user_2', sessionId: 's499', issuedAt: nowSeconds() - 10 })), true)
})

t.test('listeners hear what is news, once', async (t) => {
  const { clock, revocations } = setUp()
  const heard: Revocation[] = []
  const stop = revocations.onRevoked((revocation) => heard.push(revocation))
  revocations.revoke({ sessionId: 'sess_1' })
  revocations.revoke({ sessionId: 'sess_1' })
  t.strictSame(heard, [{ kind: 'session', id: 'sess_1', atMs: clock.now() }])
  stop()
  revocations.revoke({ sessionId: 'sess_2' })
  t.equal(heard.length, 1)
})

t.test('close lets go of everything', async (t) => {
  const { clock, revocations } = setUp()
  revocations.revoke({ sessionId: 'sess_1' })
  await revocations.close()
  t.equal(revocations.size, 0)
  t.equal(clock.pending, 0)
  t.equal(await revocations.revoke({ sessionId: 'sess_2' }), false, 'it counts for nobody')
  t.equal(clock.pending, 0)
})

t.test('a token found good is found revoked once there is a revocation for it, in whichever store', async (t) => {
  const one = setUp()
  const two = setUp()
  const good = token({ issuedAt: one.nowSeconds() - 1 })
  one.revocations.revoke({ sessionId: 'other' })
  two.revocations.revoke({ userId: 'other' })
  for (let i = 0; i < 3; i++) t.equal(one.revocations.covers(good), false)
  two.revocations.revoke({ sessionId: 'sess_1' })
  t.equal(one.revocations.covers(good), false)
  t.equal(two.revocations.covers(good), true)
  one.revocations.revoke({ userId: 'user_1' }, one.clock.now() - 30_000)
  t.equal(one.revocations.covers(good), false, 'as of before it')
  one.revocations.revoke({ userId: 'user_1' })
  t.equal(one.revocations.covers(good), true)
  t.equal(one.revocations.covers(good), true)
})

t.test('against a plain list of revocations, every answer is the same', async (t) => {
  const { clock, revocations, nowSeconds } = setUp()
  const list: Revocation[] = []
  revocations.onRevoked((revocation) => list.push(revocation))
  let seed = 7
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    return seed % below
  }
  let asked = 0
  const kept: RevocableToken[] = []
  for (let i = 0; i < 5_000; i++) {
    const ids = { sessionId: `s${random(20)}`, userId: `u${random(10)}`, organizationId: `o${random(5)}` }
    const kind = random(12)
    if (kind === 0) revocations.revoke({ sessionId: ids.sessionId })
    if (kind === 1) revocations.revoke({ userId: ids.userId }, clock.now() - random(60_000))
    if (kind === 2) revocations.revoke({ userId: ids.userId, organizationId: ids.organizationId })
    if (kind === 3 && random(4) === 0) revocations.revoke({ organizationId: ids.organizationId })
    clock.advance(random(3_000))
    const issuedAt = nowSeconds() - random(65)
    const candidate = token({ ...ids, orgId: random(2) === 0 ? ids.organizationId : undefined, issuedAt })
    // Some tokens are asked about repeatedly, as cached tokens are.
    kept[i % 50] = candidate
    const again = kept[random(kept.length)] ?? candidate
    if (revocations.covers(again) !== isCovered(again)) t.fail(`differs for a token known at ${i}`)
    const expected = isCovered(candidate)
    if (revocations.covers(candidate) !== expected) t.fail(`differs at ${i}`)
    asked++
  }
  t.equal(asked, 5_000)

  function isCovered(candidate: RevocableToken): boolean {
    const { issuedAt, auth } = candidate
    // The store may have dropped revocations older than a token's life: expired tokens are not asked about.
    if (issuedAt * 1000 + RETENTION_MS <= clock.now()) return revocations.covers(candidate)
    return list.some((revocation) => issuedAt * 1000 <= revocation.atMs && isNamed(revocation, auth))
  }

  function isNamed(revocation: Revocation, { sessionId, userId, orgId }: RevocableToken['auth']): boolean {
    if (revocation.kind === 'session') return revocation.id === sessionId
    if (revocation.kind === 'user') return revocation.id === userId
    if (revocation.kind === 'organization') return revocation.id === orgId
    return revocation.kind === 'membership' && revocation.userId === userId && revocation.organizationId === orgId
  }
})

t.test('what one instance refuses in place of revocations that it has forgotten, peers are not told', async (t) => {
  const bus = createLonelyBus()
  const known = () => [...(bus.joined?.known() ?? [])]
  const { clock, revocations, nowSeconds } = setUp({ bus })
  const untilMs = clock.now()
  revocations.refuseIssuedUntil({ sessionsMs: untilMs, machinesMs: untilMs })
  const before = token({ sessionId: 'sess_2', issuedAt: nowSeconds() })
  t.equal(revocations.covers(before), true)
  t.strictSame(known(), [])

  // Covered by the watermark, and nevertheless known: another process may have lost it.
  const heard: Revocation = { kind: 'session', id: 'sess_3', atMs: untilMs - 1_000 }
  bus.joined?.receive([heard])
  t.strictSame(known(), [heard])
  t.equal(revocations.covers(before), true)

  clock.advance(2_000)
  await revocations.revoke({ everyone: true, only: 'sessions' })
  t.strictSame(known(), [{ kind: 'all-sessions', atMs: clock.now() }], 'a revocation of everyone is told')
  clock.advance(RETENTION_MS)
  t.equal(revocations.covers(before), false, 'both watermarks are over')
  t.strictSame(known(), [])
})

t.test('what a longer-lived token makes an instance refuse, peers are not told', async (t) => {
  const bus = createLonelyBus()
  const known = () => [...(bus.joined?.known() ?? [])]
  const { clock, revocations, nowSeconds } = setUp({ bus })
  const before = nowSeconds()
  await revocations.revoke({ sessionId: 'sess_1' })
  clock.advance(RETENTION_MS + 1_000)
  see(revocations, before, 600)
  t.equal(revocations.covers(token({ sessionId: 'sess_2', issuedAt: before })), true)
  t.strictSame(known(), [])
})
