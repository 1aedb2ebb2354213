import t from 'tap'
import { refusedByList, signedOut } from '../../../src/core/state/request-state.js'
import { createScene, DOCUMENT, type FakeToken, NOW } from '../../fixtures/state-scene.js'

const TOKENS: Record<string, FakeToken> = {
  good: {},
  forged: { outcome: 'token-invalid-signature' },
  'hs-signed-out': { claims: { handshake: ['__session=; Path=/; Max-Age=0'] } }
}

t.test('a state that requests share cannot be changed by any of them', async (t) => {
  for (const state of [signedOut('token-invalid', 'text'), signedOut('token-invalid', 'text', 3), refusedByList()]) {
    for (const part of [state, state.auth, state.setCookies]) t.ok(Object.isFrozen(part))
    t.same([state.location, state.headers, [...state.setCookies]], [null, null, []], 'and holds nothing of a request')
  }
})

t.test('shared states differ when reason, message or the time to wait differ', async (t) => {
  const state = signedOut('token-invalid', 'text')
  t.equal(signedOut('token-invalid', 'text', null), state)
  for (const other of [
    signedOut('token-expired', 'text'),
    signedOut('token-invalid', 'other'),
    signedOut('token-invalid', 'text', 0)
  ]) {
    t.not(other, state)
  }
  t.match(signedOut('token-invalid', 'text', 7).auth, { retryAfterSeconds: 7, isAuthenticated: false })
})

t.test('a state that holds something of its request is of that request alone', async (t) => {
  const scene = createScene({}, TOKENS)
  const inputs = [
    { ...DOCUMENT, cookies: { clientUat: '5' } },
    { ...DOCUMENT, cookies: { handshake: 'hs-signed-out' } }
  ]
  for (const input of inputs) {
    const [first, second] = [await scene.decide(input), await scene.decide(input)]
    t.equal(first.reason, second.reason)
    t.ok(first.setCookies.length > 0)
    t.not(first, second, first.reason ?? '')
  }
})

t.test('equal refusals are one object, and so is the auth of a token', async (t) => {
  const scene = createScene({}, TOKENS)
  t.equal(await scene.decide({}), await scene.decide({}))
  const forged = { cookies: { session: 'forged', clientUat: '5' } }
  t.equal(await scene.decide(forged), await scene.decide(forged))
  const good = { cookies: { session: 'good', clientUat: `${NOW - 10}` } }
  t.equal((await scene.decide(good)).auth, (await scene.decide(good)).auth)
})

// The last test: it fills the table of shared states, for this whole process.
t.test('refusals whose text varies are not all kept', async (t) => {
  const refused = (i: number) => signedOut(`session-token-expired-refresh-${i}`, '')
  for (let i = 0; i < 1000; i++) refused(i)
  t.not(refused(999), refused(999))
})
