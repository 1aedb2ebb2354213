import t from 'tap'
import { silentLogger } from '../../../src/core/logger.js'
import type { RevocationPeer } from '../../../src/core/revocation/bus.js'
import type { Revocation } from '../../../src/core/revocation/revocation.js'
import { createRevocations } from '../../../src/core/revocation/revocations.js'
import { createManualClock } from '../../fixtures/manual-clock.js'

const SKEW_MS = 5_000
const MINUTE_MS = 60_000
const BEHIND_MS = 10 * MINUTE_MS

/** The clock of this process is behind the true one, until `setRight`. Time passes by `true.advance`. */
function setUp({ maxEntries = 100 } = {}) {
  const truth = createManualClock()
  let behindMs = BEHIND_MS
  let joined: RevocationPeer | undefined
  const published: Revocation[] = []
  const revocations = createRevocations({
    now: () => truth.now() - behindMs,
    steadyNow: () => truth.now() - 1_000_000,
    setTimer: truth.setTimer,
    clockSkewMs: SKEW_MS,
    logger: silentLogger,
    maxEntries,
    bus: {
      open: async (peer) => {
        joined = peer
      },
      publish: async (revocation) => {
        published.push(revocation)
        return true
      },
      health: () => ({ kind: 'test', connected: true, disconnectedSinceMs: null }),
      close: async () => {}
    }
  })
  return {
    truth,
    revocations,
    published,
    receive: (revocation: Revocation) => joined?.receive([revocation]),
    step: (ms: number) => {
      behindMs -= ms
    },
    /** Tells of a first-seen token. */
    seeToken: () => {
      const issuedAt = Math.floor((truth.now() - behindMs) / 1000)
      revocations.observe({ issuedAt, auth: { sessionClaims: { exp: issuedAt + 60 } } })
    }
  }
}

/** An OAuth access token of the user, issued at this moment. */
function machineToken(issuedAtMs: number, userId = 'user_1') {
  const ids = { tokenId: null, userId, orgId: null, clientId: null }
  return { ...ids, issuedAtMs: Math.floor(issuedAtMs / 1000) * 1000, isOpaque: false, clearedEpoch: 0 }
}

t.test('a clock that was behind is set right: what was revoked meanwhile stays so, and no more', async (t) => {
  const { truth, revocations, published, step, seeToken } = setUp()
  const revokedAtMs = truth.now()
  revocations.revoke({ userId: 'user_1' })
  truth.advance(MINUTE_MS)
  const known = machineToken(revokedAtMs - BEHIND_MS + 30_000)
  t.equal(revocations.coversMachine(known), false, 'passes for younger')
  step(BEHIND_MS)
  seeToken()
  t.equal(revocations.coversMachine(known), true, 'also where it had been let through')
  t.equal(revocations.coversMachine(machineToken(revokedAtMs)), true)
  t.equal(revocations.coversMachine(machineToken(revokedAtMs + 1_000)), false, 'a later sign-in is good')
  t.strictSame(
    published,
    [revokedAtMs - BEHIND_MS, revokedAtMs].map((atMs) => ({ kind: 'user', id: 'user_1', atMs })),
    'the other processes are told the moment'
  )
})

t.test('it is noticed without a request or a revocation', async (t) => {
  const { truth, revocations, step } = setUp()
  const revokedAtMs = truth.now()
  revocations.revoke({ userId: 'user_1' })
  const heard: Revocation[] = []
  revocations.onRevoked((revocation) => heard.push(revocation))
  step(BEHIND_MS)
  truth.advance(5_000)
  t.equal(revocations.coversMachine(machineToken(revokedAtMs)), true)
  t.strictSame(heard, [{ kind: 'user', id: 'user_1', atMs: revokedAtMs }], 'open connections are told')
})

t.test('a session whose entry the step would make too old', async (t) => {
  const { truth, revocations, step, seeToken } = setUp()
  const issuedAt = Math.floor(truth.now() / 1000)
  revocations.revoke({ sessionId: 'sess_1' })
  step(BEHIND_MS)
  seeToken()
  const auth = { sessionId: 'sess_1', userId: 'user_1', orgId: undefined, actor: undefined }
  t.equal(revocations.covers({ issuedAt, clearedEpoch: 0, auth }), true)
  t.equal(revocations.covers({ issuedAt: issuedAt + 1, clearedEpoch: 0, auth }), false)
  truth.advance(MINUTE_MS + 2 * SKEW_MS)
  t.equal(revocations.size, 0)
  t.equal(truth.pending, 0)
})

