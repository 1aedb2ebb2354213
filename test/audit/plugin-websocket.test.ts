import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import websocket from '@fastify/websocket'
import Fastify from 'fastify'
import t from 'tap'
import { WebSocket } from 'ws'
import audit, { type AuditRecord } from '../../src/audit/index.js'
import clerkAuth from '../../src/index.js'
import { createLocalClerk } from '../../src/local/index.js'

t.test('a WebSocket is recorded as answered 101, a refused one as refused', async (t) => {
  const clerk = await createLocalClerk()
  const records: AuditRecord[] = []
  const fastify = Fastify()
  await fastify.register(clerkAuth, clerk.pluginOptions())
  await fastify.register(audit, {
    sink: {
      name: 'memory',
      open: async () => {},
      close: async () => {},
      write: async (lines) => void records.push(...lines.map((line) => JSON.parse(line) as AuditRecord))
    }
  })
  await fastify.register(websocket)
  await fastify.register(async (scope) => {
    const options = { websocket: true, onRequest: scope.requireAuth, config: { clerk: { audit: true } } } as const
    scope.get('/ws', options, (socket) => socket.send('hello'))
  })
  await fastify.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(async () => {
    await fastify.close()
    await clerk.close()
  })
  const url = `ws://127.0.0.1:${(fastify.server.address() as AddressInfo).port}/ws`

  for (const end of ['close', 'terminate'] as const) {
    const socket = new WebSocket(url, { headers: clerk.bearer({ userId: 'user_1' }) })
    await once(socket, 'message')
    socket[end]()
    await once(socket, 'close')
  }
  const refused = new WebSocket(url)
  const [error] = await once(refused, 'error').catch((thrown: unknown) => [thrown])
  t.match(error, { message: /401/ })
  await fastify.close()
  t.strictSame(
    records.map(({ status, aborted, decision, userId }) => ({ status, aborted, decision, userId })),
    [
      { status: 101, aborted: false, decision: 'allowed', userId: 'user_1' },
      { status: 101, aborted: false, decision: 'allowed', userId: 'user_1' },
      { status: 401, aborted: false, decision: 'refused', userId: null }
    ]
  )
})
