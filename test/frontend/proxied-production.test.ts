import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright-core'
import t from 'tap'
import { createCertificate } from '../../src/local/certificate.js'
import { launchBrowser, newContext } from '../browser/chromium.js'
import { testFlows, testPoller } from './flows.js'
import { enterFrontendProject } from './packages.js'
import { fetchMe, signInByScript, waitForClerk } from './page.js'
import { PASSWORD, startScene } from './scene.js'

// A production instance behind the proxy of the application, by TLS on both sides. The proxy checks the certificate of FAPI, and
// Node reads the authorities that it trusts once, at its start: so the tests run in a process of their own.

const FOLDER = 'TLS_OF_TEST'
const hosts = { application: 'app.localhost', api: 'api.app.localhost' }
const frontendApi = 'clerk.app.localhost'

const folder = process.env[FOLDER]
if (folder !== undefined) await testProduction(folder)
else if (enterFrontendProject()) await spawnTrusting()

async function spawnTrusting(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'proxied-production-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const { key, cert } = await createCertificate([frontendApi, hosts.application, hosts.api])
  const file = join(folder, 'cert.pem')
  writeFileSync(file, cert)
  writeFileSync(join(folder, 'key.pem'), key, { mode: 0o600 })
  t.setTimeout(200_000)
  await t.spawn(
    process.execPath,
    [fileURLToPath(import.meta.url)],
    { env: { ...process.env, [FOLDER]: folder, NODE_EXTRA_CA_CERTS: file } },
    'a process that trusts the certificate of FAPI'
  )
}

async function testProduction(folder: string): Promise<void> {
  const browser = enterFrontendProject() ? await launchBrowser() : null
  if (browser === null) return
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  const setUp = {
    name: 'proxied-production',
    isSecure: true,
    isProxied: true,
    hosts,
    certificate: { key: read('key.pem'), cert: read('cert.pem') }
  }
  const clerk = { instanceType: 'production', frontendApi } as const
  const scene = await startScene({ ...setUp, clerk })
  const shortLived = await startScene({ ...setUp, clerk: { ...clerk, tokenLifetimeInMs: 20_000 } })
  t.teardown(() => Promise.all([scene.close(), shortLived.close()]))
  testOneOrigin(browser, scene)
  testFlows(browser, scene)
  testPoller(browser, shortLived)
}

/** Sign-in, refresh and sign-out, and all that the browser has seen of them. */
function testOneOrigin(browser: Browser, scene: Awaited<ReturnType<typeof startScene>>): void {
  t.test('the browser knows one origin, and no secret, from sign-in to sign-out', async (t) => {
    t.match(scene.clerk.publishableKey, /^pk_live_/)
    const context = await newContext(browser, { ignoreHTTPSErrors: true })
    const page = await context.newPage()
    const seen: URL[] = []
    const told: string[] = []
    page.on('response', async (response) => {
      seen.push(new URL(response.url()))
      told.push(response.url(), JSON.stringify(response.headers()))
    })
    await page.goto(scene.origin)
    await waitForClerk(page)
    t.notOk(
      seen.some(({ pathname }) => pathname.endsWith('/handshake')),
      'a stranger has nothing that a handshake could settle'
    )
    t.equal(await signInByScript(page, 'ada@example.com', PASSWORD), 'complete')
    t.match(await fetchMe(page), { status: 200, userId: 'user_ada', azp: scene.origin })
    const cookies = await context.cookies(scene.origin)
    t.match(
      cookies.find(({ name }) => name === '__client'),
      { httpOnly: true, secure: true },
      'the cookie of the browser session is kept from scripts'
    )
    t.notMatch(await page.evaluate(() => document.cookie), /__client=/)

    scene.advance(120_000)
    await page.goto(scene.origin)
    t.equal(await page.locator('#server').textContent(), 'user_ada', 'the session goes on after its token')
    await waitForClerk(page)
    const left = page.waitForEvent('load')
    await page.evaluate(() => void Clerk.signOut())
    await left
    t.equal((await fetchMe(page)).status, 401)

    for (const url of seen) t.equal(url.origin, scene.origin, url.pathname)
    for (const path of [
      '/__clerk/v1/client/sign_ins',
      '/__clerk/v1/client/sessions',
      '/__clerk/npm/@clerk/clerk-js@6'
    ]) {
      t.ok(
        seen.some(({ pathname }) => pathname.startsWith(path)),
        path
      )
    }
    t.notMatch(told.join('\n'), scene.clerk.secretKey)
  })
}
