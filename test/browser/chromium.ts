import { existsSync } from 'node:fs'
import { type Browser, type BrowserContext, chromium } from 'playwright-core'
import t from 'tap'

const candidates = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome'
]

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Nothing of these tests may leave the machine; *.test names are servers of the test.
  '--host-resolver-rules=MAP *.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE *.localhost'
]

/** A browser for this file, or null after a skip that says why. Under CI a missing browser is a failure. */
export async function launchBrowser(): Promise<Browser | null> {
  // A browser on a busy machine takes its time; tap's own limit for a file run alone is 30 s.
  t.setTimeout(110_000)
  const executablePath = candidates.find((path) => path !== undefined && path !== '' && existsSync(path))
  if (executablePath === undefined) {
    const reason = 'no Chromium found: install the package chromium or set CHROMIUM_PATH'
    if (process.env.CI) t.fail(reason)
    else t.pass('browser tests', { skip: reason })
    return null
  }
  const browser = await chromium.launch({ executablePath, args: flags, headless: true })
  t.teardown(() => browser.close())
  return browser
}

/** A browser profile of its own: no cookies of other tests. */
export async function newContext(browser: Browser, options: object = {}): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: { width: 1180, height: 900 }, ...options })
  context.setDefaultTimeout(15_000)
  t.teardown(() => context.close())
  return context
}

export const pictures = new URL('../../pictures/', import.meta.url)
