import t from 'tap'
import { accountPortalOrigin, isDevelopmentAccountPortal } from '../../../src/core/state/account-portal.js'
import { compileOrganizationTarget } from '../../../src/core/state/organization-target.js'
import {
  createScene,
  DOCUMENT,
  type FakeToken,
  locationOf,
  NOW,
  type SettingsInput
} from '../../fixtures/state-scene.js'

const TOKENS: Record<string, FakeToken> = {
  personal: {},
  acme: { claims: { v: 2, o: { id: 'org_acme', slg: 'acme', rol: 'admin' } } },
  nobody: { claims: { sub: '', v: 2, o: { id: 'org_acme', slg: 'acme', rol: 'admin' } } },
  pending: { claims: { v: 2, sts: 'pending', o: { id: 'org_acme', slg: 'acme', rol: 'admin' } } }
}

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

t.test('the account portal of an instance follows from its host', async (t) => {
  for (const [host, origin] of [
    ['clerk.example.com', 'https://accounts.example.com'],
    ['happy-lion-12.clerk.accounts.dev', 'https://happy-lion-12.accounts.dev'],
    ['happy-lion-12.clerk.accountsstage.dev', 'https://happy-lion-12.accountsstage.dev'],
    ['happy-lion-12.clerk.accounts.lclclerk.com', 'https://happy-lion-12.accounts.lclclerk.com'],
    ['clerk.a.b.lcl.dev', 'https://accounts.a.b.lcl.dev'],
    ['', '']
  ]) {
    t.equal(accountPortalOrigin(host as string), origin)
  }
})

t.test('the account portals of development instances are known by their hosts', async (t) => {
  for (const host of [
    'accounts.a.b.lcl.dev',
    'accounts.a.lclstage.dev',
    'accounts.a.lclclerk.com',
    'a.accounts.dev',
    'a.accountsstage.dev',
    'a.accounts.lclclerk.com'
  ]) {
    t.ok(isDevelopmentAccountPortal(host), host)
  }
  for (const host of [
    'accounts.example.com',
    'a.b.lcl.dev',
    'a.lclclerk.com',
    'x.accounts.a.lclstage.dev',
    'accounts.a.lcl.dev.evil.test',
    'a.clerk.accounts.dev',
    'a.clerk.accountsstage.dev',
    'a.clerk.accounts.lclclerk.com',
    'a.accounts.dev.evil.test',
    'accounts.dev',
    'evil.test'
  ]) {
    t.notOk(isDevelopmentAccountPortal(host), host)
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

t.test('patterns match as path-to-regexp 6 does', async (t) => {
  const target = compileOrganizationTarget(
    ['/orgs/:slug', '/orgs/:slug/(.*)', '/by-id/:id(\\d+)', '/optional{/:id}?', '/named/:name'],
    ['/me', '/me/(.*)', '/optional', '/named/:any']
  )
  t.same(target('/orgs/acme'), { kind: 'slug', value: 'acme' })
  t.same(target('/ORGS/Acme/'), { kind: 'slug', value: 'Acme' }, 'the path has no case, the value has')
  t.same(target('/orgs/acme/x/y'), { kind: 'slug', value: 'acme' })
  t.same(target('/orgs/a%20b'), { kind: 'slug', value: 'a%20b' }, 'values are as in the path')
  t.same(target('/by-id/12'), { kind: 'id', value: '12' })
  t.equal(target('/by-id/x'), null)
  t.same(target('/me'), { kind: 'personal', value: '' })
  t.same(target('/me/settings'), { kind: 'personal', value: '' })
  t.same(target('/optional'), { kind: 'personal', value: '' }, 'a pattern that names no organization decides nothing')
  t.same(target('/named/x'), { kind: 'personal', value: '' })
  t.equal(target('/other'), null)
  t.equal(target('/orgs'), null)
  for (const [organization, personal] of [
    [[], []],
    [['/orgs/:slug'], []],
    [[], ['/me']]
  ] as const) {
    t.equal(compileOrganizationTarget(organization, personal)('/other'), null, 'no pattern, no answer')
  }
  t.throws(() => compileOrganizationTarget(['/:'], []), 'at registration, not on a request')
})

t.test('a page of another organization makes FAPI activate it', async (t) => {
  const organizationSyncOptions = {
    organizationPatterns: ['/orgs/:slug', '/ids/:id'],
    personalAccountPatterns: ['/me']
  }
  const scene = createScene({ organizationSyncOptions }, TOKENS)
  const cases: [session: string, path: string, organizationId: string | null][] = [
    ['acme', '/orgs/acme', null],
    ['acme', '/orgs/other', 'other'],
    ['acme', '/orgs/ACME', 'ACME'],
    ['acme', '/ids/org_acme', null],
    ['acme', '/ids/org_other', 'org_other'],
    ['acme', '/me', ''],
    ['acme', '/elsewhere', null],
    ['personal', '/me', null],
    ['personal', '/orgs/acme', 'acme'],
    ['pending', '/orgs/other', null],
    ['nobody', '/orgs/other', null]
  ]
  for (const [session, path, organizationId] of cases) {
    const input = { url: `https://app.example.com${path}`, cookies: signedIn(session) }
    const state = await scene.decide({ ...DOCUMENT, ...input })
    t.equal(state.status, organizationId === null ? 'signed-in' : 'handshake', `${session} ${path}`)
    if (organizationId !== null) {
      t.same([state.reason, state.message], ['active-organization-mismatch', ''])
      t.equal(locationOf(state).searchParams.get('organization_id'), organizationId)
    }
    t.equal((await scene.decide(input)).status, 'signed-in', 'a fetch goes on with the organization it has')
    const header = await scene.decide({ ...DOCUMENT, ...input, headerToken: session })
    t.equal(header.status, 'signed-in', 'and so does a bearer token')
  }
  for (const [redirectCount, status] of [
    ['2', 'handshake'],
    ['3', 'signed-in'],
    ['4', 'signed-in'],
    ['100', 'signed-in']
  ] as const) {
    const cookies = { ...signedIn('acme'), redirectCount }
    const state = await scene.decide({ ...DOCUMENT, url: 'https://a.test/orgs/b', cookies })
    t.equal(state.status, status, `after ${redirectCount} redirects`)
  }
  t.equal(scene.logged.length, 3)
  t.match(scene.logged.at(-1), /could not be activated after 3 redirects.*must check the organization/)
})

t.test('every handshake of such a page names the organization', async (t) => {
  const organizationSyncOptions = { organizationPatterns: ['/orgs/:slug'], personalAccountPatterns: [] }
  const scene = createScene({ organizationSyncOptions }, TOKENS)
  const url = 'https://app.example.com/orgs/acme'
  const state = await scene.decide({ ...DOCUMENT, url, cookies: { session: 'personal' } })
  t.equal(state.reason, 'session-token-but-no-client-uat')
  t.equal(locationOf(state).searchParams.get('organization_id'), 'acme')
})
