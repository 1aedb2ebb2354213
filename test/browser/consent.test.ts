import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { createLocalClerk } from '../../src/local/index.js'
import { createOAuthClient } from '../fixtures/oauth-client.js'
import { launchBrowser, newContext } from './chromium.js'

// The page on which a user allows a client what it asks for, in a browser with its policies for forms and redirects.

const browser = await launchBrowser()

if (browser !== null) {
  const clerk = await createLocalClerk({ users: [{ id: 'user_ada', name: 'Ada' }] })
  const origin = await clerk.listen()
  const application = createServer((_request, response) => response.end('back at the application'))
  await new Promise<void>((resolve) => application.listen(0, '127.0.0.1', resolve))
  t.teardown(() => Promise.all([clerk.close(), application.close()]))
  const redirectUri = `http://127.0.0.1:${(application.address() as AddressInfo).port}/callback`
  const { newClient, exchange } = createOAuthClient(clerk)
  const clientId = await newClient({ redirect_uris: [redirectUri], client_name: 'Notes <b>client</b>' })
  const verifier = 'v'.repeat(43)
  const url = `${origin}/oauth/authorize?${new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    scope: 'notes:read',
    state: 'state-1',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256'
  })}`

  t.test('a user allows a client, and the browser comes back with a code that is good', async (t) => {
    const page = await (await newContext(browser)).newPage()
    await page.goto(url)
    t.equal(await page.locator('h1').innerText(), 'Notes <b>client</b> asks for access', 'a name is text')
    t.match(await page.locator('dl').innerText(), 'notes:read')
    await page.getByRole('button', { name: 'Allow as Ada' }).click()
    await page.getByText('back at the application').waitFor()
    const { searchParams } = new URL(page.url())
    t.equal(searchParams.get('state'), 'state-1')
    const code = searchParams.get('code') ?? ''
    const answer = await exchange(clientId, { code, verifier }, { redirect_uri: redirectUri })
    t.match(answer, { status: 200, body: { scope: 'notes:read' } })
  })

  t.test('a user denies, and the client is told', async (t) => {
    const page = await (await newContext(browser)).newPage()
    await page.goto(url)
    await page.getByRole('button', { name: 'Deny' }).click()
    await page.getByText('back at the application').waitFor()
    t.match(Object.fromEntries(new URL(page.url()).searchParams), { error: 'access_denied', state: 'state-1' })
  })
}
