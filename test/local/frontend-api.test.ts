import t from 'tap'
import { createLocalClerk, type LocalClerkOptions } from '../../src/local/index.js'
import { claimsOf, createBrowser } from './frontend-fixture.js'

const nowMs = 1_790_000_000_000
const people = {
  users: [
    {
      id: 'user_ada',
      name: 'Ada King Lovelace',
      email: 'Ada@Example.com',
      password: 'engine-of-1837',
      memberships: [
        { orgId: 'org_acme', role: 'admin', permissions: ['org:docs:write'] },
        { orgId: 'org_beta', role: 'org:member' }
      ]
    },
    { id: 'user_grace' }
  ],
  organizations: [
    { id: 'org_acme', slug: 'acme', name: 'Acme' },
    { id: 'org_beta', slug: 'beta' }
  ],
  templates: { hasura: { tier: 'gold' } },
  now: () => nowMs
} satisfies LocalClerkOptions

async function setup(options: LocalClerkOptions = {}) {
  const clerk = await createLocalClerk({ ...people, ...options })
  const browser = createBrowser(clerk)
  if (options.instanceType !== 'production') await browser.becomeDevBrowser()
  return { clerk, browser }
}

t.test('a wrong password, an unknown address and a wrong ticket are errors of their fields', async (t) => {
  const { browser } = await setup()
  const signIn = (form: Record<string, string>) => browser.send('POST', '/v1/client/sign_ins', form)
  t.match(await signIn({ identifier: 'ada@example.com', password: 'x' }), {
    status: 422,
    error: { code: 'form_password_incorrect', meta: { param_name: 'password' } }
  })
  t.match(await signIn({ identifier: 'grace@example.com', password: '' }), {
    error: { code: 'form_password_incorrect' }
  })
  t.match(await signIn({ identifier: 'nobody@example.com' }), {
    status: 422,
    error: { code: 'form_identifier_not_found', meta: { param_name: 'identifier' } }
  })
  t.match(await signIn({ strategy: 'ticket', ticket: 'x' }), { status: 422, error: { code: 'ticket_invalid_code' } })
  t.same((await browser.send('GET', '/v1/client')).body.response.sessions, [])
})

t.test('a sign-in by password gives the client a session whose token names user, page and organization', async (t) => {
  const { browser } = await setup()
  const { status, body } = await browser.send('POST', '/v1/client/sign_ins', {
    identifier: 'ADA@example.com',
    password: 'engine-of-1837'
  })
  t.equal(status, 200)
  t.match(body.response, { status: 'complete', identifier: 'ADA@example.com' })
  t.equal(body.client.sign_in, null)
  const [session] = body.client.sessions
  t.equal(session.id, body.response.created_session_id)
  t.equal(body.client.last_active_session_id, session.id)
  t.match(session.user, { id: 'user_ada', first_name: 'Ada', last_name: 'King Lovelace' })
  t.match(session.user.email_addresses, [
    { id: session.user.primary_email_address_id, email_address: 'Ada@Example.com' }
  ])
  t.match(session.user.organization_memberships, [
    {
      role: 'org:admin',
      permissions: ['org:docs:write'],
      organization: { id: 'org_acme', slug: 'acme', name: 'Acme' }
    },
    { role: 'org:member', permissions: [], organization: { id: 'org_beta', name: 'beta' } }
  ])
  const claims = claimsOf(session.last_active_token.jwt)
  t.match(claims, { sub: 'user_ada', sid: session.id, azp: 'http://127.0.0.1:3000', o: { id: 'org_acme' } })
  t.ok(body.client.updated_at <= claims.iat! * 1000, 'the cookie __client_uat is no later than the token')
})

