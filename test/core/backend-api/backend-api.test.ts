import { getHeapSnapshot } from 'node:v8'
import t from 'tap'
import { type BackendApiSettings, createBackendApi } from '../../../src/core/backend-api/backend-api.js'
import { createNonceCalls } from '../../../src/core/backend-api/nonce-calls.js'
import { encodeSegment } from '../../../src/core/backend-api/path.js'
import { createRefreshCalls } from '../../../src/core/backend-api/refresh-calls.js'
import { backendFailure } from '../../../src/core/backend-api/result.js'
import { createSessionAuthContext } from '../../../src/core/backend-api/session-tokens.js'
import { MACHINE_TYPES } from '../../../src/core/machine/machine-types.js'
import { createManualClock } from '../../fixtures/manual-clock.js'

const NOW_MS = 1_790_000_000_000
const SECRET = 'sk_live_very_secret'

interface Sent {
  readonly url: string
  readonly method: string | undefined
  readonly headers: Record<string, string>
  readonly body: unknown
  readonly redirect: string | undefined
}

type Reply = Response | (() => Response) | Error | 'hang'

function api(replies: Reply | Reply[], settings: Partial<BackendApiSettings> = {}) {
  const sent: Sent[] = []
  const queue = Array.isArray(replies) ? replies : [replies]
  let nowMs = NOW_MS
  const fetch = (async (url: string, init: RequestInit) => {
    sent.push({
      url,
      method: init.method,
      headers: init.headers as Record<string, string>,
      body: init.body === null ? null : JSON.parse(init.body as string),
      redirect: init.redirect
    })
    const reply = queue.length > 1 ? queue.shift() : queue[0]
    if (reply instanceof Error) throw reply
    if (reply === 'hang') return new Promise((_, reject) => init.signal?.addEventListener('abort', reject))
    return typeof reply === 'function' ? reply() : (reply as Response).clone()
  }) as typeof globalThis.fetch
  const backend = createBackendApi({
    apiUrl: 'https://api.clerk.test/base',
    apiVersion: 'v1',
    secretKey: SECRET,
    machineSecretKey: null,
    fetch,
    timeoutMs: 1_000,
    userAgent: 'fastify-clerk-auth/test',
    now: () => nowMs,
    ...settings
  })
  return { backend, sent, advance: (ms: number) => (nowMs += ms) }
}

const json = (value: unknown, init: ResponseInit = {}) => Response.json(value, init)
const error = (status: number, code: string, headers: Record<string, string> = {}) =>
  json({ errors: [{ code, message: 'text' }] }, { status, headers })

t.test('a handshake payload is asked for by its nonce', async (t) => {
  const { backend, sent } = api(json({ directives: ['a=b'] }))
  t.same(await backend.fetchHandshakePayload('a b&c/../'), { ok: true, value: ['a=b'] })
  t.match(sent, [
    {
      url: 'https://api.clerk.test/base/v1/clients/handshake_payload?nonce=a%20b%26c%2F..%2F',
      method: 'GET',
      body: null,
      redirect: 'error',
      headers: {
        authorization: `Bearer ${SECRET}`,
        'clerk-api-version': '2026-05-12',
        'content-type': 'application/json',
        'user-agent': 'fastify-clerk-auth/test'
      }
    }
  ])
})

