import { once } from 'node:events'
import type { FastifyServerOptions } from 'fastify'
import t from 'tap'
import { leave, request } from './raw-client.js'
import { ask, listen, stands, unhandled } from './raw-target.js'

const PAGE = 'Sec-Fetch-Dest: document'

t.test('headers to the limits of Node and beyond end as an answer below 500', async (t) => {
  const target = await listen(t)
  const { authorization } = target.clerk.bearer()
  const token = authorization.slice(7)
  const good = target.clerk.cookies()
  const lines = (count: number, line: (n: number) => string) => Array.from({ length: count }, (_, n) => line(n))
  const rows: readonly (readonly [name: string, headers: readonly string[], statuses: readonly number[]])[] = [
    ['an Authorization of 8 KB', [`Authorization: Bearer ${'a'.repeat(8192)}`], [401]],
    ['an Authorization of 15 KB', [`Authorization: Bearer ${'a.'.repeat(7500)}`], [401]],
    ['an Authorization of 64 KB', [`Authorization: Bearer ${'a'.repeat(65_536)}`], [431]],
    ['a cookie of 15 KB', [`Cookie: __session=${'a'.repeat(15_000)}; __client_uat=1`], [401]],
    ['a cookie of 16 KB', [`Cookie: __session=${'a'.repeat(16_384)}; __client_uat=1`], [431]],
    ['a percent-encoded cookie of 15 KB', [`Cookie: __client_uat=1; __session=${'%41'.repeat(5000)}`], [401]],
    ['a badly percent-encoded cookie of 15 KB', [`Cookie: __client_uat=1; __session=${'%4'.repeat(7500)}`], [401]],
    ['4,000 cookies', [`Cookie: ${lines(4000, () => 'a=b').join(';')}`], [401]],
    ['4,000 cookies before the good ones', [`Cookie: ${lines(2000, () => 'a=b').join(';')}; ${good}`], [200]],
    ['700 session cookies', [`Cookie: ${lines(700, (n) => `__session=${n}`).join('; ')}; __client_uat=1`], [401]],
    ['15,000 semicolons', [`Cookie: ${';'.repeat(15_000)}`], [401]],
    ['15,000 equals signs', [`Cookie: __session${'='.repeat(15_000)}`], [401]],
    ['15,000 underscores', [`Cookie: ${'_'.repeat(15_000)}`], [401]],
    ['15,000 blanks in a cookie', [`Cookie: __session${' '.repeat(14_000)}=a`], [401]],
    ['15,000 blanks in Authorization', [`Authorization: Bearer${' '.repeat(14_000)}a`], [401]],
    ['900 headers', lines(900, (n) => `X-${n}: ${n}`), [401]],
    [
      '3,000 headers before Authorization',
      [...lines(3000, () => 'X: y'), `Authorization: ${authorization}`],
      [401, 431]
    ],
    ['a long Sec-Fetch-Dest', [`Sec-Fetch-Dest: ${'document'.repeat(1000)}`], [401]],
    [
      'a Referer of 15 KB',
      ['Sec-Fetch-Dest: document', `Referer: https://evil.test/${'a'.repeat(14_000)}`],
      [401, 307]
    ],
    ['a clientUat of 15,000 digits', [`Cookie: __client_uat=${'9'.repeat(10_000)}; __session=${token}`], [401]],
    ['a redirect count of 10,000 digits', [`Cookie: __clerk_redirect_count=${'9'.repeat(10_000)}`], [401]],
    ['a nonce of 10,000 characters', [`Cookie: __clerk_handshake_nonce=${'n'.repeat(10_000)}`], [401]],
    ['a handshake of 10,000 characters', [`Cookie: __clerk_handshake=${'h'.repeat(10_000)}`], [401]]
  ]
  for (const [name, headers, statuses] of rows) {
    const [response] = await ask(target, request('/me', headers))
    t.ok(response !== undefined && statuses.includes(response.status), `${name}: ${response?.status}`)
  }
  await stands(t, target)
})