t.test('a sign-in by steps: identifier, code or password', async (t) => {
  const { browser } = await setup()
  const begun = await browser.send('POST', '/v1/client/sign_ins', { identifier: 'ada@example.com' })
  const { id, supported_first_factors: factors } = begun.body.response
  t.match(begun.body.response, { status: 'needs_first_factor', user_data: { first_name: 'Ada' } })
  t.same(
    factors.map(({ strategy }: { strategy: string }) => strategy),
    ['password', 'email_code']
  )
  t.equal(begun.body.client.sign_in.id, id)
  const attempt = (form: Record<string, string>) =>
    browser.send('POST', `/v1/client/sign_ins/${id}/attempt_first_factor`, form)
  t.match(await attempt({ strategy: 'password', password: 'x' }), { error: { code: 'form_password_incorrect' } })
  const code = { strategy: 'email_code', code: '424242' }
  t.match(await attempt(code), { error: { code: 'form_code_incorrect' } }, 'no code was asked for')
  const prepared = await browser.send('POST', `/v1/client/sign_ins/${id}/prepare_first_factor`, {
    strategy: 'email_code',
    email_address_id: factors[1].email_address_id
  })
  t.match(prepared.body.response, { first_factor_verification: { strategy: 'email_code', status: 'unverified' } })
  t.match(await attempt({ ...code, code: '424241' }), { status: 422, error: { code: 'form_code_incorrect' } })
  t.match((await attempt(code)).body, { response: { id, status: 'complete' }, client: { sign_in: null } })
  t.match(await attempt(code), { status: 404 }, 'it is complete')
})

t.test("another browser's sign-in cannot be taken over", async (t) => {
  const { clerk, browser } = await setup()
  const { body } = await browser.send('POST', '/v1/client/sign_ins', { identifier: 'ada@example.com' })
  const other = createBrowser(clerk)
  await other.becomeDevBrowser()
  const form = { strategy: 'password', password: 'engine-of-1837' }
  t.equal((await other.send('POST', `/v1/client/sign_ins/${body.response.id}/attempt_first_factor`, form)).status, 404)
})

t.test('a user without password and address signs in by a code', async (t) => {
  const { browser } = await setup()
  const { body } = await browser.send('POST', '/v1/client/sign_ins', {
    identifier: 'grace@example.com',
    strategy: 'email_code'
  })
  t.same(
    body.response.supported_first_factors.map(({ strategy }: { strategy: string }) => strategy),
    ['email_code']
  )
  const path = `/v1/client/sign_ins/${body.response.id}/attempt_first_factor`
  const done = await browser.send('POST', path, { strategy: 'email_code', code: '424242' })
  t.equal(done.body.client.sessions[0].user.id, 'user_grace')
})

t.test('a browser that is signed in has to sign out first', async (t) => {
  const { browser } = await setup()
  await browser.signIn('ada@example.com', 'engine-of-1837')
  const again = { identifier: 'ada@example.com', password: 'engine-of-1837' }
  t.match(await browser.send('POST', '/v1/client/sign_ins', again), { status: 400, error: { code: 'session_exists' } })
  t.match(await browser.send('POST', '/v1/client/sign_ups'), { status: 400, error: { code: 'session_exists' } })
})

t.test('the active organization changes by touch, that of a single token does not change it', async (t) => {
  const { browser } = await setup()
  const sid = await browser.signIn('ada@example.com', 'engine-of-1837')
  const orgOf = (jwt: string) => claimsOf(jwt).o?.id ?? null
  const token = async (form: Record<string, string> = {}) => {
    const { body } = await browser.send('POST', `/v1/client/sessions/${sid}/tokens`, form)
    t.same(Object.keys(body), ['object', 'jwt'], 'no envelope')
    return orgOf(body.jwt)
  }
  const touch = async (organization: string) => {
    const { body } = await browser.send('POST', `/v1/client/sessions/${sid}/touch`, {
      active_organization_id: organization
    })
    return [body.response.last_active_organization_id, orgOf(body.response.last_active_token.jwt)]
  }
  t.equal(await token(), 'org_acme')
  t.equal(await token({ organization_id: 'org_beta' }), 'org_beta')
  t.equal(await token({ organization_id: '' }), null)
  t.equal(await token(), 'org_acme')
  t.same(await touch('org_beta'), ['org_beta', 'org_beta'])
  t.same(await touch(''), [null, null])
  t.equal(await token(), null)
  const foreign = await browser.send('POST', `/v1/client/sessions/${sid}/touch`, { active_organization_id: 'org_none' })
  t.match(foreign, { status: 404, error: { code: 'resource_not_found' } })
  const none = await browser.send('POST', `/v1/client/sessions/${sid}/tokens`, { organization_id: 'org_none' })
  t.equal(none.status, 404)
})