t.test('the moment that a peer gives is reached, and not passed', async (t) => {
  const { truth, revocations, published, receive, step, seeToken } = setUp()
  const revokedAtMs = truth.now()
  receive({ kind: 'user', id: 'user_1', atMs: revokedAtMs })
  truth.advance(MINUTE_MS)
  t.equal(revocations.coversMachine(machineToken(revokedAtMs)), false)
  step(BEHIND_MS)
  seeToken()
  t.equal(revocations.coversMachine(machineToken(revokedAtMs)), true)
  t.equal(revocations.coversMachine(machineToken(revokedAtMs + 1_000)), false)
  t.strictSame(published, [], 'the bus has it')
})

t.test('a moment that was given stays where it is', async (t) => {
  const { truth, revocations, receive, step, seeToken } = setUp()
  const atMs = truth.now() - BEHIND_MS - MINUTE_MS
  revocations.revoke({ userId: 'user_1' }, atMs)
  receive({ kind: 'user', id: 'user_2', atMs })
  step(BEHIND_MS)
  seeToken()
  for (const userId of ['user_1', 'user_2']) {
    t.equal(revocations.coversMachine(machineToken(atMs, userId)), true)
    t.equal(revocations.coversMachine(machineToken(atMs + 1_000, userId)), false)
  }
})

t.test('a clock that was right, is set back and set right again moves nothing', async (t) => {
  const { truth, revocations, step, seeToken } = setUp()
  step(BEHIND_MS)
  const revokedAtMs = truth.now()
  revocations.revoke({ userId: 'user_1' })
  for (const ms of [-BEHIND_MS, BEHIND_MS]) {
    step(ms)
    truth.advance(10_000)
    t.equal(revocations.coversMachine(machineToken(revokedAtMs)), true)
    t.equal(revocations.coversMachine(machineToken(revokedAtMs + 1_000)), false)
  }
  seeToken()
})

t.test('what was revoked after the step stays where it is', async (t) => {
  const { truth, revocations, step, seeToken } = setUp()
  revocations.revoke({ userId: 'user_1' })
  step(BEHIND_MS)
  truth.advance(1_000)
  const revokedAtMs = truth.now()
  revocations.revoke({ userId: 'user_2' })
  seeToken()
  t.equal(revocations.coversMachine(machineToken(revokedAtMs, 'user_2')), true)
  t.equal(revocations.coversMachine(machineToken(revokedAtMs + 1_000, 'user_2')), false)
  t.equal(revocations.coversMachine(machineToken(revokedAtMs, 'user_1')), false)
})

t.test('of more than there is room for, tokens of the oldest are refused with all of their time', async (t) => {
  const { truth, revocations, step, seeToken } = setUp({ maxEntries: 16 })
  const revokedAtMs = truth.now()
  for (let i = 0; i < 40; i++) {
    revocations.revoke({ userId: `user_${i}` })
    truth.advance(1_000)
  }
  step(BEHIND_MS)
  seeToken()
  for (let i = 0; i < 40; i++) {
    t.equal(revocations.coversMachine(machineToken(revokedAtMs + i * 1_000, `user_${i}`)), true)
  }
  t.ok(revocations.size <= 18)
  t.equal(revocations.coversMachine(machineToken(truth.now() + 1_000)), false)
})

t.test('a longer-lived token than expected, from before a revocation that was forgotten', async (t) => {
  const { truth, revocations, step, seeToken } = setUp()
  const revokedAtMs = truth.now()
  revocations.revoke({ userId: 'user_1', only: 'sessions' })
  truth.advance(2 * MINUTE_MS)
  t.equal(revocations.size, 0)
  revocations.revoke({ sessionId: 'sess_2' })
  step(BEHIND_MS)
  seeToken()
  const issuedAt = Math.floor(revokedAtMs / 1000)
  revocations.observe({ issuedAt, auth: { sessionClaims: { exp: issuedAt + 3_600 } } })
  const auth = { sessionId: 'sess_1', userId: 'user_1', orgId: undefined, actor: undefined }
  t.equal(revocations.covers({ issuedAt, clearedEpoch: 0, auth }), true)
})
