import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import websocket from '@fastify/websocket'
import Fastify from 'fastify'
import t from 'tap'
import clerkAuth, { type PluginOptions } from '../../src/index.js'
import { createLocalClerk } from '../../src/local/index.js'

// An upgrade that authentication itself answers, before the hooks of the WebSocket plugin have seen it.

const clerk = await createLocalClerk()
t.teardown(() => clerk.close())

const WORLDS: readonly { name: string; options: PluginOptions; answer: RegExp }[] = [
  { name: 'a handshake', options: clerk.pluginOptions(), answer: /^HTTP\/1\.1 307 / },
  {
    name: 'a resolver that throws',
    options: {
      resolver() {
        throw new Error('no such host')
      }
    },
    answer: /^HTTP\/1\.1 500 /
  },
  {
    name: 'a resolver that rejects',
    options: { resolver: () => Promise.reject(new Error('no such host')) },
    answer: /^HTTP\/1\.1 500 /
  }
]

for (const { name, options, answer } of WORLDS) {
  t.test(`the socket of an upgrade is closed after ${name}`, { timeout: 15_000 }, async (t) => {
    const app = Fastify()
    await app.register(clerkAuth, options)
    await app.register(websocket)
    app.register(async (scope) => {
      scope.get('/', { websocket: true }, (socket) => socket.close())
    })
    await app.listen({ port: 0, host: '127.0.0.1' })
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
    t.teardown(() => socket.destroy())
    await once(socket, 'connect')
    socket.write('GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nAccept: text/html\r\n\r\n')
    t.match(await text(socket), answer)
    await t.resolves(app.close())
  })
}

t.test('a connection that is not upgraded serves the next request', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(clerkAuth, clerk.pluginOptions())
  await app.listen({ port: 0, host: '127.0.0.1' })
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
  const page = 'GET / HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n'
  socket.write(`${page}\r\n`)
  await once(socket, 'data')
  socket.write(`${page}Connection: close\r\n\r\n`)
  t.match(await text(socket), /^HTTP\/1\.1 307 /)
})
