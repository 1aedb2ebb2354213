import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createClerkClient, verifyToken } from '@clerk/backend'
import t from 'tap'
import { createDeferred } from '../../src/core/deferred.js'
import { setUnrefTimer, withinTime } from '../../src/core/timers.js'
import { createTokenVerifier } from '../../src/index.js'
import { signingInput, signRsa } from '../hostile/forge.js'
import { PUBLISHABLE_KEYS } from './request.js'
import { HOST, jwtKey, keySet, keys, NOW } from './tokens.js'

// Checks Clerk's SDK where the oracle sends no requests: the lines of the specification with "not compared".

const HEADER = { alg: 'RS256', typ: 'JWT', kid: 'ins_own', cat: 'cl_B7d4PD111AAA' }
const CLAIMS = { sub: 'user_1', sid: 'sess_1', iss: `https://${HOST}`, iat: NOW - 10, exp: NOW + 86_400 }
const TEXT = JSON.stringify({ ...CLAIMS, x: '@' })
const [before = '', after = ''] = TEXT.split('@')

const sign = (header: object, payload: object | string | Buffer) => signRsa(signingInput(header, payload), keys.own)
const good = sign(HEADER, CLAIMS)
const expired = sign(HEADER, { ...CLAIMS, exp: NOW - 100 })

interface Answer {
  readonly body: unknown
  readonly type?: string
  /** Calls are answered once there are so many, so that all of them are under way together. */
  readonly together?: number
}

/** A BAPI with one answer for all calls, which records the calls. */
async function startBackend(answer: Answer) {
  const asked: { readonly path: string | undefined; readonly userAgent: string | undefined }[] = []
  const { together = 1 } = answer
  const allAsked = createDeferred()
  const server = createServer(async (request, response) => {
    asked.push({ path: request.url, userAgent: request.headers['user-agent'] })
    request.resume()
    if (asked.length >= together) allAsked.resolve()
    await withinTime(allAsked.promise, 5_000, undefined, setUnrefTimer)
    response.writeHead(200, { 'content-type': answer.type ?? 'application/json' }).end(JSON.stringify(answer.body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return { asked, apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

type ClientOptions = Parameters<typeof createClerkClient>[0]

let made = 0

/** A client with its own secret key: Clerk's SDK keeps key sets by secret key, for the whole process. */
function clientOf(options: ClientOptions = {}) {
  made++
  return createClerkClient({
    publishableKey: PUBLISHABLE_KEYS.production,
    secretKey: `sk_live_${made}`,
    jwtKey,
    telemetry: { disabled: true },
    ...options
  })
}

const requestOf = (headers: Record<string, string>, url = 'http://app.example.com/') => new Request(url, { headers })
const bearer = (token: string) => requestOf({ authorization: `Bearer ${token}` })

t.before(() => {
  for (const name of ['log', 'info', 'warn', 'error', 'debug'] as const) t.intercept(console, name, { value: () => {} })
})

t.test("tokens that Clerk's SDK takes and this package refuses", async (t) => {
  const verifier = createTokenVerifier({ publishableKey: PUBLISHABLE_KEYS.production, jwtKey })
  t.teardown(() => verifier.close())
  const octets = (...bytes: number[]) => Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)])
  const cases: [name: string, token: string, ours: string][] = [
    ['crit', sign({ ...HEADER, crit: ['exp'] }, CLAIMS), 'token-invalid'],
    ['octets that are no UTF-8', sign(HEADER, octets(0xff)), 'token-invalid'],
    ['a byte order mark', sign(HEADER, Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), octets()])), 'token-invalid'],
    ['9,000 characters', sign(HEADER, { ...CLAIMS, x: 'x'.repeat(9_000) }), 'token-invalid'],
    ['1e400', sign(HEADER, TEXT.replace(/"exp":\d+/, '"exp":1e400')), 'token-verification-failed']
  ]
  for (const [name, token, ours] of cases) {
    t.equal((await clientOf().authenticateRequest(bearer(token))).status, 'signed-in', name)
    t.match(await verifier.verify(token), { ok: false, reason: ours }, name)
  }
  const machine = sign({ ...HEADER, cat: 'cl_B7d4PD333AAA' }, CLAIMS)
  const refusal: unknown = await verifyToken(machine, { jwtKey }).catch((error: unknown) => error)
  t.match(refusal, { reason: 'token-invalid' })
  t.match(await verifier.verify(machine), { ok: false, reason: 'token-type-mismatch' })
})

