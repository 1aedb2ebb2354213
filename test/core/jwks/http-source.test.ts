import t from 'tap'
import { createBapiSource, createFapiSource } from '../../../src/core/jwks/http-source.js'
import type { SourceAnswer } from '../../../src/core/jwks/source.js'
import { VERSION } from '../../../src/core/version.js'

interface Sent {
  readonly url: string
  readonly init: RequestInit
}

const NOW_MS = Date.UTC(2026, 0, 1)
const SECRET = 'sk_test_very_secret'

async function ask(
  kind: 'bapi' | 'fapi',
  answers: (Response | Error)[],
  {
    etag = null,
    maxBytes = 65_536,
    times = [NOW_MS]
  }: { etag?: string | null; maxBytes?: number; times?: number[] } = {}
): Promise<{ answer: SourceAnswer; sent: Sent[] }> {
  const sent: Sent[] = []
  let look = 0
  const settings = {
    maxBytes,
    now: () => times[Math.min(look++, times.length - 1)] as number,
    fetch: (async (url: string, init: RequestInit) => {
      sent.push({ url, init })
      const answer = answers[sent.length - 1]
      if (answer === undefined) throw new Error('no more answers')
      if (answer instanceof Error) throw answer
      return answer
    }) as typeof globalThis.fetch
  }
  const source =
    kind === 'fapi'
      ? createFapiSource('clerk.example.com', settings)
      : createBapiSource({ apiUrl: 'https://api.clerk.com', apiVersion: 'v1', secretKey: SECRET }, settings)
  t.notMatch(source.id, 'secret')
  const answer = await source.fetch({ etag, signal: new AbortController().signal, newerThanMs: 0 })
  return { answer, sent }
}

const body = '{"keys":[]}'
const ok = (headers: Record<string, string> = {}) =>
  new Response(body, { headers: { 'content-type': 'application/json', ...headers } })

t.test('BAPI is asked with the secret key, the API version and our own name', async (t) => {
  const { answer, sent } = await ask('bapi', [ok()])
  t.equal(sent[0]?.url, 'https://api.clerk.com/v1/jwks')
  t.match(sent[0]?.init, { method: 'GET', redirect: 'manual' })
  t.strictSame(sent[0]?.init.headers, {
    accept: 'application/json',
    authorization: `Bearer ${SECRET}`,
    'clerk-api-version': '2026-05-12',
    'content-type': 'application/json',
    'user-agent': `fastify-clerk-auth/${VERSION}`
  })
  t.strictSame(answer, {
    kind: 'key-set',
    text: body,
    etag: null,
    maxAgeMs: null,
    fetchedAtMs: NOW_MS,
    clockOffsetMs: null
  })
})

t.test('FAPI is asked without any credential', async (t) => {
  const { sent } = await ask('fapi', [ok()])
  t.equal(sent[0]?.url, 'https://clerk.example.com/.well-known/jwks.json')
  t.strictSame(Object.keys(sent[0]?.init.headers as object), ['accept', 'user-agent'])
})

t.test('the entity tag of the set in hand is sent, and 304 confirms it', async (t) => {
  const { answer, sent } = await ask('fapi', [new Response(null, { status: 304 })], { etag: 'W/"a"' })
  t.match(sent[0]?.init.headers, { 'if-none-match': 'W/"a"' })
  t.match(answer, { kind: 'not-modified', fetchedAtMs: NOW_MS })
})

t.test('304 to an unconditional request is a failure', async (t) => {
  const { answer } = await ask('fapi', [new Response(null, { status: 304 })])
  t.match(answer, { kind: 'failure', failure: 'unexpected-not-modified' })
})

t.test('freshness is read from Cache-Control and Age', async (t) => {
  const cases: [Record<string, string>, number | null][] = [
    [{}, null],
    [{ 'cache-control': 'public' }, null],
    [{ 'cache-control': 'public, max-age=120' }, 120_000],
    [{ 'cache-control': 'Public, Max-Age="120"' }, 120_000],
    [{ 'cache-control': 'max-age=120', age: '30' }, 90_000],
    [{ 'cache-control': 'max-age=120', age: '300' }, 0],
    [{ 'cache-control': 'max-age=1, max-age=900' }, 1000],
    [{ 'cache-control': 'no-store, max-age=900' }, 0],
    [{ 'cache-control': 'no-cache' }, 0],
    [{ 'cache-control': 'max-age=-5' }, null],
    [{ 'cache-control': 's-maxage=900' }, null]
  ]
  for (const [headers, maxAgeMs] of cases) {
    const { answer } = await ask('fapi', [ok(headers)])
    t.match(answer, { kind: 'key-set', maxAgeMs }, JSON.stringify(headers))
  }
})

