import Fastify from 'fastify'
import t from 'tap'
import clerkAuth from '../../../src/index.js'
import { createLocalClerk } from '../../../src/local/index.js'
import { MAX_CLIENTS } from '../../../src/local/oauth/clients.js'
import { createOAuthClient, REDIRECT_URI } from '../../fixtures/oauth-client.js'

// The local Clerk as authorization server: the way that a client takes, and each way round it that is known.

let nowMs = Date.UTC(2026, 0, 1)
const clerk = await createLocalClerk({
  users: [{ id: 'user_ada', name: 'Ada' }],
  now: () => nowMs
})
t.teardown(() => clerk.close())
const { send, post, register, newClient, open, authorize, exchange } = createOAuthClient(clerk)

const app = Fastify()
await app.register(clerkAuth, { ...clerk.pluginOptions(), acceptsToken: 'oauth_token' })
app.get('/me', { onRequest: app.requireAuth }, ({ auth }) => auth)
t.teardown(() => app.close())
const me = (token: unknown) => app.inject({ url: '/me', headers: { authorization: `Bearer ${token}` } })

const claimsOf = (token: unknown) => JSON.parse(Buffer.from(String(token).split('.')[1] ?? '', 'base64url').toString())
const refresh = (clientId: string, token: unknown, more = {}) =>
  post('/oauth/token', { grant_type: 'refresh_token', client_id: clientId, refresh_token: String(token), ...more })

t.test('the metadata names each endpoint, and a page of any origin may read it', async (t) => {
  const response = await send('/.well-known/oauth-authorization-server')
  t.equal(response.headers.get('access-control-allow-origin'), '*')
  const metadata = (await response.json()) as Record<string, string>
  t.equal(metadata.issuer, clerk.issuer)
  t.same(metadata.code_challenge_methods_supported, ['S256'])
  for (const name of ['authorization', 'token', 'registration']) {
    const path = new URL(metadata[`${name}_endpoint`] ?? '').pathname
    t.not((await send(path, { method: name === 'authorization' ? 'GET' : 'POST' })).status, 404, path)
  }
  const preflight = await send('/oauth/token', { method: 'OPTIONS' })
  t.equal(preflight.status, 204)
  t.match(preflight.headers.get('access-control-allow-headers'), /authorization/)
})

t.test('a client registers, is authorized, and gets a token that the plugin accepts', async (t) => {
  const registered = await register()
  t.equal(registered.status, 201)
  t.match(registered.body, { redirect_uris: [REDIRECT_URI], token_endpoint_auth_method: 'none' })
  t.notOk('client_secret' in registered.body)
  const clientId = String(registered.body.client_id)

  const granted = await authorize(clientId, { scope: 'notes:read email', resource: 'https://api.example.com/mcp' })
  t.equal(granted.location.origin + granted.location.pathname, REDIRECT_URI)
  t.match(Object.fromEntries(granted.location.searchParams), { state: 'state-1', iss: clerk.issuer })

  const { status, body, headers } = await exchange(clientId, granted)
  t.equal(status, 200)
  t.equal(headers.get('cache-control'), 'no-store')
  t.match(body, { token_type: 'Bearer', expires_in: 3600, scope: 'notes:read email' })
  t.notOk('refresh_token' in body, 'only for offline_access')
  t.match(claimsOf(body.access_token), {
    sub: 'user_ada',
    client_id: clientId,
    scope: 'notes:read email',
    aud: 'https://api.example.com/mcp'
  })
  const known = await me(body.access_token)
  t.equal(known.statusCode, 200)
  t.match(known.json(), { tokenType: 'oauth_token', userId: 'user_ada', clientId, scopes: ['notes:read', 'email'] })
})

