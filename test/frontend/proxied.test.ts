import t from 'tap'
import { launchBrowser, newContext } from '../browser/chromium.js'
import { testFlows, testPoller, testRestart, testSignInPage, testSignUp } from './flows.js'
import { enterFrontendProject } from './packages.js'
import { signInByScript, waitForClerk } from './page.js'
import { PASSWORD, startScene } from './scene.js'

// FAPI through the proxy of the application: scripts, requests and handshakes of the browser go to one origin.

const browser = enterFrontendProject() ? await launchBrowser() : null
if (browser !== null) {
  const hosts = { application: '127.0.0.1', api: '127.0.0.1' }
  const setUp = { name: 'proxied', isSecure: false, isProxied: true, hosts }
  const scene = await startScene({ ...setUp, clerk: {} })
  const shortLived = await startScene({ ...setUp, clerk: { tokenLifetimeInMs: 20_000 } })
  t.teardown(() => Promise.all([scene.close(), shortLived.close()]))

  t.test('the browser knows one origin, and the first page comes after one handshake', async (t) => {
    const page = await (await newContext(browser)).newPage()
    const seen: { url: URL; isRedirect: boolean }[] = []
    page.on('response', (response) => {
      const isRedirect = Math.trunc(response.status() / 100) === 3 && response.request().isNavigationRequest()
      seen.push({ url: new URL(response.url()), isRedirect })
    })
    await page.goto(scene.origin)
    await waitForClerk(page)
    t.equal(await signInByScript(page, 'ada@example.com', PASSWORD), 'complete')
    for (const { url } of seen) t.equal(url.origin, scene.origin, url.pathname)
    t.strictSame(
      seen.filter(({ isRedirect }) => isRedirect).map(({ url }) => url.pathname),
      ['/', '/__clerk/v1/client/handshake', '/']
    )
    t.ok(seen.some(({ url }) => url.pathname.startsWith('/__clerk/v1/client/sign_ins')))
  })

  testFlows(browser, scene)
  testSignInPage(browser, scene)
  testSignUp(browser, scene)
  testPoller(browser, shortLived)
  testRestart(browser, scene)
}
