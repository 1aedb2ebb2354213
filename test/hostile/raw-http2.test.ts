import { once } from 'node:events'
import { connect as connectHttp2, type IncomingHttpHeaders } from 'node:http2'
import type { FastifyServerOptions } from 'fastify'
import t from 'tap'
import { encodePart } from './forge.js'
import { HOSTS, listen, unhandled } from './raw-target.js'

t.test('HTTP/2 requests are authenticated as others are, and attacks on them end below 500', async (t) => {
  const target = await listen(t, { server: { http2: true } as FastifyServerOptions })
  const session = connectHttp2(`http://127.0.0.1:${target.port}`)
  session.on('error', () => {})
  t.teardown(() => session.close())
  const get = async (
    path: string,
    headers: object = {}
  ): Promise<{ status: number; headers: IncomingHttpHeaders; body: string }> => {
    const stream = session.request({ ':path': path, ...headers })
    stream.setEncoding('utf8')
    let body = ''
    stream.on('data', (chunk) => {
      body += chunk
    })
    // nghttp2 resets the stream of a malformed request by itself.
    const answered = once(stream, 'response').catch(() => [{ ':status': 400 }])
    const [response] = (await answered) as [IncomingHttpHeaders & { ':status': number }]
    if (!stream.readableEnded && !stream.destroyed) await once(stream, 'end')
    return { status: response[':status'], headers: response, body }
  }
  const { authorization } = target.clerk.bearer({ userId: 'user_two' })
  t.match(await get('/me', { authorization }), { status: 200, body: '{"user":"user_two"}' })
  const crumbs = target.clerk.cookies({ userId: 'user_crumbs' }).split('; ')
  t.match(await get('/me', { cookie: crumbs }), { status: 200, body: '{"user":"user_crumbs"}' })
  t.match(await get('/me'), { status: 401 })
  t.match(await get('/me', { authorization: 'Bearer a.b.c' }), { status: 401 })
  for (const authority of HOSTS) {
    const { status, headers } = await get('/page', {
      ':authority': authority,
      'sec-fetch-dest': 'document',
      cookie: `__session=${authorization.slice(7)}`
    })
    t.ok(status < 500, `${authority.slice(0, 40)}: ${status}`)
    if (status === 307) t.equal(new URL(headers.location as string).origin, 'https://clerk.example.com')
  }
  for (const path of ['//evil.test', '/\\evil.test', '*', 'http://evil.test/', `/${'a'.repeat(10_000)}`]) {
    const { status } = await get(path, { 'sec-fetch-dest': 'document' })
    t.ok(status < 500, `${path.slice(0, 40)}: ${status}`)
  }
  const many = (length: number) => Object.fromEntries(Array.from({ length }, (_, n) => [`x-${n}`, 'y']))
  t.match(await get('/me', { ...many(100), authorization }), { status: 200 })
  t.match(await get('/me', { ...many(1000), authorization }), { status: 400 }, 'more than Node takes')

  const streams = Array.from({ length: 50 }, (_, n) =>
    session.request({ ':path': '/me', authorization: `Bearer ${encodePart({ n })}` })
  )
  for (const stream of streams) {
    stream.on('error', () => {})
    stream.close(8)
  }
  t.match(await get('/me', { authorization }), { status: 200 }, 'streams that were reset disturb nobody')
  t.same(target.defects, [])
  t.same(unhandled, [])
})
