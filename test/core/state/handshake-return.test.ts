import t from 'tap'
import { type BackendFailure, type BackendResult, backendFailure } from '../../../src/core/backend-api/result.js'
import { helpAt } from '../../../src/core/help-page.js'
import { createScene, DOCUMENT, type FakeToken, NOW } from '../../fixtures/state-scene.js'

const TOKENS: Record<string, FakeToken> = {
  good: {},
  'clock-off': { outcome: 'token-expired', lenient: 'good' },
  'not-yet': { outcome: 'token-not-active-yet', lenient: 'good' },
  future: { outcome: 'token-iat-in-the-future', lenient: 'good' },
  forged: { outcome: 'token-invalid-signature' },
  'hs-good': { claims: { handshake: ['__session=good; Path=/', '__client_uat=5; Path=/'] } },
  'hs-suffixed': { claims: { handshake: ['__session=forged; Path=/', '__session_naoXFJnI=good; Path=/; HttpOnly'] } },
  'hs-signed-out': { claims: { handshake: ['__session=; Path=/; Max-Age=0', '__client_uat=0; Path=/'] } },
  'hs-clock-off': { claims: { handshake: ['__session=clock-off; Path=/'] } },
  'hs-not-yet': { claims: { handshake: ['__session=not-yet; Path=/'] } },
  'hs-future': { claims: { handshake: ['__session=future; Path=/'] } },
  'hs-list-inside': { claims: { handshake: [['__session=good; Path=/'], { length: 1 }] } },
  'hs-long': {
    claims: { handshake: [`longest=${'x'.repeat(16_376)}`, `longer=${'x'.repeat(16_378)}`, '__session=good'] }
  },
  'hs-forged-inside': { claims: { handshake: ['__session=forged; Path=/'] } },
  'hs-injecting': {
    claims: {
      handshake: [
        '__session=good; Path=/',
        'a=b\r\nx-evil: 1',
        'c=d\nset-cookie: e=f',
        'no equals sign',
        '=nameless',
        'bad name=1',
        7,
        null,
        'kept=ü'
      ]
    }
  },
  'hs-no-list': { claims: { handshake: 'text' } },
  'hs-endless': { claims: { handshake: Array.from({ length: 500 }, (_, i) => `c${i}=1`) } },
  'hs-forged': { outcome: 'token-invalid-signature' },
  'hs-template': { header: { cat: 'cl_B7d4PD222AAA' } },
  'hs-no-keys': { outcome: 'unavailable' }
}

const signedInCookies = { session: 'good', clientUat: `${NOW - 10}` }

t.test('a handshake token that came back signs in and sets its cookies', async (t) => {
  const state = await createScene({}, TOKENS).decide({ cookies: { handshake: 'hs-suffixed' } })
  t.equal(state.status, 'signed-in')
  t.equal(state.verified?.token, 'good', 'the last session cookie counts')
  t.same(state.setCookies, TOKENS['hs-suffixed']?.claims?.handshake)
  t.same(state.headers, { 'access-control-allow-origin': 'null', 'access-control-allow-credentials': 'true' })
  t.equal(state.location, null, 'production needs no clean URL')
})

t.test('development goes on at the clean URL', async (t) => {
  const url =
    'http://localhost:3000/p?a=1&__clerk_handshake=hs-good&__clerk_help=1&__clerk_db_jwt=d&__clerk_handshake_nonce=&__clerk_synced=true'
  const state = await createScene({ instanceType: 'development' }, TOKENS).decide({ url })
  t.equal(state.status, 'signed-in')
  t.equal(state.location, 'http://localhost:3000/p?a=1&__clerk_synced=true')
  t.equal(state.headers?.['cache-control'], 'no-store')
})

t.test('what a handshake signs out is signed out, with its cookies', async (t) => {
  const state = await createScene({}, TOKENS).decide({ cookies: { ...signedInCookies, handshake: 'hs-signed-out' } })
  t.match(state, { status: 'signed-out', reason: 'session-token-missing', location: null })
  t.same(state.setCookies, TOKENS['hs-signed-out']?.claims?.handshake)
  const none = await createScene({}, TOKENS).decide({ cookies: { handshake: 'hs-no-list' } })
  t.equal(none.reason, 'session-token-missing')
  t.strictSame(none.setCookies, [])
})