t.test('redirects are followed on the same origin only, and two at most', async (t) => {
  const redirect = (location: string | null, status = 302) =>
    new Response(null, { status, headers: location === null ? {} : { location } })
  const followed = await ask('bapi', [redirect('/v2/jwks', 308), ok()])
  t.equal(followed.sent[1]?.url, 'https://api.clerk.com/v2/jwks')
  t.equal(followed.answer.kind, 'key-set')
  for (const location of [
    'https://evil.example/jwks',
    'http://api.clerk.com/v1/jwks',
    'https://api.clerk.com:8443/v1/jwks',
    '//evil.example/jwks',
    'https://api.clerk.com@evil.example/',
    'http://[',
    null
  ]) {
    const { answer, sent } = await ask('bapi', [redirect(location), ok()])
    t.match(answer, { kind: 'failure', failure: 'redirect' }, String(location))
    t.equal(sent.length, 1, 'and the secret key goes nowhere else')
  }
  const loop = await ask('bapi', [redirect('/a'), redirect('/b'), redirect('/c'), redirect('/d')])
  t.match(loop.answer, { failure: 'redirect' })
  t.equal(loop.sent.length, 3)
})

t.test('statuses become failures; a refused secret key is one of its own', async (t) => {
  const cases: ['bapi' | 'fapi', Response, string][] = [
    ['bapi', new Response('x', { status: 401 }), 'secret-key-invalid'],
    ['bapi', Response.json({ errors: [{ code: 'clerk_key_invalid' }] }, { status: 422 }), 'secret-key-invalid'],
    ['bapi', Response.json({ errors: [{ code: 'other' }] }, { status: 403 }), 'http-403'],
    ['fapi', new Response('x', { status: 401 }), 'http-401'],
    ['bapi', new Response('x', { status: 500 }), 'http-500'],
    ['bapi', new Response(null, { status: 204 }), 'http-204'],
    ['fapi', new Response('x', { status: 429 }), 'http-429']
  ]
  for (const [kind, response, failure] of cases) {
    const { answer } = await ask(kind, [response])
    t.match(answer, { kind: 'failure', failure })
  }
})

t.test('a failure tells what its Retry-After says', async (t) => {
  for (const [value, retryAfterMs] of [
    ['7', 7000],
    [new Date(NOW_MS + 9000).toUTCString(), 9000],
    ['soon', null]
  ]) {
    const { answer } = await ask('fapi', [new Response('', { status: 503, headers: { 'retry-after': String(value) } })])
    t.match(answer, { failure: 'http-503', retryAfterMs }, String(value))
  }
})

t.test('more bytes than allowed are refused, announced or not', async (t) => {
  const announced = await ask('fapi', [ok({ 'content-length': '70000' })])
  t.match(announced.answer, { failure: 'too-large' })
  let isCancelled = false
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(600)),
    cancel() {
      isCancelled = true
    }
  })
  const streamed = await ask('fapi', [new Response(endless)], { maxBytes: 2048 })
  t.match(streamed.answer, { failure: 'too-large' })
  t.ok(isCancelled, 'and the connection is let go')
})

t.test('HTML is refused unread', async (t) => {
  const { answer } = await ask('fapi', [new Response('<html>', { headers: { 'content-type': 'Text/HTML' } })])
  t.match(answer, { failure: 'html' })
})

t.test('what the runtime says about a broken connection stays inside', async (t) => {
  const { answer } = await ask('fapi', [new Error('connect ECONNREFUSED 10.0.0.7:443')])
  t.match(answer, { kind: 'failure', failure: 'network' })
  t.notMatch(JSON.stringify(answer), '10.0.0.7')
})

t.test('only a well-formed entity tag is kept', async (t) => {
  for (const [etag, kept] of [
    ['"abc"', '"abc"'],
    ['W/"abc"', 'W/"abc"'],
    ['abc', null],
    ['"a b"', null],
    [`"${'x'.repeat(300)}"`, null]
  ]) {
    const { answer } = await ask('fapi', [ok({ etag: String(etag) })])
    t.match(answer, { kind: 'key-set', etag: kept })
  }
})

t.test('the clock offset comes from Date, Age and the middle of the exchange', async (t) => {
  const date = new Date(NOW_MS + 30_000).toUTCString()
  const times = [NOW_MS, NOW_MS + 1000]
  t.match((await ask('fapi', [ok({ date })], { times })).answer, { clockOffsetMs: 30_000 })
  t.match((await ask('fapi', [ok({ date, age: '5' })], { times })).answer, { clockOffsetMs: 35_000 })
  t.match((await ask('fapi', [ok({ date })], { times: [NOW_MS, NOW_MS + 2500] })).answer, { clockOffsetMs: null })
  t.match((await ask('fapi', [ok({ date: 'yesterday' })], { times })).answer, { clockOffsetMs: null })
})
