import t, { type Test } from 'tap'
import { clerk, type Received, requestText, sendRaw, startProxy } from './scene.js'

// What a stranger sends byte by byte, the answer to it, and what of it reaches FAPI: nothing, or a plain request.

const { upstream, port } = await startProxy({ proxy: { bodyLimit: 1000 } })

/** The expected answer, and the target that reaches FAPI; null: nothing does. */
type Attack = readonly [name: string, raw: string, status: number, reached: string | null]

const get = (target: string, ...headers: string[]) => requestText('GET', target, headers)
const post = (body: string, ...headers: string[]) => requestText('POST', '/__clerk/v1/client', headers, body)
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`
const CLIENT = '/v1/client'
const FORM = 'Content-Type: application/x-www-form-urlencoded'

const paths: readonly Attack[] = [
  ['a plain path', get('/__clerk/v1/client'), 200, CLIENT],
  ['the root of FAPI', get('/__clerk/'), 200, '/'],
  ['a slash at the end', get('/__clerk/v1/client/'), 200, '/v1/client/'],
  [
    'a package in a scope',
    get('/__clerk/npm/@clerk/clerk-js@6/dist/a.b.js'),
    200,
    '/npm/@clerk/clerk-js@6/dist/a.b.js'
  ],
  ['a well-known document', get('/__clerk/.well-known/jwks.json'), 200, '/.well-known/jwks.json'],
  ['encoded letters and UTF-8', get('/__clerk/v1/%C3%A9%20x'), 200, '/v1/%C3%A9%20x'],
  ['the path without a slash', get('/__clerk'), 404, null],
  ['a path that begins alike', get('/__clerks/v1/client'), 404, null],
  ['dots', get('/__clerk/../admin'), 400, null],
  ['dots at the end', get('/__clerk/v1/..'), 400, null],
  ['dots that come back', get('/__clerk/v1/../../__clerk/v1'), 400, null],
  ['dots before the path', get('/x/../__clerk/v1/client'), 404, null],
  ['one dot', get('/__clerk/./v1/client'), 400, null],
  ['dots with a parameter', get('/__clerk/..;/admin'), 400, null],
  ['encoded dots', get('/__clerk/%2e%2e/admin'), 400, null],
  ['half-encoded dots', get('/__clerk/.%2E/admin'), 400, null],
  ['dots encoded twice', get('/__clerk/%252e%252e/admin'), 400, null],
  ['dots in overlong UTF-8', get('/__clerk/%c0%ae%c0%ae/admin'), 400, null],
  ['dots in full width', get('/__clerk/%EF%BC%8E%EF%BC%8E/admin'), 200, '/%EF%BC%8E%EF%BC%8E/admin'],
  ['two slashes', get('/__clerk//evil.test/v1'), 400, null],
  ['two slashes inside', get('/__clerk/v1//client'), 400, null],
  ['two slashes before', get('//__clerk/v1/client'), 404, null],
  ['a host before', get('//evil.test/__clerk/v1/client'), 404, null],
  ['an encoded slash', get('/__clerk/%2Fevil.test/v1'), 400, null],
  ['an encoded slash in lower case', get('/__clerk/v1%2fclient'), 400, null],
  ['a slash encoded twice', get('/__clerk/v1%252Fclient'), 400, null],
  ['an encoded slash for that of the path', get('/__clerk%2Fv1/client'), 404, null],
  ['a backslash', get('/__clerk/\\evil.test/v1'), 400, null],
  ['backslashes and dots', get('/__clerk/v1/..\\..\\admin'), 400, null],
  ['an encoded backslash', get('/__clerk/%5c%5cevil.test'), 400, null],
  ['the path encoded', get('/%5F%5Fclerk/v1/client'), 400, null],
  ['the absolute form', get('http://evil.test/__clerk/v1/client'), 400, null],
  ['the absolute form with the own host', get('http://app.example.com/__clerk/v1/client'), 400, null],
  ['an absolute URL in the path', get('/__clerk/http://evil.test/'), 400, null],
  ['userinfo in the absolute form', get('http://a@evil.test/__clerk/v1/client'), 400, null],
  ['userinfo in the path', get('/__clerk/@evil.test/v1'), 200, '/@evil.test/v1'],
  ['userinfo right behind the path', get('/__clerk@evil.test/v1'), 404, null],
  ['a port right behind the path', get('/__clerk:80@evil.test/v1'), 404, null],
  ['an encoded null', get('/__clerk/v1/%00'), 400, null],
  ['an encoded line break', get('/__clerk/v1/%0d%0aX-Evil:%201'), 400, null],
  ['an encoded delete', get('/__clerk/v1/%7f'), 400, null],
  ['a control character', get('/__clerk/v1/\x01'), 400, null],
  ['a tab', get('/__clerk/v1/\tclient'), 400, null],
  ['a high byte', get('/__clerk/v1/\xff'), 400, null],
  ['a broken encoding', get('/__clerk/v1/%zz'), 400, null],
  ['half an encoding', get('/__clerk/v1/%2'), 400, null],
  ['a fragment', get('/__clerk/v1/client#x'), 400, null],
  ['a semicolon', get('/__clerk/v1;x=1/client'), 400, null]
]

const queries: readonly Attack[] = [
  [
    'a query as it stands',
    get('/__clerk/v1/client?a=%2F..%2F&b=//evil.test&c'),
    200,
    '/v1/client?a=%2F..%2F&b=//evil.test&c'
  ],
  ['an empty query', get('/__clerk/v1/client?'), 200, CLIENT],
  ['a second question mark', get('/__clerk/v1/client?a?b'), 200, '/v1/client?a?b'],
  ['brackets and a backslash', get('/__clerk/v1/client?a[]={"x"}\\'), 200, '/v1/client?a[]={"x"}\\'],
  ['an encoded line break in a query', get('/__clerk/v1/client?a=%0d%0aX:1'), 200, '/v1/client?a=%0d%0aX:1'],
  ['a fragment in a query', get('/__clerk/v1/client?a#b'), 400, null],
  ['a control character in a query', get('/__clerk/v1/client?a=\x01'), 400, null],
  ['a high byte in a query', get('/__clerk/v1/client?a=\xe9'), 400, null]
]

const methods: readonly Attack[] = [
  ...['HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].map(
    (method): Attack => [method, requestText(method, '/__clerk/v1/client'), 200, CLIENT]
  ),
  ['TRACE', requestText('TRACE', '/__clerk/v1/client'), 404, null],
  ['CONNECT', requestText('CONNECT', 'evil.test:443'), 0, null],
  ['CONNECT to the path', requestText('CONNECT', '/__clerk/v1/client'), 0, null],
  ['PURGE', requestText('PURGE', '/__clerk/v1/client'), 404, null],
  ['an unknown method', requestText('EVIL', '/__clerk/v1/client'), 400, null],
  ['a method in lower case', requestText('get', '/__clerk/v1/client'), 400, null]
]

const headers: readonly Attack[] = [
  ['the secret key', get('/__clerk/v1/client', 'Clerk-Secret-Key: sk_test_evil'), 200, CLIENT],
  ['the URL of the proxy', get('/__clerk/v1/client', 'Clerk-Proxy-Url: https://evil.test'), 200, CLIENT],
  [
    'forwarded headers',
    get(
      '/__clerk/v1/client',
      'X-Forwarded-For: 1.2.3.4',
      'X-Forwarded-Host: evil.test',
      'X-Forwarded-Proto: https',
      'Forwarded: for=1.2.3.4;host=evil.test',
      'X-Real-IP: 1.2.3.4',
      'CF-Connecting-IP: 1.2.3.4',
      'CloudFront-Forwarded-Proto: https',
      'X-Original-URL: /admin',
      'X-Rewrite-URL: /admin',
      'X-HTTP-Method-Override: DELETE'
    ),
    200,
    CLIENT
  ],
  ['a second host', get('/__clerk/v1/client', 'Host: evil.test'), 200, CLIENT],
  [
    'a connection that names a header of the proxy',
    get('/__clerk/v1/client', 'Connection: clerk-secret-key, clerk-proxy-url, x-forwarded-for'),
    200,
    CLIENT
  ],
  [
    'a connection that names a header of its own',
    get('/__clerk/v1/client', 'Connection: x-custom', 'X-Custom: 1'),
    200,
    CLIENT
  ],
  [
    'headers of a connection',
    get(
      '/__clerk/v1/client',
      'Keep-Alive: timeout=1000',
      'Proxy-Connection: keep-alive',
      'Proxy-Authorization: Basic eA==',
      'TE: trailers',
      'Trailer: X-Evil',
      'HTTP2-Settings: AAMAAABk'
    ),
    200,
    CLIENT
  ],
  [
    'credentials of other systems',
    get('/__clerk/v1/client', 'X-Api-Key: key', 'X-Amz-Security-Token: token', 'X-Csrf-Token: token'),
    200,
    CLIENT
  ],
  [
    'an upgrade',
    get('/__clerk/v1/client', 'Upgrade: websocket', 'Sec-WebSocket-Key: eA==', 'Sec-WebSocket-Version: 13'),
    400,
    null
  ],
  ['an upgrade to HTTP/2', get('/__clerk/v1/client', 'Upgrade: h2c'), 400, null],
  ['a header folded over two lines', get('/__clerk/v1/client', 'Accept: a\r\n b'), 400, null],
  ['a blank before the colon', get('/__clerk/v1/client', 'Transfer-Encoding : chunked'), 400, null],
  ['a null in a header', get('/__clerk/v1/client', 'Accept: a\0b'), 400, null],
  ['a bare line feed in a header', get('/__clerk/v1/client', 'Accept: a\nClerk-Secret-Key: x'), 400, null],
  ['headers without an end', get('/__clerk/v1/client', `Accept: ${'a'.repeat(20_000)}`), 431, null],
  ['a target without an end', get(`/__clerk/v1/${'a'.repeat(20_000)}`), 431, null],
  ['no host', 'GET /__clerk/v1/client HTTP/1.1\r\nConnection: close\r\n\r\n', 400, null]
]

const bodies: readonly Attack[] = [
  ['a form', post('a=b', FORM, 'Content-Length: 3'), 200, CLIENT],
  ['chunks', post(chunk('a=b'), FORM, 'Transfer-Encoding: chunked'), 200, CLIENT],
  ['a body without a type', post('a=b', 'Content-Length: 3'), 200, CLIENT],
  [
    'a trailer',
    post('3\r\na=b\r\n0\r\nX-Evil: 1\r\n\r\n', FORM, 'Trailer: X-Evil', 'Transfer-Encoding: chunked'),
    200,
    CLIENT
  ],
  ['an expectation', post('a=b', FORM, 'Expect: 100-continue', 'Content-Length: 3'), 200, CLIENT],
  ['an unknown expectation', post('a=b', FORM, 'Expect: evil', 'Content-Length: 3'), 417, null],
  ['a length and chunks', post(chunk('a=b'), FORM, 'Content-Length: 3', 'Transfer-Encoding: chunked'), 400, null],
  ['two lengths', post('a=b', FORM, 'Content-Length: 3', 'Content-Length: 4'), 400, null],
  ['a length with a sign', post('a=b', FORM, 'Content-Length: +3'), 400, null],
  ['chunks twice', post(chunk('a=b'), FORM, 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'), 400, null],
  ['an unknown coding', post('a=b', FORM, 'Transfer-Encoding: evil'), 400, null],
  ['chunks that are not last', post(chunk('a=b'), FORM, 'Transfer-Encoding: chunked, gzip'), 400, null],
  ['a GET with a body', requestText('GET', '/__clerk/v1/client', ['Content-Length: 3'], 'a=b'), 400, null],
  ['a GET with chunks', get('/__clerk/v1/client', 'Transfer-Encoding: chunked') + chunk('a=b'), 400, null],
  ['a HEAD with a body', requestText('HEAD', '/__clerk/v1/client', ['Content-Length: 3'], 'a=b'), 400, null],
  ['a body that is declared too large', post('a'.repeat(1001), FORM, 'Content-Length: 1001'), 413, null],
  ['a length beyond all numbers', post('a=b', FORM, `Content-Length: ${'9'.repeat(30)}`), 400, null],
  ['a body of the largest size', post('a'.repeat(1000), FORM, 'Content-Length: 1000'), 200, CLIENT]
]

/** Every header that a request to FAPI may have here. */
const KNOWN = new Set([
  ...['accept', 'content-length', 'content-type', 'transfer-encoding', 'connection', 'host'],
  ...['clerk-proxy-url', 'clerk-secret-key', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto']
])

const valuesOf = ({ headers }: Received, name: string) =>
  headers.flatMap(([other, value]) => (other === name ? [value] : []))

function checkHeaders(t: Test, request: Received, name: string): void {
  for (const [header] of request.headers) t.ok(KNOWN.has(header), `${name}: ${header}`)
  for (const [header, value] of Object.entries({
    host: new URL(upstream.url).host,
    connection: 'keep-alive',
    'clerk-secret-key': clerk.secretKey,
    'clerk-proxy-url': 'http://app.example.com/__clerk',
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-host': 'app.example.com',
    'x-forwarded-proto': 'http'
  })) {
    t.strictSame(valuesOf(request, header), [value], `${name}: ${header}`)
  }
}

for (const [kind, attacks] of Object.entries({ paths, queries, methods, headers, bodies })) {
  t.test(`${kind}: each gets its answer, and no more of it reaches FAPI than a plain request`, async (t) => {
    for (const [name, raw, status, reached] of attacks) {
      upstream.received.length = 0
      upstream.count = 0
      const answer = await sendRaw(port, raw)
      t.equal(answer.status, status, `${name}: ${answer.head}`)
      t.notMatch(answer.raw, clerk.secretKey, name)
      t.strictSame(
        upstream.received.map(({ url }) => url),
        reached === null ? [] : [reached],
        name
      )
      t.equal(upstream.count, upstream.received.length, name)
      for (const request of upstream.received) {
        checkHeaders(t, request, name)
        t.ok(['', 'a=b', 'a'.repeat(1000)].includes(request.body), name)
      }
    }
  })
}

t.test('a second request hidden behind the first is one of its own, or none', async (t) => {
  const hidden = requestText('GET', '/__clerk/../hidden')
  const first = 'POST /__clerk/v1/client HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: 0\r\n\r\n'
  upstream.received.length = 0
  const answer = await sendRaw(port, first + hidden)
  t.strictSame(
    upstream.received.map(({ url }) => url),
    [CLIENT]
  )
  t.match(answer.raw, /^HTTP\/1\.1 200 [\s\S]*HTTP\/1\.1 400 /)
})

for (const method of ['DELETE', 'OPTIONS', 'PATCH', 'POST']) {
  const hidden = 'GET /hidden HTTP/1.1\r\nHost: evil.test\r\n\r\n'
  const framings: readonly (readonly [name: string, headers: readonly string[], body: string])[] = [
    ['in chunks', [FORM, 'Transfer-Encoding: chunked'], chunk(hidden)],
    ['in chunks, without a type', ['Transfer-Encoding: chunked'], chunk(hidden)],
    ['of a length', [FORM, `Content-Length: ${hidden.length}`], hidden],
    ['of a length that Connection names', [`Content-Length: ${hidden.length}`, 'Connection: content-length'], hidden],
    ['in chunks that Connection names', ['Transfer-Encoding: chunked', 'Connection: transfer-encoding'], chunk(hidden)]
  ]
  t.test(`a request in the body of ${method} stays in the body`, async (t) => {
    for (const [name, headers, body] of framings) {
      upstream.received.length = 0
      const { status } = await sendRaw(port, requestText(method, '/__clerk/v1/client', headers, body))
      t.equal(status, 200, name)
      t.strictSame(
        upstream.received.map((request) => [request.method, request.url, request.body]),
        [[method, CLIENT, hidden]],
        name
      )
    }
  })
}