t.test('a megabyte of headers, where the server takes so much, is refused as fast as it is read', async (t) => {
  const http = { maxHeaderSize: 4_000_000 }
  const target = await listen(t, { server: { http } as FastifyServerOptions })
  const { clerk } = target
  const session = clerk.signSessionToken()
  const million = (text: string) => text.repeat(1_000_000 / text.length)
  const rows: readonly (readonly [name: string, headers: readonly string[], statuses: readonly number[]])[] = [
    ['one cookie of 16 KB', [`Cookie: __session=${'a'.repeat(16_384)}; __client_uat=1`], [401]],
    ['one cookie of 1 MB', [`Cookie: __session=${million('a')}; __client_uat=1`], [401]],
    ['one cookie of 1 MB, percent-encoded', [`Cookie: __session=${million('%41')}; __client_uat=1`], [401]],
    ['one cookie of 1 MB, badly so', [`Cookie: __session=${million('%e2')}; __client_uat=1`], [401]],
    ['250,000 cookies', [`Cookie: ${million('a=b;')}`], [401]],
    ['250,000 cookies before the good ones', [`Cookie: ${million('a=b;')} ${clerk.cookies()}`], [200]],
    ['80,000 session cookies', [`Cookie: ${million('__session=a;')} __client_uat=1`], [401]],
    ['70,000 other instances', [`Cookie: ${million('__session_x=a; ')} __client_uat=1`], [401]],
    ['250,000 underscores and semicolons', [`Cookie: ${million('__ ;')}`], [401]],
    ['names without a value', [`Cookie: ${million('__session;')}=x`], [401]],
    ['1 MB of blanks before the equals sign', [`Cookie: __session${million(' ')}=a; __client_uat=1`], [401]],
    ['1 MB of blanks after it', [`Cookie: __session=${million(' ')}a; __client_uat=1`], [401]],
    ['1 MB of semicolons', [`Cookie: ${million(';')}`], [401]],
    ['1 MB of equals signs', [`Cookie: ${million('=')}`], [401]],
    ['1 MB of token', [`Authorization: Bearer ${million('a')}`], [401]],
    ['1 MB of dots', [`Authorization: Bearer ${million('.')}`], [401]],
    ['1 MB of blanks in Authorization', [`Authorization: Bearer${million(' ')}a`], [401]],
    ['500,000 words in Authorization', [`Authorization: ${million('a ')}`], [401]],
    ['a good token and 1 MB of blanks', [`Authorization: Bearer ${session}${million(' ')}x`], [200]],
    ['a nonce of 1 MB', [`Cookie: __clerk_handshake_nonce=${million('n')}`], [401]],
    ['a handshake of 1 MB', [`Cookie: __clerk_handshake=${million('h')}`], [401]],
    ['a clientUat of a million digits', [`Cookie: __client_uat=${million('9')}; __session=${session}`], [401]],
    ['a redirect count of a million digits', [`Cookie: __client_uat=1; __clerk_redirect_count=${million('9')}`], [401]],
    ['a Referer of 1 MB', [`Cookie: ${clerk.cookies()}`, PAGE, `Referer: https://evil.test/${million('a')}`], [307]],
    ['an Origin of 1 MB', [`Origin: https://evil.test/${million('a')}`], [401]],
    ['a host of 1 MB', [`Cookie: ${clerk.cookies()}`, PAGE, `X-Forwarded-Host: ${million('a.')}`], [200]]
  ]
  for (const [name, headers, statuses] of rows) {
    const startMs = performance.now()
    const [response] = await ask(target, request('/me', headers))
    t.ok(response !== undefined && statuses.includes(response.status), `${name}: ${response?.status}`)
    // A bound against quadratic time, which takes minutes for a million characters.
    t.ok(performance.now() - startMs < 5000, `${name}: ${performance.now() - startMs} ms`)
  }
  for (const path of [`/${million('a')}`, `/?${million('a=b&')}`, `/?${million('%5f')}`, `/${million('/')}`]) {
    const startMs = performance.now()
    const [response] = await ask(target, request(path, [PAGE, 'Cookie: __client_uat=1']))
    t.match(String(response?.status), /^(307|4..)$/, path.slice(0, 8))
    t.ok(performance.now() - startMs < 5000, `${path.slice(0, 8)}: ${performance.now() - startMs} ms`)
  }
  await stands(t, target)
})

