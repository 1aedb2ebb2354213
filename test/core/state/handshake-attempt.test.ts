import t from 'tap'
import { helpAt } from '../../../src/core/help-page.js'
import { createScene, DOCUMENT, type FakeToken, NOW } from '../../fixtures/state-scene.js'

const TOKENS: Record<string, FakeToken> = {
  good: {},
  expired: { outcome: 'token-expired' },
  'hs-signed-out': { claims: { handshake: ['__session=; Path=/; Max-Age=0', '__client_uat=0; Path=/'] } }
}

const signedInCookies = { session: 'good', clientUat: `${NOW - 10}` }

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
    t.same(scene.loggedFields[0], {
      reason: 'session-token-but-no-client-uat',
      help: helpAt('session-token-but-no-client-uat')
    })
  }
})

t.test('the warning of a loop knows satellites', async (t) => {
  const scene = createScene({ isSatellite: true, satelliteAutoSync: true }, TOKENS)
  const state = await scene.decide({ secFetchDest: 'document', cookies: { redirectCount: '3' } })
  t.match(state, { status: 'signed-out', reason: 'satellite-needs-syncing' })
  t.match(scene.logged, [/loop stopped.*domain is not configured as a satellite.*preview deployment/])
  t.notMatch(scene.logged[0], 'secret key')
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

t.test('a proxy of FAPI on this server starts no handshake through itself', async (t) => {
  const cases: [proxyUrl: string, url: string, redirected: boolean][] = [
    ['/__clerk', 'https://app.example.com/__clerk', false],
    ['/__clerk', 'https://app.example.com/__clerk/v1/client/handshake?redirect_url=x', false],
    ['/__clerk/', 'https://app.example.com/__clerk/v1/client', false],
    ['/__clerk', 'https://app.example.com/', true],
    ['/__clerk', 'https://app.example.com/__clerks', true],
    ['/__clerk', 'https://app.example.com/page/__clerk', true],
    ['https://app.example.com/__clerk', 'https://app.example.com/__clerk/v1/client', false],
    ['https://app.example.com/__clerk', 'http://app.example.com/__clerk/v1/client', false],
    ['https://app.example.com:8443/__clerk/', 'http://app.example.com:8443/__clerk/v1/client', false],
    ['https://other.example.com/__clerk', 'https://app.example.com/__clerk/v1/client', true],
    ['https://app.example.com', 'https://app.example.com/page', true],
    ['https://app.example.com/', 'https://app.example.com/page', true],
    ['', 'https://app.example.com/__clerk/v1/client', true]
  ]
  for (const [proxyUrl, url, redirected] of cases) {
    const state = await createScene({ proxyUrl }, TOKENS).decide({ ...DOCUMENT, url, cookies: { session: 'good' } })
    t.equal(state.status, redirected ? 'handshake' : 'signed-out', `${proxyUrl} ${url}`)
    t.equal(state.reason, 'session-token-but-no-client-uat')
    if (!redirected) t.same([state.location, state.headers, state.setCookies], [null, null, []])
  }
})

t.test('the cause of a loop is the refusal of the handshake that came back', async (t) => {
  for (const instanceType of ['development', 'production'] as const) {
    const scene = createScene(
      { instanceType },
      {
        ...TOKENS,
        hs: { claims: { handshake: ['__session=foreign'] } },
        foreign: { outcome: 'token-invalid-authorized-parties' }
      }
    )
    const cookies = { session: 'good', redirectCount: '3' }
    t.match(await scene.decide({ ...DOCUMENT, cookies: { ...cookies, handshake: 'hs' } }), { status: 'signed-out' })
    const last = scene.logged.at(-1)
    t.match(last, /loop stopped\. The session token names an origin .*authorizedParties does not list/, instanceType)
    t.match(scene.loggedFields.at(-1), { reason: 'token-invalid-authorized-parties' })
    await scene.decide({ ...DOCUMENT, cookies })
    t.notMatch(scene.logged.at(-1), 'authorizedParties', 'the next request has brought no handshake')
  }
})
