import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import type { BrowserContext, Page } from 'playwright-core'
import t from 'tap'
import { createCertificate } from '../../src/local/certificate.js'
import { createLocalClerk } from '../../src/local/index.js'
import { launchBrowser, newContext } from '../browser/chromium.js'
import { startApplication } from './application.js'
import { enterFrontendProject, frontendProject } from './packages.js'
import { fetchMe, waitForClerk } from './page.js'

// The unmodified @clerk/testing. It takes FAPI by TLS only, and sends the requests of the page again from Node, which has
// to resolve the host: a development instance at https://localhost does.

interface ClerkTesting {
  clerkSetup(options: object): Promise<void>
  setupClerkTestingToken(options: { context: BrowserContext }): Promise<void>
  readonly clerk: {
    loaded(options: { page: Page }): Promise<void>
    signIn(options: { page: Page; signInParams: object }): Promise<void>
    signOut(options: { page: Page }): Promise<void>
  }
}

const PASSWORD = 'engine-of-1837'

const browser = enterFrontendProject() ? await launchBrowser() : null
if (browser !== null) {
  const { resolve } = createRequire(`${frontendProject}package.json`)
  const testing: ClerkTesting = await import(pathToFileURL(resolve('@clerk/testing/playwright')).href)

  const local = await createLocalClerk({
    users: [{ id: 'user_ada', email: 'ada+clerk_test@example.com', password: PASSWORD }]
  })
  const proxyUrl = await local.listen({ tls: await createCertificate([]) })
  const { app, port } = await startApplication({ clerk: local, proxyUrl, https: null })
  t.teardown(() => Promise.all([app.close(), local.close()]))
  const { apiUrl } = local.pluginOptions()

  t.test('@clerk/testing sets up, signs in by password, code and ticket, and signs out', async (t) => {
    await testing.clerkSetup({
      publishableKey: local.publishableKey,
      secretKey: local.secretKey,
      apiUrl,
      frontendApiUrl: new URL(proxyUrl).host,
      dotenv: false
    })
    t.equal(local.requests.count('testing-token'), 1)
    const context = await newContext(browser, { ignoreHTTPSErrors: true })
    await testing.setupClerkTestingToken({ context })
    const page = await context.newPage()
    await page.goto(`http://127.0.0.1:${port}`)
    await testing.clerk.loaded({ page })
    await waitForClerk(page)

    const identifier = 'ada+clerk_test@example.com'
    const found = await fetch(`${apiUrl}/v1/sign_in_tokens`, {
      method: 'POST',
      headers: { authorization: `Bearer ${local.secretKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ user_id: 'user_ada' })
    })
    const { token: ticket } = (await found.json()) as { token: string }
    for (const signInParams of [
      { strategy: 'password', identifier, password: PASSWORD },
      { strategy: 'email_code', identifier },
      { strategy: 'ticket', ticket }
    ]) {
      await testing.clerk.signIn({ page, signInParams })
      t.match(await fetchMe(page), { status: 200, userId: 'user_ada' }, signInParams.strategy)
      const left = page.waitForEvent('load')
      await testing.clerk.signOut({ page }).catch(() => {}) // the page goes away under it
      await left
      await waitForClerk(page)
      t.equal((await fetchMe(page)).status, 401)
    }
    const sent = local.requests.entries.filter(({ url }) => url.includes('__clerk_testing_token='))
    t.ok(
      sent.some(({ endpoint }) => endpoint === 'client-sign-in'),
      'the requests went by way of @clerk/testing'
    )
  })
}
