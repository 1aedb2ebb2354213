import t from 'tap'
import { createScene, DOCUMENT, type FakeToken, locationOf } from '../../fixtures/state-scene.js'

const TOKENS: Record<string, FakeToken> = {
  good: {}
}

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

t.test('a base URL is told from a host by its scheme, however that is written', async (t) => {
  const input = { ...DOCUMENT, cookies: { session: 'good' } }
  const capitals = await createScene({ proxyUrl: 'HTTPS://app.example.com/__clerk' }, TOKENS).decide(input)
  t.match(capitals.location, /^https:\/\/app\.example\.com\/__clerk\/v1\/client\/handshake\?/)
  for (const host of ['http.example.com', 'httpbin.example.com', 'https.example.com']) {
    const settings = { frontendApi: host, originalFrontendApi: host }
    const { location } = await createScene(settings, TOKENS).decide(input)
    t.ok(location?.startsWith(`https://${host}/v1/client/handshake?`), String(location))
  }
})

t.test('a proxy takes the place of the host, path included, slashes at its end not', async (t) => {
  const input = { ...DOCUMENT, cookies: { session: 'good' } }
  const absolute = await createScene({ proxyUrl: 'https://app.example.com/__clerk//' }, TOKENS).decide(input)
  t.equal(locationOf(absolute).pathname, '/__clerk/v1/client/handshake')
  const relative = await createScene({ proxyUrl: '/__clerk' }, TOKENS).decide(input)
  t.match(relative.location, /^https:\/\/app\.example\.com\/__clerk\/v1\/client\/handshake\?/)
})
