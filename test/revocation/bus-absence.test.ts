import { Writable } from 'node:stream'
import { Redis } from 'ioredis'
import { Registry } from 'prom-client'
import t from 'tap'
import { type RevocationBusEvent, subscribe } from '../../src/diagnostics/index.js'
import clerkMetrics from '../../src/metrics/index.js'
import { createRedisBus } from '../../src/revocation/index.js'
import { createApp } from '../fixtures/app.js'
import { until } from '../fixtures/redis-processes.js'
import { createRedisServer, redisProgram } from '../fixtures/redis-server.js'

const skip = redisProgram === null ? 'no redis-server or valkey-server is installed' : false
const PASSWORD = 'correct-horse'

t.test('a wrong password is told of in log, health, metrics and an event, and so is its end', { skip }, async (t) => {
  const server = await createRedisServer({ requirepass: PASSWORD })
  await server.start()
  t.teardown(() => server.kill())
  const events: RevocationBusEvent[] = []
  t.teardown(subscribe('fastify-clerk-auth:revocation-bus', (event) => events.push(event)))
  const lines: { readonly level: number; readonly msg: string; readonly cause?: string }[] = []
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(JSON.parse(chunk.toString()))
      done()
    }
  })
  const registry = new Registry()
  const client = new Redis({ port: server.port, host: '127.0.0.1', password: 'wrong-horse', lazyConnect: true })
  const { fastify } = await createApp(t, {
    server: { logger: { level: 'debug', stream } },
    plugin: { revocation: { bus: createRedisBus({ client, openTimeoutInMs: 200 }) } },
    routes: async (fastify) => void (await fastify.register(clerkMetrics, { registry }))
  })
  await until(() => events.length > 0)
  const ofBus = () => lines.filter(({ msg, level }) => msg.startsWith('revocation bus') && level > 20)
  t.match(ofBus(), [{ level: 40, cause: 'authentication' }])
  t.match(fastify.clerk.health().revocation.bus, { connected: false, cause: 'authentication' })
  const away = await registry.metrics()
  t.match(away, /^clerk_auth_revocation_bus_connected 0$/m)

  await fastify.clerk.revoke({ userId: 'user_1' })
  const admin = new Redis({ port: server.port, host: '127.0.0.1', password: PASSWORD })
  await admin.config('SET', 'requirepass', 'wrong-horse')
  admin.disconnect()
  await until(() => events.length > 1)
  t.match(events, [
    { instance: 'clerk.example.com', kind: 'redis', connected: false, cause: 'authentication', awayMs: 0 },
    { instance: 'clerk.example.com', kind: 'redis', connected: true, cause: 'authentication', sent: 1, received: 0 }
  ])
  t.match(ofBus(), [{ level: 40 }, { level: 30, msg: 'revocation bus is connected', sent: 1, received: 0 }])
  t.equal(ofBus().length, 2)
  const back = new Redis({ port: server.port, host: '127.0.0.1', password: 'wrong-horse' })
  await back.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
  back.disconnect()
  await until(() => events.length > 3)
  t.match(
    ofBus().slice(2),
    [
      { level: 40, cause: 'closed' },
      { level: 30, msg: 'revocation bus is connected' }
    ],
    'also of an absence right after another'
  )
  t.match(fastify.clerk.health().revocation.bus, { connected: true, cause: null })
  t.match(await registry.metrics(), /^clerk_auth_revocation_bus_connected 1$/m)
  t.notOk(JSON.stringify(lines).includes('horse'), 'no password in the log, at any level')
})

t.test('absences are counted by cause', { skip }, async (t) => {
  const server = await createRedisServer()
  await server.start()
  t.teardown(() => server.kill())
  const registry = new Registry()
  const client = new Redis({ port: server.port, host: '127.0.0.1', lazyConnect: true })
  const { fastify } = await createApp(t, {
    plugin: { revocation: { bus: createRedisBus({ client }) } },
    routes: async (fastify) => void (await fastify.register(clerkMetrics, { registry }))
  })
  t.equal(fastify.clerk.health().revocation.bus?.connected, true)
  await server.kill()
  await until(() => fastify.clerk.health().revocation.bus?.connected === false)
  t.match(await registry.metrics(), /^clerk_auth_revocation_bus_absences_total\{cause="closed"\} 1$/m)
})

t.test('without a bus there is no metric of one', async (t) => {
  const registry = new Registry()
  await createApp(t, { routes: async (fastify) => void (await fastify.register(clerkMetrics, { registry })) })
  t.notMatch(await registry.metrics(), /^clerk_auth_revocation_bus_connected/m)
})
