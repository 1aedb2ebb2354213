import { createPublicKey } from 'node:crypto'
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, importSPKI, jwtVerify } from 'jose'
import t from 'tap'
import { createLocalClerk } from '../../src/local/index.js'

const nowMs = 1_790_000_000_000
const clerk = await createLocalClerk({ now: () => nowMs, frontendApi: 'clerk.example.com', instanceType: 'production' })
t.teardown(() => clerk.close())
t.beforeEach(() => {
  clerk.faults.clear()
  clerk.requests.clear()
})
const date = new Date(nowMs)
const fapi = 'https://clerk.example.com/.well-known/jwks.json'
const bapi = `${clerk.apiUrl}/v1/jwks`
const authorized = { headers: { authorization: `Bearer ${clerk.secretKey}` } }

t.test('the publishable key encodes the FAPI host and the instance type', async (t) => {
  t.equal(clerk.publishableKey, 'pk_live_Y2xlcmsuZXhhbXBsZS5jb20k')
  t.equal(clerk.cookieSuffix, 'naoXFJnI')
  t.match(clerk.secretKey, /^sk_live_\w{42}$/)
  t.equal(clerk.issuer, 'https://clerk.example.com')
})

t.test('a session token verifies under the published key set and under the PEM', async (t) => {
  const token = clerk.signSessionToken({ userId: 'user_1', sessionId: 'sess_1' })
  const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(clerk.jwks()), { currentDate: date })
  t.equal(payload.sub, 'user_1')
  t.equal(payload.iss, clerk.issuer)
  t.same(protectedHeader, { alg: 'RS256', cat: 'cl_B7d4PD111AAA', kid: clerk.kid, typ: 'JWT' })
  await jwtVerify(token, await importSPKI(clerk.jwtKey, 'RS256'), { currentDate: date })
  t.equal(createPublicKey(clerk.jwtKey).asymmetricKeyDetails?.modulusLength, 2048)
})

t.test('version 2 claims pack permissions into bit masks along the features of the organization', async (t) => {
  const org = {
    id: 'org_1',
    slug: 'acme',
    role: 'org:admin',
    permissions: ['org:docs:read', 'org:docs:share', 'org:billing:edit'],
    features: ['audit'],
    plans: ['team']
  }
  const claims = decodeJwt(clerk.signSessionToken({ org, features: ['beta', 'audit'], plans: ['gold'] }))
  t.equal(claims.v, 2)
  t.equal(claims.fea, 'o:docs,o:billing,uo:audit,u:beta')
  t.equal(claims.pla, 'o:team,u:gold')
  t.same(claims.o, { id: 'org_1', slg: 'acme', rol: 'admin', per: 'read,share,edit', fpm: '3,4,0' })
})

t.test('version 1 claims are flat', async (t) => {
  const org = { id: 'org_1', slug: 'acme', role: 'admin', permissions: ['org:docs:read'] }
  const claims = decodeJwt(clerk.signSessionToken({ version: 1, org }))
  t.notOk('v' in claims)
  t.match(claims, { org_id: 'org_1', org_slug: 'acme', org_role: 'org:admin', org_permissions: ['org:docs:read'] })
})

t.test('claims and header can be replaced and taken away', async (t) => {
  const token = clerk.signSessionToken({
    claims: { azp: undefined, tier: 'gold' },
    header: { cat: undefined, typ: 'at+jwt' },
    expiresInSeconds: -5,
    sessionId: null
  })
  const claims = decodeJwt(token)
  t.notOk('azp' in claims)
  t.notOk('sid' in claims)
  t.equal(claims.tier, 'gold')
  t.equal(claims.exp, nowMs / 1000 - 5)
  t.same(decodeProtectedHeader(token), { alg: 'RS256', kid: clerk.kid, typ: 'at+jwt' })
})

t.test('a token with an organization has the size of a real one', async (t) => {
  const org = { id: clerk.kid, slug: 'acme-corp', role: 'admin', permissions: ['org:docs:read', 'org:docs:write'] }
  const { length } = clerk.signSessionToken({ userId: clerk.kid, org, plans: ['gold'] })
  t.ok(length > 900 && length < 1050, `${length} bytes`)
})

t.test('cookies are those of a browser: suffixed and not, with the sign-in time and a dev browser', async (t) => {
  t.match(clerk.cookies('a.b.c', { clientUat: 5 }), '__client_uat_naoXFJnI=5; __client_uat=5; __session_naoXFJnI=a.b.c')
  const development = await createLocalClerk({ now: () => nowMs })
  const cookies = development.cookies({}, { unsuffixed: false, refresh: 'r' })
  t.match(cookies, /^__clerk_db_jwt_\S+=dvb_\w+; __client_uat_\S+=1790000000; __session_\S+; __refresh_\S+=r$/)
  t.equal(clerk.cookies(null), '__client_uat_naoXFJnI=0; __client_uat=0')
})

t.test('FAPI publishes the key set to anyone, BAPI to the secret key only', async (t) => {
  t.same(await (await clerk.fetch(fapi)).json(), clerk.jwks())
  t.same(await (await clerk.fetch(bapi, authorized)).json(), clerk.jwks())
  const refused = await clerk.fetch(bapi, { headers: { authorization: 'Bearer sk_test_other' } })
  t.equal(refused.status, 401)
  t.match(await refused.json(), { errors: [{ code: 'clerk_key_invalid' }] })
  t.equal(clerk.requests.count('jwks'), 3)
  t.equal(clerk.requests.count('fapi-jwks'), 1)
})

t.test('any other host is out of reach', async (t) => {
  await t.rejects(clerk.fetch('https://api.clerk.com/v1/jwks'), TypeError)
  t.equal(clerk.requests.count(), 0)
})

