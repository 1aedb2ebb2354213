import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import t from 'tap'
import { startPlayground } from '../../src/cli/playground/playground.js'
import { launchBrowser, newContext, pictures } from './chromium.js'

const browser = await launchBrowser()
if (browser !== null) {
  const playground = await startPlayground()
  t.teardown(() => playground.close())
  mkdirSync(pictures, { recursive: true })

  const errors: string[] = []
  const open = async (options: object = {}): Promise<Page> => {
    const page = await (await newContext(browser, options)).newPage()
    page.on('pageerror', (error) => errors.push(error.message))
    await page.goto(playground.url)
    await page.locator('#account a').first().waitFor()
    return page
  }
  const signIn = async (page: Page, name: string): Promise<void> => {
    await page.click('#sign-in')
    await page.getByRole('button', { name }).click()
    await page.locator('#sign-out').waitFor()
  }
  const call = async (page: Page, path: string): Promise<string> => {
    const route = page.locator(`[data-route="${path}"]`)
    const answered = page.waitForResponse((response) => new URL(response.url()).pathname === path)
    await route.getByRole('button').click()
    const status = String((await answered).status())
    // The response is there before the page has shown it.
    await route.locator('.status', { hasText: status }).waitFor()
    return (await route.locator('.status').textContent()) ?? ''
  }
  const counter = async (page: Page, name: string): Promise<number> =>
    Number(await page.locator(`[data-counter="${name}"]`).getAttribute('data-text'))
  const takePicture = async (page: Page, name: string) => {
    await page.evaluate(() => window.scrollTo(0, 0))
    await page.screenshot({ path: fileURLToPath(new URL(`${name}.png`, pictures)), fullPage: true })
  }

  t.test('a visitor sees that nobody is signed in, and what is refused', async (t) => {
    const page = await open()
    t.match(await page.locator('#auth').textContent(), 'session-token-and-uat-missing')
    t.equal(await call(page, '/api/public'), '200')
    t.equal(await call(page, '/api/me'), '401')
    t.equal(await call(page, '/api/docs'), '401')
    t.match(await page.locator('[data-route="/api/me"] pre').textContent(), 'FST_CLERK_UNAUTHORIZED')
    t.notMatch(page.url(), '__clerk', 'nothing of the handshake stays in the address')
    await takePicture(page, 'playground-signed-out')
  })

  t.test('Ada signs in, sees who she is, and may do everything', async (t) => {
    const page = await open()
    await page.click('#sign-in')
    await page.getByRole('button', { name: 'Ada Lovelace' }).waitFor()
    await takePicture(page, 'sign-in')
    await page.getByRole('button', { name: 'Ada Lovelace' }).click()
    await page.locator('#sign-out').waitFor()
    t.equal(new URL(page.url()).href, `${playground.url}/`)
    t.match(await page.locator('#auth').textContent(), /user_ada.*analytical.*org:admin.*org:docs:write/)
    for (const path of ['/api/public', '/api/me', '/api/docs', '/api/admin', '/api/beta']) {
      t.equal(await call(page, path), '200', path)
    }
    const hits = await counter(page, 'hits')
    const verifications = await counter(page, 'verifications')
    t.ok(hits >= 8, `${hits} hits`)
    await page.getByRole('button', { name: 'Send 200 requests' }).click()
    await page.getByText('200 requests in').waitFor()
    await page.waitForFunction(
      (least) => Number(document.querySelector('[data-counter="hits"]')?.getAttribute('data-text')) >= least,
      hits + 200
    )
    t.equal(await counter(page, 'verifications'), verifications, 'two hundred requests, no further signature check')
    t.equal(await counter(page, 'keyFetches'), 1)
    await takePicture(page, 'playground-ada')
  })

  t.test('Grace may read but not write: 403', async (t) => {
    const page = await open()
    await signIn(page, 'Grace Hopper')
    t.equal(await call(page, '/api/me'), '200')
    t.equal(await call(page, '/api/docs'), '403')
    t.equal(await call(page, '/api/admin'), '403')
    await takePicture(page, 'playground-grace')
  })

  t.test('every call says why it was answered so', async (t) => {
    const page = await open()
    const why = async (path: string): Promise<string> => {
      const details = page.locator(`[data-route="${path}"] .why`)
      await details.locator('summary').click()
      await details.locator('dl').waitFor()
      return (await details.textContent()) ?? ''
    }
    t.equal(await call(page, '/api/me'), '401')
    t.match(await why('/api/me'), /row [8] of the decision table.*requireAuth: FST_CLERK_UNAUTHORIZED.*No credentials/)
    await takePicture(page, 'playground-why-signed-out')

    await signIn(page, 'Grace Hopper')
    t.equal(await call(page, '/api/me'), '200')
    t.match(
      await why('/api/me'),
      /signed-in.*row [1][7] of the decision table.*__session.*in memory as verified.*refused nothing/
    )
    t.equal(await call(page, '/api/docs'), '403')
    t.match(await why('/api/docs'), /signed-in.*authorize: FST_CLERK_FORBIDDEN/)
    t.equal(await page.locator('.why').count(), 2)
    await takePicture(page, 'playground-why')
    await page.setViewportSize({ width: 390, height: 844 })
    t.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 390, 'nothing runs out of a phone')
  })

  t.test('whatever a request says of itself, the page shows text and runs nothing', async (t) => {
    const markup = `<img src=x onerror="globalThis.ran = 1"><script>globalThis.ran = 1</script>`
    const hostile = [markup, `\u001b]0;x\u0007${markup}`, `${markup}${'x'.repeat(8_000)}`]
    const assertInert = async (page: Page) => {
      const found = await page.evaluate(() => ({
        ran: 'ran' in globalThis,
        images: document.querySelectorAll('.answer img, .answer script').length
      }))
      t.strictSame(found, { ran: false, images: 0 })
    }
    const page = await open()
    for (const value of [markup, `${markup}${'x'.repeat(8_000)}`]) {
      await page.setExtraHTTPHeaders({ authorization: `Bearer ${value}`, 'x-forwarded-host': markup })
      t.equal(await call(page, '/api/me'), '401')
      const details = page.locator('[data-route="/api/me"] .why')
      await details.locator('summary').click()
      t.match(await details.textContent(), /the header \(section [8]\).*a token, which decides alone.*not a token/)
      t.notMatch(await details.textContent(), 'onerror')
      await assertInert(page)
    }
    await page.setExtraHTTPHeaders({})
    await page.context().addCookies([
      { name: '__session', value: '<img/src=x/onerror=globalThis.ran=1>', url: playground.url },
      { name: '__client_uat', value: '<svg/onload=globalThis.ran=1>', url: playground.url }
    ])
    t.equal(await call(page, '/api/me'), '401')
    await assertInert(page)

    // The page itself, were the server's answer made of a stranger's words.
    for (const value of hostile) {
      await page.route('**/demo/why**', (route) =>
        route.fulfill({
          json: {
            ...{ state: value, reason: value, message: value, help: { cause: value, cure: value } },
            carried: { authorization: 'token', cookies: [value], cookieFamily: value, isPageLoad: false },
            token: { kind: value, ageInMs: null, expiresInMs: null },
            verdict: { guard: value, code: value },
            decidedBy: { path: 'cookies', row: value, section: value }
          }
        })
      )
      t.equal(await call(page, '/api/me'), '401')
      const details = page.locator('[data-route="/api/me"] .why')
      await details.locator('summary').click()
      t.ok((await details.textContent())?.includes(value), 'shown as it stands')
      await assertInert(page)
      await page.unroute('**/demo/why**')
    }
  })

  t.test('a revoked session is signed out by the next request', async (t) => {
    const page = await open()
    await signIn(page, 'Alan Turing')
    t.equal(await call(page, '/api/me'), '200')
    await page.getByRole('button', { name: 'Revoke my session' }).click()
    await page.locator('#sign-in').waitFor()
    t.match(await page.locator('#auth').textContent(), 'session-revoked')
    t.equal(await call(page, '/api/me'), '401')
  })

  t.test('keys rotate and Clerk goes away without a signed-in user noticing', async (t) => {
    const page = await open()
    await signIn(page, 'Ada Lovelace')
    await page.getByRole('button', { name: 'Take Clerk down' }).click()
    await page.getByRole('button', { name: 'Bring Clerk back' }).waitFor()
    t.equal(await call(page, '/api/me'), '200')
    await page.getByRole('button', { name: 'Bring Clerk back' }).click()
    await page.getByRole('button', { name: 'Take Clerk down' }).waitFor()
    await page.getByRole('button', { name: 'Rotate the keys' }).click()
    await page.getByText('signs with a new key').waitFor()
    t.equal(await call(page, '/api/me'), '200')
  })

  t.test('the audit page tells who did what on which device, newest first, and filters', async (t) => {
    const page = await open()
    await signIn(page, 'Alan Turing')
    t.equal(await call(page, '/api/docs'), '403')
    await page.getByRole('link', { name: 'Audit log' }).click()
    const rows = page.locator('#records tr')
    await rows.first().waitFor()
    t.match(await rows.first().textContent(), /user_alan.*GET \/api\/docs.*403 refused.*Chrom/)
    const every = await rows.count()
    await page.selectOption('#user', 'user_alan')
    await page.waitForFunction((before) => document.querySelectorAll('#records tr').length < before, every)
    for (const text of await rows.allTextContents()) t.match(text, 'user_alan')
    t.ok((await page.locator('#device option').count()) > 2, 'devices of everyone are offered')
    await takePicture(page, 'audit')
  })

  t.test('the page reads well on a phone and in the dark', async (t) => {
    const page = await open({ viewport: { width: 390, height: 844 }, colorScheme: 'dark', isMobile: true })
    await signIn(page, 'Grace Hopper')
    await call(page, '/api/docs')
    const width = await page.evaluate(() => document.documentElement.scrollWidth)
    t.ok(width <= 390, `${width} px wide: nothing runs out of the screen`)
    await takePicture(page, 'playground-phone')
  })

  t.test('the audit page fits a phone, device names and all', async (t) => {
    const page = await open({ viewport: { width: 390, height: 844 }, isMobile: true })
    await signIn(page, 'Ada Lovelace')
    await call(page, '/api/docs')
    await page.getByRole('link', { name: 'Audit log' }).click()
    await page.locator('#records tr').first().waitFor()
    await page.evaluate(() => {
      for (const row of document.querySelectorAll<HTMLElement>('#records tr')) row.dataset.before = 'the choice'
    })
    await page.selectOption('#device', { index: 1 })
    await page.locator('#records tr:not([data-before])').first().waitFor()
    const width = await page.evaluate(() => document.documentElement.scrollWidth)
    t.ok(width <= 390, `${width} px wide: nothing runs out of the screen`)
    // In one turn of the page: it makes its rows anew every two seconds.
    const cells = await page.evaluate(() =>
      [...document.querySelectorAll('#records tr:first-child td')].map((cell) => {
        const { left, right } = cell.getBoundingClientRect()
        return { left, right, text: cell.textContent }
      })
    )
    t.equal(cells.length, 5)
    for (const { left, right, text } of cells)
      t.ok(left >= 0 && right > left && right <= 390, `${text} is on the screen`)
    await takePicture(page, 'audit-phone')
  })

  t.test('after sign-outs the address is clean', async (t) => {
    for (const name of ['Alan Turing', 'Grace Hopper', 'Alan Turing']) {
      const page = await open()
      await signIn(page, name)
      await page.click('#sign-out')
      await page.locator('#sign-in').waitFor()
      t.equal(page.url(), `${playground.url}/`, name)
    }
  })

  t.test('a stopped server is said on the page, until it answers again', async (t) => {
    const page = await open()
    const stopped = page.getByRole('alert')
    t.equal(await stopped.isVisible(), false)
    await page.context().setOffline(true)
    const rotate = page.getByRole('button', { name: 'Rotate the keys' })
    await rotate.click()
    await stopped.waitFor()
    t.match(await stopped.textContent(), /does not answer/)
    t.equal(await rotate.isEnabled(), true)
    await page.locator('[data-route="/api/me"]').getByRole('button').click()
    await page.context().setOffline(false)
    await stopped.waitFor({ state: 'hidden' })
    await rotate.click()
    await page.getByText('signs with a new key').waitFor()

    await page.getByRole('link', { name: 'Audit log' }).click()
    await page.locator('#device option').first().waitFor({ state: 'attached' })
    await page.context().setOffline(true)
    await page.getByRole('alert').waitFor()
  })

  t.test('no page has thrown', async (t) => {
    t.same(errors, [])
  })
}
