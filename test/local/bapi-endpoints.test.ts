import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { Webhook } from 'standardwebhooks'
import t from 'tap'
import { createLocalClerk } from '../../src/local/index.js'

const clerk = await createLocalClerk({
  users: [{ id: 'user_ada', memberships: [{ orgId: 'org_acme', role: 'admin' }] }],
  organizations: [{ id: 'org_acme', slug: 'acme' }],
  templates: { hasura: { tier: 'gold' } }
})
t.teardown(() => clerk.close())

async function post(path: string, body: object = {}, key = clerk.secretKey) {
  const response = await clerk.fetch(`${clerk.apiUrl}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body)
  })
  const answer = (await response.json()) as Record<string, unknown> & { errors?: { code: string }[] }
  return { status: response.status, type: response.headers.get('content-type'), answer, code: answer.errors?.[0]?.code }
}

function refresh(session: { id: string; userId: string; refreshToken: string }, changes: object = {}) {
  const { id: sessionId, userId } = session
  const expired = clerk.signSessionToken({ sessionId, userId, issuedAtMs: Date.now() - 3_600_000 })
  const body = { format: 'cookie', expired_token: expired, refresh_token: session.refreshToken }
  return post(`/v1/sessions/${session.id}/refresh`, { ...body, request_origin: 'http://127.0.0.1:3000', ...changes })
}

t.test('an expired session is refreshed with its refresh token', async (t) => {
  const session = clerk.openSession('user_ada')
  const { status, type, answer } = await refresh(session)
  t.equal(status, 200)
  t.equal(type, 'application/json', 'exactly, as clients of Clerk compare it')
  const cookies = answer.cookies as string[]
  t.match(cookies, [/^__session=/, /^__session_/, /^__refresh_/])
  t.match(decodeJwt(cookies[0]!.split(/[=;]/)[1]!), {
    sub: 'user_ada',
    sid: session.id,
    azp: 'http://127.0.0.1:3000',
    o: { id: 'org_acme' }
  })
})

t.test('a refresh is refused with the reason', async (t) => {
  const session = clerk.openSession('user_ada')
  const other = clerk.openSession('user_ada')
  t.match(await refresh(session, { refresh_token: 'rt_x' }), { status: 401, code: 'refresh_token_invalid' })
  const foreign = { expired_token: clerk.sessionToken(other.id) }
  t.match(await refresh(session, foreign), { status: 401, code: 'expired_token_invalid' })
  t.match(await refresh(session, { expired_token: 'x' }), { status: 401, code: 'expired_token_invalid' })
  t.match(await refresh(session, { request_origin: 'x' }), { status: 422 })
  clerk.revokeSession(session.id)
  t.match(await refresh(session), { status: 401, code: 'session_is_revoked' })
  t.match(await post('/v1/sessions/sess_unknown/refresh'), { status: 404 })
})

t.test('sessions mint tokens, by template too, until they are revoked', async (t) => {
  const { id } = clerk.openSession('user_ada')
  const plain = await post(`/v1/sessions/${id}/tokens`, { expires_in_seconds: 600 })
  const claims = decodeJwt(plain.answer.jwt as string)
  t.match(claims, { sub: 'user_ada', sid: id })
  t.equal(claims.exp! - claims.iat!, 600)
  const { answer } = await post(`/v1/sessions/${id}/tokens/hasura`)
  t.match(decodeJwt(answer.jwt as string), { sub: 'user_ada', tier: 'gold' })
  t.equal(decodeProtectedHeader(answer.jwt as string).cat, 'cl_B7d4PD222AAA')
  t.match(await post(`/v1/sessions/${id}/tokens/none`), { status: 404 })
  t.match(await post(`/v1/sessions/${id}/revoke`), { status: 200, answer: { status: 'revoked' } })
  t.match(await post(`/v1/sessions/${id}/tokens`), { status: 404 })
  t.match(await post(`/v1/sessions/${id}/tokens/hasura`), { status: 404 })
})

t.test('a session that is over makes no token by any way', async (t) => {
  const over = {
    'revoked by the test': (id: string) => clerk.revokeSession(id),
    'revoked by BAPI': (id: string) => post(`/v1/sessions/${id}/revoke`),
    ended: (id: string) => {
      clerk.directory.session(id)!.status = 'ended'
    }
  }
  for (const [how, end] of Object.entries(over)) {
    const { id } = clerk.openSession('user_ada')
    t.ok(clerk.sessionToken(id))
    await end(id)
    t.throws(
      () => clerk.sessionToken(id),
      { code: 'FST_CLERK_LOCAL_ARGUMENT', message: /the id of an open session/ },
      how
    )
    t.match(await post(`/v1/sessions/${id}/tokens`), { status: 404, code: 'resource_not_found' }, how)
  }
})

t.test('a session that was revoked stays so when its browser signs out', async (t) => {
  const clerk = await createLocalClerk({ instanceType: 'production', users: [{ id: 'user_ada' }] })
  const ask = (path: string, init: RequestInit) =>
    clerk.fetch(`https://${clerk.frontendApi}${path}`, { redirect: 'manual', ...init })
  for (const [method, path] of [
    ['GET', '/sign-out'],
    ['DELETE', '/v1/client']
  ] as const) {
    const body = new URLSearchParams({ user_id: 'user_ada' })
    const cookie = (await ask('/sign-in', { method: 'POST', body })).headers.get('set-cookie')!.split(';')[0]!
    const { response } = (await (await ask('/v1/client', { headers: { cookie } })).json()) as {
      response: { last_active_session_id: string }
    }
    const id = response.last_active_session_id
    t.ok(clerk.revokeSession(id))
    await ask(path, { method, headers: { cookie } })
    t.equal(clerk.directory.session(id)?.status, 'revoked', path)
  }
})

