import { decodeJwt } from 'jose'
import t from 'tap'
import { createLocalClerk, type LocalClerk } from '../../src/local/index.js'

const nowMs = 1_790_000_000_000
const people = {
  users: [
    {
      id: 'user_ada',
      name: 'Ada',
      memberships: [
        { orgId: 'org_acme', role: 'org:admin', permissions: ['org:docs:write'] },
        { orgId: 'org_beta', role: 'org:member' }
      ]
    }
  ],
  organizations: [
    { id: 'org_acme', slug: 'acme' },
    { id: 'org_beta', slug: 'beta' }
  ],
  now: () => nowMs
}
const development = await createLocalClerk(people)
const production = await createLocalClerk({
  ...people,
  instanceType: 'production',
  frontendApi: 'clerk.app.test',
  satellites: ['sat.test']
})
t.teardown(() => Promise.all([development.close(), production.close()]))

/** Sends a request as a browser does. Returns the response, where it leads, and the cookies that it sets. */
async function visit(clerk: LocalClerk, url: string | URL, init: RequestInit = {}) {
  const response = await clerk.fetch(url, { redirect: 'manual', ...init })
  const location = response.headers.get('location')
  return {
    response,
    location: location === null ? null : new URL(location),
    setCookies: response.headers.getSetCookie()
  }
}

function handshakeUrl(clerk: LocalClerk, redirectUrl: string, query: Record<string, string> = {}, host?: string): URL {
  const url = new URL(`https://${host ?? clerk.frontendApi}/v1/client/handshake`)
  url.search = new URLSearchParams({ redirect_url: redirectUrl, format: 'nonce', ...query }).toString()
  return url
}

async function directivesOf(clerk: LocalClerk, location: URL): Promise<string[]> {
  const nonce = location.searchParams.get('__clerk_handshake_nonce')
  if (nonce === null) return decodeJwt(location.searchParams.get('__clerk_handshake') ?? '').handshake as string[]
  const response = await clerk.fetch(`${clerk.apiUrl}/v1/clients/handshake_payload?nonce=${nonce}`, {
    headers: { authorization: `Bearer ${clerk.secretKey}` }
  })
  return ((await response.json()) as { directives: string[] }).directives
}

function signInForm(userId: string): RequestInit {
  return { method: 'POST', body: new URLSearchParams({ user_id: userId }) }
}

function cookieValue(lines: string[], name: string): string | undefined {
  return lines
    .find((line) => line.startsWith(`${name}=`))
    ?.split(';')[0]
    ?.slice(name.length + 1)
}

t.test('a first visit in development gets a dev browser and learns that nobody is signed in', async (t) => {
  const { response, location } = await visit(development, handshakeUrl(development, 'http://127.0.0.1:3000/page?a=1'))
  t.equal(response.status, 303)
  t.equal(location?.origin, 'http://127.0.0.1:3000')
  t.equal(location?.searchParams.get('a'), '1')
  t.ok(location?.searchParams.has('__clerk_handshake'), 'a small payload goes as a token')
  const lines = await directivesOf(development, location!)
  t.equal(cookieValue(lines, '__client_uat'), '0')
  t.match(lines, [/^__client_uat=/, /^__client_uat_/, /^__session=; .*Max-Age=0/])
  t.equal(cookieValue(lines, '__clerk_db_jwt'), location?.searchParams.get('__clerk_db_jwt'))
})

