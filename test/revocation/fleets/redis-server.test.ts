import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import type { BusAwayCause, RedisClient } from '../../../src/revocation/index.js'
import { conformAtOnce } from '../../fixtures/conformance.js'
import { REDIS_FAMILIES } from '../../fixtures/redis-clients.js'
import { type RedisProcess, startProcess, until } from '../../fixtures/redis-processes.js'
import { createRedisServer, type RedisServer, redisProgram } from '../../fixtures/redis-server.js'
import { createRedisWorld } from '../../fixtures/redis-world.js'

const skip = redisProgram === null ? 'no redis-server or valkey-server is installed' : false
const PASSWORD = 'correct-horse'

t.test('the Redis bus over one server keeps the promises of a bus', { skip }, async (t) => {
  t.setTimeout(110_000)
  const server = await startServer(t)
  const admin = adminOf(t, server)
  for (const [name, family] of Object.entries(REDIS_FAMILIES)) {
    const client = (map: ReadonlyMap<number, number>) => family.oneServer(map.get(server.port) ?? 0)
    const redis = { ports: [server.port], client, admin: () => admin }
    await t.test(name, (t) => conformAtOnce(t, () => createRedisWorld(redis), 4))
  }
})

for (const [name, family] of Object.entries(REDIS_FAMILIES)) {
  t.test(`${name} says why Redis is away`, { skip }, async (t) => {
    await t.test('nobody listens, from the start and after a crash', async (t) => {
      const server = await startServer(t)
      await server.kill()
      const process = await startAway(t, family.oneServer(server.port))
      t.equal(causeOf(process), 'refused')
      await server.start()
      await backOnce(t, process, 'refused')
      await server.kill()
      await until(() => !process.isConnected())
      await server.start()
      await until(() => process.isConnected())
      t.equal(process.lines.filter(({ level }) => level === 'warn').length, 2, 'one warning for each absence')
    })

    await t.test('a wrong password', async (t) => {
      const server = await startServer(t, { requirepass: PASSWORD })
      const process = await startAway(t, family.oneServer(server.port, { password: 'wrong-horse' }))
      t.equal(causeOf(process), 'authentication')
      const admin = adminOf(t, server)
      await admin.config('SET', 'requirepass', 'wrong-horse')
      await backOnce(t, process, 'authentication')
      t.notOk(JSON.stringify(process.lines).includes('horse'), 'which is not in the log')
    })

    await t.test('no password', async (t) => {
      const server = await startServer(t, { requirepass: PASSWORD })
      t.equal(causeOf(await startAway(t, family.oneServer(server.port))), 'authentication')
    })

    await t.test('a user that may not subscribe, or not write', async (t) => {
      const server = await startServer(t)
      const admin = adminOf(t, server)
      await admin.call('ACL', 'SETUSER', 'deaf', 'on', `>${PASSWORD}`, '+@all', '~*', 'resetchannels')
      await admin.call('ACL', 'SETUSER', 'mute', 'on', `>${PASSWORD}`, '+@all', '-@write', '~*', '&*')
      for (const username of ['deaf', 'mute']) {
        const process = await startAway(t, family.oneServer(server.port, { username, password: PASSWORD }))
        t.equal(causeOf(process), 'permission', username)
      }
    })

    await t.test('a replica', async (t) => {
      const server = await startServer(t)
      const admin = adminOf(t, server)
      const process = await startProcess(t, family.oneServer(server.port))
      await admin.replicaof('127.0.0.1', '1')
      await until(() => !process.isConnected())
      t.equal(causeOf(process), 'read-only', 'a primary that became one, with its connections open')
      await admin.replicaof('NO', 'ONE')
      await backOnce(t, process, 'read-only')
    })

    await t.test('a set of another type', async (t) => {
      const server = await startServer(t)
      const admin = adminOf(t, server)
      await admin.set('in-the-way', 'a text')
      const process = await startAway(t, family.oneServer(server.port), 'in-the-way')
      t.equal(causeOf(process), 'unusable')
    })

    await t.test(
      'a memory that is full, and a command that is not allowed, before there is anything to tell',
      async (t) => {
        const server = await startServer(t)
        const admin = adminOf(t, server)
        const process = await startProcess(t, family.oneServer(server.port))
        await admin.config('SET', 'maxmemory', '1')
        await until(() => !process.isConnected())
        t.equal(causeOf(process), 'unusable')
        await admin.config('SET', 'maxmemory', '0')
        await backOnce(t, process, 'unusable')
        await admin.call('ACL', 'SETUSER', 'reader', 'on', `>${PASSWORD}`, '+@all', '-zadd', '~*', '&*')
        const reader = await startAway(t, family.oneServer(server.port, { username: 'reader', password: PASSWORD }))
        t.equal(causeOf(reader), 'permission')
      }
    )

    await t.test('a server that takes connections and does not answer', async (t) => {
      const server = await startServer(t)
      const process = await startProcess(t, family.oneServer(server.port))
      server.pause()
      t.teardown(() => server.resume())
      await until(() => !process.isConnected())
      t.equal(process.changes[0]?.cause, 'timeout')
      server.resume()
      await backOnce(t, process)
    })
  })
}

t.test(
  'a client that is connected, subscribed or without a listener for errors serves as well',
  { skip },
  async (t) => {
    const server = await startServer(t)
    const { createClient } = await import('redis')
    const subscribed = new Redis({ port: server.port, host: '127.0.0.1' })
    await subscribed.subscribe('something')
    const nodeRedis = createClient({ url: `redis://127.0.0.1:${server.port}` })
    nodeRedis.on('error', () => {})
    await nodeRedis.connect()
    await nodeRedis.subscribe('something', () => {})
    t.teardown(() => {
      subscribed.disconnect()
      nodeRedis.destroy()
    })
    const unheard = createClient({ url: `redis://127.0.0.1:${server.port}` })
    for (const client of [subscribed, nodeRedis, unheard]) {
      const process = await startProcess(t, client, { key: 'serves' })
      t.equal(await process.revocations.revoke({ userId: 'user_1' }), true)
    }
    // Without a listener of the bus's own, an 'error' of node-redis would end this process.
    await server.kill()
    nodeRedis.destroy()
    await server.start()
  }
)

async function startServer(t: Test, settings: Record<string, string> = {}): Promise<RedisServer> {
  const server = await createRedisServer(settings)
  await server.start()
  t.teardown(() => server.kill())
  return server
}

function adminOf(t: Test, { port }: RedisServer): Redis {
  const admin = new Redis({ port, host: '127.0.0.1', password: PASSWORD, retryStrategy: () => 50 })
  admin.on('error', () => {})
  t.teardown(() => admin.disconnect())
  return admin
}

async function startAway(t: Test, client: RedisClient, key = 'revocations'): Promise<RedisProcess> {
  const process = await startProcess(t, client, { key, openTimeoutInMs: 0 })
  await until(() => process.changes.length > 0)
  t.equal(process.isConnected(), false)
  return process
}

function causeOf({ revocations }: RedisProcess): BusAwayCause | null | undefined {
  return revocations.health().bus?.cause
}

async function backOnce(t: Test, process: RedisProcess, cause?: BusAwayCause): Promise<void> {
  await until(() => process.isConnected())
  t.equal(causeOf(process), null)
  t.match(process.changes, [{ connected: false, ...(cause && { cause }) }, { connected: true }])
  t.equal(process.changes.length, 2)
  t.match(process.lines.at(-1), { level: 'info', message: 'revocation bus is connected' })
  t.equal(process.lines.filter(({ level }) => level === 'warn').length, 1, 'one warning')
}