t.test('opaque machine tokens verify by kind until they are revoked', async (t) => {
  const key = clerk.machineTokens.createApiKey({ subject: 'user_ada', scopes: ['read'], claims: { tier: 1 } })
  const m2m = clerk.machineTokens.createM2MToken({ machineId: 'mch_1', scopes: ['mch_2'] })
  const oauth = clerk.machineTokens.createOAuthToken({ userId: 'user_ada', clientId: 'c1', audience: 'api' })
  t.match([key, m2m, oauth], [/^ak_/, /^mt_/, /^oat_/])
  t.match(await post('/api_keys/verify', { secret: key }), {
    status: 200,
    answer: { object: 'api_key', subject: 'user_ada', scopes: ['read'], claims: { tier: 1 } }
  })
  t.match(await post('/m2m_tokens/verify', { token: m2m }, clerk.machineSecretKey), {
    status: 200,
    answer: { object: 'machine_to_machine_token', subject: 'mch_1' }
  })
  t.match(await post('/oauth_applications/access_tokens/verify', { access_token: oauth }), {
    status: 200,
    answer: { object: 'clerk_idp_oauth_access_token', subject: 'user_ada', client_id: 'c1', aud: 'api' }
  })
  t.match(await post('/api_keys/verify', { secret: m2m }), { status: 404, code: 'resource_not_found' })
  t.match(await post('/api_keys/verify', { secret: key }, clerk.machineSecretKey), { status: 401 })
  t.ok(clerk.machineTokens.revoke(key))
  t.match(await post('/api_keys/verify', { secret: key }), { status: 404 })
  clerk.faults.next({ kind: 'status', status: 429, retryAfter: 3, on: 'm2m-token' })
  t.match(await post('/m2m_tokens/verify', { token: m2m }), { status: 429, code: 'too_many_requests' })
})

t.test('machine tokens come as JWTs too', async (t) => {
  const keys = createLocalJWKSet(clerk.jwks())
  const m2m = await jwtVerify(clerk.machineTokens.createM2MToken({ machineId: 'mch_1', format: 'jwt' }), keys)
  t.match(m2m, { payload: { sub: 'mch_1' }, protectedHeader: { cat: 'cl_B7d4PD333AAA' } })
  const oauth = clerk.machineTokens.createOAuthToken({ userId: 'user_ada', scopes: ['a', 'b'], format: 'jwt' })
  const { payload } = await jwtVerify(oauth, keys, { typ: 'at+jwt' })
  t.match(payload, { sub: 'user_ada', scope: 'a b' })
})

t.test('webhook deliveries carry a signature that standardwebhooks believes', async (t) => {
  const { body, headers } = clerk.signWebhook({ type: 'session.revoked', data: { id: 'sess_1' } })
  const verifier = new Webhook(clerk.webhookSecret)
  const standard = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.replace('svix', 'webhook'), value])
  )
  t.match(verifier.verify(body, standard), { type: 'session.revoked', object: 'event', data: { id: 'sess_1' } })
  t.throws(() => verifier.verify(`${body} `, standard))
  t.equal(clerk.signWebhook('raw', { id: 'msg_1' }).body, 'raw')
})

t.test('what is not offered says so, and to strangers 404', async (t) => {
  t.match(await post('/v1/users'), { status: 501, code: 'not_offered' })
  t.match(await post('/m2m_tokens', {}, clerk.machineSecretKey), { status: 501 })
  t.match(await post('/v1/users', {}, 'sk_test_other'), { status: 404 })
  t.equal(clerk.requests.count('unknown'), 3)
})
