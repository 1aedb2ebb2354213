import t from 'tap'
import type { RefreshRequest } from '../../../src/core/backend-api/backend-api.js'
import { type BackendResult, backendFailure } from '../../../src/core/backend-api/result.js'
import { createScene, DOCUMENT, type FakeToken, NOW } from '../../fixtures/state-scene.js'

const TOKENS: Record<string, FakeToken> = {
  good: {},
  expired: { outcome: 'token-expired' },
  'expired-of-another': { outcome: 'token-expired', claims: { sub: 'user_2', sid: 'sess_2' } },
  'expired-without-sid': { outcome: 'token-expired', claims: { sid: undefined } },
  'expired-empty-sid': { outcome: 'token-expired', claims: { sid: '' } },
  'expired-odd-sid': { outcome: 'token-expired', claims: { sid: { a: 1 } } },
  forged: { outcome: 'token-invalid-signature' },
  'no-keys': { outcome: 'unavailable' }
}

const FRESH: BackendResult<readonly string[]> = {
  ok: true,
  value: ['__client_uat=5; Path=/', '__session=good; Path=/']
}

const EXPIRED = { session: 'expired', clientUat: `${NOW - 10}`, refreshSuffixed: 'refresh_1' }

function refreshing(answer: BackendResult<readonly string[]> | Promise<BackendResult<readonly string[]>> = FRESH) {
  const requests: RefreshRequest[] = []
  let nowMs = NOW * 1000
  const scene = createScene({}, TOKENS, {
    refreshSession: async (request) => {
      requests.push(request)
      return answer
    },
    now: () => nowMs
  })
  return { scene, requests, advance: (ms: number) => (nowMs += ms) }
}

t.test('an expired session is refreshed, for a fetch as well as for a page', async (t) => {
  for (const input of [DOCUMENT, { secFetchDest: 'empty' }]) {
    const { scene, requests } = refreshing()
    const state = await scene.decide({
      ...input,
      url: 'https://app.example.com/x?y=1',
      cookies: EXPIRED,
      headers: { cookie: 'a=b', 'x-list': ['1', '2'] }
    })
    t.equal(state.status, 'signed-in')
    t.equal(state.verified?.token, 'good')
    t.same(state.setCookies, ['__client_uat=5; Path=/', '__session=good; Path=/'])
    t.same([state.location, state.headers], [null, null])
    t.same(requests, [
      {
        sessionId: 'sess_1',
        expiredToken: 'expired',
        refreshToken: 'refresh_1',
        requestOrigin: 'https://app.example.com',
        requestHeaders: { cookie: 'a=b', 'x-list': ['1', '2'] },
        suffixedCookies: false
      }
    ])
  }
})

t.test('the parallel requests of a page refresh once, and so do those that come a moment later', async (t) => {
  let release: (answer: BackendResult<readonly string[]>) => void = () => {}
  const { scene, requests, advance } = refreshing(new Promise((resolve) => (release = resolve)))
  const parallel = Array.from({ length: 20 }, () => scene.decide({ cookies: EXPIRED }))
  release(FRESH)
  const states = await Promise.all(parallel)
  t.ok(states.every(({ status, setCookies }) => status === 'signed-in' && setCookies.length === 2))
  t.equal(requests.length, 1)
  advance(4_000)
  t.equal((await scene.decide({ cookies: EXPIRED })).status, 'signed-in')
  t.equal(requests.length, 1)
  advance(1_000)
  await scene.decide({ cookies: EXPIRED })
  t.equal(requests.length, 2)
})

t.test('an answer that others share is judged for each of them as of then', async (t) => {
  const tokens = { ...TOKENS }
  let nowMs = NOW * 1000
  let asked = 0
  const scene = createScene({}, tokens, {
    now: () => nowMs,
    refreshSession: async () => {
      asked++
      return FRESH
    }
  })
  t.equal((await scene.decide({ cookies: EXPIRED })).status, 'signed-in')
  nowMs += 1_000
  tokens.good = { outcome: 'session-revoked' }
  const revoked = await scene.decide({ cookies: EXPIRED })
  t.match(revoked, {
    status: 'signed-out',
    reason: 'session-token-expired-refresh-invalid-session-token',
    auth: { retryAfterSeconds: null }
  })
  t.same(revoked.setCookies, [], 'the browser is given nothing')
  tokens.good = { outcome: 'unavailable' }
  t.match(await scene.decide({ cookies: EXPIRED }), { status: 'signed-out', auth: { retryAfterSeconds: 7 } })
  tokens.good = {}
  t.equal(
    (await scene.decide({ cookies: EXPIRED })).status,
    'signed-in',
    'a refresh token that Clerk rotates is not sent again'
  )
  t.equal(asked, 1)
})

t.test('a clock that is set back does not make an answer last', async (t) => {
  const { scene, requests, advance } = refreshing()
  await scene.decide({ cookies: EXPIRED })
  advance(-1_000)
  await scene.decide({ cookies: EXPIRED })
  t.equal(requests.length, 1)
  advance(-3_600_000)
  await scene.decide({ cookies: EXPIRED })
  t.equal(requests.length, 2)
})

