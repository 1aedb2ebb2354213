import t from 'tap'
import { createScene, DOCUMENT, type FakeToken, locationOf, NOW } from '../../fixtures/state-scene.js'

const TOKENS: Record<string, FakeToken> = {
  personal: {},
  acme: { claims: { v: 2, o: { id: 'org_acme', slg: 'acme', rol: 'admin' } } },
  nobody: { claims: { sub: '', v: 2, o: { id: 'org_acme', slg: 'acme', rol: 'admin' } } },
  pending: { claims: { v: 2, sts: 'pending', o: { id: 'org_acme', slg: 'acme', rol: 'admin' } } }
}

function signedIn(session: string) {
  return { session, clientUat: `${NOW - 10}`, devBrowser: 'd' }
}

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
