import { inspect } from 'node:util'
import t from 'tap'
import {
  createApiKeyAuth,
  createInvalidTokenAuth,
  createM2MTokenAuth,
  createOAuthTokenAuth,
  createUnauthenticatedMachineAuth
} from '../../../src/core/auth/machine-auth.js'

const TOKEN = 'ak_secret-token'

t.test('an API key acts for the user or the organization it belongs to', async (t) => {
  const data = {
    id: 'key_1',
    name: 'deploy',
    scopes: ['read'],
    claims: { tier: 'x' },
    audience: [],
    issuedAt: null,
    expiresAt: null
  }
  const user = createApiKeyAuth({ ...data, subject: 'user_1' }, TOKEN)
  t.match(user, {
    isAuthenticated: true,
    tokenType: 'api_key',
    id: 'key_1',
    name: 'deploy',
    userId: 'user_1',
    orgId: null
  })
  t.match(createApiKeyAuth({ ...data, subject: 'org_1' }, TOKEN), { userId: null, orgId: 'org_1' })
  t.match(createApiKeyAuth({ ...data, subject: 'mch_1' }, TOKEN), { userId: null, orgId: null })
})

t.test('an M2M token acts for a machine, an OAuth token for a user of a client', async (t) => {
  const validity = { audience: ['https://api.example.com'], issuedAt: null, expiresAt: 1_790_000_000_000 }
  const m2m = createM2MTokenAuth({ id: 'mt_1', subject: 'mch_1', scopes: ['mch_2'], claims: null, ...validity }, TOKEN)
  t.match(m2m, {
    isAuthenticated: true,
    tokenType: 'm2m_token',
    subject: 'mch_1',
    machineId: 'mch_1',
    claims: null,
    ...validity
  })
  const oauth = createOAuthTokenAuth(
    { id: 'oat_1', subject: 'user_1', clientId: 'c_1', scopes: ['email'], ...validity },
    TOKEN
  )
  t.match(oauth, { isAuthenticated: true, tokenType: 'oauth_token', userId: 'user_1', clientId: 'c_1', ...validity })
})

t.test('machine auths are deeply frozen, grant nothing by has(), and keep their token to getToken()', async (t) => {
  const make = () => ({
    id: 'i',
    name: 'n',
    subject: 'user_1',
    clientId: 'c',
    scopes: ['a'],
    audience: ['https://api.example.com'],
    issuedAt: null,
    expiresAt: null,
    claims: { a: { b: [1] } }
  })
  const auths = [
    createApiKeyAuth(make(), TOKEN),
    createM2MTokenAuth(make(), TOKEN),
    createOAuthTokenAuth(make(), TOKEN)
  ]
  for (const auth of auths) {
    const { has, getToken } = { ...auth }
    t.equal(has({ role: 'admin' }), false)
    t.equal(await getToken(), TOKEN)
    // biome-ignore lint/suspicious/noExplicitAny: the compiler would refuse every line
    const open = auth as any
    t.throws(() => {
      open.userId = 'user_2'
    }, TypeError)
    t.throws(() => open.scopes.push('all'), TypeError)
    t.throws(() => open.audience.push('https://other.example.com'), TypeError)
    t.throws(() => {
      Object.getPrototypeOf(open).has = () => true
    }, TypeError)
    t.throws(() => {
      Object.getPrototypeOf(Object.getPrototypeOf(open)).has = () => true
    }, TypeError)
    if (open.claims) t.throws(() => open.claims.a.b.push(2), TypeError)
    t.notMatch(JSON.stringify(auth), /secret/)
    t.notMatch(inspect(auth, { showHidden: true, depth: 9, getters: true }), /secret/)
  }
})

t.test('without a valid machine token every property is null, and the reason is there', async (t) => {
  const auth = createUnauthenticatedMachineAuth('m2m_token', 'token-invalid', 'text', 4)
  const { isAuthenticated, tokenType, reason, message, retryAfterSeconds, has, getToken, ...rest } = { ...auth }
  t.same(
    [isAuthenticated, tokenType, reason, message, retryAfterSeconds],
    [false, 'm2m_token', 'token-invalid', 'text', 4]
  )
  for (const [name, value] of Object.entries(rest)) t.equal(value, null, name)
  t.equal(has({ role: 'admin' }), false)
  t.equal(await getToken(), null)
  const invalid = createInvalidTokenAuth('token-type-mismatch', '')
  t.match(invalid, { isAuthenticated: false, tokenType: null, reason: 'token-type-mismatch', retryAfterSeconds: null })
  t.equal(invalid.has({ role: 'admin' }), false)
  t.equal(await invalid.getToken(), null)
  t.ok(Object.isFrozen(auth) && Object.isFrozen(invalid))
})
