import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { startPlayground } from '../../src/cli/playground/playground.js'
import { launchBrowser, newContext, pictures } from '../browser/chromium.js'
import { enterFrontendProject } from './packages.js'

const browser = enterFrontendProject() ? await launchBrowser() : null
if (browser !== null) {
  const playground = await startPlayground({ hasFrontend: true })
  t.teardown(() => playground.close())

  t.test("the playground shows Clerk's own components, and the server sees what they do", async (t) => {
    const page = await (await newContext(browser, { reducedMotion: 'reduce' })).newPage()
    const errors: string[] = []
    page.on('pageerror', ({ message }) => errors.push(message))
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text())
    })
    await page.goto(playground.url)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.locator('input[name=identifier]').fill('ada@example.com')
    await page.getByRole('button', { name: 'Continue', exact: true }).click()
    await page.locator('input[name=password]:visible').fill('difference-engine')
    await page.getByRole('button', { name: 'Continue', exact: true }).click()
    const facts = page.locator('#auth')
    await facts.getByText('user_ada').waitFor()
    await facts.getByText('analytical').waitFor()

    await page.getByRole('button', { name: /open organization switcher/i }).click()
    await page.getByRole('button', { name: /Harbour Navy Yard/ }).click()
    await facts.getByText('harbour').waitFor()
    t.match(await facts.textContent(), 'org:guest')
    mkdirSync(pictures, { recursive: true })
    const path = fileURLToPath(new URL('frontend-playground.png', pictures))
    await page.screenshot({ path, fullPage: true, animations: 'disabled' })

    await page.getByRole('button', { name: /open user (menu|button)/i }).click()
    await page.getByText('Sign out').click()
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    await facts.getByText('session-token').waitFor()
    t.same(errors, [])
  })
}