t.test('the page shows who asks for what, and runs nothing that a client has called itself', async (t) => {
  const clientId = await newClient({ client_name: '<script>alert(1)</script>' })
  const page = await open({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: REDIRECT_URI,
    code_challenge: 'a'.repeat(43),
    code_challenge_method: 'S256',
    scope: 'notes:write',
    resource: 'https://api.example.com/mcp'
  })
  const html = await page.text()
  t.notMatch(html, '<script>')
  for (const text of ['alert(1)', '127.0.0.1:7777', 'notes:write', 'https://api.example.com/mcp', 'Allow as Ada']) {
    t.match(html, text)
  }
  t.match(page.headers.get('content-security-policy'), /default-src 'none'.*frame-ancestors 'none'/)
})

t.test('no browser is sent to an address that the client has not registered', async (t) => {
  const clientId = await newClient({ redirect_uris: [REDIRECT_URI, 'https://app.example.com/cb'] })
  const asked = { response_type: 'code', code_challenge: 'a'.repeat(43), code_challenge_method: 'S256' }
  for (const redirect_uri of [
    'https://evil.example.com/',
    `${REDIRECT_URI}/`,
    `${REDIRECT_URI}?next=https://evil.example.com`,
    `${REDIRECT_URI}#`,
    'http://127.0.0.1:7778/callback',
    'http://localhost:7777/callback',
    'https://app.example.com/CB',
    'https://app.example.com/cb/../x',
    'https://app.example.com.evil.example/cb',
    undefined
  ]) {
    for (const more of [asked, { ...asked, response_type: 'token' }, { scope: '"' }]) {
      const answer = await open({ client_id: clientId, redirect_uri, ...more })
      t.equal(answer.status, 400, redirect_uri ?? 'none')
      t.equal(answer.headers.get('location'), null)
    }
  }
  const unknown = await open({ client_id: 'client_unknown', redirect_uri: REDIRECT_URI, ...asked })
  t.equal(unknown.status, 400)
  t.equal(unknown.headers.get('location'), null)
  const twice = await send(`/oauth/authorize?client_id=${clientId}&client_id=${clientId}&redirect_uri=${REDIRECT_URI}`)
  t.equal(twice.status, 400)
})

t.test('what is wrong with a request is told to the client, with its state', async (t) => {
  const clientId = await newClient()
  const right = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: REDIRECT_URI,
    state: 'state-2',
    code_challenge: 'a'.repeat(43),
    code_challenge_method: 'S256'
  }
  for (const [error, wrong] of [
    ['unsupported_response_type', { response_type: 'token' }],
    ['invalid_request', { code_challenge: undefined, code_challenge_method: undefined }],
    ['invalid_request', { code_challenge_method: undefined }],
    ['invalid_request', { code_challenge_method: 'plain' }],
    ['invalid_request', { code_challenge: 'a'.repeat(42) }],
    ['invalid_scope', { scope: 'two  blanks' }],
    ['invalid_scope', { scope: 'a"b' }],
    ['invalid_target', { resource: '/mcp' }],
    ['invalid_target', { resource: 'https://api.example.com/#part' }]
  ] as const) {
    const answer = await open({ ...right, ...wrong })
    const location = new URL(answer.headers.get('location') ?? 'none:')
    t.equal(location.origin + location.pathname, REDIRECT_URI)
    t.match(Object.fromEntries(location.searchParams), { error, state: 'state-2', iss: clerk.issuer })
    t.equal(location.searchParams.get('code'), null)
  }
  const denied = await authorize(clientId, {}, { deny: 'true' })
  t.match(Object.fromEntries(denied.location.searchParams), { error: 'access_denied', state: 'state-1' })
})

