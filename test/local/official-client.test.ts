import { createClerkClient } from '@clerk/backend'
import t from 'tap'
import { createLocalClerk, type LocalClerk } from '../../src/local/index.js'

// The local instance is true enough for Clerk's own client: it signs in, refreshes and verifies against it.

const clerk = await createLocalClerk({
  instanceType: 'production',
  users: [{ id: 'user_ada', memberships: [{ orgId: 'org_1', role: 'admin', permissions: ['org:docs:write'] }] }],
  organizations: [{ id: 'org_1', slug: 'acme' }],
  templates: { plain: { tier: 'gold' } }
})
await clerk.listen()
t.teardown(() => clerk.close())

function officialClient(instance: LocalClerk) {
  const { publishableKey, secretKey, apiUrl } = instance.pluginOptions()
  return createClerkClient({ publishableKey, secretKey, apiUrl })
}
const official = officialClient(clerk)

function request(headers: Record<string, string>, url = 'https://app.local.test/page'): Request {
  return new Request(url, { headers })
}

t.test('session tokens of both versions sign in, with organization and permissions', async (t) => {
  const org = { id: 'org_1', slug: 'acme', role: 'org:admin', permissions: ['org:docs:read', 'org:billing:edit'] }
  for (const version of [1, 2] as const) {
    const headers = clerk.bearer({ userId: 'user_ada', sessionId: 'sess_1', org, version })
    const state = await official.authenticateRequest(request(headers))
    const auth = state.toAuth()
    t.match(auth, { userId: 'user_ada', sessionId: 'sess_1', orgId: 'org_1', orgSlug: 'acme', orgRole: 'org:admin' })
    t.ok(auth?.has({ permission: 'org:billing:edit' }), `version ${version}`)
    t.notOk(auth?.has({ permission: 'org:billing:read' }))
  }
})

t.test('features and plans of user and organization are told apart', async (t) => {
  const input = { org: { id: 'org_1', features: ['docs'], plans: ['team'] }, features: ['beta'], plans: ['pro'] }
  const auth = (await official.authenticateRequest(request(clerk.bearer(input)))).toAuth()
  for (const feature of ['org:docs', 'user:beta']) t.ok(auth?.has({ feature }), feature)
  for (const plan of ['org:team', 'user:pro']) t.ok(auth?.has({ plan }), plan)
  for (const feature of ['user:docs', 'org:beta']) t.notOk(auth?.has({ feature }), feature)
})

t.test('the cookies of a browser sign in', async (t) => {
  const state = await official.authenticateRequest(request({ cookie: clerk.cookies({ userId: 'user_ada' }) }))
  t.equal(state.status, 'signed-in')
  const out = await official.authenticateRequest(request({ cookie: clerk.cookies(null) }))
  t.match(out, { status: 'signed-out', reason: 'session-token-and-uat-missing' })
})

t.test('a handshake comes back by nonce and by token', async (t) => {
  for (const handshakeFormat of ['nonce', 'token'] as const) {
    const instance = await createLocalClerk({
      instanceType: 'production',
      frontendApi: 'clerk.app.test',
      users: [{ id: 'user_ada' }],
      handshakeFormat
    })
    t.teardown(() => instance.close())
    await instance.listen()
    const back = 'https://app.test/page'
    const form = { method: 'POST', body: new URLSearchParams({ user_id: 'user_ada' }), redirect: 'manual' } as const
    const signedIn = await instance.fetch(`${instance.issuer}/sign-in?redirect_url=${encodeURIComponent(back)}`, form)
    const cookie = signedIn.headers.getSetCookie()[0]!.split(';')[0]!

    const uat = request({ cookie: `__client_uat=${Math.floor(Date.now() / 1000)}`, 'sec-fetch-dest': 'document' }, back)
    const asked = await officialClient(instance).authenticateRequest(uat)
    t.equal(asked.status, 'handshake')
    const returned = await instance.fetch(asked.headers.get('location')!, { headers: { cookie }, redirect: 'manual' })
    const answer = returned.headers.getSetCookie()[0]!.split(';')[0]!
    const state = await officialClient(instance).authenticateRequest(request({ cookie: answer }, back))
    t.equal(state.status, 'signed-in', handshakeFormat)
    t.equal(state.toAuth()?.userId, 'user_ada')
    t.ok(state.headers.getSetCookie().some((line) => line.startsWith('__session=')))
  }
})

