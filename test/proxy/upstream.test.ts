import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:https'
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import clerkAuth from '../../src/index.js'
import { createCertificate } from '../../src/local/certificate.js'
import { frontendApiProxy } from '../../src/proxy/index.js'
import { type Answer, clerk, parseAnswer, requestText, sendRaw, startProxy, startUpstream } from './scene.js'

// What becomes of the client when FAPI is away, hangs, breaks off, or answers with something else than usual.

const GET = requestText('GET', '/__clerk/v1/client')
const codeOf = ({ body }: Answer) => JSON.parse(body).code
const headersOf = ({ head }: Answer) =>
  head
    .split('\r\n')
    .slice(1)
    .map((line) => line.toLowerCase())

/** A server that answers each connection with these bytes, and then closes it or, with `open`, leaves it. */
async function startBytes(t: Test, bytes: string, open = false): Promise<string> {
  const sockets = new Set<Socket>()
  const server: Server = createTcpServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('data', () => (open ? socket.write(bytes, 'latin1') : socket.end(bytes, 'latin1')))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function getFrom(fapiUrl: string, options: object = {}): Promise<Answer> {
  const { port, app } = await startProxy({ proxy: { fapiUrl, timeoutInMs: 300, responseLimit: 1000, ...options } })
  const answer = await sendRaw(port, GET)
  await app.close()
  return answer
}

t.test('FAPI that is away is 502, with a body that clerk-js can read and nothing to keep', async (t) => {
  const { port } = await startProxy({ proxy: { fapiUrl: 'http://127.0.0.1:1' } })
  const answer = await sendRaw(port, GET)
  t.equal(answer.status, 502)
  t.ok(headersOf(answer).includes('cache-control: no-store'))
  const { code, errors, statusCode } = JSON.parse(answer.body)
  t.strictSame([code, statusCode], ['FST_CLERK_PROXY_UPSTREAM', 502])
  t.match(errors, [{ code: 'FST_CLERK_PROXY_UPSTREAM', message: /try again/, long_message: /try again/ }])
  const head = await sendRaw(port, requestText('HEAD', '/__clerk/v1/client'))
  t.strictSame([head.status, head.body], [502, ''])
  const post = await sendRaw(port, requestText('POST', '/__clerk/v1/client', ['Content-Length: 3'], 'a=b'))
  t.strictSame([post.status, codeOf(post)], [502, 'FST_CLERK_PROXY_UPSTREAM'])
})

t.test('a name that does not resolve is 502', async (t) => {
  const answer = await getFrom('http://nowhere.invalid', { timeoutInMs: 5000 })
  t.strictSame([answer.status, codeOf(answer)], [502, 'FST_CLERK_PROXY_UPSTREAM'])
})

t.test('an answer that is none is 502', async (t) => {
  for (const [name, bytes] of [
    ['nothing', ''],
    ['another protocol', 'SSH-2.0-OpenSSH_9.9\r\n'],
    ['half a head', 'HTTP/1.1 200 OK\r\nContent-Type: te'],
    ['a status of no class', 'HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\nok'],
    ['a head without an end', `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(40_000)}\r\n\r\n`],
    [
      'a length and chunks',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'
    ],
    [
      'a declared length beyond the limit',
      'HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Encoding: gzip\r\nContent-Length: 1001\r\n\r\n'
    ],
    [
      'a body that breaks off before it begins',
      'HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\n'
    ]
  ] as const) {
    const answer = await getFrom(await startBytes(t, bytes))
    t.strictSame([answer.status, codeOf(answer)], [502, 'FST_CLERK_PROXY_UPSTREAM'], name)
    t.notOk(
      headersOf(answer).some((line) => /^(set-cookie|content-encoding|location):/.test(line)),
      name
    )
  }
})

t.test('FAPI that hangs is 504 within the time', async (t) => {
  for (const [name, bytes] of [
    ['without a word', ''],
    ['in the head', 'HTTP/1.1 200 OK\r\nContent-Type: te'],
    ['after the head', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'],
    ['in another protocol', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n']
  ] as const) {
    const startedAt = Date.now()
    const answer = await getFrom(await startBytes(t, bytes, true))
    t.strictSame([answer.status, codeOf(answer)], [504, 'FST_CLERK_PROXY_TIMEOUT'], name)
    t.ok(Date.now() - startedAt < 20_000, 'long before any other bound')
  }
})

t.test(
  'a head that comes drop by drop ends with the time, and its connection with it',
  { timeout: 20_000 },
  async (t) => {
    const closed: Promise<unknown>[] = []
    const server = createTcpServer((socket) => {
      socket.on('error', () => {})
      closed.push(once(socket, 'close'))
      const drops = setInterval(() => socket.write('X'), 20)
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nX-Drops: ')).on('close', () => clearInterval(drops))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.teardown(() => server.close())
    const fapiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const { port } = await startProxy({ proxy: { fapiUrl, timeoutInMs: 300 } })
    const answer = await sendRaw(port, GET)
    t.strictSame([answer.status, codeOf(answer)], [504, 'FST_CLERK_PROXY_TIMEOUT'])
    await Promise.all(closed)
    t.equal(closed.length, 1)
  }
)

t.test('a client that goes away before the answer leaves no connection behind', { timeout: 20_000 }, async (t) => {
  const { upstream, port } = await startProxy({})
  for (const method of ['GET', 'DELETE', 'POST']) {
    const arrived = new Promise<IncomingMessage>((resolve) => {
      upstream.answer = (request) => resolve(request)
    })
    const client = connect(port, '127.0.0.1')
    client.write(requestText(method, '/__clerk/v1/client'))
    const { socket } = await arrived
    client.destroy()
    if (!socket.destroyed) await once(socket, 'close')
    t.ok(socket.destroyed, method)
  }
})

t.test('a connection to FAPI serves one request after another', async (t) => {
  const { upstream, port } = await startProxy({})
  const ports = new Set<number | undefined>()
  upstream.answer = (request, response) => {
    ports.add(request.socket.remotePort)
    request.on('end', () => response.end('ok')).resume()
  }
  for (const method of ['GET', 'POST', 'DELETE', 'GET']) {
    t.equal((await sendRaw(port, requestText(method, '/__clerk/v1/client'))).status, 200)
  }
  t.equal(ports.size, 1)
})

t.test('an answer that comes drop by drop ends with the time', async (t) => {
  const { upstream, port } = await startProxy({ proxy: { timeoutInMs: 400 } })
  upstream.answer = (_request, response) => {
    response.writeHead(200, { 'content-length': '100000' })
    const drops = setInterval(() => response.write('x'), 20)
    response.on('close', () => clearInterval(drops))
    response.on('close', () => closed())
  }
  let closed = () => {}
  const isClosed = new Promise<void>((resolve) => {
    closed = resolve
  })
  const answer = await sendRaw(port, GET)
  t.equal(answer.status, 200)
  t.ok(answer.body.length > 0 && answer.body.length < 100_000)
  await isClosed
})

t.test('a body that breaks off, or goes on beyond the limit, breaks the connection', async (t) => {
  for (const [name, bytes] of [
    ['short of its length', `HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n${'a'.repeat(400)}`],
    ['without the last chunk', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n190\r\n${'a'.repeat(400)}\r\n`],
    [
      'beyond the limit',
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n190\r\n${'a'.repeat(400)}\r\n7d0\r\n${'b'.repeat(2000)}\r\n0\r\n\r\n`
    ]
  ] as const) {
    const answer = await getFrom(await startBytes(t, bytes))
    const isWhole = answer.status === 200 && /\r\n0\r\n\r\n$/.test(answer.raw)
    t.notOk(isWhole, name)
    t.notMatch(answer.body, 'bbb', name)
  }
})

t.test('redirects are not followed, and lead to the proxy where they led to FAPI', async (t) => {
  const { upstream, port } = await startProxy({})
  const here = 'http://app.example.com/__clerk'
  for (const [given, location] of [
    ['https://accounts.google.com/o/oauth2?x=1', 'https://accounts.google.com/o/oauth2?x=1'],
    ['https://app.example.com/?__clerk_handshake_nonce=x', 'https://app.example.com/?__clerk_handshake_nonce=x'],
    [`${upstream.url}/v1/client?x=1#y`, `${here}/v1/client?x=1#y`],
    ['/v1/oauth_callback?x=1', `${here}/v1/oauth_callback?x=1`],
    ['//evil.test/v1', '//evil.test/v1'],
    ['/\\evil.test/v1', '/\\evil.test/v1'],
    // From the URL that was asked.
    ['next?x=1', `${here}/v1/oauth/next?x=1`],
    ['?y=1#z', `${here}/v1/oauth/authorize?y=1#z`],
    ['', `${here}/v1/oauth/authorize?a=b`],
    ['.', `${here}/v1/oauth/`],
    ['../client', `${here}/v1/client`],
    // No way leads out of the proxy.
    ['../../../../home', `${here}/home`],
    ['..\\..\\..\\home', `${here}/home`],
    ['%2e%2e/.%2E/../home', `${here}/home`],
    ['/../home', `${here}/home`],
    [`${upstream.url}/v1/../../home`, `${here}/home`],
    ['http://[', null]
  ] as const) {
    for (const status of [301, 302, 303, 307, 308]) {
      upstream.count = 0
      upstream.answer = (_request, response) => response.writeHead(status, { location: given }).end()
      const answer = await sendRaw(port, requestText('GET', '/__clerk/v1/oauth/authorize?a=b'))
      t.equal(answer.status, status, given)
      const line = headersOf(answer).find((header) => header.startsWith('location:'))
      t.equal(line, location === null ? undefined : `location: ${location.toLowerCase()}`, given)
      t.equal(upstream.count, 1)
    }
  }
})

t.test('what FAPI says of an answer is kept, what it says of a connection or an origin is not', async (t) => {
  const { upstream, port } = await startProxy({})
  const packed = gzipSync('{"response":"x"}')
  upstream.answer = (_request, response) => {
    response.writeHead(200, [
      ...['Set-Cookie', '__client=1; Path=/; HttpOnly', 'Set-Cookie', '__client_uat=2; Domain=example.com'],
      ...['Set-Cookie', '__client_uat_abc=3', 'Content-Type', 'application/json', 'Content-Encoding', 'gzip'],
      ...['Vary', 'Origin, Accept-Encoding', 'Access-Control-Allow-Origin', 'https://app.example.com'],
      ...['Access-Control-Allow-Credentials', 'true', 'Cache-Control', 'private, max-age=5', 'Clerk-Db-Jwt', 'dvb_1'],
      ...['Strict-Transport-Security', 'max-age=1', 'Alt-Svc', 'h3=":443"', 'Clear-Site-Data', '"*"'],
      ...['Server', 'fapi', 'Link', '<https://evil.test/x>; rel=preload', 'Service-Worker-Allowed', '/'],
      ...[
        'X-Internal',
        '1',
        'Keep-Alive',
        'timeout=9',
        'Connection',
        'x-country',
        'X-Country',
        'NL',
        'Refresh',
        '0;url=//evil.test'
      ]
    ])
    response.end(packed)
  }
  const answer = await sendRaw(port, requestText('GET', '/__clerk/v1/client', ['Accept-Encoding: gzip']))
  const lines = headersOf(answer)
  t.strictSame(
    lines.filter((line) => line.startsWith('set-cookie')),
    [
      'set-cookie: __client=1; path=/; httponly',
      'set-cookie: __client_uat=2; domain=example.com',
      'set-cookie: __client_uat_abc=3'
    ]
  )
  for (const line of [
    'content-type: application/json',
    'content-encoding: gzip',
    'vary: origin, accept-encoding',
    'access-control-allow-origin: https://app.example.com',
    'access-control-allow-credentials: true',
    'cache-control: private, max-age=5',
    'clerk-db-jwt: dvb_1'
  ]) {
    t.ok(lines.includes(line), line)
  }
  const names = lines.map((line) => line.slice(0, line.indexOf(':')))
  for (const name of [
    'strict-transport-security',
    'alt-svc',
    'clear-site-data',
    'server',
    'link',
    'service-worker-allowed',
    'x-internal',
    'x-country',
    'refresh'
  ]) {
    t.notOk(names.includes(name), name)
  }
  t.ok(answer.raw.includes(packed.toString('latin1')), 'the body is that of FAPI, byte for byte')
})

t.test('an answer without a body keeps its status', async (t) => {
  const { upstream, port } = await startProxy({})
  for (const status of [204, 304, 401, 422, 429, 500, 503]) {
    upstream.count = 0
    upstream.answer = (_request, response) => response.writeHead(status, { etag: '"1"', 'retry-after': '0' }).end()
    const answer = await sendRaw(port, GET)
    t.equal(answer.status, status)
    t.ok(headersOf(answer).includes('etag: "1"'))
    t.equal(upstream.count, 1, 'asked once')
  }
})

t.test('the length of a body that is not sent has no limit', async (t) => {
  const { upstream, port } = await startProxy({ proxy: { responseLimit: 1000 } })
  for (const [method, status] of [
    ['HEAD', 200],
    ['HEAD', 404],
    ['GET', 304],
    ['GET', 204],
    ['DELETE', 204]
  ] as const) {
    upstream.answer = (_request, response) => response.writeHead(status, { etag: '"1"', 'content-length': 5000 }).end()
    const answer = await sendRaw(port, requestText(method, '/__clerk/v1/picture'))
    t.strictSame([answer.status, answer.body], [status, ''], `${method} ${status}`)
    if (status !== 204) t.ok(headersOf(answer).includes('content-length: 5000'), `${method} ${status}`)
  }
})

t.test('an answer streams: its beginning is there before its end is sent', async (t) => {
  const { upstream, port } = await startProxy({})
  let finish = () => {}
  upstream.answer = (_request, response) => {
    response.write('first')
    finish = () => response.end('last')
  }
  const socket = connect(port, '127.0.0.1')
  socket.write(GET)
  let raw = ''
  for await (const chunk of socket) {
    raw += chunk
    if (raw.includes('first') && !raw.includes('last')) finish()
  }
  t.match(parseAnswer(raw).body, /first[\s\S]*last/)
})

t.test('a body streams, and one that goes on beyond the limit is 413 and reaches no end', async (t) => {
  const { upstream, port } = await startProxy({ proxy: { bodyLimit: 1000 } })
  const head = requestText('POST', '/__clerk/v1/client', ['Transfer-Encoding: chunked'])
  const answer = await sendRaw(
    port,
    head,
    `1f4\r\n${'a'.repeat(500)}\r\n`,
    `1f5\r\n${'a'.repeat(501)}\r\n`,
    '0\r\n\r\n'
  )
  t.strictSame([answer.status, codeOf(answer)], [413, 'FST_CLERK_PROXY_BODY_LIMIT'])
  t.ok(headersOf(answer).includes('connection: close'))
  for (const { body } of upstream.received) t.equal(body, '(broken off)')
})

t.test('a body that does not come is 408, and FAPI is let go', async (t) => {
  const { upstream, port } = await startProxy({ proxy: { timeoutInMs: 300 } })
  const head = requestText('POST', '/__clerk/v1/client', ['Content-Length: 10'])
  const answer = await sendRaw(port, head, 'a=b')
  t.strictSame([answer.status, codeOf(answer)], [408, 'FST_CLERK_PROXY_BODY_TIMEOUT'])
  t.ok(headersOf(answer).includes('connection: close'))
  const drops = connect(port, '127.0.0.1')
  drops.on('error', () => {}).write(head)
  const dripping = setInterval(() => drops.write('a'), 100)
  let raw = ''
  drops.on('data', (chunk) => {
    raw += chunk
  })
  await once(drops, 'close')
  clearInterval(dripping)
  t.equal(parseAnswer(raw).status, 408, 'drop by drop')
  for (const { body } of upstream.received) t.equal(body, '(broken off)')
})

t.test('a client that goes away takes its request to FAPI with it, and its place is free again', async (t) => {
  const { upstream, port } = await startProxy({ proxy: { maxConcurrency: 1 } })
  const arrived = () => new Promise<void>((resolve) => (upstream.answer = () => resolve()))
  const first = arrived()
  const socket = connect(port, '127.0.0.1')
  socket.write(requestText('POST', '/__clerk/v1/client', ['Content-Length: 10'], 'a=b'))
  await first
  const busy = await sendRaw(port, GET)
  t.strictSame([busy.status, codeOf(busy)], [503, 'FST_CLERK_PROXY_BUSY'])
  t.ok(headersOf(busy).includes('retry-after: 1'))
  socket.destroy()
  const isFree = async (): Promise<boolean> => {
    upstream.answer = (_request, response) => response.end('ok')
    const { status } = await sendRaw(port, GET)
    return status === 200 || isFree()
  }
  t.ok(await isFree())
  t.equal(upstream.received[0]?.body, '(broken off)')
})

t.test('places are counted once more behind a hook of the application that waits', async (t) => {
  const upstream = await startUpstream()
  const app = Fastify()
  t.teardown(() => app.close())
  app.addHook('preHandler', () => new Promise<void>((resolve) => setTimeout(resolve, 50)))
  await app.register(clerkAuth, clerk.pluginOptions())
  await app.register(frontendApiProxy, { fapiUrl: upstream.url, maxConcurrency: 1 })
  const port = Number(new URL(await app.listen({ port: 0, host: '127.0.0.1' })).port)
  upstream.answer = (_request, response) => setTimeout(() => response.end('ok'), 500)
  const post = requestText('POST', '/__clerk/v1/client', ['Content-Length: 10'], 'a=b')
  const others = [GET, GET, post].map((text) => sendRaw(port, text))
  const answers = await Promise.all([sendRaw(port, GET), ...others])
  t.strictSame(answers.map(({ status }) => status).sort(), [200, 503, 503, 503])
  t.equal(upstream.count, 1)
  upstream.answer = (_request, response) => response.end('ok')
  t.equal((await sendRaw(port, GET)).status, 200, 'and each place is free again')
})

t.test('a server with a certificate that nobody vouches for gets no secret key', async (t) => {
  const { key, cert } = await createCertificate(['127.0.0.1', 'localhost'])
  let count = 0
  const server = createServer({ key, cert }, (_request, response) => {
    count++
    response.end('got it')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const answer = await getFrom(`https://localhost:${port}`)
  t.strictSame([answer.status, codeOf(answer), count], [502, 'FST_CLERK_PROXY_UPSTREAM', 0])
  t.notMatch(answer.raw, clerk.secretKey)
})