t.test('templates have tokens of their own', async (t) => {
  const { browser } = await setup()
  const sid = await browser.signIn('ada@example.com', 'engine-of-1837')
  const { body } = await browser.send('POST', `/v1/client/sessions/${sid}/tokens/hasura`)
  t.match(claimsOf(body.jwt), { sub: 'user_ada', tier: 'gold' })
  for (const name of ['none', 'constructor']) {
    t.equal((await browser.send('POST', `/v1/client/sessions/${sid}/tokens/${name}`)).status, 404, name)
  }
})

t.test('sessions that have ended, were revoked or are of another browser get 401, not 404', async (t) => {
  const { clerk, browser } = await setup()
  const sid = await browser.signIn('ada@example.com', 'engine-of-1837')
  const token = (id = sid) => browser.send('POST', `/v1/client/sessions/${id}/tokens`)
  t.equal((await token()).status, 200)
  t.match(await token(clerk.openSession('user_ada').id), { status: 401, error: { code: 'authentication_invalid' } })
  clerk.revokeSession(sid)
  t.match(await token(), { status: 401, error: { code: 'authentication_invalid' } })
  t.same((await browser.send('GET', '/v1/client')).body.response.sessions, [])
  t.equal((await browser.send('GET', '/v1/me')).status, 401)
  await browser.signIn('ada@example.com', 'engine-of-1837')
  t.equal((await browser.send('GET', '/v1/me')).status, 200, 'and can sign in again')
})

t.test('signing out ends the session', async (t) => {
  for (const [method, path] of [
    ['DELETE', '/v1/client'],
    ['DELETE', '/v1/client/sessions'],
    ['POST', '/v1/client/sessions/:sid/end'],
    ['POST', '/v1/client/sessions/:sid/remove']
  ] as const) {
    const { clerk, browser } = await setup()
    const sid = await browser.signIn('ada@example.com', 'engine-of-1837')
    const { status, body } = await browser.send(method, path.replace(':sid', sid))
    t.equal(status, 200, path)
    t.equal(clerk.directory.session(sid)?.status, 'ended')
    t.same((body.client ?? body.response).sessions, [])
    t.equal((await browser.send('POST', `/v1/client/sessions/${sid}/tokens`)).status, 401)
  }
})

t.test('memberships come by page, invitations and suggestions are none', async (t) => {
  const { browser } = await setup()
  t.equal((await browser.send('GET', '/v1/me/organization_memberships')).status, 401)
  const sid = await browser.signIn('ada@example.com', 'engine-of-1837')
  const { body } = await browser.send('GET', '/v1/me/organization_memberships?limit=1&offset=1&paginated=true')
  t.match(body.response, { total_count: 2, data: [{ organization: { id: 'org_beta' } }] })
  t.equal(body.response.data.length, 1)
  for (const list of ['organization_invitations', 'organization_suggestions']) {
    t.same((await browser.send('GET', `/v1/me/${list}?status=pending`)).body.response, { data: [], total_count: 0 })
  }
  t.equal((await browser.send('GET', '/v1/me')).body.response.id, 'user_ada')
  t.match((await browser.send('GET', '/v1/me/sessions/active')).body.response, [{ id: sid }])
})

