import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { launchBrowser, newContext } from '../browser/chromium.js'
import { compile, containing, folder } from '../docs/snippets.js'
import { enterFrontendProject } from './packages.js'

// The application that the manual shows, as it stands there.

const browser = enterFrontendProject() ? await launchBrowser() : null
if (browser !== null) {
  t.test('the application of the manual signs in, offline', async (t) => {
    const fence = containing('clerk.browser.js')
    const { status, stdout } = compile('frontend', [fence])
    t.equal(status, 0, stdout)
    const { fastify }: { fastify: FastifyInstance } = await import(
      pathToFileURL(join(folder, 'frontend', `${fence.name}.js`)).href
    )
    t.teardown(() => fastify.close())
    const address = fastify.addresses()[0] as AddressInfo
    const page = await (await newContext(browser)).newPage()
    await page.goto(`http://127.0.0.1:${address.port}`)
    await page.locator('input[name=identifier]').fill('ada@example.com')
    await page.getByRole('button', { name: 'Continue', exact: true }).click()
    await page.locator('input[name=password]:visible').fill('engine-1837')
    await page.getByRole('button', { name: 'Continue', exact: true }).click()
    await page.getByRole('button', { name: /open user (menu|button)/i }).waitFor()
    t.same(await page.evaluate(async () => (await fetch('/me')).json()), { userId: 'user_ada' })
  })
}
