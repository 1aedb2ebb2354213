import { request as send } from 'node:http'
import { request as sendSecurely } from 'node:https'
import t from 'tap'
import { createLocalClerk, type LocalClerk, type LocalClerkOptions } from '../../src/local/index.js'

// Other pages of the user's browser: under a name of their own that leads here, by fetch, by a form, by a redirect.

interface Attack {
  readonly path: string
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string
}

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

function ask(clerk: LocalClerk, { path, method = 'GET', headers = {}, body = '' }: Attack): Promise<Answer> {
  const { hostname, port, protocol } = new URL(clerk.origin ?? '')
  const options = { host: '127.0.0.1', port, path, method, headers: { host: `${hostname}:${port}`, ...headers } }
  return new Promise((resolve, reject) => {
    const secure = { ...options, ca: clerk.certificate ?? '', servername: hostname }
    const outgoing = protocol === 'https:' ? sendSecurely(secure) : send(options)
    outgoing.on('error', reject).on('response', async (incoming) => {
      let text = ''
      for await (const chunk of incoming) text += chunk
      resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: text })
    })
    outgoing.end(body)
  })
}

async function start(options: LocalClerkOptions = {}): Promise<LocalClerk> {
  const clerk = await createLocalClerk({ users: [{ id: 'user_ada' }], ...options })
  t.teardown(() => clerk.close())
  await clerk.listen()
  return clerk
}

const away = encodeURIComponent('https://evil.example/collect')

const attacks: readonly Attack[] = [
  // DNS rebinding: the page's own name leads to the listener.
  { path: '/v1/client', headers: { host: 'evil.example' } },
  { path: '/v1/environment', headers: { host: 'evil.example:80' } },
  { path: '/sign-in', headers: { host: 'localhost.evil.example' } },
  { path: '/sign-in', headers: { host: 'evil.example#.localhost' } },
  { path: '/v1/client', headers: { host: '127.0.0.1.evil.example' } },
  { path: '/v1/client', headers: { host: '10.0.0.1' } },
  { path: '/v1/jwks', headers: { host: '169.254.169.254' } },
  // fetch with credentials, and forms.
  { path: '/v1/client', headers: { origin: 'https://evil.example' } },
  { path: '/v1/client', headers: { origin: 'null' } },
  { path: '/v1/client', headers: { origin: 'http://localhost.evil.example' } },
  { path: '/v1/client', headers: { origin: 'http://evillocalhost' } },
  { path: '/v1/client', headers: { origin: 'file://localhost' } },
  { path: '/v1/client', headers: { origin: 'chrome-extension://localhost' } },
  { path: '/v1/client', method: 'OPTIONS', headers: { origin: 'https://evil.example' } },
  { path: '/v1/dev_browser', method: 'POST', headers: { origin: 'https://evil.example' } },
  { path: '/sign-in', method: 'POST', headers: { origin: 'https://evil.example' }, body: 'user_id=user_ada' },
  { path: '/sign-in', method: 'POST', headers: { origin: 'null' }, body: 'user_id=user_ada' },
  { path: '/sign-in', method: 'POST', headers: { 'sec-fetch-site': 'cross-site' }, body: 'user_id=user_ada' },
  { path: '/sign-out', method: 'POST', headers: { 'sec-fetch-site': 'cross-site' } },
  { path: '/v1/client?_method=DELETE', method: 'POST', headers: { origin: 'https://accounts.dev' } },
  // A handshake, a sign-in or a sign-out that ends at the page's own server, with a token in the address.
  { path: `/v1/client/handshake?redirect_url=${away}` },
  { path: `/v1/client/handshake?redirect_url=${encodeURIComponent('http://localhost@evil.example/')}` },
  { path: `/v1/client/handshake?redirect_url=${encodeURIComponent('http:\\\\evil.example')}` },
  { path: `/v1/client/sync?redirect_url=${away}` },
  { path: `/sign-in?redirect_url=${away}` },
  {
    path: `/sign-in?redirect_url=${encodeURIComponent('http://localhost/')}&redirect_url=${away}`,
    method: 'POST',
    body: 'user_id=user_ada'
  },
  { path: `/sign-in?redirect_url=${away}`, method: 'POST', body: 'user_id=user_ada' },
  { path: `/sign-out?redirect_url=${away}` }
]

