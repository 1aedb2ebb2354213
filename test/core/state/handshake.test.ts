import t from 'tap'
import { type BackendFailure, type BackendResult, backendFailure } from '../../../src/core/backend-api/result.js'
import { signedOut } from '../../../src/core/state/request-state.js'
import { createScene, DEVELOPMENT_HOST, DOCUMENT, type FakeToken, locationOf, NOW } from '../../fixtures/state-scene.js'

const TOKENS: Record<string, FakeToken> = {
  good: {},
  expired: { outcome: 'token-expired' },
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

t.test('the handshake URL has every parameter, in order', async (t) => {
  const state = await createScene({}, TOKENS).decide({
    ...DOCUMENT,
    url: 'https://app.example.com/page?a=1&__clerk_db_jwt=x&__dev_session=y',
    cookies: { session: 'good' }
  })
  t.equal(state.status, 'handshake')
  t.equal(
    state.location,
    'https://clerk.example.com/v1/client/handshake?redirect_url=https%3A%2F%2Fapp.example.com%2Fpage%3Fa%3D1' +
      '&__clerk_api_version=2026-05-12&suffixed_cookies=false&__clerk_hs_reason=session-token-but-no-client-uat' +
      '&format=nonce&__session=good'
  )
  t.same(state.headers, { 'cache-control': 'no-store' })
  t.same(state.setCookies, ['__clerk_redirect_count=1; SameSite=Lax; HttpOnly; Max-Age=2'])
  t.same([state.tokenType, state.message, state.verified], ['session_token', '', null])
  t.equal(state.auth.isAuthenticated, false)
})

t.test('the development browser goes along in development only, the one of the URL first', async (t) => {
  const cookies = { session: 'good', devBrowser: 'of-cookie' }
  const development = createScene({ instanceType: 'development' }, TOKENS)
  t.equal(
    locationOf(await development.decide({ ...DOCUMENT, cookies })).searchParams.get('__clerk_db_jwt'),
    'of-cookie'
  )
  const url = 'http://localhost:3000/?__clerk_db_jwt=of-url'
  const state = await development.decide({ ...DOCUMENT, url, cookies })
  t.equal(state.reason, 'dev-browser-sync')
  t.equal(locationOf(state).searchParams.get('__clerk_db_jwt'), 'of-url')
  t.equal(locationOf(state).searchParams.get('redirect_url'), 'http://localhost:3000/')
  const production = await createScene({}, TOKENS).decide({ ...DOCUMENT, cookies })
  t.notOk(locationOf(production).searchParams.has('__clerk_db_jwt'))
})

t.test('a proxy takes the place of the host, path included, slashes at its end not', async (t) => {
  const input = { ...DOCUMENT, cookies: { session: 'good' } }
  const absolute = await createScene({ proxyUrl: 'https://app.example.com/__clerk//' }, TOKENS).decide(input)
  t.equal(locationOf(absolute).pathname, '/__clerk/v1/client/handshake')
  const relative = await createScene({ proxyUrl: '/__clerk' }, TOKENS).decide(input)
  t.match(relative.location, /^https:\/\/app\.example\.com\/__clerk\/v1\/client\/handshake\?/)
})

t.test('only a page load by GET is sent round', async (t) => {
  const cases: [object, boolean][] = [
    [{ secFetchDest: 'document' }, true],
    [{ secFetchDest: 'iframe' }, true],
    [{ secFetchDest: '', accept: 'text/html' }, true],
    [{ secFetchDest: '', accept: 'text/html,*/*' }, true],
    [{ secFetchDest: '', accept: 'TEXT/HTML' }, false],
    [{ secFetchDest: '', accept: '*/*, text/html' }, false],
    [{ secFetchDest: 'empty', accept: 'text/html' }, false],
    [{ secFetchDest: 'Document' }, false],
    [{ secFetchDest: 'document', method: 'POST' }, false],
    [{ secFetchDest: 'document', method: 'HEAD' }, false]
  ]
  for (const [input, redirected] of cases) {
    const state = await createScene({}, TOKENS).decide({ ...input, cookies: { session: 'good' } })
    t.equal(state.status, redirected ? 'handshake' : 'signed-out', JSON.stringify(input))
    t.equal(state.reason, 'session-token-but-no-client-uat')
    if (!redirected) t.same([state.location, state.headers, state.setCookies], [null, null, []])
  }
})

t.test('a loop ends at three, and says so once in the log', async (t) => {
  for (const [redirectCount, next] of [
    ['', '1'],
    ['0', '1'],
    ['2', '3'],
    ['3', null],
    ['4', '5'],
    ['abc', '1']
  ] as const) {
    const scene = createScene({}, TOKENS)
    const state = await scene.decide({ ...DOCUMENT, cookies: { session: 'good', redirectCount } })
    t.equal(state.status, next === null ? 'signed-out' : 'handshake', redirectCount)
    t.match(state.setCookies[0] ?? '', next === null ? /^$/ : new RegExp(`^__clerk_redirect_count=${next};`))
    t.equal(scene.logged.length, next === null ? 1 : 0)
    if (next !== null) continue
    t.match(scene.logged[0], /loop stopped.*secret key of different instances.*cookies that do not come back.*clock/s)
    t.same(scene.loggedFields[0], { reason: 'session-token-but-no-client-uat' })
  }
})

t.test('the warning of a loop knows satellites', async (t) => {
  const scene = createScene({ isSatellite: true, satelliteAutoSync: true }, TOKENS)
  const state = await scene.decide({ secFetchDest: 'document', cookies: { redirectCount: '3' } })
  t.match(state, { status: 'signed-out', reason: 'satellite-needs-syncing' })
  t.match(scene.logged, [/loop stopped.*domain is not configured as a satellite.*preview deployment/])
  t.notMatch(scene.logged[0], 'secret key')
})

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
  t.same(scene.loggedFields, [{ reason: 'token-invalid-signature', form: 'token' }])
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
    t.strictSame(scene.loggedFields, [{ kind, status: fetchHandshakePayload === null ? null : 404 }])
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

t.test('without handshakes nothing redirects, and what came back is ignored', async (t) => {
  const scene = createScene({ handshake: false }, TOKENS)
  const returned = await scene.decide({ cookies: { ...signedInCookies, handshake: 'hs-signed-out' } })
  t.equal(returned.status, 'signed-in')
  t.match(await scene.decide({ ...DOCUMENT, cookies: { session: 'good' } }), {
    status: 'signed-out',
    reason: 'session-token-but-no-client-uat',
    location: null,
    setCookies: []
  })
  const foreign = await scene.decide({ ...DOCUMENT, referer: 'https://other.test/', cookies: signedInCookies })
  t.equal(foreign.status, 'signed-in', 'a good session stays one, wherever the link was')
  const development = createScene({ handshake: false, instanceType: 'development' }, TOKENS)
  const state = await development.decide({ ...DOCUMENT, cookies: signedInCookies })
  t.match(state, { status: 'signed-out', reason: 'dev-browser-missing' })
  t.match(state.message, /only next to the cookie.*handshake: false.*Authorization: Bearer.*handshake on/)
  t.equal((await scene.decide({ ...DOCUMENT, cookies: { session: 'good' } })).message, '')
  const expired = await scene.decide({ cookies: { ...signedInCookies, session: 'expired' } })
  t.match(expired.message, 'reason=token-expired')
})

t.test('without a publishable key cookies are not read, and a cookie that comes learns why', async (t) => {
  const scene = createScene({ instanceType: null, frontendApi: null, originalFrontendApi: null }, TOKENS)
  t.match(await scene.decide({ ...DOCUMENT, cookies: signedInCookies }), {
    status: 'signed-out',
    reason: 'session-token-and-uat-missing',
    message: /publishableKey/
  })
  for (const cookies of [{ session: 'good' }, { clientUat: '5' }]) {
    t.match((await scene.decide({ cookies })).message, 'publishableKey')
  }
  t.equal((await scene.decide(DOCUMENT)).message, '')
})

t.test('refusals whose text varies are not all kept', async (t) => {
  const texts = Array.from({ length: 1000 }, (_, i) => `reason-${i}`)
  for (const text of texts) signedOut(text, '')
  t.not(signedOut('reason-999', ''), signedOut('reason-999', ''))
})

t.test('equal refusals are one object, and so is the auth of a token', async (t) => {
  const scene = createScene({}, TOKENS)
  t.equal(await scene.decide({}), await scene.decide({}))
  const forged = { cookies: { session: 'forged', clientUat: '5' } }
  t.equal(await scene.decide(forged), await scene.decide(forged))
  const good = { cookies: signedInCookies }
  t.equal((await scene.decide(good)).auth, (await scene.decide(good)).auth)
})

t.test('satellites: the development primary is asked by its sign-in page, and answers', async (t) => {
  const satellite = createScene({ instanceType: 'development', isSatellite: true }, TOKENS)
  const url = 'https://satellite.test/x?__clerk_synced=false'
  const asked = await satellite.decide({ ...DOCUMENT, url })
  t.equal(asked.reason, 'satellite-needs-syncing')
  t.equal(locationOf(asked).origin, 'https://primary.test')
  t.equal(locationOf(asked).searchParams.get('__clerk_redirect_url'), url)

  const primary = createScene({ instanceType: 'development' }, TOKENS)
  const answered = await primary.decide({ ...DOCUMENT, url: asked.location ?? '', cookies: { devBrowser: 'd' } })
  t.equal(answered.reason, 'primary-responds-to-syncing')
  t.equal(answered.location, 'https://satellite.test/x?__clerk_synced=true&__clerk_db_jwt=d')
  t.same([asked.message, answered.message], ['', ''])
  const local = `http://localhost:3000/?__clerk_redirect_url=${encodeURIComponent('http://satellite.test/')}`
  const unknown = await primary.decide({ ...DOCUMENT, url: local })
  t.equal(unknown.location, 'http://satellite.test/?__clerk_synced=true', 'nothing is sent of a browser without a name')

  const back = await satellite.decide({ ...DOCUMENT, url: answered.location ?? '' })
  t.equal(back.reason, 'dev-browser-sync')
  t.equal(locationOf(back).host, DEVELOPMENT_HOST)
})

t.test('a primary redirects to absolute http and https URLs only', async (t) => {
  const primary = createScene({ instanceType: 'development' }, TOKENS)
  for (const target of ['javascript:alert(1)', 'data:text/html,x', '/relative', 'https://', 'no url']) {
    const url = `http://localhost:3000/?__clerk_redirect_url=${encodeURIComponent(target)}`
    const state = await primary.decide({ ...DOCUMENT, url, cookies: { devBrowser: 'd' } })
    t.match(state, { status: 'signed-out', reason: 'primary-responds-to-syncing', location: null }, target)
    t.match(state.message, '__clerk_redirect_url is no absolute http or https URL')
  }
})

t.test('a production satellite is synced by its own FAPI, once asked or when told to do so by itself', async (t) => {
  const settings = { isSatellite: true, originalFrontendApi: 'clerk.satellite.test' }
  const url = 'https://www.satellite.test/'
  const quiet = createScene(settings, TOKENS)
  const first = await quiet.decide({ ...DOCUMENT, url })
  t.match(first, { status: 'signed-out', reason: 'session-token-and-uat-missing' })
  t.equal(first.message, '')
  for (const [scene, target] of [
    [quiet, `${url}?__clerk_synced=false`],
    [createScene({ ...settings, satelliteAutoSync: true }, TOKENS), url]
  ] as const) {
    const state = await scene.decide({ ...DOCUMENT, url: target })
    t.same([state.reason, state.message], ['satellite-needs-syncing', ''])
    t.equal(locationOf(state).host, 'clerk.satellite.test')
  }
  const done = await quiet.decide({ ...DOCUMENT, url: `${url}?__clerk_synced=true` })
  t.match(done, { status: 'signed-out', reason: 'session-token-and-uat-missing' })
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