t.test('keys rotate with or without the old ones, and are withdrawn', async (t) => {
  const instance = await createLocalClerk({ now: () => nowMs })
  const first = instance.kid
  const second = await instance.rotateKeys()
  t.same(
    instance.jwks().keys.map(({ kid }) => kid),
    [first, second]
  )
  t.equal(decodeProtectedHeader(instance.signSessionToken()).kid, second)
  t.equal(decodeProtectedHeader(instance.signSessionToken({ kid: first })).kid, first)
  t.ok(instance.withdrawKey(first))
  t.notOk(instance.withdrawKey(first))
  const third = await instance.rotateKeys({ keepOld: false })
  t.same(
    instance.jwks().keys.map(({ kid }) => kid),
    [third]
  )
})

t.test('scripted faults come in order, each as often as said', async (t) => {
  clerk.faults.next(
    { kind: 'status', status: 429, retryAfter: 7, on: 'jwks' },
    { kind: 'reset' },
    { kind: 'html' },
    { kind: 'empty-set' },
    { kind: 'wrong-json' },
    { kind: 'oversized', bytes: 100_000 },
    { kind: 'status', status: 500, times: 2 }
  )
  const limited = await clerk.fetch(fapi)
  t.equal(limited.status, 429)
  t.equal(limited.headers.get('retry-after'), '7')
  await t.rejects(clerk.fetch(fapi), { cause: { code: 'ECONNRESET' } })
  t.match((await clerk.fetch(fapi)).headers.get('content-type'), 'text/html')
  t.same(await (await clerk.fetch(fapi)).json(), { keys: [] })
  t.notMatch(await (await clerk.fetch(fapi)).json(), { keys: [] })
  t.ok((await (await clerk.fetch(fapi)).text()).length > 100_000)
  t.equal((await clerk.fetch(fapi)).status, 500)
  t.equal((await clerk.fetch(fapi)).status, 500)
  t.equal((await clerk.fetch(fapi)).status, 200)
})

t.test('a body can break off, drip, or be no JSON', async (t) => {
  clerk.faults.next(
    { kind: 'truncated' },
    { kind: 'slow-drip', everyInMs: 1, chunkBytes: 200 },
    { kind: 'broken-json' }
  )
  await t.rejects((await clerk.fetch(fapi)).json(), TypeError)
  t.same(await (await clerk.fetch(fapi)).json(), clerk.jwks())
  await t.rejects((await clerk.fetch(fapi)).json(), SyntaxError)
})

t.test('a hanging request ends when the caller gives up', async (t) => {
  clerk.faults.next({ kind: 'hang' })
  const abort = new AbortController()
  const response = clerk.fetch(fapi, { signal: abort.signal })
  abort.abort()
  await t.rejects(response, { name: 'AbortError' })
})

t.test('held requests wait for their release', async (t) => {
  const hold = clerk.faults.hold('jwks')
  const responses = [clerk.fetch(fapi), clerk.fetch(bapi, authorized)]
  await hold.arrived()
  t.ok(hold.waiting() > 0)
  hold.release()
  t.same(
    (await Promise.all(responses)).map(({ status }) => status),
    [200, 200]
  )
})

t.test('redirects are what the caller asked them to be', async (t) => {
  clerk.faults.next({ kind: 'redirect', location: fapi, times: 3 })
  t.equal((await clerk.fetch(bapi, { redirect: 'manual' })).status, 302)
  await t.rejects(clerk.fetch(bapi, { redirect: 'error' }), TypeError)
  clerk.faults.clear()
  clerk.faults.next({ kind: 'redirect', location: fapi })
  t.equal((await clerk.fetch(bapi)).status, 200)
})

t.test('listening, it serves the same over HTTP, faults included', async (t) => {
  const instance = await createLocalClerk()
  t.teardown(() => instance.close())
  t.equal(instance.origin, null)
  const origin = await instance.listen()
  t.equal(instance.origin, origin)
  const { apiUrl, proxyUrl } = instance.pluginOptions()
  t.equal(proxyUrl, origin)
  const url = `${apiUrl}/.well-known/jwks.json`
  t.same(await (await fetch(url)).json(), instance.jwks())
  instance.faults.next({ kind: 'reset' }, { kind: 'truncated' }, { kind: 'status', status: 503 })
  await t.rejects(fetch(url), TypeError)
  await t.rejects((await fetch(url)).text(), TypeError)
  t.equal((await fetch(url)).status, 503)
})

t.test('it refuses production and unknown or impossible options', async (t) => {
  const environment = process.env.NODE_ENV
  t.teardown(() => {
    if (environment === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = environment
  })
  for (const production of ['production', 'Production', ' PRODUCTION ']) {
    process.env.NODE_ENV = production
    await t.rejects(createLocalClerk(), { code: 'FST_CLERK_LOCAL_IN_PRODUCTION' })
  }
  process.env.NODE_ENV = 'test'
  const impossible: [options: object, code: string][] = [
    [{ port: 1 }, 'FST_CLERK_OPTION_UNKNOWN'],
    [{ frontendApi: 'nodots' }, 'FST_CLERK_OPTION_VALUE'],
    [{ frontendApi: 'https://clerk.example.com' }, 'FST_CLERK_OPTION_VALUE'],
    [{ secretKey: 'secret' }, 'FST_CLERK_OPTION_VALUE'],
    [{ instanceType: 'staging' }, 'FST_CLERK_OPTION_VALUE'],
    [{ tokenLifetimeInMs: 0 }, 'FST_CLERK_OPTION_RANGE'],
    [{ signingKey: 'no pem' }, 'FST_CLERK_OPTION_VALUE']
  ]
  for (const [options, code] of impossible) await t.rejects(createLocalClerk(options), { code })
})
