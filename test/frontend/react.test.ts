import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import t from 'tap'
import { createCertificate } from '../../src/local/certificate.js'
import { createLocalClerk } from '../../src/local/index.js'
import { launchBrowser, newContext, pictures } from '../browser/chromium.js'
import { startApplication } from './application.js'
import { enterFrontendProject, frontendProject } from './packages.js'
import { fetchMe } from './page.js'

// The unmodified @clerk/react in one small page. With an absolute proxyUrl it loads its scripts by https only.

const PASSWORD = 'engine-of-1837'

function pageSource(publishableKey: string, proxyUrl: string): string {
  return `
    import { createElement as h, useState } from 'react'
    import { createRoot } from 'react-dom/client'
    import { ClerkProvider, Show, SignIn, UserButton, useAuth } from '@clerk/react'

    function Account() {
      const { userId, getToken } = useAuth()
      const [answer, setAnswer] = useState('')
      const ask = async () => {
        const headers = { authorization: 'Bearer ' + (await getToken()) }
        setAnswer((await (await fetch('/api/me', { headers, credentials: 'omit' })).json()).userId)
      }
      return h('p', {}, userId, ' ', h('button', { onClick: ask }, 'Ask'), ' ', h('output', {}, answer), h(UserButton))
    }

    createRoot(document.getElementById('main')).render(
      h(ClerkProvider, { publishableKey: '${publishableKey}', proxyUrl: '${proxyUrl}', telemetry: false },
        h(Show, { when: 'signed-out' }, h(SignIn, { routing: 'hash', fallbackRedirectUrl: '/react' })),
        h(Show, { when: 'signed-in' }, h(Account)))
    )`
}

const browser = enterFrontendProject() ? await launchBrowser() : null
if (browser !== null) {
  const clerk = await createLocalClerk({
    users: [{ id: 'user_ada', name: 'Ada Lovelace', email: 'ada@example.com', password: PASSWORD }]
  })
  const proxyUrl = await clerk.listen({ tls: await createCertificate([]) })
  const { outputFiles } = await build({
    stdin: { contents: pageSource(clerk.publishableKey, proxyUrl), resolveDir: frontendProject },
    bundle: true,
    write: false,
    format: 'iife',
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'error'
  })
  const script = outputFiles[0]?.text ?? ''
  const { app, port } = await startApplication({
    clerk,
    proxyUrl,
    https: null,
    pages: (server) => {
      server.get('/react.js', (_request, reply) => reply.type('text/javascript').send(script))
      server.get('/react', (_request, reply) =>
        reply.type('text/html').send('<!doctype html><div id="main"></div><script src="/react.js"></script>')
      )
    }
  })
  t.teardown(() => Promise.all([app.close(), clerk.close()]))

  t.test('a page of @clerk/react signs in, and its tokens and cookies are good on the server', async (t) => {
    const context = await newContext(browser, { ignoreHTTPSErrors: true, reducedMotion: 'reduce' })
    const page = await context.newPage()
    await page.goto(`http://127.0.0.1:${port}/react`)
    await page.locator('input[name=identifier]').fill('ada@example.com')
    await page.getByRole('button', { name: 'Continue', exact: true }).click()
    await page.locator('input[name=password]:visible').fill(PASSWORD)
    await page.getByRole('button', { name: 'Continue', exact: true }).click()
    await page.getByRole('button', { name: 'Ask' }).click()
    await page.locator('output', { hasText: 'user_ada' }).waitFor()
    t.match(await fetchMe(page), { status: 200, userId: 'user_ada' })
    await page.getByRole('button', { name: /open user (menu|button)/i }).waitFor()
    mkdirSync(pictures, { recursive: true })
    await page.screenshot({ path: fileURLToPath(new URL('frontend-react.png', pictures)), animations: 'disabled' })
    await page.reload()
    await page.getByRole('button', { name: 'Ask' }).waitFor()
    t.match(await fetchMe(page), { status: 200, userId: 'user_ada' })
  })
}
