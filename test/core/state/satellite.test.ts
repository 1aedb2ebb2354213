import t from 'tap'
import { createScene, DEVELOPMENT_HOST, DOCUMENT, type FakeToken, locationOf } from '../../fixtures/state-scene.js'

const TOKENS: Record<string, FakeToken> = {}

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

t.test('the dev browser that a sign-in page hands to a satellite is the one that counts', async (t) => {
  const settings = { instanceType: 'development' } as const
  const satellite = createScene({ ...settings, isSatellite: true }, TOKENS)
  const url = 'https://satellite.test/x?__clerk_synced=false&__clerk_db_jwt=signed-in'
  const asked = await satellite.decide({ ...DOCUMENT, url: `${url}&__clerk_handshake_nonce=&__dev_session=1` })
  t.equal(locationOf(asked).searchParams.get('__clerk_redirect_url'), url)

  const answered = await createScene(settings, TOKENS).decide({
    ...DOCUMENT,
    url: asked.location ?? '',
    cookies: { devBrowser: 'of-the-primary' }
  })
  const back = await satellite.decide({ ...DOCUMENT, url: answered.location ?? '' })
  t.equal(back.reason, 'dev-browser-sync')
  const { searchParams } = locationOf(back)
  t.equal(searchParams.get('__clerk_db_jwt'), 'signed-in')
  t.equal(searchParams.get('redirect_url'), 'https://satellite.test/x?__clerk_synced=true')
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