t.test('a page is answered once, by its own form only', async (t) => {
  const decide = (body: Record<string, string>) =>
    send('/oauth/authorize', { method: 'POST', body: new URLSearchParams(body) })
  for (const body of [{ user_id: 'user_ada' }, { page: 'guessed', user_id: 'user_ada' }]) {
    const answer = await decide(body as Record<string, string>)
    t.equal(answer.status, 400)
    t.equal(answer.headers.get('location'), null)
  }
  const clientId = await newClient()
  const page = await open({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: REDIRECT_URI,
    code_challenge: 'a'.repeat(43),
    code_challenge_method: 'S256'
  })
  const [, id = ''] = /name="page" value="([^"]+)"/.exec(await page.text()) ?? []
  t.equal((await decide({ page: id, user_id: 'user_ada' })).status, 303)
  t.equal((await decide({ page: id, user_id: 'user_ada' })).status, 400)
})

t.test('a code brings nothing to whoever is not the client that asked for it', async (t) => {
  const [clientId, other] = [await newClient(), await newClient()]
  const granted = await authorize(clientId, { scope: 'offline_access' })
  const refused = async (answer: Promise<{ status: number; body: object }>, error = 'invalid_grant') =>
    t.match(await answer, { status: 400, body: { error, access_token: undefined } })
  await refused(exchange(clientId, { ...granted, verifier: 'b'.repeat(43) }))
  await refused(exchange(clientId, { ...granted, verifier: '' }))
  await refused(exchange(other, granted))
  await refused(exchange(clientId, granted, { redirect_uri: 'https://evil.example.com/' }))
  await refused(exchange(clientId, granted, { code: 'guessed' }))
  await refused(exchange(clientId, granted, { grant_type: 'password' }), 'unsupported_grant_type')
  t.match(await exchange('client_unknown', granted), { status: 401, body: { error: 'invalid_client' } })
  t.equal((await exchange(clientId, granted)).status, 200, 'none of them has spent it')
})

t.test('a code is good once, and its second use ends what the first has brought', async (t) => {
  const clientId = await newClient()
  const granted = await authorize(clientId, { scope: 'offline_access' })
  const first = await exchange(clientId, granted)
  t.equal(first.status, 200)
  t.match(await exchange(clientId, granted), { status: 400, body: { error: 'invalid_grant' } })
  t.match(await refresh(clientId, first.body.refresh_token), { status: 400, body: { error: 'invalid_grant' } })
})

t.test('a code is good for a minute', async (t) => {
  const clientId = await newClient()
  const granted = await authorize(clientId)
  const late = await authorize(clientId)
  nowMs += 59_999
  t.equal((await exchange(clientId, granted)).status, 200)
  nowMs += 1
  t.match(await exchange(clientId, late), { status: 400, body: { error: 'invalid_grant' } })
})

t.test('a refresh token is replaced at each use, and a stolen one ends them all', async (t) => {
  const [clientId, other] = [await newClient(), await newClient()]
  const resource = 'https://api.example.com/mcp'
  const granted = await authorize(clientId, { scope: 'offline_access notes:read notes:write', resource })
  const first = await exchange(clientId, granted)
  t.match(await refresh(other, first.body.refresh_token), { status: 400, body: { error: 'invalid_grant' } })
  const more = await refresh(clientId, first.body.refresh_token, { scope: 'notes:read admin' })
  t.match(more, { status: 400, body: { error: 'invalid_scope' } })
  const elsewhere = await refresh(clientId, first.body.refresh_token, { resource: 'https://other.example.com/' })
  t.match(elsewhere, { status: 400, body: { error: 'invalid_target' } })

  const second = await refresh(clientId, first.body.refresh_token, { scope: 'notes:read' })
  t.match(second, { status: 200, body: { scope: 'notes:read' } })
  t.equal(claimsOf(second.body.access_token).aud, resource)
  t.not(second.body.refresh_token, first.body.refresh_token)

  t.match(await refresh(clientId, first.body.refresh_token), { status: 400, body: { error: 'invalid_grant' } })
  t.match(await refresh(clientId, second.body.refresh_token), { status: 400, body: { error: 'invalid_grant' } })
})