t.test('no directive becomes another header, and there are not many', async (t) => {
  const state = await createScene({}, TOKENS).decide({ cookies: { handshake: 'hs-injecting' } })
  t.same(state.setCookies, ['__session=good; Path=/', 'kept=ü'])
  const endless = await createScene({}, TOKENS).decide({ cookies: { handshake: 'hs-endless' } })
  t.equal(endless.setCookies.length, 64)
  const nested = await createScene({}, TOKENS).decide({ cookies: { handshake: 'hs-list-inside' } })
  t.strictSame(nested.setCookies, [])
  const long = await createScene({}, TOKENS).decide({ cookies: { handshake: 'hs-long' } })
  t.same(
    long.setCookies.map((line) => line.length),
    [16_384, 14],
    'nothing that a browser would not keep'
  )
})

t.test('a developer whose clock is off signs in, production does not', async (t) => {
  for (const handshake of ['hs-clock-off', 'hs-not-yet', 'hs-future']) {
    const scene = createScene({ instanceType: 'development' }, TOKENS)
    const state = await scene.decide({ cookies: { handshake } })
    t.equal(state.status, 'signed-in')
    t.same(scene.calls.at(-1)?.[2], { skewMs: 86_400_000 })
    t.match(scene.logged, [/clock of this machine differs/])
    t.match(scene.loggedFields, [{ reason: /^token-(expired|not-active-yet|iat-in-the-future)$/ }])
    const production = createScene({}, TOKENS)
    t.equal((await production.decide({ cookies: { handshake } })).reason, 'session-token-and-uat-missing')
    t.equal(production.calls.filter(([name]) => name === 'verifySession').length, 1)
    t.match(production.logged, [/session token that a handshake brought does not verify/])
    t.match(production.loggedFields, [{ reason: /^token-/ }])
  }
  const forged = createScene({ instanceType: 'development' }, TOKENS)
  await forged.decide({ cookies: { handshake: 'hs-forged-inside' } })
  t.equal(forged.calls.filter(([name]) => name === 'verifySession').length, 1, 'no clock mends a signature')
})

t.test('production goes on by the cookies when the handshake is none of its own', async (t) => {
  for (const handshake of ['hs-forged', 'hs-template', 'hs-forged-inside', 'garbage', 'hs-no-keys']) {
    const state = await createScene({}, TOKENS).decide({ cookies: { ...signedInCookies, handshake } })
    t.equal(state.status, 'signed-in', handshake)
    t.same(state.setCookies, [])
  }
  const scene = createScene({}, TOKENS)
  await scene.decide({ cookies: { ...signedInCookies, handshake: 'hs-forged' } })
  t.match(scene.logged, [/a returned handshake does not verify/])
  t.same(scene.loggedFields, [
    { reason: 'token-invalid-signature', form: 'token', help: helpAt('token-invalid-signature') }
  ])
})

t.test('development says why a handshake does not verify, and never answers 500', async (t) => {
  const cases = [
    ['hs-forged', 'token-invalid-signature'],
    ['hs-template', 'token-invalid'],
    ['garbage', 'token-invalid'],
    ['hs-no-keys', 'jwk-remote-failed-to-load']
  ] as const
  for (const [handshake, reason] of cases) {
    const scene = createScene({ instanceType: 'development' }, TOKENS)
    const state = await scene.decide({ ...DOCUMENT, cookies: { handshake } })
    t.match(state, { status: 'signed-out', reason, location: null })
    t.match(state.message, `(reason=${reason}, token-carrier=cookie)`)
    t.equal(scene.logged.length, 1)
  }
  const scene = createScene({ instanceType: 'development' }, TOKENS)
  await scene.decide({ cookies: { handshake: 'hs-forged' } })
  t.match(scene.logged[0], /switched keys.*secret key .*belong to different instances/)
  const garbage = createScene({ instanceType: 'development' }, TOKENS)
  const refused = await garbage.decide({ cookies: { handshake: 'garbage' } })
  t.match(garbage.logged[0], /a returned handshake does not verify/)
  t.match(refused.message, 'The handshake token is not one of Clerk')
  t.match(refused.auth, { retryAfterSeconds: null })
  const unavailable = await createScene({ instanceType: 'development' }, TOKENS).decide({
    cookies: { handshake: 'hs-no-keys' }
  })
  t.match(unavailable.auth, { retryAfterSeconds: 7 })
})