t.test('sign-up with email and password makes a user who can sign in', async (t) => {
  const { clerk, browser } = await setup()
  const signUp = (form: Record<string, string>) => browser.send('POST', '/v1/client/sign_ups', form)
  t.match(await signUp({ email_address: 'x' }), { status: 422, error: { code: 'form_param_format_invalid' } })
  t.match(await signUp({ email_address: 'ada@EXAMPLE.com' }), {
    status: 422,
    error: { code: 'form_identifier_exists' }
  })
  const begun = await signUp({ email_address: 'alan@example.com', first_name: 'Alan' })
  t.match(begun.body.response, { status: 'missing_requirements', missing_fields: ['password'] })
  const path = `/v1/client/sign_ups/${begun.body.response.id}`
  t.match(await browser.send('PATCH', path, { password: 'short' }), {
    error: { code: 'form_password_length_too_short' }
  })
  t.match((await browser.send('GET', path)).body.response, { email_address: 'alan@example.com' })
  const { body } = await browser.send('PATCH', path, { password: 'bombe-of-1940' })
  t.match(body.response, { status: 'complete', created_user_id: /^user_/ })
  t.equal(body.client.sessions[0].user.first_name, 'Alan')
  t.equal(clerk.directory.session(body.response.created_session_id)?.userId, body.response.created_user_id)

  await browser.send('DELETE', '/v1/client/sessions')
  t.match(await browser.signIn('alan@example.com', 'bombe-of-1940'), /^sess_/)
})

t.test('a dev browser that is not known is told so, and nothing is made for it', async (t) => {
  const { browser } = await setup()
  const sid = await browser.signIn('ada@example.com', 'engine-of-1837')
  browser.forget()
  for (const [method, path] of [
    ['GET', '/v1/client'],
    ['DELETE', '/v1/client/sessions'],
    ['POST', '/v1/client/sign_ins'],
    ['POST', '/v1/client/sign_ups'],
    ['POST', `/v1/client/sessions/${sid}/tokens`]
  ] as const) {
    const answer = await browser.send(method, path)
    t.match(answer, { status: 401, error: { code: 'dev_browser_unauthenticated' } }, path)
    t.equal(answer.headers.get('access-control-allow-origin'), 'http://127.0.0.1:3000')
  }
})

t.test('in development the cookie __client does not count', async (t) => {
  const { clerk, browser } = await setup()
  const { body } = await browser.send('GET', '/v1/client')
  const stranger = createBrowser(clerk)
  const { status } = await stranger.send('GET', '/v1/client', {}, { cookie: `__client=${body.response.id}` })
  t.equal(status, 401)
})

t.test('in production the client comes with the first sign-in, by cookies', async (t) => {
  const clerk = await createLocalClerk({ ...people, instanceType: 'production', frontendApi: 'clerk.app.test' })
  const browser = createBrowser(clerk, 'https://www.app.test')
  t.same((await browser.send('GET', '/v1/client')).body, { response: null, client: null })
  const signedIn = await browser.send('POST', '/v1/client/sign_ins', {
    identifier: 'ada@example.com',
    password: 'engine-of-1837'
  })
  const uat = Math.floor(nowMs / 1000)
  t.match(signedIn.headers.getSetCookie(), [
    /^__client=client_\w+; Path=\/; Max-Age=\d+; SameSite=Lax; HttpOnly; Secure$/,
    new RegExp(`^__client_uat=${uat}; .*Secure; Domain=app.test$`),
    new RegExp(`^__client_uat_${clerk.cookieSuffix}=${uat}; .*Secure; Domain=app.test$`)
  ])
  t.equal((await browser.send('GET', '/v1/me')).status, 200)
  const signedOut = await browser.send('DELETE', '/v1/client/sessions')
  t.match(signedOut.headers.getSetCookie()[1], /^__client_uat=0; /)
})

t.test('a token names the page that asked: by Origin, else by Referer', async (t) => {
  const { browser } = await setup()
  const sid = await browser.signIn('ada@example.com', 'engine-of-1837')
  const azp = async (headers: object) => {
    const { body } = await browser.send('POST', `/v1/client/sessions/${sid}/tokens`, {}, headers)
    return claimsOf(body.jwt).azp
  }
  t.equal(await azp({ origin: 'http://localhost:8080' }), 'http://localhost:8080')
  t.equal(await azp({ origin: '', referer: 'http://127.0.0.1:9000/page?a=1' }), 'http://127.0.0.1:9000')
  t.equal(await azp({ origin: '' }), undefined)
})