t.test('a refresh sends the two tokens, the origin, and of the headers those that tell who asks', async (t) => {
  const { backend, sent } = api(json({ object: 'cookies', cookies: ['a=b'] }))
  const request = {
    sessionId: 'sess_1',
    expiredToken: 'expired',
    refreshToken: 'refresh',
    requestOrigin: 'https://app.test',
    requestHeaders: {
      host: 'app.test',
      'x-forwarded-for': ['1.1.1.1', '2.2.2.2'],
      origin: undefined,
      'accept-language': '',
      'user-agent': 'x'.repeat(1025),
      'sec-ch-ua': 'x'.repeat(1024),
      ':path': '/',
      authorization: 'Bearer secret',
      'x-api-key': 'secret',
      referer: 'https://app.test/reset?secret=1',
      cookie:
        '__session=a; __client_uat=5;__client_uat_x=6; __clerk_db_jwt=d; __refresh_x=r; sid=other; __clerk_db_jwty=1'
    },
    suffixedCookies: false
  }
  t.same(await backend.refreshSession(request), { ok: true, value: ['a=b'] })
  await backend.refreshSession({ ...request, suffixedCookies: true })
  t.same(sent[0]?.body, {
    format: 'cookie',
    expired_token: 'expired',
    refresh_token: 'refresh',
    request_origin: 'https://app.test',
    request_headers: {
      host: ['app.test'],
      'x-forwarded-for': ['1.1.1.1,2.2.2.2'],
      'sec-ch-ua': ['x'.repeat(1024)],
      cookie: ['__client_uat=5; __client_uat_x=6; __clerk_db_jwt=d']
    }
  })
  t.equal(sent[0]?.url, 'https://api.clerk.test/base/v1/sessions/sess_1/refresh')
  t.equal(sent[1]?.url, 'https://api.clerk.test/base/v1/sessions/sess_1/refresh?suffixed_cookies=true')
})

t.test('session and template tokens', async (t) => {
  const { backend, sent } = api(json({ object: 'token', jwt: 'jwt' }))
  t.same(await backend.createSessionToken('sess_1'), { ok: true, value: 'jwt' })
  await backend.createSessionToken('sess_1', { template: 'a b' })
  await backend.createSessionToken('sess_1', { template: 'x', expiresInSeconds: 60 })
  t.same(
    sent.map(({ url, body }) => [url.slice('https://api.clerk.test/base'.length), body]),
    [
      ['/v1/sessions/sess_1/tokens', {}],
      ['/v1/sessions/sess_1/tokens/a%20b', {}],
      ['/v1/sessions/sess_1/tokens/x', { expires_in_seconds: 60 }]
    ]
  )
})

t.test('machine tokens go to their endpoints, M2M with the machine key when there is one', async (t) => {
  const { backend, sent } = api(json({ id: 'x', subject: 'user_1', client_id: 'c', scopes: ['a', 1] }), {
    machineSecretKey: 'ak_machine'
  })
  t.match(await MACHINE_TYPES.api_key.ask(backend, 'ak_1'), {
    value: { data: { name: '', scopes: ['a'], claims: null }, isOver: false }
  })
  await MACHINE_TYPES.m2m_token.ask(backend, 'mt_1')
  await MACHINE_TYPES.oauth_token.ask(backend, 'oat_1')
  t.same(
    sent.map(({ url, body, headers }) => [
      url.slice('https://api.clerk.test/base'.length),
      body,
      headers.authorization
    ]),
    [
      ['/api_keys/verify', { secret: 'ak_1' }, `Bearer ${SECRET}`],
      ['/m2m_tokens/verify', { token: 'mt_1' }, 'Bearer ak_machine'],
      ['/oauth_applications/access_tokens/verify', { access_token: 'oat_1' }, `Bearer ${SECRET}`]
    ]
  )
})

t.test('an OAuth token whose answer names no client has an empty one', async (t) => {
  const { backend } = api(json({ id: 'x', subject: 'user_1', scopes: [] }))
  t.match(await MACHINE_TYPES.oauth_token.ask(backend, 'oat_1'), { ok: true, value: { data: { clientId: '' } } })
  const subjectless = api(json({ id: 'x', client_id: 'c' })).backend
  t.match(await MACHINE_TYPES.oauth_token.ask(subjectless, 'oat_1'), { ok: false, kind: 'malformed' })
})

