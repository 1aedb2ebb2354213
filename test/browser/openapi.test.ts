import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import Fastify from 'fastify'
import t from 'tap'
import clerkAuth from '../../src/index.js'
import { createLocalClerk } from '../../src/local/index.js'
import { openapi } from '../../src/openapi/index.js'
import { launchBrowser, newContext, pictures } from './chromium.js'

// Swagger UI shows a lock at each operation that asks for something, and at no other. Keeps a picture.

const browser = await launchBrowser()

if (browser !== null) {
  t.test('Swagger UI has a lock where a guard is', async (t) => {
    const clerk = await createLocalClerk()
    const app = Fastify()
    t.teardown(() => Promise.all([app.close(), clerk.close()]))
    await app.register(clerkAuth, clerk.pluginOptions({ acceptsToken: 'any', handshake: false }))
    await app.register(openapi)
    await app.register(swagger, { openapi: { info: { title: 'Jobs', version: '1.0.0' } } })
    await app.register(swaggerUi, { routePrefix: '/docs' })
    app.get('/health', () => 'ok')
    app.get('/me', { onRequest: app.requireAuth }, () => 'me')
    app.post('/jobs', { onRequest: app.authorize({ scopes: 'jobs:write' }) }, () => 'queued')
    app.delete('/jobs', { onRequest: app.authorize({ role: 'org:admin' }) }, () => 'gone')
    const origin = await app.listen({ port: 0, host: '127.0.0.1' })

    const page = await (await newContext(browser)).newPage()
    await page.goto(`${origin}/docs`)
    await page.locator('.opblock').nth(3).waitFor()
    const locks: Record<string, boolean> = {}
    for (const block of await page.locator('.opblock').all()) {
      const method = await block.locator('.opblock-summary-method').innerText()
      const path = await block.locator('.opblock-summary-path').innerText()
      locks[`${method} ${path.replace(/[^\w/]/g, '')}`] = (await block.locator('.authorization__btn').count()) > 0
    }
    t.strictSame(locks, { 'GET /health': false, 'GET /me': true, 'POST /jobs': true, 'DELETE /jobs': true })

    await page.locator('.btn.authorize').click()
    const dialog = await page.locator('.auth-container').allInnerTexts()
    for (const scheme of ['clerkSession', 'clerkCookie', 'clerkApiKey', 'clerkM2MToken', 'clerkOAuth']) {
      t.ok(
        dialog.some((text) => text.includes(scheme)),
        scheme
      )
    }
    t.match(dialog.join('\n'), `${clerk.issuer}/oauth/authorize`)
    await page.locator('.btn-done').first().click()

    mkdirSync(pictures, { recursive: true })
    await page.screenshot({ path: fileURLToPath(new URL('openapi.png', pictures)), fullPage: true })
  })
}