t.test('other tokens are another refresh', async (t) => {
  const { scene, requests } = refreshing()
  await scene.decide({ cookies: EXPIRED })
  await scene.decide({ cookies: { ...EXPIRED, refreshSuffixed: 'refresh_2' } })
  await scene.decide({ cookies: { ...EXPIRED, session: 'expired-of-another' } })
  t.same(
    requests.map(({ sessionId, refreshToken }) => [sessionId, refreshToken]),
    [
      ['sess_1', 'refresh_1'],
      ['sess_1', 'refresh_2'],
      ['sess_2', 'refresh_1']
    ]
  )
})

t.test('a failed refresh is not remembered', async (t) => {
  const { scene, requests } = refreshing(backendFailure('timeout'))
  await scene.decide({ cookies: EXPIRED })
  await scene.decide({ cookies: EXPIRED })
  t.equal(requests.length, 2)
})

t.test('each failure has its code', async (t) => {
  const cases: [code: string, answer: BackendResult<readonly string[]>][] = [
    ['session_is_revoked', backendFailure('http', 401, 'session_is_revoked')],
    ['fetch-error', backendFailure('http', 500, 'unexpected_error')],
    ['fetch-error', backendFailure('network')],
    ['fetch-error', backendFailure('timeout')],
    ['fetch-error', backendFailure('busy', null, null, 3)],
    ['unexpected-bapi-error', backendFailure('http', 502)],
    ['missing-api-client', backendFailure('keyless')],
    ['unexpected-sdk-error', backendFailure('malformed')],
    ['unexpected-sdk-error', { ok: true, value: [] }],
    ['unexpected-sdk-error', { ok: true, value: ['a=b\r\nc: d'] }],
    ['invalid-session-token', { ok: true, value: ['other=1'] }],
    ['invalid-session-token', { ok: true, value: ['__session=; Max-Age=0'] }],
    ['invalid-session-token', { ok: true, value: ['__session=forged'] }],
    ['invalid-session-token', { ok: true, value: ['__session=expired'] }]
  ]
  for (const [code, answer] of cases) {
    const { scene } = refreshing(answer)
    const state = await scene.decide({ ...DOCUMENT, cookies: EXPIRED })
    t.match(state, { status: 'handshake', reason: `session-token-expired-refresh-${code}` })
    t.match(state.message, '(reason=token-expired, token-carrier=cookie)')
    t.equal((await scene.decide({ cookies: EXPIRED })).status, 'signed-out')
  }
})

t.test('a session that could not be judged is not signed out by it', async (t) => {
  const cases: [answer: BackendResult<readonly string[]>, retryAfterSeconds: number | null][] = [
    [backendFailure('network'), 5],
    [backendFailure('timeout'), 5],
    [backendFailure('malformed', 200), 5],
    [backendFailure('busy', null, null, 3), 3],
    [backendFailure('http', 429, 'rate_limited', 8), 8],
    [backendFailure('http', 500, 'unexpected_error'), 5],
    [backendFailure('http', 502), 5],
    [backendFailure('http', 401, 'clerk_key_invalid'), 60],
    [backendFailure('http', 403), 60],
    [{ ok: true, value: ['__session=no-keys'] }, 7],
    [backendFailure('http', 401, 'session_is_revoked'), null],
    [backendFailure('http', 404, 'resource_not_found'), null],
    [backendFailure('http', 422), null],
    [backendFailure('refused'), null],
    [backendFailure('keyless'), null],
    [{ ok: true, value: [] }, null],
    [{ ok: true, value: ['__session=forged'] }, null]
  ]
  for (const [answer, retryAfterSeconds] of cases) {
    const { scene } = refreshing(answer)
    const state = await scene.decide({ cookies: EXPIRED })
    t.match(state, { status: 'signed-out', auth: { retryAfterSeconds } }, JSON.stringify(answer))
    t.match(state.message, '(reason=token-expired, token-carrier=cookie)')
    t.equal((await scene.decide({ ...DOCUMENT, cookies: EXPIRED })).status, 'handshake', 'FAPI may be there')
    const loop = await scene.decide({ ...DOCUMENT, cookies: { ...EXPIRED, redirectCount: '3' } })
    t.match(loop, { status: 'signed-out', auth: { retryAfterSeconds } })
  }
})

t.test('without the means there is no call', async (t) => {
  const cases = [
    ['non-eligible-non-get', { method: 'POST', cookies: EXPIRED }],
    ['non-eligible-non-get', { method: 'HEAD', cookies: { ...EXPIRED, refreshSuffixed: '' } }],
    ['non-eligible-no-refresh-cookie', { cookies: { ...EXPIRED, refreshSuffixed: '' } }],
    ['expired-session-token-missing-sid-claim', { cookies: { ...EXPIRED, session: 'expired-without-sid' } }],
    ['expired-session-token-missing-sid-claim', { cookies: { ...EXPIRED, session: 'expired-empty-sid' } }],
    ['expired-session-token-missing-sid-claim', { cookies: { ...EXPIRED, session: 'expired-odd-sid' } }]
  ] as const
  for (const [code, input] of cases) {
    const { scene, requests } = refreshing()
    t.equal((await scene.decide(input)).reason, `session-token-expired-refresh-${code}`)
    t.equal(requests.length, 0)
  }
  const withoutSecretKey = createScene({}, TOKENS)
  const { reason } = await withoutSecretKey.decide({ cookies: EXPIRED })
  t.equal(reason, 'session-token-expired-refresh-missing-api-client')
})