t.test(
  'strangers by the hundred, while keys cannot be had, are each told to come back, at the cost of a fetch',
  async (t) => {
    const target = await listen(t, { plugin: { jwks: { warmUp: false, timeoutInMs: 1000 } } })
    const { clerk, fastify } = target
    const hold = clerk.faults.hold('jwks')
    const text = (n: number) =>
      request('/me', [`Authorization: ${clerk.bearer({ userId: `user_${n}` }).authorization}`])
    const answers = Promise.all(Array.from({ length: 300 }, (_, n) => ask(target, text(n))))
    await hold.arrived()
    for (const [response] of await answers) {
      if (response?.status !== 503 || !response.headers.has('retry-after')) t.fail(`${response?.status}`)
    }
    t.ok(fastify.clerk.stats().keys.fetches <= 2, `${fastify.clerk.stats().keys.fetches} fetches`)
    t.equal(target.defects.length, 300, 'the application sees each 503')
    t.equal(target.defects.filter((error) => (error as { statusCode: number }).statusCode !== 503).length, 0)
    target.defects.length = 0
    hold.release()
    t.same(unhandled, [])
  }
)

t.test('duplicate, folded and malformed headers name at most one token, and never a 5xx', async (t) => {
  const target = await listen(t)
  const { clerk } = target
  const one = clerk.bearer({ userId: 'user_one' }).authorization
  const two = clerk.bearer({ userId: 'user_two' }).authorization
  const [cookieOne, cookieTwo] = [clerk.cookies({ userId: 'user_one' }), clerk.cookies({ userId: 'user_two' })]
  const rows: readonly (readonly [name: string, headers: readonly string[], expected: number | string])[] = [
    ['two Authorization headers', [`Authorization: ${one}`, `Authorization: ${two}`], 'user_one'],
    ['two, the first empty', ['Authorization:', `Authorization: ${two}`], 401],
    ['two in one', [`Authorization: ${one}, ${two}`], 401],
    ['two tokens after one scheme', [`Authorization: ${one} ${two.slice(7)}`], 'user_one'],
    ['names in other case', [`aUTHORIZATION: ${one}`, `AUTHORIZATION: ${two}`], 'user_one'],
    ['two Cookie headers', [`Cookie: ${cookieOne}`, `Cookie: ${cookieTwo}`], 'user_one'],
    ['a cookie that spells another', [`Cookie: a=%3B__session%3D${one.slice(7)}; __client_uat=1`], 401],
    ['a quoted cookie', [`Cookie: a="; ${cookieOne}; b="`], 'user_one'],
    ['header and cookie of different users', [`Authorization: ${one}`, `Cookie: ${cookieTwo}`], 'user_one'],
    ['another scheme and a cookie', ['Authorization: Basic x', `Cookie: ${cookieTwo}`], 'user_two'],
    ['a folded Authorization', ['Authorization: Bearer', ` ${one.slice(7)}`], 400],
    ['a folded Cookie', ['Cookie: a=b;', `\t${cookieOne}`], 400],
    ['a blank before the colon', [`Authorization : ${one}`], 400],
    ['a NUL in Authorization', [`Authorization: ${one}\0`], 400],
    ['a bare CR in Authorization', [`Authorization: ${one}\rX: y`], 400],
    ['a bare LF in Cookie', [`Cookie: a=b\n${cookieOne}`], 400],
    ['8-bit characters', [`Authorization: Bearer \xff\xfe`, 'Cookie: __session=\xe9; __client_uat=1'], 401],
    ['two Host headers', ['Host: evil.test'], 401],
    ['Content-Length and Transfer-Encoding', ['Content-Length: 5', 'Transfer-Encoding: chunked'], 400],
    ['two Content-Lengths', ['Content-Length: 5', 'Content-Length: 6'], 400],
    ['an unknown Expect', ['Expect: a-miracle'], 417],
    ['Proxy-Authorization', [`Proxy-Authorization: ${one}`], 401],
    ['X-Authorization', [`X-Authorization: ${one}`], 401]
  ]
  for (const [name, headers, expected] of rows) {
    const [response] = await ask(target, request('/me', headers))
    if (typeof expected === 'string') t.equal(response?.body, `{"user":"${expected}"}`, name)
    else if (expected === 401) t.match(String(response?.status), /^(401|400)$/, `${name}: ${response?.status}`)
    else t.equal(response?.status, expected, name)
  }
  await stands(t, target)
})