t.test('an expired session refreshes, a revoked one does not', async (t) => {
  const session = clerk.openSession('user_ada')
  const issuedAtMs = Date.now() - 600_000
  const token = clerk.sessionToken(session.id, { issuedAtMs })
  const cookie = clerk.cookies(token, { refresh: session.refreshToken })
  const refreshed = await official.authenticateRequest(request({ cookie }))
  t.equal(refreshed.status, 'signed-in')
  t.match(refreshed.toAuth(), { userId: 'user_ada', sessionId: session.id, orgId: 'org_1' })
  clerk.revokeSession(session.id)
  const refused = await official.authenticateRequest(request({ cookie, 'sec-fetch-dest': 'document' }))
  t.equal(refused.reason, 'session-token-expired-refresh-session_is_revoked')
})

t.test('machine tokens of every kind verify', async (t) => {
  const { machineTokens } = clerk
  const tokens = [
    machineTokens.createApiKey({ subject: 'user_ada', scopes: ['read'] }),
    machineTokens.createM2MToken({ machineId: 'mch_1' }),
    machineTokens.createM2MToken({ machineId: 'mch_1', format: 'jwt' }),
    machineTokens.createOAuthToken({ userId: 'user_ada' }),
    machineTokens.createOAuthToken({ userId: 'user_ada', format: 'jwt' })
  ]
  const types: (string | null)[] = []
  for (const token of tokens) {
    const headers = { authorization: `Bearer ${token}` }
    const state = await official.authenticateRequest(request(headers), { acceptsToken: 'any' })
    t.ok(state.isAuthenticated, String(state.message))
    types.push(state.tokenType)
  }
  t.same(types, ['api_key', 'm2m_token', 'm2m_token', 'oauth_token', 'oauth_token'])
  machineTokens.revoke(tokens[0]!)
  const headers = { authorization: `Bearer ${tokens[0]}` }
  t.match(await official.authenticateRequest(request(headers), { acceptsToken: 'any' }), { reason: 'token-invalid' })
})

t.test('sessions mint tokens, by template too', async (t) => {
  const { id } = clerk.openSession('user_ada')
  const { jwt } = await official.sessions.getToken(id, '')
  t.equal((await official.authenticateRequest(request({ authorization: `Bearer ${jwt}` }))).status, 'signed-in')
  const template = await official.sessions.getToken(id, 'plain')
  const state = await official.authenticateRequest(request({ authorization: `Bearer ${template.jwt}` }))
  t.equal(state.reason, 'token-type-mismatch', 'a template token is no session token')
})

t.test('what the client reads of a user, a session and an API key is there', async (t) => {
  const user = await official.users.getUser('user_ada')
  t.match(user, { banned: false, locked: false, lastActiveAt: Number, createOrganizationEnabled: false })
  const revoked = await official.sessions.revokeSession(clerk.openSession('user_ada').id)
  t.match(revoked, { status: 'revoked', userId: 'user_ada', clientId: String, createdAt: Number, expireAt: Number })
  const key = await official.apiKeys.verify(clerk.machineTokens.createApiKey({ subject: 'user_ada' }))
  t.match(key, { createdBy: null, description: null, lastUsedAt: null })
})

t.test('users come by page, and a filter that is not offered is refused', async (t) => {
  const users = [{ id: 'user_a' }, { id: 'user_b' }, { id: 'user_c' }]
  const instance = await createLocalClerk({ instanceType: 'production', users })
  t.teardown(() => instance.close())
  await instance.listen()
  const client = officialClient(instance)
  const { data, totalCount } = await client.users.getUserList({ limit: 1, offset: 1 })
  t.same([data.map(({ id }) => id), totalCount], [['user_b'], 3])
  const refused = { status: 501, errors: [{ code: 'not_offered' }] }
  await t.rejects(client.users.getUserList({ query: 'a' }), refused)
  await t.rejects(client.users.getCount({ query: 'a' }), refused)
  await t.rejects(client.organizations.getOrganization({ organizationId: 'org_1' }), refused)
})

t.test('a refresh brings cookies or a token, as asked', async (t) => {
  const session = clerk.openSession('user_ada')
  const tokens = { expired_token: clerk.sessionToken(session.id), refresh_token: session.refreshToken }
  const input = { ...tokens, request_origin: 'https://app.local.test' }
  const { jwt } = await official.sessions.refreshSession(session.id, { ...input, format: 'token' })
  t.equal((await official.authenticateRequest(request({ authorization: `Bearer ${jwt}` }))).status, 'signed-in')
  const { cookies } = await official.sessions.refreshSession(session.id, { ...input, format: 'cookie' })
  t.match(cookies[0], /^__session=/)
})

t.test('a foreign secret key is refused in the way that Clerk refuses it', async (t) => {
  const { publishableKey, apiUrl } = clerk.pluginOptions()
  const foreign = createClerkClient({ publishableKey, secretKey: 'sk_live_foreign', apiUrl })
  const state = await foreign.authenticateRequest(request(clerk.bearer()))
  t.equal(state.reason, 'secret-key-invalid')
})