t.test('a nonce goes before a token, the URL before the cookie', async (t) => {
  const asked: string[] = []
  const scene = createScene({}, TOKENS, {
    fetchHandshakePayload: async (nonce) => {
      asked.push(nonce)
      return { ok: true, value: ['__session=good; Path=/'] }
    }
  })
  const cookies = { handshake: 'hs-signed-out', handshakeNonce: 'of-cookie' }
  t.equal((await scene.decide({ cookies })).status, 'signed-in')
  const url = 'https://app.example.com/?__clerk_handshake_nonce=of-url&__clerk_handshake=hs-signed-out'
  t.equal((await scene.decide({ url, cookies })).status, 'signed-in')
  t.same(asked, ['of-cookie', 'of-url'])
})

t.test('a stale nonce ends signed out, as with Clerk', async (t) => {
  const cookies = { ...signedInCookies, handshakeNonce: 'stale' }
  for (const fetchHandshakePayload of [null, async () => backendFailure('http', 404)]) {
    const scene = createScene({}, TOKENS, { fetchHandshakePayload })
    t.match(await scene.decide({ cookies }), { status: 'signed-out', reason: 'session-token-missing' })
    t.match(scene.logged, [/payload of a handshake nonce could not be had/])
    const kind = fetchHandshakePayload === null ? 'no secret key' : 'http'
    const help = helpAt(fetchHandshakePayload === null ? 'call: keyless' : 'call: http')
    t.strictSame(scene.loggedFields, [{ kind, status: fetchHandshakePayload === null ? null : 404, help }])
  }
})

t.test('a handshake that brings no cookies opens the answer to nobody', async (t) => {
  for (const instanceType of ['production', 'development'] as const) {
    const scene = createScene({ instanceType }, TOKENS, {
      fetchHandshakePayload: async () => backendFailure('http', 404, 'resource_not_found')
    })
    const state = await scene.decide({ url: 'https://app.example.com/?__clerk_handshake_nonce=made-up' })
    t.equal(state.reason, 'session-token-missing')
    t.same(state.headers, instanceType === 'production' ? null : { 'cache-control': 'no-store' })
  }
})

t.test('the same nonce in parallel requests is asked about once', async (t) => {
  let asked = 0
  const scene = createScene({}, TOKENS, {
    fetchHandshakePayload: async () => {
      asked++
      return { ok: true, value: ['__session=good; Path=/'] }
    }
  })
  const states = await Promise.all([1, 2, 3].map(() => scene.decide({ cookies: { handshakeNonce: 'n' } })))
  t.ok(states.every(({ status }) => status === 'signed-in'))
  t.equal(asked, 1)
})

t.test(
  'a nonce that Clerk could not be asked about: the cookies decide if they can, else nobody can tell',
  async (t) => {
    const cases: [failure: BackendFailure, retryAfterSeconds: number][] = [
      [backendFailure('network'), 5],
      [backendFailure('timeout'), 5],
      [backendFailure('malformed', 200), 5],
      [backendFailure('busy', null, null, 3), 3],
      [backendFailure('http', 500, 'unexpected_error'), 5],
      [backendFailure('http', 503, null, 9), 9],
      [backendFailure('http', 429, 'rate_limited', 8), 8],
      [backendFailure('http', 401, 'clerk_key_invalid'), 60]
    ]
    for (const instanceType of ['production', 'development'] as const) {
      for (const [failure, retryAfterSeconds] of cases) {
        const scene = createScene({ instanceType }, TOKENS, { fetchHandshakePayload: async () => failure })
        const handshakeNonce = 'n'
        const good = await scene.decide({ cookies: { ...signedInCookies, devBrowser: 'd', handshakeNonce } })
        t.match(good, { status: 'signed-in', location: null, headers: null, setCookies: [] })
        const undecided = [
          { cookies: { handshakeNonce } },
          { ...DOCUMENT, cookies: { handshakeNonce, clientUat: '5' } },
          { ...DOCUMENT, url: 'https://app.example.com/?__clerk_handshake_nonce=n&__clerk_db_jwt=d' },
          { cookies: { session: 'forged', clientUat: '5', devBrowser: 'd', handshakeNonce } }
        ]
        for (const input of undecided) {
          const state = await scene.decide(input)
          t.match(state, { status: 'signed-out', reason: 'session-token-missing', location: null, headers: null })
          t.match(state.auth, { isAuthenticated: false, retryAfterSeconds }, JSON.stringify(failure))
        }
      }
    }
  }
)

