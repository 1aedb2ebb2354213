import t from 'tap'
import { createScene, DOCUMENT, NOW, type SettingsInput } from '../../fixtures/state-scene.js'

const TOKENS = { personal: {} }

function signedIn(session: string) {
  return { session, clientUat: `${NOW - 10}`, devBrowser: 'd' }
}

t.test('a page reached from another origin is synced with the primary, one reached from Clerk is not', async (t) => {
  const production = { instanceType: 'production' } as const
  const development = { instanceType: 'development' } as const
  const legacy = { ...development, frontendApi: 'clerk.a.b.lcl.dev', originalFrontendApi: 'clerk.a.b.lcl.dev' }
  const cases: [settings: SettingsInput, referer: string, synced: boolean][] = [
    [production, 'https://other.test/', true],
    [production, 'https://app.example.com/page', false],
    [production, 'http://app.example.com/page', true],
    [production, 'https://app.example.com:8443/', true],
    [production, 'https://clerk.example.com/', false],
    [production, 'https://clerk.example.com:444/', false],
    [production, 'https://accounts.example.com/sign-in', false],
    [production, 'https://accounts.example.com:444/', true],
    [production, 'http://accounts.example.com/', true],
    [production, 'https://accounts.other.test/', true],
    [production, 'https://happy-lion-12.accounts.dev/', true],
    [production, 'https://accounts.a.lclclerk.com/', true],
    [production, 'no url', false],
    [production, '', false],
    [development, 'https://happy-lion-12.accounts.dev/', false],
    [development, 'https://another-lion-1.accounts.dev/', false],
    [development, 'https://another-lion-1.clerk.accounts.dev/', true],
    [development, 'https://happy-lion-12.clerk.accounts.dev/', false],
    [legacy, 'https://accounts.a.b.lcl.dev/', false],
    [legacy, 'https://a.accounts.lclclerk.com/', false],
    [{ ...production, proxyUrl: 'https://app.example.com/__clerk' }, 'https://accounts.example.com/', true],
    [{ ...production, proxyUrl: 'https://proxy.example.com/__clerk' }, 'https://proxy.example.com/', false],
    [{ ...production, proxyUrl: '/__clerk' }, 'https://accounts.example.com/', true]
  ]
  for (const [settings, referer, synced] of cases) {
    const scene = createScene(settings, TOKENS)
    const state = await scene.decide({ ...DOCUMENT, referer, cookies: signedIn('personal') })
    t.equal(state.reason, synced ? 'primary-domain-cross-origin-sync' : null, `${settings.instanceType} ${referer}`)
    if (synced) t.not(state.message, '')
  }
})

t.test('only the first page load of a loop, only GET documents, only the primary', async (t) => {
  const input = { ...DOCUMENT, referer: 'https://other.test/', cookies: signedIn('personal') }
  const scene = createScene({}, TOKENS)
  for (const other of [
    { method: 'POST' },
    { secFetchDest: 'iframe' },
    { secFetchDest: '' },
    { cookies: { ...input.cookies, redirectCount: '1' } }
  ]) {
    t.equal((await scene.decide({ ...input, ...other })).status, 'signed-in', JSON.stringify(other))
  }
  t.equal((await createScene({ isSatellite: true }, TOKENS).decide(input)).status, 'signed-in')
})