t.test('other pages of the browser are refused, and nothing is done for them', async (t) => {
  const clerk = await start()
  for (const attack of attacks) {
    const { status, headers, body } = await ask(clerk, attack)
    const name = `${attack.method ?? 'GET'} ${decodeURIComponent(attack.path)} ${JSON.stringify(attack.headers ?? {})}`
    const code = status === 403 ? JSON.parse(body).errors[0].code : status
    t.equal(code, 'origin_not_allowed', name)
    t.equal(headers['access-control-allow-origin'], undefined)
    t.equal(headers.location, undefined)
    t.equal(headers['set-cookie'], undefined)
  }
  t.equal(clerk.requests.count(), 0)
})

t.test('pages of this machine, reserved names and authorized parties are served', async (t) => {
  const clerk = await start()
  const fromOrigin = async (origin: string) =>
    (await ask(clerk, { path: '/v1/environment', headers: { origin } })).status
  for (const origin of [
    'http://localhost:3000',
    'http://127.0.0.1:3000',
    'http://[::1]:3000',
    'https://shop.localhost',
    'http://app.shop.test:8080'
  ]) {
    t.equal(await fromOrigin(origin), 200, origin)
  }
  t.equal(await fromOrigin('https://app.example.com'), 403)
  clerk.pluginOptions({ authorizedParties: ['https://app.example.com'] })
  t.equal(await fromOrigin('https://app.example.com'), 200)
  t.equal(await fromOrigin('http://app.example.com'), 403, 'the scheme is part of the origin')
})

t.test('pages of its own domain and its satellites are served', async (t) => {
  const clerk = await start({
    instanceType: 'production',
    frontendApi: 'clerk.shop.example',
    satellites: ['partner.example']
  })
  for (const [origin, status] of [
    ['https://shop.example', 200],
    ['https://www.shop.example', 200],
    ['https://www.partner.example', 200],
    ['https://workshop.example', 403],
    ['https://shop.example.evil.example', 403]
  ] as const) {
    t.equal((await ask(clerk, { path: '/v1/environment', headers: { origin } })).status, status, origin)
  }
  for (const host of ['clerk.shop.example', 'clerk.partner.example', 'api.shop.example', '127.0.0.1', 'localhost']) {
    t.equal((await ask(clerk, { path: '/.well-known/jwks.json', headers: { host } })).status, 200, host)
  }
})

t.test('by TLS, with a certificate that was made at the start, and BAPI without', async (t) => {
  const clerk = await createLocalClerk({ instanceType: 'production', frontendApi: 'clerk.app.localhost' })
  t.teardown(() => clerk.close())
  t.equal(clerk.certificate, null)
  const origin = await clerk.listen({ tls: true })
  t.match(origin, /^https:\/\/clerk\.app\.localhost:\d+$/)
  t.equal(await clerk.listen(), origin)
  const { status } = await ask(clerk, { path: '/v1/environment' })
  t.equal(status, 200, 'the certificate names the host')

  const { apiUrl, proxyUrl } = clerk.pluginOptions()
  t.equal(proxyUrl, origin)
  t.match(apiUrl, /^http:\/\/127\.0\.0\.1:\d+$/)
  const keys = await fetch(`${apiUrl}/v1/jwks`, { headers: { authorization: `Bearer ${clerk.secretKey}` } })
  t.same(await keys.json(), clerk.jwks())
  t.equal((await ask(clerk, { path: '/v1/environment', headers: { host: 'evil.example' } })).status, 403)
  await clerk.close()
  t.equal(clerk.origin, null)
  await t.rejects(fetch(`${apiUrl}/v1/jwks`), 'both ports are closed')
})

t.test('a body of more than 64 KiB is not taken', async (t) => {
  const clerk = await createLocalClerk()
  t.teardown(() => clerk.close())
  const origin = await clerk.listen()
  const post = (bytes: number) => fetch(`${origin}/oauth/register`, { method: 'POST', body: 'x'.repeat(bytes) })
  t.equal((await post(65_536)).status, 400)
  await t.rejects(post(65_537))
})

t.test('listen says which of its options it does not understand', async (t) => {
  const clerk = await createLocalClerk()
  t.teardown(() => clerk.close())
  const refused = (options: object, code: string, name: string) =>
    t.rejects(clerk.listen(options), { code, message: new RegExp(name) })
  await refused({ port: 70_000 }, 'FST_CLERK_OPTION_RANGE', 'listen.port')
  await refused({ tls: 'yes' }, 'FST_CLERK_OPTION_TYPE', 'listen.tls')
  await refused({ tls: { key: 'x' } }, 'FST_CLERK_OPTION', 'listen.tls.cert')
  await refused({ https: true }, 'FST_CLERK_OPTION_UNKNOWN', 'listen.https')
  t.equal(clerk.origin, null)
})
