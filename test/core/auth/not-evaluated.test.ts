import { format, inspect } from 'node:util'
import t from 'tap'
import { authNotEvaluated, isAuthNotEvaluated } from '../../../src/core/auth/not-evaluated.js'
import { createSignedOutAuth } from '../../../src/core/auth/session-auth.js'

// biome-ignore lint/suspicious/noExplicitAny: the type refuses every use
const auth = authNotEvaluated as any
const code = { code: 'FST_CLERK_NOT_EVALUATED', statusCode: 500 }

t.test('every question about identity throws the coded error', async (t) => {
  for (const name of ['isAuthenticated', 'userId', 'has', 'getToken', 'tokenType', 'orgId', 'reason', 'anything']) {
    t.throws(() => auth[name], code, name)
    t.throws(() => name in auth, code, name)
  }
  t.throws(() => auth.has({ role: 'admin' }), code)
  t.throws(() => {
    auth.userId = 'user_1'
  }, code)
  t.throws(() => delete auth.userId, code)
  t.throws(() => Object.defineProperty(auth, 'userId', { value: 'user_1' }), code)
  t.throws(() => {
    const { userId } = auth
    return userId
  }, code)
})

t.test('it can be logged, serialised and awaited', async (t) => {
  t.match(JSON.stringify({ auth }), /not evaluated/)
  t.match(inspect(auth), /AuthNotEvaluated/)
  t.doesNotThrow(() => inspect(auth, { showProxy: true, showHidden: true, getters: true, depth: 5 }))
  t.doesNotThrow(() => format('%s %o %O %j', auth, auth, auth, auth))
  t.match(`${auth}`, /not evaluated/)
  t.equal(await auth, auth)
  t.same({ ...auth }, {})
})

t.test('it is told apart without touching it', async (t) => {
  t.equal(isAuthNotEvaluated(authNotEvaluated), true)
  t.equal(isAuthNotEvaluated(createSignedOutAuth('x', '')), false)
})