t.test('a call ends at its limit, whatever fetch makes of the signal, and the signal tells fetch', async (t) => {
  const clock = createManualClock()
  const signals: AbortSignal[] = []
  const fetch = ((_url: string, init: RequestInit) => {
    signals.push(init.signal as AbortSignal)
    return new Promise(() => {})
  }) as typeof globalThis.fetch
  const { backend } = api([], { fetch, setTimer: clock.setTimer })
  const answer = backend.fetchHandshakePayload('n')
  clock.advance(999)
  t.equal(signals[0]?.aborted, false)
  clock.advance(1)
  t.match(await answer, { ok: false, kind: 'timeout' })
  t.match(signals[0], { aborted: true, reason: { name: 'TimeoutError' } })
})

t.test('no key, no call', async (t) => {
  const { backend, sent } = api(json({ id: 'x', subject: 'mch_1' }), {
    secretKey: null,
    machineSecretKey: 'ak_machine'
  })
  t.match(await MACHINE_TYPES.api_key.ask(backend, 'ak_1'), { ok: false, kind: 'keyless' })
  t.equal(sent.length, 0)
  t.match(await MACHINE_TYPES.m2m_token.ask(backend, 'mt_1'), { ok: true })
})

t.test('a path segment cannot leave its place', async (t) => {
  for (const segment of ['', '.', '..', 'a/b', 'a\\b', '%2e%2e', '%252e%252E', '..%2f', '%2F', '%', 'a%']) {
    t.equal(encodeSegment(segment), null, segment)
  }
  t.equal(encodeSegment('sess_1-A'), 'sess_1-A')
  t.equal(encodeSegment('a b?#'), 'a%20b%3F%23')
  const { backend, sent } = api(json({ jwt: 'x' }))
  t.match(await backend.createSessionToken('..'), { ok: false, kind: 'refused' })
  t.match(await backend.createSessionToken('sess_1', { template: '../../users' }), { ok: false, kind: 'refused' })
  t.equal(sent.length, 0)
})

t.test('every failure is a value, and none holds the secret or the answer', async (t) => {
  const cases: [Reply, object][] = [
    [error(401, 'clerk_key_invalid'), { kind: 'http', status: 401, code: 'clerk_key_invalid' }],
    [error(404, 'Not A Code <script>'), { kind: 'http', status: 404, code: null }],
    [new Response('<html>', { status: 502 }), { kind: 'http', status: 502, code: null }],
    [error(503, 'busy', { 'retry-after': '7' }), { kind: 'http', status: 503, retryAfterSeconds: 7 }],
    [json({ errors: 'x' }, { status: 500 }), { kind: 'http', code: null }],
    [json({ directives: 'text' }), { kind: 'malformed' }],
    [json({ directives: [1] }), { kind: 'malformed' }],
    [json(null), { kind: 'malformed' }],
    [new Response('{"directives":[]}'), { kind: 'malformed' }],
    [new Response('{', { headers: { 'content-type': 'application/json' } }), { kind: 'malformed' }],
    [new Response(null, { headers: { 'content-type': 'application/json' } }), { kind: 'malformed' }],
    [() => json({ directives: ['x'.repeat(600_000)] }), { kind: 'malformed' }],
    [new TypeError(`fetch failed ${SECRET}`), { kind: 'network' }],
    ['hang', { kind: 'timeout' }]
  ]
  for (const [reply, expected] of cases) {
    const { backend } = api(reply, { timeoutMs: 20 })
    const result = await backend.fetchHandshakePayload('n')
    t.match(result, { ok: false, ...expected })
    t.notMatch(JSON.stringify(result), /secret|script|text/)
  }
})

t.test('a charset does not make JSON something else', async (t) => {
  const { backend } = api(
    new Response('{"directives":[]}', { headers: { 'content-type': 'application/json; charset=utf-8' } })
  )
  t.same(await backend.fetchHandshakePayload('n'), { ok: true, value: [] })
})

