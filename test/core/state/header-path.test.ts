import t from 'tap'
import { createApiKeyAuth } from '../../../src/core/auth/machine-auth.js'
import { isToCome } from '../../../src/core/later.js'
import { type MachineOutcome, verifiedMachineToken } from '../../../src/core/machine/outcome.js'
import type { AcceptsToken } from '../../../src/core/options/accepts-token.js'
import { createScene, DOCUMENT, type FakeToken, NOW } from '../../fixtures/state-scene.js'

const TOKENS: Record<string, FakeToken> = {
  good: {},
  known: { known: true },
  slow: { slow: true },
  expired: { outcome: 'token-expired' },
  early: { outcome: 'token-not-active-yet' },
  forged: { outcome: 'token-invalid-signature' },
  unavailable: { outcome: 'unavailable' },
  template: { header: { cat: 'cl_B7d4PD222AAA' } },
  ignored: { header: { cat: 'cl_I7d4PD111III' } },
  'odd-subject': { claims: { sub: 7 }, outcome: 'token-verification-failed' },
  'odd-iat': { claims: { iat: '5' }, outcome: 'token-verification-failed' },
  'm2m-jwt': { claims: { sub: 'mch_1' } },
  'oauth-jwt': { header: { typ: 'at+jwt' } },
  'oauth-jwt-long': { header: { typ: 'application/at+jwt' } }
}

const cookies = { session: 'good', clientUat: `${NOW - 10}` }

t.test('each token meets each accepted type as the table says', async (t) => {
  const mismatch = 'signed-out token-type-mismatch'
  const cases: [accepts: AcceptsToken, token: string, answer: string, asked?: string][] = [
    ['session_token', 'good', 'signed-in null session_token'],
    ['session_token', 'known', 'signed-in null session_token'],
    ['session_token', 'slow', 'signed-in null session_token'],
    ['session_token', 'ignored', 'signed-in null session_token'],
    ['session_token', 'template', `${mismatch} session_token`],
    ['session_token', 'm2m-jwt', `${mismatch} session_token`],
    ['session_token', 'oauth-jwt', `${mismatch} session_token`],
    ['session_token', 'ak_1', 'signed-out token-invalid session_token'],
    ['session_token', 'garbage', 'signed-out token-invalid session_token'],
    ['session_token', 'odd-subject', 'signed-out token-verification-failed session_token'],
    ['any', 'good', 'signed-in null session_token'],
    ['any', 'template', `${mismatch} session_token`],
    ['any', 'garbage', 'signed-out token-invalid session_token'],
    ['any', 'ak_1', 'signed-out token-invalid api_key', 'api_key'],
    ['any', 'mt_1', 'signed-out token-invalid m2m_token', 'm2m_token'],
    ['any', 'oat_1', 'signed-out token-invalid oauth_token', 'oauth_token'],
    ['any', 'm2m-jwt', 'signed-out token-invalid m2m_token', 'm2m_token'],
    ['any', 'oauth-jwt-long', 'signed-out token-invalid oauth_token', 'oauth_token'],
    ['any', 'AK_1', 'signed-out token-invalid session_token'],
    [['session_token'], 'good', 'signed-in null session_token'],
    [['session_token'], 'ak_1', `${mismatch} null`],
    [['api_key'], 'ak_1', 'signed-out token-invalid api_key', 'api_key'],
    [['api_key'], 'known', `${mismatch} null`],
    [['api_key', 'oauth_token'], 'mt_1', `${mismatch} null`],
    [[], 'good', `${mismatch} null`],
    ['api_key', 'ak_1', 'signed-out token-invalid api_key', 'api_key'],
    ['api_key', 'mt_1', `${mismatch} api_key`],
    ['api_key', 'known', `${mismatch} api_key`],
    ['m2m_token', 'garbage', `${mismatch} m2m_token`],
    ['m2m_token', 'm2m-jwt', 'signed-out token-invalid m2m_token', 'm2m_token'],
    ['oauth_token', 'template', `${mismatch} oauth_token`]
  ]
  for (const [accepts, headerToken, answer, asked] of cases) {
    const scene = createScene({}, TOKENS)
    const state = await scene.decide({ ...DOCUMENT, headerToken, cookies }, accepts)
    t.equal(`${state.status} ${state.reason} ${state.tokenType}`, answer, `${accepts} ${headerToken}`)
    t.equal(state.auth.tokenType, state.tokenType)
    const machine = scene.calls.filter(([name]) => name === 'verifyMachineToken')
    t.same(machine, asked === undefined ? [] : [['verifyMachineToken', asked, headerToken]])
  }
})

