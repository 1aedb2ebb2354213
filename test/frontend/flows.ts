import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import t from 'tap'
import { newContext, pictures } from '../browser/chromium.js'
import { fetchMe, signInByScript, waitForClerk } from './page.js'
import { PASSWORD, type Scene } from './scene.js'

const MINUTE_MS = 60_000

/** Opens the application in browser profiles of their own. */
function visitorsOf(browser: Browser, scene: Scene) {
  async function open(): Promise<{ context: BrowserContext; page: Page }> {
    const context = await newContext(browser, { ignoreHTTPSErrors: scene.isSecure, reducedMotion: 'reduce' })
    const page = await context.newPage()
    await page.goto(scene.origin)
    await waitForClerk(page)
    return { context, page }
  }

  async function openSignedIn(): Promise<{ context: BrowserContext; page: Page }> {
    const opened = await open()
    const outcome = await signInByScript(opened.page, 'ada@example.com', PASSWORD)
    if (outcome !== 'complete') throw new Error(`sign-in: ${outcome}`)
    return opened
  }

  return { open, openSignedIn }
}

const userOfBrowser = (page: Page) => page.evaluate(() => Clerk.user?.id ?? null)
const userOfServer = (page: Page) => page.locator('#server').textContent()

/** What a user of the application does in a browser, with the cookies and tokens of the unmodified clerk-js. */
export function testFlows(browser: Browser, scene: Scene): void {
  const { origin } = scene
  const suffix = scene.clerk.cookieSuffix
  const { open, openSignedIn } = visitorsOf(browser, scene)

  const takePicture = async (page: Page, name: string) => {
    mkdirSync(pictures, { recursive: true })
    await page.screenshot({
      path: fileURLToPath(new URL(`frontend-${scene.name}-${name}.png`, pictures)),
      animations: 'disabled'
    })
  }

  t.test('clerk-js loads, and a wrong password is refused with its field', async (t) => {
    const { page } = await open()
    t.equal(await userOfBrowser(page), null)
    t.match(await userOfServer(page), 'session-token')
    t.equal(await signInByScript(page, 'ada@example.com', 'wrong'), 'form_password_incorrect')
    t.equal(await signInByScript(page, 'nobody@example.com', 'wrong'), 'form_identifier_not_found')
    t.equal((await fetchMe(page)).status, 401)
  })

  t.test(
    'a sign-in by script signs in fetches of its own origin by cookies, and of another by the header',
    async (t) => {
      const { context, page } = await openSignedIn()
      t.match(await fetchMe(page), { status: 200, userId: 'user_ada', orgId: null, azp: origin })
      const names = (await context.cookies(origin)).map(({ name }) => name)
      for (const name of ['__session', `__session_${suffix}`, '__client_uat', `__client_uat_${suffix}`]) {
        t.ok(names.includes(name), name)
      }
      t.match(await fetchMe(page, `${scene.api}/api/me`, true), { status: 200, userId: 'user_ada', azp: origin })
      t.equal((await fetchMe(page, `${scene.api}/api/me`)).status, 401, 'no cookies go there')
    }
  )

  t.test('a reload and a second tab find the user, in the browser and on the server', async (t) => {
    const { context, page } = await openSignedIn()
    const tab = await context.newPage()
    for (const [name, visited] of [
      ['reload', page],
      ['second tab', tab]
    ] as const) {
      await visited.goto(origin)
      await waitForClerk(visited)
      t.equal(await userOfServer(visited), 'user_ada', name)
      t.equal(await userOfBrowser(visited), 'user_ada', name)
      t.match(await fetchMe(visited), { status: 200, azp: origin }, name)
    }
  })

  t.test('the next request sees the organization that the page has switched to', async (t) => {
    const { page } = await openSignedIn()
    const switchTo = (organization: string | null) =>
      page.evaluate(async (active) => Clerk.setActive({ organization: active }), organization)
    await switchTo('org_harbour')
    t.match(await fetchMe(page), { status: 200, orgId: 'org_harbour', role: 'org:member' })
    await switchTo('analytical')
    t.match(await fetchMe(page), { status: 200, orgId: 'org_analytical', role: 'org:admin' }, 'by slug')
    await switchTo(null)
    t.match(await fetchMe(page), { status: 200, orgId: null, role: null })
  })

  t.test('the components sign in and switch the organization', async (t) => {
    const { page } = await open()
    await page.evaluate(() => Clerk.mountSignIn(document.querySelector('#main')))
    await page.locator('input[name=identifier]').fill('ada@example.com')
    await page.getByRole('button', { name: 'Continue', exact: true }).click()
    await page.locator('input[name=password]:visible').fill(`${PASSWORD}x`)
    await page.getByRole('button', { name: 'Continue', exact: true }).click()
    await page.getByTestId('form-feedback-error').waitFor()
    await takePicture(page, 'sign-in')
    await page.locator('input[name=password]:visible').fill(PASSWORD)
    await page.getByRole('button', { name: 'Continue', exact: true }).click()
    await page.waitForFunction(() => typeof Clerk !== 'undefined' && Clerk.user)
    t.match(await fetchMe(page), { status: 200, userId: 'user_ada', orgId: null })

    await page.goto(origin)
    await waitForClerk(page)
    await page.evaluate(() => {
      Clerk.mountUserButton(document.querySelector('#account'))
      Clerk.mountOrganizationSwitcher(document.querySelector('#organization'))
    })
    await page.getByRole('button', { name: /open organization switcher/i }).click()
    await page.getByText('Harbour Navy Yard').waitFor()
    await takePicture(page, 'organizations')
    await page.getByRole('button', { name: /Harbour Navy Yard/ }).click()
    await page.waitForFunction(() => typeof Clerk !== 'undefined' && Clerk.organization?.id === 'org_harbour')
    t.match(await fetchMe(page), { status: 200, orgId: 'org_harbour' })
    await page.getByRole('button', { name: /open user (menu|button)/i }).click()
    await page.getByText('ada@example.com').first().waitFor()
    await takePicture(page, 'signed-in')
  })

  t.test('a sign-up makes a user whom the server knows', async (t) => {
    const { page } = await open()
    const status = await page.evaluate(async () => {
      const signUp = await Clerk.client.signUp.create({ emailAddress: 'alan@example.com', password: 'bombe-of-1940' })
      await Clerk.setActive({ session: signUp.createdSessionId })
      return signUp.status
    })
    t.equal(status, 'complete')
    t.match(await fetchMe(page), { status: 200, userId: await userOfBrowser(page) })
  })

  t.test('a page load after the token has run out is signed in by a handshake, the next by a refresh', async (t) => {
    const { page } = await openSignedIn()
    const { requests } = scene.clerk
    scene.advance(2 * MINUTE_MS)
    const before = { handshakes: requests.count('handshake'), refreshes: requests.count('refresh') }
    await page.goto(origin)
    t.equal(await userOfServer(page), 'user_ada')
    t.equal(requests.count('handshake'), before.handshakes + 1)
    await waitForClerk(page)
    scene.advance(2 * MINUTE_MS)
    await page.goto(origin)
    t.equal(await userOfServer(page), 'user_ada')
    t.equal(requests.count('handshake'), before.handshakes + 1, 'no redirect')
    t.equal(requests.count('refresh'), before.refreshes + 1)
  })

  t.test('a session that the server revokes is over in an open tab', async (t) => {
    const { page } = await openSignedIn()
    const sessionId = await page.evaluate(() => Clerk.session?.id ?? '')
    t.ok(scene.clerk.revokeSession(sessionId))
    t.equal(await page.evaluate(() => Clerk.session?.getToken({ skipCache: true }).catch(() => null)), null)
    await page.waitForFunction(() => typeof Clerk !== 'undefined' && !Clerk.user)
    t.equal((await fetchMe(page)).status, 401)
  })

  t.test('sign-out is seen by the server, the page and the next page load', async (t) => {
    const { context, page } = await openSignedIn()
    const sessionId = await page.evaluate(() => Clerk.session?.id ?? '')
    // Afterwards clerk-js goes to the page for signed-out users, which here is the same.
    const left = page.waitForEvent('load')
    await page.evaluate(() => void Clerk.signOut())
    await left
    t.equal((await fetchMe(page)).status, 401)
    t.equal(scene.clerk.directory.session(sessionId)?.status, 'ended')
    await page.goto(origin)
    await waitForClerk(page)
    t.equal(await userOfBrowser(page), null)
    t.match(await userOfServer(page), 'session-token')
    t.notOk((await context.cookies(origin)).some(({ name }) => name === '__session'))
  })
}