t.test('a body that never ends is left at the time limit', async (t) => {
  let cancelled = false
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new Uint8Array(1)),
    cancel() {
      cancelled = true
    }
  })
  const fetch = (async (_url: string, { signal }: RequestInit) => {
    signal?.addEventListener('abort', () => body.cancel().catch(() => {}))
    return new Response(body.pipeThrough(new TransformStream(), { signal: signal as AbortSignal }))
  }) as typeof globalThis.fetch
  const { backend } = api([], { fetch, timeoutMs: 30 })
  t.match(await backend.fetchHandshakePayload('n'), { ok: false, kind: 'timeout' })
  t.ok(cancelled)
})

t.test('a 429 stops the calls of its kind until Clerk has said, and no others', async (t) => {
  const { backend, sent, advance } = api([
    error(429, 'rate_limited', { 'retry-after': '3' }),
    json({ id: 'ak_1', subject: 'user_1' }),
    json({ jwt: 'fresh' }),
    error(429, 'rate_limited', { 'retry-after': '9' }),
    json({ directives: [] })
  ])
  t.match(await backend.fetchHandshakePayload('n'), { ok: false, status: 429, retryAfterSeconds: 3 })
  t.match(await MACHINE_TYPES.api_key.ask(backend, 'ak_1'), { ok: true })
  t.match(await backend.createSessionToken('sess_1'), { ok: true })
  t.match(await MACHINE_TYPES.oauth_token.ask(backend, 'oat_1'), { ok: false, status: 429 })
  advance(2_500)
  t.match(await backend.fetchHandshakePayload('n'), { ok: false, kind: 'busy', retryAfterSeconds: 1 })
  t.match(await MACHINE_TYPES.api_key.ask(backend, 'ak_1'), { ok: false, kind: 'busy', retryAfterSeconds: 7 })
  t.equal(sent.length, 4)
  advance(500)
  t.match(await backend.fetchHandshakePayload('n'), { ok: true })
  t.match(await MACHINE_TYPES.api_key.ask(backend, 'ak_1'), { ok: false, kind: 'busy' })
})

t.test('a 429 that names no wait pauses for the ten seconds of the rate limit', async (t) => {
  for (const retryAfter of [null, '0', '-1', 'soon', new Date(NOW_MS - 5_000).toUTCString()]) {
    const headers = retryAfter === null ? {} : { 'retry-after': retryAfter }
    const { backend, advance } = api([error(429, 'rate_limited', headers), json({ directives: [] })])
    t.match(
      await backend.fetchHandshakePayload('n'),
      { ok: false, status: 429, retryAfterSeconds: 10 },
      `${retryAfter}`
    )
    t.match(
      await backend.fetchHandshakePayload('n'),
      { ok: false, kind: 'busy', retryAfterSeconds: 10 },
      `${retryAfter}`
    )
    advance(10_000)
    t.match(await backend.fetchHandshakePayload('n'), { ok: true }, `${retryAfter}`)
  }
})

t.test('a clock that is set back lengthens no pause and no memory', async (t) => {
  const { backend, sent, advance } = api([
    error(429, 'rate_limited', { 'retry-after': '30' }),
    json({ directives: [] })
  ])
  t.match(await backend.fetchHandshakePayload('n'), { ok: false, status: 429 })
  advance(-10_000)
  t.match(await backend.fetchHandshakePayload('n'), { ok: false, kind: 'busy', retryAfterSeconds: 30 })
  advance(-3_600_000)
  t.match(await backend.fetchHandshakePayload('n'), { ok: true })
  t.equal(sent.length, 2)

  let nowMs = NOW_MS
  const asked: string[] = []
  const ask = createNonceCalls(
    async (nonce) => {
      asked.push(nonce)
      return nonce === 'good' ? { ok: true, value: [] } : backendFailure('http', 404)
    },
    false,
    () => nowMs
  )
  for (const nonce of ['good', 'bad', 'good', 'bad']) await ask(nonce)
  nowMs -= 3_600_000
  for (const nonce of ['good', 'bad']) await ask(nonce)
  t.strictSame(asked, ['good', 'bad', 'good', 'bad'])
})