t.test('requests that are none are refused below 500', async (t) => {
  const target = await listen(t)
  const { authorization } = target.clerk.bearer()
  const texts = [
    'GET\r\n\r\n',
    'GET /me\r\n\r\n',
    'GET /me HTTP/0.9\r\n\r\n',
    'GET /me HTTP/1.0\r\n\r\n',
    `GET /me HTTP/1.0\r\nAuthorization: ${authorization}\r\n\r\n`,
    'GET /me HTTP/9.9\r\nHost: a\r\n\r\n',
    'GET /me HTTP/1.1\r\n\r\n',
    'BREW /me HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    'TRACE /me HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    'CONNECT evil.test:443 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    'OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n',
    'GET /me HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade, close\r\nHTTP2-Settings: AAAA\r\n\r\n',
    'GET /me HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\n\r\n',
    'POST /me HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n',
    'POST /me HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n{'
  ]
  for (const text of texts) {
    const responses = await ask(target, text)
    t.ok(
      !responses.some(({ status }) => status < 200 || status >= 500),
      `${JSON.stringify(text.slice(0, 40))}: ${responses.map(({ status }) => status)}`
    )
  }
  await stands(t, target)
})

t.test('pipelined requests get their own answers, in order', async (t) => {
  const target = await listen(t)
  const users = Array.from({ length: 60 }, (_, n) => (n % 3 === 0 ? null : `user_${n}`))
  const text = users
    .map((userId, n) => {
      const header =
        userId === null ? 'Authorization: Bearer x' : `Authorization: ${target.clerk.bearer({ userId }).authorization}`
      const isLast = n === users.length - 1
      return `GET / HTTP/1.1\r\nHost: a\r\n${header}\r\nConnection: ${isLast ? 'close' : 'keep-alive'}\r\n\r\n`
    })
    .join('')
  const responses = await ask(target, text)
  t.same(
    responses.map(({ body }) => JSON.parse(body).user),
    users
  )
  await stands(t, target)
})

t.test('clients that hang up in mid-verification leave nothing behind', async (t) => {
  const target = await listen(t, { plugin: { jwks: { warmUp: false } } })
  const hold = target.clerk.faults.hold('jwks')
  const sockets = await Promise.all(
    Array.from({ length: 100 }, (_, n) =>
      leave(
        target.port,
        request('/me', [
          n % 2
            ? `Authorization: ${target.clerk.bearer({ userId: `user_${n}` }).authorization}`
            : `Cookie: ${target.clerk.cookies()}`
        ])
      )
    )
  )
  await hold.arrived()
  for (const [n, socket] of sockets.entries()) {
    if (n % 3 === 0) socket.resetAndDestroy()
    else if (n % 3 === 1) socket.destroy()
    else socket.end()
  }
  hold.release()
  await stands(t, target)
  await Promise.all(sockets.map((socket) => socket.destroyed || once(socket, 'close')))
  await stands(t, target)
})

t.test('a client that sends one byte at a time, or stops, holds up nobody else', async (t) => {
  const target = await listen(t, { server: { requestTimeout: 2000, connectionTimeout: 0 } })
  const text = request('/me', [`Authorization: ${target.clerk.bearer().authorization}`])
  const stuck = await Promise.all(Array.from({ length: 50 }, (_, n) => leave(target.port, text.slice(0, 20 + n * 10))))
  const drip = await leave(target.port, '')
  let answer = ''
  drip.setEncoding('latin1').on('data', (chunk) => {
    answer += chunk
  })
  for (const [n, character] of [...text].entries()) {
    drip.write(character)
    if (n % 100 === 0) await stands(t, target)
  }
  await once(drip, 'close')
  t.match(answer, /^HTTP\/1.1 200 OK/)
  for (const socket of stuck) socket.destroy()
  await stands(t, target)
})