t.test('without a token in the header the accepted types decide whether cookies count', async (t) => {
  const scene = createScene({}, TOKENS)
  for (const accepts of ['session_token', 'any', ['session_token', 'api_key']] as const) {
    t.equal((await scene.decide({ cookies }, accepts)).status, 'signed-in')
  }
  for (const accepts of ['api_key', 'm2m_token', 'oauth_token'] as const) {
    const state = await scene.decide({ ...DOCUMENT, cookies }, accepts)
    t.match(state, { status: 'signed-out', reason: 'No token in header', tokenType: accepts, location: null })
    t.equal(state.message, '')
  }
  for (const accepts of [['api_key'], []] as const) {
    t.match(await scene.decide({ cookies }, accepts), { reason: 'token-type-mismatch', tokenType: null })
  }
})

t.test('a machine token that verifies is signed in as what it is', async (t) => {
  const auth = createApiKeyAuth(
    { id: 'k', name: 'n', subject: 'user_1', scopes: [], claims: null, audience: [], issuedAt: null, expiresAt: null },
    'ak_1'
  )
  for (const answer of [(outcome: MachineOutcome) => outcome, async (outcome: MachineOutcome) => outcome]) {
    const scene = createScene({}, TOKENS, {
      verifyMachineToken: () => answer(verifiedMachineToken(auth, [], true))
    })
    t.same(await scene.decide({ headerToken: 'ak_1' }, 'any'), {
      status: 'signed-in',
      tokenType: 'api_key',
      auth,
      verified: null,
      reason: null,
      message: null,
      location: null,
      headers: null,
      setCookies: []
    })
  }
})

t.test('a refusal says as much in its auth', async (t) => {
  const scene = createScene({}, TOKENS)
  const listed = await scene.decide({ headerToken: 'ak_1' }, ['session_token'])
  t.match(listed.auth, { isAuthenticated: false, reason: 'token-type-mismatch', message: /^$/ })
  t.equal(listed.message, '')
  const other = await scene.decide({ headerToken: 'mt_1' }, 'api_key')
  t.match(other.auth, { message: /^$/ })
  t.equal(other.message, '')
  t.match((await scene.decide({ headerToken: 'garbage' })).message, 'token-carrier=header')
})

t.test('a header token decides alone', async (t) => {
  const scene = createScene({}, TOKENS)
  const url = 'https://app.example.com/?__clerk_handshake=x&__clerk_handshake_nonce=y'
  const state = await scene.decide({
    ...DOCUMENT,
    url,
    headerToken: 'forged',
    cookies: { ...cookies, handshake: 'good' }
  })
  t.match(state, { status: 'signed-out', reason: 'token-invalid-signature', setCookies: [] })
  t.match(state.message, /\(reason=token-invalid-signature, token-carrier=header\)$/)
})

t.test('time can be mended by a handshake even for a bearer token on a page load', async (t) => {
  const scene = createScene({}, TOKENS)
  const expired = await scene.decide({ ...DOCUMENT, headerToken: 'expired' })
  t.match(expired, {
    status: 'handshake',
    reason: 'session-token-expired-refresh-non-eligible-no-refresh-cookie',
    location: /&__session=expired$/
  })
  t.match(await scene.decide({ ...DOCUMENT, headerToken: 'early' }), {
    status: 'handshake',
    reason: 'session-token-nbf'
  })
  t.equal((await scene.decide({ headerToken: 'expired' })).status, 'signed-out')
})