t.test('an expired bearer token is refreshed as itself, not as the session of the cookie', async (t) => {
  const { scene, requests } = refreshing()
  const state = await scene.decide({ headerToken: 'expired-of-another', cookies: { ...EXPIRED, session: 'good' } })
  t.equal(state.status, 'signed-in')
  t.equal(requests[0]?.sessionId, 'sess_2')
  t.equal(requests[0]?.expiredToken, 'expired-of-another')
})

t.test('made-up refresh cookies beside one expired token cost one call, and shut out no true one', async (t) => {
  const requests: RefreshRequest[] = []
  let nowMs = NOW * 1000
  const scene = createScene({}, TOKENS, {
    now: () => nowMs,
    refreshSession: async (request) => {
      requests.push(request)
      return request.refreshToken.startsWith('true') ? FRESH : backendFailure('http', 401, 'refresh_token_invalid')
    }
  })
  const by = (refreshSuffixed: string) => scene.decide({ cookies: { ...EXPIRED, refreshSuffixed } })
  t.match(await by('made-up'), { reason: 'session-token-expired-refresh-refresh_token_invalid' })
  for (let i = 0; i < 1_000; i++) {
    const state = await by(`made-up-${i}`)
    if (state.auth.isAuthenticated || state.auth.retryAfterSeconds === null) t.fail('judged without a call')
  }
  const again = await by('made-up')
  t.match(again, { reason: 'session-token-expired-refresh-refresh_token_invalid', auth: { retryAfterSeconds: null } })
  t.equal(requests.length, 1)
  t.match(await by('true'), { status: 'signed-out', auth: { retryAfterSeconds: 10 } }, 'not told from the others yet')
  nowMs += 10_000
  t.equal((await by('true')).status, 'signed-in')
  await by('made-up')
  nowMs += 5_000
  t.equal((await by('true')).status, 'signed-in', 'good before: asked about though another was refused just now')
  t.equal(requests.length, 4)
})

t.test('a session is refreshed three times at once and then every ten seconds, whatever tokens it has', async (t) => {
  const expired = Array.from({ length: 600 }, (_, i) => [`expired-${i}`, { outcome: 'token-expired' }] as const)
  let nowMs = NOW * 1000
  let asked = 0
  const scene = createScene(
    {},
    { ...TOKENS, ...Object.fromEntries(expired) },
    {
      now: () => nowMs,
      refreshSession: async () => {
        asked++
        return FRESH
      }
    }
  )
  for (let second = 0; second < 60; second++) {
    for (let i = 0; i < 10; i++) await scene.decide({ cookies: { ...EXPIRED, session: `expired-${second * 10 + i}` } })
    nowMs += 1_000
  }
  t.equal(asked, 3 + 5)
})

t.test('refreshes of strangers have a budget and places, and those refreshed before have their own', async (t) => {
  const session = (i: number): FakeToken => ({ outcome: 'token-expired', claims: { sid: `sess_${i}` } })
  const tokens = Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`expired-${i}`, session(i)]))
  let nowMs = NOW * 1000
  let underWay = 0
  let peak = 0
  let asked = 0
  let gate: Promise<unknown> = Promise.resolve()
  const scene = createScene(
    {},
    { ...TOKENS, ...tokens },
    {
      now: () => nowMs,
      refreshSession: async () => {
        asked++
        peak = Math.max(peak, ++underWay)
        await gate
        underWay--
        return { ok: true, value: ['__session=good', '__refresh_x=rotated; Path=/'] }
      }
    }
  )
  const by = (i: number, refreshSuffixed: string) =>
    scene.decide({ cookies: { ...EXPIRED, session: `expired-${i}`, refreshSuffixed } })
  t.equal((await by(0, 'first')).status, 'signed-in')
  let release = () => {}
  gate = new Promise<void>((resolve) => (release = resolve))
  const strangers = Array.from({ length: 100 }, (_, i) => by(i + 1, `stranger-${i}`))
  nowMs += 6_000
  const known = [by(0, 'first'), by(101, 'rotated')]
  await new Promise(setImmediate)
  t.equal(peak, 32 + 2)
  release()
  t.same(
    (await Promise.all(known)).map(({ status }) => status),
    ['signed-in', 'signed-in']
  )
  const states = await Promise.all(strangers)
  t.equal(states.filter(({ status }) => status === 'signed-in').length, 32)
  t.ok(states.every(({ auth }) => auth.isAuthenticated || auth.retryAfterSeconds === 1))

  nowMs += 60_000
  asked = 0
  for (let second = 0; second < 10; second++) {
    for (let i = 0; i < 150; i++) await by(200 + second * 150 + i, `made-up-${second}-${i}`)
    nowMs += 1_000
  }
  t.ok(asked <= 500, `${asked} calls in ten seconds`)
})