/** The page is at FAPI's own host: in production it signs the browser in there, which a proxied host knows nothing of. */
export function testSignInPage(browser: Browser, scene: Scene): void {
  const { origin } = scene
  const { open } = visitorsOf(browser, scene)

  t.test('the sign-in page of the instance brings the user back to where clerk-js says', async (t) => {
    const { page } = await open()
    await page.goto(
      await page.evaluate(() => Clerk.buildSignInUrl({ redirectUrl: `${location.origin}/?from=sign-in` }))
    )
    await page.getByRole('button', { name: 'Ada Lovelace' }).click()
    await page.waitForURL((url) => url.origin === origin)
    await waitForClerk(page)
    t.equal(new URL(page.url()).searchParams.get('from'), 'sign-in')
    t.equal(await userOfServer(page), 'user_ada')
    t.equal(await userOfBrowser(page), 'user_ada')
  })
}

/** The form of Clerk's own, filled in and sent by hand. */
export function testSignUp(browser: Browser, scene: Scene): void {
  t.test('the sign-up form makes a user whom the server knows', async (t) => {
    const { page } = await visitorsOf(browser, scene).open()
    await page.evaluate(() => Clerk.mountSignUp(document.querySelector('#main')))
    await page.locator('input[name=emailAddress]').click()
    await page.keyboard.type('edsger@example.com')
    await page.locator('input[name=password]').click()
    await page.keyboard.type('shortest-path-of-1956')
    // Afterwards clerk-js goes to the page for signed-in users, which here is the same.
    const left = page.waitForEvent('load')
    await page.getByRole('button', { name: 'Continue', exact: true }).click()
    await left
    await waitForClerk(page)
    const user = await userOfBrowser(page)
    t.match(user, /^user_/)
    t.equal(await userOfServer(page), user)
    t.match(await fetchMe(page), { status: 200, userId: user })
  })
}