t.test('a token that cannot be judged says when to try again', async (t) => {
  const scene = createScene({}, TOKENS)
  for (const input of [{ headerToken: 'unavailable' }, { cookies: { ...cookies, session: 'unavailable' } }]) {
    const state = await scene.decide(input)
    t.match(state, { status: 'signed-out', reason: 'jwk-remote-failed-to-load' })
    t.match(state.auth, { retryAfterSeconds: 7 })
  }
})

t.test('a known token is answered at once, with nothing looked at', async (t) => {
  const scene = createScene({}, TOKENS)
  for (const accepts of ['session_token', 'any', ['session_token', 'api_key']] as const) {
    const state = scene.decide({ headerToken: 'known' }, accepts)
    t.notOk(isToCome(state))
    t.match(state, { status: 'signed-in' })
  }
  const byCookie = scene.decide({ cookies: { ...cookies, session: 'known' } })
  t.notOk(isToCome(byCookie))
  t.match(byCookie, { status: 'signed-in' })
  t.same(scene.calls, Array(4).fill(['accept', 'known']), 'and counted once for each request')
})

t.test('a token of a cookie that has to be waited for is answered like one that has not', async (t) => {
  const scene = createScene({}, { ...TOKENS, 'slow-forged': { slow: true, outcome: 'token-invalid-signature' } })
  t.equal((await scene.decide({ cookies: { ...cookies, session: 'slow' } })).status, 'signed-in')
  for (const session of ['forged', 'slow-forged']) {
    const state = await scene.decide({ cookies: { ...cookies, session } })
    t.match(state, { status: 'signed-out', reason: 'token-invalid-signature' })
    t.match(state.message, 'token-carrier=cookie')
  }
  t.match(await scene.decide({ ...DOCUMENT, cookies: { ...cookies, session: 'odd-iat' } }), {
    status: 'signed-out',
    reason: 'token-verification-failed'
  })
  t.match((await scene.decide({ cookies: { ...cookies, session: 'garbage' } })).message, 'token-carrier=cookie')
  t.equal((await scene.decide({ ...DOCUMENT, cookies: { clientUat: '5' } })).message, '')
})

t.test('without a publishable key there is nowhere to redirect to', async (t) => {
  const scene = createScene({ instanceType: null, frontendApi: null, originalFrontendApi: null }, TOKENS)
  for (const headerToken of ['expired', 'early']) {
    t.match(await scene.decide({ ...DOCUMENT, headerToken }), { status: 'signed-out', location: null })
  }
})

t.test('a TRACE request is never authenticated: nothing that it carries is looked at', async (t) => {
  const carriers = [
    { headerToken: 'good' },
    { headerToken: 'known' },
    { headerToken: 'ak_1' },
    { cookies },
    { cookies: { ...cookies, session: 'known' } },
    { cookies: { ...cookies, handshake: 'good', handshakeNonce: 'n' } },
    {}
  ]
  const answers: [AcceptsToken, reason: string, type: string | null][] = [
    ['session_token', 'session-token-and-uat-missing', 'session_token'],
    ['any', 'session-token-and-uat-missing', 'session_token'],
    [['session_token', 'api_key'], 'session-token-and-uat-missing', 'session_token'],
    ['api_key', 'No token in header', 'api_key'],
    [['api_key', 'oauth_token'], 'token-type-mismatch', null]
  ]
  for (const instanceType of ['production', 'development'] as const) {
    for (const [accepts, reason, tokenType] of answers) {
      for (const carried of carriers) {
        const scene = createScene({ instanceType }, TOKENS)
        const state = await scene.decide({ ...carried, ...DOCUMENT, method: 'TRACE' }, accepts)
        t.match(state, { status: 'signed-out', reason, tokenType, auth: { isAuthenticated: false } })
        t.same(scene.calls, [])
      }
    }
  }
  t.match((await createScene({}, TOKENS).decide({ method: 'TRACE', cookies })).message, 'never authenticated')
})