t.test('a clock that is set back keeps no refusal of a session', async (t) => {
  let nowMs = NOW_MS
  let asked = 0
  const ask = createRefreshCalls(
    async () => {
      asked++
      return backendFailure('http', 401, 'refresh_token_invalid')
    },
    false,
    () => nowMs
  )
  const request = {
    sessionId: 'sess_1',
    expiredToken: 'a',
    refreshToken: 'b',
    requestOrigin: 'https://app.example.com',
    requestHeaders: {},
    suffixedCookies: false
  }
  await ask(request)
  nowMs -= 1_000
  t.match(await ask({ ...request, refreshToken: 'c' }), { ok: false, kind: 'busy', retryAfterSeconds: 10 })
  nowMs -= 3_600_000
  await ask(request)
  t.equal(asked, 2)
})

t.test('tokens that Clerk has refused to refresh do not stay in memory', async (t) => {
  const ask = createRefreshCalls(async () => backendFailure('http', 401, 'session_is_revoked'), false, Date.now)
  // Made of parts, so that no text of this file is found in its place.
  const refuse = (name: string) =>
    ask({
      sessionId: 'sess_1',
      expiredToken: ['expired', name].join('_token_of_'),
      refreshToken: ['refresh', name].join('_token_of_'),
      requestOrigin: 'https://app.example.com',
      requestHeaders: {},
      suffixedCookies: true
    })
  t.match(await refuse('ada'), { code: 'session_is_revoked' })
  const chunks: Buffer[] = []
  for await (const chunk of getHeapSnapshot()) chunks.push(chunk)
  const heap = Buffer.concat(chunks)
  for (const part of ['expired', 'refresh']) t.notOk(heap.includes(Buffer.from(`${part}_token_of_ada`)), part)
  t.match(await refuse('ada'), { code: 'session_is_revoked' }, 'and are known again')
  t.match(await refuse('bob'), { kind: 'busy' })
})

t.test('getToken() of an auth gives the token or a coded error without a secret', async (t) => {
  const good = createSessionAuthContext(api(json({ jwt: 'fresh' })).backend)
  t.equal(await good.fetchToken('sess_1', { template: 'x' }), 'fresh')
  const replies: (Reply | null)[] = [
    error(404, 'resource_not_found'),
    error(429, 'rate_limited'),
    new TypeError(SECRET),
    'hang',
    json({}),
    null
  ]
  for (const reply of replies) {
    const context = createSessionAuthContext(reply && api(reply, { timeoutMs: 20 }).backend)
    await t.rejects(context.fetchToken('sess_1', {}), { code: 'FST_CLERK_GET_TOKEN', statusCode: 502 })
    await context.fetchToken('sess_1', {}).catch((failure: Error) => t.notMatch(failure.message, SECRET))
  }
})

t.test('made-up nonces spend a bounded part of the quota, and one nonce is asked about once at a time', async (t) => {
  let asked = 0
  let nowMs = NOW_MS
  const fetchPayload = async () => {
    asked++
    return { ok: true, value: [] } as const
  }
  const ask = createNonceCalls(fetchPayload, true, () => nowMs)
  await Promise.all(Array.from({ length: 20 }, () => ask('same')))
  t.equal(asked, 1)
  for (let second = 0; second < 10; second++) {
    for (let i = 0; i < 100; i++) await ask(`${second}-${i}`)
    nowMs += 1_000
  }
  t.ok(asked <= 50, `${asked} calls for 1,020 requests in ten seconds`)
  t.match(await ask('x'.repeat(600)), { ok: false, kind: 'refused' })
  t.match(await createNonceCalls(fetchPayload, false, () => nowMs)('fresh'), { ok: true })
})
