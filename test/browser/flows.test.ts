import Fastify from 'fastify'
import type { BrowserContext, Page } from 'playwright-core'
import t from 'tap'
import { organizations, people } from '../../src/cli/playground/people.js'
import { startPlayground } from '../../src/cli/playground/playground.js'
import clerkAuth, { type ClerkAuthOptions } from '../../src/index.js'
import { createLocalClerk, type LocalClerk } from '../../src/local/index.js'
import { launchBrowser, newContext } from './chromium.js'

// Cookies and redirects are the browser's own; application and Clerk are different sites.

const browser = await launchBrowser()
if (browser !== null) {
  const playground = await startPlayground({ refreshTokens: false })
  t.teardown(() => playground.close())
  const { url, clerk } = playground

  const cookieNames = async (context: BrowserContext, origin: string): Promise<string[]> =>
    (await context.cookies(origin)).map(({ name }) => name).sort()
  const seesUser = async (page: Page): Promise<string> => (await page.locator('#auth').textContent()) ?? ''
  const chooseUser = async (page: Page, name: string): Promise<void> => {
    await page.getByRole('button', { name }).click()
  }
  const openSignedIn = async (name: string): Promise<{ context: BrowserContext; page: Page }> => {
    const context = await newContext(browser)
    const page = await context.newPage()
    await page.goto(url)
    await page.locator('#sign-in').click()
    await chooseUser(page, name)
    await page.locator('#sign-out').waitFor()
    return { context, page }
  }

  t.test('a first visit in development gets a dev browser by one handshake', async (t) => {
    const context = await newContext(browser)
    const page = await context.newPage()
    t.same(await cookieNames(context, url), [])
    const before = clerk.requests.count('handshake')
    await page.goto(url)
    t.equal(clerk.requests.count('handshake'), before + 1)
    t.equal(page.url(), `${url}/`)
    const suffix = clerk.cookieSuffix
    t.hasStrict(await cookieNames(context, url), [
      '__clerk_db_jwt',
      `__clerk_db_jwt_${suffix}`,
      '__clerk_redirect_count',
      '__client_uat',
      `__client_uat_${suffix}`
    ])
    await page.reload()
    t.equal(clerk.requests.count('handshake'), before + 1, 'the second visit needs none')
  })

  t.test('an expired session is renewed by a handshake that the user does not notice', async (t) => {
    const { page } = await openSignedIn('Ada Lovelace')
    const before = clerk.requests.count('handshake')
    await page.getByRole('button', { name: 'Let my token expire' }).click()
    await page.getByText('has expired').waitFor()
    await page.reload()
    await page.locator('#sign-out').waitFor()
    t.match(await seesUser(page), 'user_ada')
    t.equal(page.url(), `${url}/`)
    t.equal(clerk.requests.count('handshake'), before + 1)
    t.equal(clerk.requests.count('refresh'), 0)
  })

  t.test('with a refresh token even a fetch goes on after the session has expired', async (t) => {
    const refreshing = await startPlayground()
    t.teardown(() => refreshing.close())
    const page = await (await newContext(browser)).newPage()
    await page.goto(refreshing.url)
    await page.locator('#sign-in').click()
    await chooseUser(page, 'Ada Lovelace')
    await page.locator('#sign-out').waitFor()
    const before = refreshing.clerk.requests.count('handshake')
    await page.getByRole('button', { name: 'Let my token expire' }).click()
    await page.getByText('has expired').waitFor()
    const status = await page.evaluate(async () => (await fetch('/api/me')).status)
    t.equal(status, 200)
    t.equal(refreshing.clerk.requests.count('refresh'), 1)
    t.equal(refreshing.clerk.requests.count('handshake'), before)
  })

  t.test('sign-out ends at the application, without a session cookie', async (t) => {
    const { context, page } = await openSignedIn('Grace Hopper')
    t.ok((await cookieNames(context, url)).includes('__session'))
    await page.locator('#sign-out').click()
    await page.locator('#sign-in').waitFor()
    t.equal(page.url(), `${url}/`)
    t.notOk((await cookieNames(context, url)).some((name) => name.startsWith('__session')))
  })

  t.test('the address switches the active organization', async (t) => {
    const { page } = await openSignedIn('Ada Lovelace')
    t.match(await seesUser(page), /analytical.*org:admin/)
    await page.getByRole('link', { name: 'Harbour Navy Yard' }).click()
    await page.locator('[aria-current="page"]', { hasText: 'Harbour' }).waitFor()
    t.equal(page.url(), `${url}/org/harbour`)
    t.match(await seesUser(page), /harbour.*org:guest/)
    await page.getByRole('link', { name: 'Personal account' }).click()
    await page.locator('[aria-current="page"]', { hasText: 'Personal' }).waitFor()
    t.match(await seesUser(page), 'none, personal account')
    await page.goto(`${url}/org/unknown`)
    await page.locator('#sign-out').waitFor()
    t.match(await seesUser(page), 'user_ada', 'an organization that is none of hers ends in no loop')
  })

  t.test('a redirect loop is broken after three rounds', async (t) => {
    const context = await newContext(browser)
    const page = await context.newPage()
    clerk.faults.next({ kind: 'redirect', on: 'handshake', location: `${url}/`, times: Number.POSITIVE_INFINITY })
    t.teardown(() => clerk.faults.clear())
    const before = clerk.requests.count('handshake')
    const response = await page.goto(url)
    t.equal(response?.status(), 200)
    t.equal(response?.headers()['x-clerk-auth-reason'], 'dev-browser-missing')
    t.equal(clerk.requests.count('handshake') - before, 3)
  })

  t.test('a session that only this application refuses ends in 401 after three visits to signInUrl', async (t) => {
    const local = await createLocalClerk({ instanceType: 'production' })
    t.teardown(() => local.close())
    // Clerk's sign-in page sends a user who is signed in at Clerk back at once.
    const signInPage = Fastify()
    let visits = 0
    signInPage.get<{ Querystring: { redirect_url: string } }>('/sign-in', (request, reply) => {
      visits++
      const back = JSON.stringify(request.query.redirect_url)
      return reply.type('text/html').send(`<body><script>location.replace(${back})</script></body>`)
    })
    t.teardown(() => signInPage.close())
    const { port } = new URL(await signInPage.listen({ port: 0, host: '127.0.0.1' }))
    const options = local.pluginOptions({
      requireAuthRedirect: true,
      signInUrl: `http://accounts.localhost:${port}/sign-in`,
      authorizedParties: ['https://app.example.com']
    })
    const application = await startApp(t, 'app.localhost', options, true)
    const context = await newContext(browser)
    const cookies = local.cookies({ azp: 'http://app.example.com' }).split('; ')
    await context.addCookies(
      cookies.map((cookie) => {
        const [name = '', value = ''] = cookie.split('=')
        return { name, value, url: application }
      })
    )
    const page = await context.newPage()
    const refused = page.waitForResponse((response) => response.status() === 401)
    await page.goto(`${application}/page`)
    t.equal((await refused).headers()['x-clerk-auth-reason'], 'token-invalid-authorized-parties')
    t.equal(visits, 3)
    await page.waitForLoadState()
    t.equal((await page.reload())?.status(), 401, 'reloading goes nowhere either')
    t.equal(visits, 3)
  })

  t.test('a development satellite gets the session of its primary', async (t) => {
    const local = await createLocalClerk({ users: people, organizations })
    t.teardown(() => local.close())
    await local.listen()
    const primary = await startApp(t, 'app.localhost', local.pluginOptions({ signInUrl: local.signInUrl }))
    const satellite = await startApp(
      t,
      'sat.localhost',
      local.pluginOptions({ isSatellite: true, domain: 'sat.localhost', signInUrl: primary, satelliteAutoSync: true })
    )
    const page = await (await newContext(browser)).newPage()
    await signInAt(page, local, primary)
    t.match(await page.textContent('body'), 'user_ada')
    await page.goto(`${satellite}/page`)
    t.match(await page.textContent('body'), 'user_ada')
    t.match(page.url(), /^http:\/\/sat\.localhost:\d+\/page/)
    t.notMatch(page.url(), '__clerk_db_jwt')
  })

  t.test(
    'in production the session comes by cookies on the shared domain, and to a satellite by its own FAPI',
    async (t) => {
      const local = await createLocalClerk({
        users: people,
        organizations,
        instanceType: 'production',
        frontendApi: 'clerk.app.localhost',
        satellites: ['sat.localhost']
      })
      t.teardown(() => local.close())
      const origin = await local.listen()
      const primary = await startApp(t, 'app.localhost', local.pluginOptions())
      const satellite = await startApp(
        t,
        'sat.localhost',
        local.pluginOptions({
          isSatellite: true,
          domain: 'sat.localhost',
          proxyUrl: origin.replace('clerk.app', 'clerk.sat'),
          signInUrl: local.signInUrl,
          satelliteAutoSync: true
        })
      )
      const context = await newContext(browser)
      const page = await context.newPage()
      await page.goto(primary)
      t.match(await page.textContent('body'), 'session-token-and-uat-missing')
      t.equal(local.requests.count('handshake'), 0, 'nobody is redirected to learn that nobody is signed in')
      await signInAt(page, local, primary)
      t.match(await page.textContent('body'), 'user_ada')
      t.notOk((await cookieNames(context, primary)).includes('__clerk_handshake_nonce'))

      await page.goto(`${satellite}/page`)
      t.match(await page.textContent('body'), 'user_ada')
      t.equal(local.requests.count('satellite-sync'), 1)
      await page.goto(`${satellite}/page`)
      t.equal(local.requests.count('satellite-sync'), 1, 'once is enough')

      await page.goto(`${local.signOutUrl}?redirect_url=${encodeURIComponent(primary)}`)
      t.match(await page.textContent('body'), /session-token-(and-uat-)?missing/)
      t.notOk((await cookieNames(context, primary)).includes('__session'))
    }
  )
}

interface Teardown {
  teardown(handler: () => unknown): unknown
}

/** An application under a name of its own that shows what it knows of the visitor; returns its origin. */
async function startApp(t: Teardown, host: string, options: ClerkAuthOptions, isGuarded = false): Promise<string> {
  const app = Fastify()
  await app.register(clerkAuth, options)
  if (isGuarded) app.addHook('onRequest', app.requireAuth)
  app.get('/*', (request, reply) => {
    const { auth } = request
    return reply.type('text/html').send(`<body>${auth.isAuthenticated ? auth.userId : auth.reason}</body>`)
  })
  t.teardown(() => app.close())
  const address = new URL(await app.listen({ port: 0, host: '127.0.0.1' }))
  return `http://${host}:${address.port}`
}

async function signInAt(page: Page, local: LocalClerk, application: string): Promise<void> {
  await page.goto(`${local.signInUrl}?redirect_url=${encodeURIComponent(`${application}/`)}`)
  await page.getByRole('button', { name: 'Ada Lovelace' }).click()
  await page.waitForURL((address) => address.origin === application && address.search === '')
}