/** An open tab renews its token by itself. The lifetime of tokens is short here: this test waits for real time to pass. */
export function testPoller(browser: Browser, scene: Scene): void {
  t.test('the open page renews its token before it runs out', async (t) => {
    const { page } = await visitorsOf(browser, scene).openSignedIn()
    const { expiresAt: first = 0 } = await fetchMe(page)
    const { requests } = scene.clerk
    const before = requests.count('client-token')
    const renewal = await page.waitForResponse((response) => response.url().includes('/tokens?'), { timeout: 40_000 })
    t.equal(renewal.status(), 200)
    t.ok(Date.now() / 1000 < first, 'the token before was still good')
    await renewal.finished()
    const { status, expiresAt = 0 } = await fetchMe(page)
    t.equal(status, 200)
    t.ok(expiresAt > first)
    t.equal(requests.count('client-token'), before + 1, 'once')
  })
}

/** The browser outlives the local Clerk: all that it has is of an instance that is gone. */
export function testRestart(browser: Browser, scene: Scene): void {
  t.test('after a restart of the local Clerk an open browser is signed out, and can sign in again', async (t) => {
    const { page } = await visitorsOf(browser, scene).openSignedIn()
    await scene.restart()
    // Until then the server goes by the token, which it has verified and which is good.
    scene.advance(2 * MINUTE_MS)
    await page.goto(scene.origin)
    await waitForClerk(page)
    t.equal(await userOfBrowser(page), null)
    t.equal((await fetchMe(page)).status, 401)
    t.equal(await signInByScript(page, 'ada@example.com', PASSWORD), 'complete')
    t.match(await fetchMe(page), { status: 200, userId: 'user_ada' })
    await page.goto(scene.origin)
    t.equal(await userOfServer(page), 'user_ada')
  })
}