t.test('sign-in in development: the page, the choice, the way back, the session', async (t) => {
  const back = 'http://127.0.0.1:3000/'
  const page = await visit(development, `${development.signInUrl}?redirect_url=${encodeURIComponent(back)}`)
  t.match(await page.response.text(), 'value="user_ada"')
  const cookie = page.setCookies[0]!.split(';')[0]!
  const url = `${development.signInUrl}?redirect_url=${encodeURIComponent(back)}`
  const { location } = await visit(development, url, { ...signInForm('user_ada'), headers: { cookie } })
  const devBrowser = location?.searchParams.get('__clerk_db_jwt') ?? ''
  t.match(devBrowser, /^dvb_/)

  const query = { __clerk_db_jwt: devBrowser }
  const returned = await visit(development, handshakeUrl(development, back, query))
  t.ok(returned.location?.searchParams.has('__clerk_handshake_nonce'), 'a large payload goes as a nonce')
  const lines = await directivesOf(development, returned.location!)
  const token = cookieValue(lines, '__session') ?? ''
  t.match(decodeJwt(token), { sub: 'user_ada', azp: 'http://127.0.0.1:3000', o: { slg: 'acme' } })
  t.equal(cookieValue(lines, `__session_${development.cookieSuffix}`), token)
  t.equal(cookieValue(lines, '__client_uat'), String(nowMs / 1000))

  const switched = await visit(development, handshakeUrl(development, back, { ...query, organization_id: 'beta' }))
  const other = decodeJwt(cookieValue(await directivesOf(development, switched.location!), '__session') ?? '')
  t.match(other, { o: { id: 'org_beta', rol: 'member' } })
  const personal = await visit(development, handshakeUrl(development, back, { ...query, organization_id: '' }))
  t.notOk('o' in decodeJwt(cookieValue(await directivesOf(development, personal.location!), '__session') ?? ''))

  await visit(development, `${development.signOutUrl}?__clerk_db_jwt=${devBrowser}`)
  const out = await visit(development, handshakeUrl(development, back, query))
  t.equal(cookieValue(await directivesOf(development, out.location!), '__client_uat'), '0')
})

t.test('production hands back by cookie on the shared domain', async (t) => {
  const back = 'https://app.test/page'
  const url = `${production.signInUrl}?redirect_url=${encodeURIComponent(back)}`
  const signedIn = await visit(production, url, signInForm('user_ada'))
  t.equal(signedIn.location?.href, back)
  t.match(signedIn.setCookies[1], /^__client_uat=1790000000; .*Domain=app.test/)

  const cookie = signedIn.setCookies[0]!.split(';')[0]!
  const { location, setCookies } = await visit(production, handshakeUrl(production, back), { headers: { cookie } })
  t.equal(location?.href, back)
  t.match(setCookies[0], /^__clerk_handshake_nonce=\w{32}; .*HttpOnly; Secure; Domain=app.test$/)
})

t.test('a production satellite learns of the session through the primary', async (t) => {
  const url = `${production.signInUrl}?redirect_url=${encodeURIComponent('https://app.test/')}`
  const cookie = (await visit(production, url, signInForm('user_ada'))).setCookies[0]!.split(';')[0]!

  const satelliteUrl = handshakeUrl(production, 'https://sat.test/x', { format: 'token' }, 'clerk.sat.test')
  const asked = await visit(production, satelliteUrl)
  t.equal(asked.location?.origin, 'https://clerk.app.test')
  t.equal(asked.location?.pathname, '/v1/client/sync')
  const synced = await visit(production, asked.location!, { headers: { cookie } })
  t.equal(synced.location?.host, 'clerk.sat.test')
  const returned = await visit(production, synced.location!)
  t.equal(returned.location?.href, 'https://sat.test/x?__clerk_synced=true')
  const token = decodeJwt(cookieValue(returned.setCookies, '__clerk_handshake')!)
  const session = decodeJwt(cookieValue(token.handshake as string[], '__session')!)
  t.match(session, { sub: 'user_ada', iss: 'https://clerk.sat.test', azp: 'https://sat.test' })
})

t.test('the form of the handshake can be fixed', async (t) => {
  const always = await createLocalClerk({ ...people, handshakeFormat: 'nonce' })
  const { location } = await visit(always, handshakeUrl(always, 'http://127.0.0.1/'))
  t.ok(location?.searchParams.has('__clerk_handshake_nonce'))
})

t.test('a redirect_url that is no web address is refused, a user that is none as well', async (t) => {
  t.equal((await visit(development, handshakeUrl(development, 'javascript:alert(1)'))).response.status, 400)
  t.equal((await visit(development, handshakeUrl(development, '/page'))).response.status, 400)
  t.equal((await visit(development, development.signInUrl, signInForm('user_nobody'))).response.status, 400)
})

t.test('the sign-in page escapes what it shows', async (t) => {
  const clerk = await createLocalClerk({ users: [{ id: 'user_1', name: '<img src=x onerror=alert(1)>' }] })
  const page = await visit(clerk, `${clerk.signInUrl}?redirect_url=${encodeURIComponent('http://a.test/"><b>')}`)
  const html = await page.response.text()
  t.notMatch(html, '<img')
  t.notMatch(html, '<b>')
})

t.test('the frontend gets a dev browser of its own', async (t) => {
  const { response } = await visit(development, `https://${development.frontendApi}/v1/dev_browser`, { method: 'POST' })
  t.match(await response.json(), { id: /^dvb_/ })
})