t.test('a client with a secret proves it, in the way that it has registered', async (t) => {
  const registered = await register({ token_endpoint_auth_method: 'client_secret_basic' })
  const [id, secret] = [String(registered.body.client_id), String(registered.body.client_secret)]
  const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` })
  const granted = await authorize(id)
  const form = {
    grant_type: 'authorization_code',
    code: granted.code,
    code_verifier: granted.verifier,
    redirect_uri: REDIRECT_URI
  }
  for (const answer of [
    await post('/oauth/token', { ...form, client_id: id }),
    await post('/oauth/token', { ...form, client_id: id, client_secret: secret }),
    await post('/oauth/token', form, basic(`${id}:`)),
    await post('/oauth/token', form, basic(`${id}:${secret.slice(1)}`))
  ]) {
    t.match(answer, { status: 401, body: { error: 'invalid_client' } })
    t.match(answer.headers.get('www-authenticate'), /^Basic/)
  }
  t.equal((await post('/oauth/token', form, basic(`${id}:${secret}`))).status, 200)
})

t.test('a registration that could lead a browser astray is refused', async (t) => {
  for (const uri of [
    'javascript:alert(1)',
    'data:text/html,x',
    'http://app.example.com/cb',
    'https://user:secret@app.example.com/cb',
    'https://app.example.com/cb#part',
    '/cb',
    ''
  ]) {
    t.match(await register({ redirect_uris: [uri] }), { status: 400, body: { error: 'invalid_redirect_uri' } }, uri)
  }
  t.match(await register({ redirect_uris: [] }), { status: 400 })
  t.match(await register({ token_endpoint_auth_method: 'private_key_jwt' }), {
    status: 400,
    body: { error: 'invalid_client_metadata' }
  })
  t.match(await register({ grant_types: ['implicit'] }), { status: 400, body: { error: 'invalid_client_metadata' } })
  // A client that is kept must not keep the megabyte that it came in.
  for (const name of ['n'.repeat(201), `${' '.repeat(200)}n`]) {
    t.match(await register({ client_name: name }), { status: 400, body: { error: 'invalid_client_metadata' } })
  }
  t.match(await register({ client_name: 'n'.repeat(200) }), { status: 201, body: { client_name: 'n'.repeat(200) } })
  for (const uri of [
    'https://app.example.com/cb',
    'http://localhost:3000/cb',
    'com.example.app:/cb',
    'cursor://x/cb'
  ]) {
    t.equal((await register({ redirect_uris: [uri] })).status, 201, uri)
  }
})

t.test('clients are bounded in number: the oldest is forgotten', async (t) => {
  const first = await newClient()
  for (let count = 0; count < MAX_CLIENTS; count++) await register()
  const asked = { response_type: 'code', redirect_uri: REDIRECT_URI, client_id: first }
  t.equal((await open(asked)).status, 400)
})

t.test('opaque tokens, by option: the plugin asks about them, and a reused code revokes them', async (t) => {
  const opaque = await createLocalClerk({ users: [{ id: 'user_ada' }], oauthTokenFormat: 'opaque' })
  const client = createOAuthClient(opaque)
  const server = Fastify()
  // Nothing is remembered, so that the revocation is seen at once.
  const machineTokens = { cacheTtlInMs: 0 }
  await server.register(clerkAuth, { ...opaque.pluginOptions(), acceptsToken: 'oauth_token', machineTokens })
  server.get('/me', { onRequest: server.requireAuth }, ({ auth }) => auth)
  t.teardown(() => Promise.all([server.close(), opaque.close()]))

  const clientId = await client.newClient()
  const granted = await client.authorize(clientId, { scope: 'notes:read' })
  const { body } = await client.exchange(clientId, granted)
  t.match(body.access_token, /^oat_/)
  const headers = { authorization: `Bearer ${body.access_token}` }
  t.match((await server.inject({ url: '/me', headers })).json(), {
    userId: 'user_ada',
    scopes: ['notes:read'],
    clientId
  })
  await client.exchange(clientId, granted)
  t.equal((await server.inject({ url: '/me', headers })).statusCode, 401)
})
