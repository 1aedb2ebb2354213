import { once } from 'node:events'
import { createServer } from 'node:net'
import { Writable } from 'node:stream'
import Fastify from 'fastify'
import t from 'tap'
import clerkAuth, { requestSerializer } from '../../src/index.js'
import { frontendApiProxy } from '../../src/proxy/index.js'
import { clerk } from './scene.js'

// What the log says of a proxy in trouble: which trouble, once a minute, and nothing of what passed through it.

t.test('answers that cannot be read leave nothing of themselves in the log', async (t) => {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () =>
      socket.end('HTTP/1.1 200 OK\r\nSet-Cookie: __client=cookie-of-a-user\r\nbroken header\r\n\r\n')
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as { port: number }

  let log = ''
  const stream = new Writable({
    write(chunk, _encoding, done) {
      log += String(chunk)
      done()
    }
  })
  const app = Fastify({ logger: { stream, serializers: { req: requestSerializer } } })
  t.teardown(() => app.close())
  await app.register(clerkAuth, clerk.pluginOptions())
  await app.register(frontendApiProxy, { fapiUrl: `http://127.0.0.1:${port}` })
  for (let round = 0; round < 5; round++) {
    const answer = await app.inject({
      url: '/__clerk/v1/client?__session=token-of-a-user',
      headers: { cookie: '__client=sent' }
    })
    t.equal(answer.statusCode, 502)
  }
  const lines = log
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const warnings = lines.filter(({ level }) => level > 30)
  t.match(warnings, [{ code: 'FST_CLERK_PROXY_UPSTREAM', cause: /^HPE_/ }])
  t.equal(warnings.length, 1)
  for (const secret of ['cookie-of-a-user', 'token-of-a-user', 'sent', clerk.secretKey]) {
    t.notMatch(log, secret)
    t.notMatch(log, JSON.stringify([...Buffer.from(secret)]).slice(1, -1), 'nor as bytes')
  }
  t.equal(lines.filter(({ msg }) => msg === 'request completed').length, 5, 'requests are logged as others are')
})