t.test('every reply can be read by the page that asked, errors too', async (t) => {
  const { browser } = await setup()
  for (const [method, path, status] of [
    ['GET', '/v1/environment', 200],
    ['PATCH', '/v1/environment', 200],
    ['GET', '/v1/client', 200],
    ['POST', '/v1/client/sign_ins/none/attempt_first_factor', 404],
    ['GET', '/v1/nothing', 404]
  ] as const) {
    const { headers, ...answer } = await browser.send(method, path)
    t.equal(answer.status, status, path)
    t.equal(headers.get('access-control-allow-origin'), 'http://127.0.0.1:3000')
    t.equal(headers.get('access-control-allow-credentials'), 'true')
    t.match(headers.get('vary'), /Origin/)
    t.equal(headers.get('cache-control'), 'no-store')
  }
})

t.test('a preflight is answered', async (t) => {
  const clerk = await createLocalClerk(people)
  const response = await clerk.fetch(`${clerk.issuer}/v1/client`, {
    method: 'OPTIONS',
    headers: { origin: 'http://localhost:3000', 'access-control-request-headers': 'authorization' }
  })
  t.equal(response.status, 204)
  t.equal(response.headers.get('access-control-allow-headers'), 'authorization')
  t.equal(response.headers.get('access-control-allow-origin'), 'http://localhost:3000')
})

t.test('an instance of each type tells clerk-js so', async (t) => {
  for (const instanceType of ['development', 'production'] as const) {
    const { browser } = await setup({ instanceType })
    const { body } = await browser.send('GET', '/v1/environment')
    t.equal(body.display_config.instance_environment_type, instanceType)
    t.equal(body.partitioned_cookies, false)
  }
})

t.test('BAPI has what tests of a frontend ask for', async (t) => {
  const { clerk, browser } = await setup()
  const ask = async (path: string, body?: object, key = clerk.secretKey) => {
    const response = await clerk.fetch(`${clerk.apiUrl}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${key}` },
      ...(body !== undefined && { body: JSON.stringify(body) })
    })
    return { status: response.status, body: JSON.parse(await response.text()) }
  }
  t.match(await ask('/v1/testing_tokens', {}), { status: 200, body: { object: 'testing_token', token: /./ } })
  const found = await ask('/v1/users?email_address=ada%40example.com')
  t.match(found.body, [{ id: 'user_ada' }])
  t.equal(found.body.length, 1)
  t.same((await ask('/v1/users/count?email_address=x@example.com')).body, { object: 'total_count', total_count: 0 })
  t.equal((await ask('/v1/users')).body.length, 2)
  t.match((await ask('/v1/users/user_grace')).body, { id: 'user_grace' })
  t.equal((await ask('/v1/users/user_none')).status, 404)

  const { token } = (await ask('/v1/sign_in_tokens', { user_id: 'user_grace', expires_in_seconds: 60 })).body
  t.equal((await ask('/v1/sign_in_tokens', { user_id: 'user_none' })).status, 404)
  const form = { strategy: 'ticket', ticket: token }
  const signedIn = await browser.send('POST', '/v1/client/sign_ins', form)
  t.equal(signedIn.body.client.sessions[0].user.id, 'user_grace')
  await browser.send('DELETE', '/v1/client/sessions')
  t.equal((await browser.send('POST', '/v1/client/sign_ins', form)).status, 422, 'a ticket is good once')
  for (const path of ['/v1/testing_tokens', '/v1/sign_in_tokens']) {
    t.equal((await ask(path, {}, 'sk_test_other')).status, 401, path)
  }
  t.equal((await ask('/v1/users', undefined, 'sk_test_other')).status, 401)
})

t.test('an expired ticket is refused', async (t) => {
  let atMs = nowMs
  const { clerk, browser } = await setup({ now: () => atMs })
  const response = await clerk.fetch(`${clerk.apiUrl}/v1/sign_in_tokens`, {
    method: 'POST',
    headers: { authorization: `Bearer ${clerk.secretKey}` },
    body: JSON.stringify({ user_id: 'user_ada', expires_in_seconds: 60 })
  })
  const { token } = (await response.json()) as { token: string }
  atMs += 60_000
  const { status } = await browser.send('POST', '/v1/client/sign_ins', { strategy: 'ticket', ticket: token })
  t.equal(status, 422)
})