t.test('it takes the first forwarded value of anybody, and a path can replace the host', async (t) => {
  const page = { 'sec-fetch-dest': 'document', cookie: '__client_uat=5' }
  const back = async (request: Request) => {
    const state = await clientOf().authenticateRequest(request)
    return new URL(state.headers.get('location') ?? '').searchParams.get('redirect_url')
  }
  const forwarded = { 'x-forwarded-host': 'a.test, b.test', 'x-forwarded-proto': 'https, http' }
  t.equal(await back(requestOf({ ...page, ...forwarded })), 'https://a.test/')
  const steered = requestOf({ ...page, host: 'app.example.com', 'x-forwarded-proto': 'https' }, 'http://x//evil.test/x')
  t.equal(await back(steered), 'https://evil.test/x')
})

t.test('of opaque tokens it remembers nothing, asks for any text, believes 2xx, and sends User-Agent on', async (t) => {
  const key = { object: 'api_key', id: 'ak_1', name: 'n', subject: 'user_1', scopes: [], claims: null }
  const { apiUrl, asked } = await startBackend({ body: { ...key, revoked: true, expired: true } })
  const client = clientOf({ apiUrl })
  for (const _ of [1, 2]) {
    const request = requestOf({ authorization: 'Bearer ak_!!', 'user-agent': 'client/1' })
    t.equal((await client.authenticateRequest(request, { acceptsToken: 'api_key' })).isAuthenticated, true)
  }
  t.same(
    asked.map(({ userAgent }) => userAgent),
    ['client/1', 'client/1']
  )
})

t.test('it takes JSON with a charset for text', async (t) => {
  const headers = { cookie: `__session=${expired}; __client_uat=5; __refresh_naoXFJnI=r` }
  const body = { object: 'cookies', cookies: [`__session=${good}; Path=/`] }
  for (const [type, isRefreshed] of [
    ['application/json', true],
    ['application/json; charset=utf-8', false]
  ] as const) {
    const { apiUrl } = await startBackend({ body, type })
    const state = await clientOf({ apiUrl }).authenticateRequest(requestOf(headers))
    t.equal(state.status === 'signed-in', isRefreshed, type)
  }
})

t.test('it fetches for every unknown kid, and shares no fetch between requests', async (t) => {
  const unknown = await startBackend({ body: keySet })
  const one = clientOf({ apiUrl: unknown.apiUrl, jwtKey: '' })
  for (const kid of ['a', 'b', 'c']) {
    const state = await one.authenticateRequest(bearer(sign({ ...HEADER, kid }, CLAIMS)))
    t.equal(state.reason, 'jwk-kid-mismatch')
  }
  t.equal(unknown.asked.length, 3)

  const cold = await startBackend({ body: keySet, together: 5 })
  const two = clientOf({ apiUrl: cold.apiUrl, jwtKey: '' })
  await Promise.all(Array.from({ length: 5 }, () => two.authenticateRequest(bearer(good))))
  t.equal(cold.asked.length, 5)
})

t.test('it hands on claims of any shape', async (t) => {
  const token = sign(HEADER, { ...CLAIMS, v: 2, act: 'x', sts: 'odd', fva: 7 })
  const auth = (await clientOf().authenticateRequest(bearer(token))).toAuth()
  t.match(auth, { actor: 'x', sessionStatus: 'odd', factorVerificationAge: 7 })
})

t.test('it passes on as many Set-Cookie lines as come', async (t) => {
  const handshake = [...Array.from({ length: 99 }, (_, i) => `c${i}=1`), `__session=${good}; Path=/`]
  const cookie = `__clerk_handshake=${sign(HEADER, { handshake })}`
  const state = await clientOf().authenticateRequest(requestOf({ cookie }))
  t.equal(state.headers.getSetCookie().length, 100)
})

t.test('it throws on each request without a secret key, also with jwtKey', async (t) => {
  const client = createClerkClient({ publishableKey: PUBLISHABLE_KEYS.production, jwtKey })
  await t.rejects(client.authenticateRequest(bearer(good)))
  t.match(await verifyToken(good, { jwtKey }), CLAIMS, 'the token itself is good')
})