t.test('a definite no to a nonce is no outage', async (t) => {
  for (const failure of [
    backendFailure('http', 404, 'resource_not_found'),
    backendFailure('http', 400, null),
    backendFailure('http', 401, 'nonce_expired')
  ]) {
    const scene = createScene({}, TOKENS, { fetchHandshakePayload: async () => failure })
    const state = await scene.decide({ cookies: { ...signedInCookies, handshakeNonce: 'stale' } })
    t.match(state, { status: 'signed-out', reason: 'session-token-missing', auth: { retryAfterSeconds: null } })
  }
})

t.test('a nonce is asked about once while its answer holds: 60 s for a no, 5 s for a yes, else the wait', async (t) => {
  const cases: [answer: BackendResult<readonly string[]>, seconds: number][] = [
    [backendFailure('http', 404, 'resource_not_found'), 60],
    [{ ok: true, value: ['__session=good'] }, 5],
    [backendFailure('http', 502, null, 20), 20],
    [backendFailure('timeout'), 5]
  ]
  for (const [answer, seconds] of cases) {
    let asked = 0
    let nowMs = NOW * 1000
    const scene = createScene({}, TOKENS, {
      now: () => nowMs,
      fetchHandshakePayload: async () => {
        asked++
        return answer
      }
    })
    // As a browser that has the nonce in a cookie: a page, and what it loads.
    for (let i = 0; i < 20; i++) await scene.decide({ cookies: { ...signedInCookies, handshakeNonce: 'n' } })
    t.equal(asked, 1)
    nowMs += seconds * 1000 - 1
    const first = await scene.decide({ cookies: { handshakeNonce: 'n' } })
    t.equal(asked, 1)
    nowMs += 1
    t.same(await scene.decide({ cookies: { handshakeNonce: 'n' } }), first)
    t.equal(asked, 2)
  }
})

t.test('while keys cannot be had, production tells nobody by a returned handshake that he is signed out', async (t) => {
  const tokens = { ...TOKENS, 'hs-waiting': { claims: { handshake: ['__session=waiting'] } } }
  const scene = createScene({}, { ...tokens, waiting: { outcome: 'unavailable' as const } })
  for (const handshake of ['hs-no-keys', 'hs-waiting']) {
    const state = await scene.decide({ ...DOCUMENT, cookies: { handshake, clientUat: '5' } })
    t.match(state, { status: 'signed-out', auth: { retryAfterSeconds: 7 } }, handshake)
  }
})

t.test('a flood of made-up nonces leaves true browsers a 503, never a 401', async (t) => {
  let nowMs = NOW * 1000
  const scene = createScene({}, TOKENS, {
    now: () => nowMs,
    fetchHandshakePayload: async (nonce) =>
      nonce === 'true' ? { ok: true, value: ['__session=good'] } : backendFailure('http', 404, 'resource_not_found')
  })
  for (let i = 0; i < 1_000; i++) await scene.decide({ cookies: { handshakeNonce: `made-up-${i}` } })
  const kept = await scene.decide({ cookies: { ...signedInCookies, handshakeNonce: 'true' } })
  t.equal(kept.status, 'signed-in')
  const state = await scene.decide({ cookies: { handshakeNonce: 'true' } })
  t.match(state, { status: 'signed-out', auth: { retryAfterSeconds: 1 } })
  nowMs += 1_000
  t.equal((await scene.decide({ cookies: { handshakeNonce: 'true' } })).status, 'signed-in')
})
