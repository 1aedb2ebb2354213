import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { createClient, RESP_TYPES } from 'redis'
import { createClient as createClient5 } from 'redis-client-5'
import t, { type Test } from 'tap'
import { silentLogger } from '../../src/core/logger.js'
import type { Deliveries } from '../../src/webhooks/deliveries.js'
import { createRedisDeliveries } from '../../src/webhooks/index.js'
import { REDIS_FAMILIES, type RedisFamily } from '../fixtures/redis-clients.js'
import { createRedisCluster } from '../fixtures/redis-cluster.js'
import { createRedisServer, redisProgram } from '../fixtures/redis-server.js'

const skip = redisProgram === null ? 'no redis-server or valkey-server is installed' : false
const seconds = Math.floor(Date.now() / 1000)
let ids = 0

t.test('deliveries remembered in Redis', { skip }, async (t) => {
  const server = await createRedisServer()
  await server.start()
  t.teardown(() => server.kill())

  async function createProcess(t: Test, options: { busyInMs?: number } = {}): Promise<Deliveries> {
    const client = new Redis({ port: server.port, host: '127.0.0.1' })
    client.on('error', () => {})
    const deliveries = createRedisDeliveries({ client, ...options })
    t.teardown(() => {
      deliveries.close?.()
      client.disconnect()
    })
    // Before its connection is ready it would use its own memory.
    for (let i = 0; ; i++) {
      await deliveries.begin(`probe_${i}`, seconds)
      await deliveries.end(`probe_${i}`, true)
      if ((await client.get(`fastify-clerk-auth:webhook:probe_${i}`)) === 'done') break
      await delay(5)
    }
    await client.flushall()
    return deliveries
  }

  t.test('what one process handled, or is handling, another leaves alone', async (t) => {
    const [one, two] = [await createProcess(t), await createProcess(t)]
    t.equal(await one.begin('msg_1', seconds), 'new')
    t.equal(await two.begin('msg_1', seconds), 'busy')
    await one.end('msg_1', true)
    t.equal(await two.begin('msg_1', seconds), 'done')
    t.equal(await one.begin('msg_1', seconds), 'done')
  })

  t.test('what failed at one process is new to another', async (t) => {
    const [one, two] = [await createProcess(t), await createProcess(t)]
    t.equal(await one.begin('msg_2', seconds), 'new')
    await one.end('msg_2', false)
    t.equal(await two.begin('msg_2', seconds), 'new')
    t.equal(await one.begin('msg_2', seconds), 'busy')
  })

  t.test('a process that died while handling keeps the event for a bounded time', async (t) => {
    const [one, two] = [await createProcess(t), await createProcess(t)]
    const dead = await createProcess(t, { busyInMs: 1_000 })
    t.equal(await dead.begin('msg_3', seconds), 'new')
    dead.close?.()
    t.equal(await one.begin('msg_3', seconds), 'busy')
    while ((await two.begin('msg_3', seconds)) === 'busy') await delay(10)
    t.equal(await one.begin('msg_3', seconds), 'busy', 'now the second has it')
  })

  t.test('a handler that ends after its time takes the event from nobody', async (t) => {
    const [one, two] = [await createProcess(t), await createProcess(t)]
    const slow = await createProcess(t, { busyInMs: 50 })
    t.equal(await slow.begin('msg_5', seconds), 'new')
    while ((await one.begin('msg_5', seconds)) === 'busy') await delay(10)
    await slow.end('msg_5', false)
    t.equal(await two.begin('msg_5', seconds), 'busy', 'another process handles it')
    await one.end('msg_5', true)
    t.equal(await two.begin('msg_5', seconds), 'done')

    t.equal(await slow.begin('msg_6', seconds), 'new')
    while ((await one.begin('msg_6', seconds)) === 'busy') await delay(10)
    await one.end('msg_6', true)
    await slow.end('msg_6', false)
    t.equal(await two.begin('msg_6', seconds), 'done', 'another process has handled it')
  })

  t.test('the claim of an earlier version, which bears no name, is left alone', async (t) => {
    const client = new Redis({ port: server.port, host: '127.0.0.1' })
    t.teardown(() => client.disconnect())
    const [one, two] = [await createProcess(t, { busyInMs: 10 }), await createProcess(t)]
    t.equal(await one.begin('msg_7', seconds), 'new')
    while ((await client.set('fastify-clerk-auth:webhook:msg_7', 'busy', 'EX', 60, 'NX')) === null) await delay(5)
    await one.end('msg_7', false)
    t.equal(await two.begin('msg_7', seconds), 'busy')
  })

  t.test('servers that share them, or follow one another, have them until the last one has closed', async (t) => {
    const client = new Redis({ port: server.port, host: '127.0.0.1' })
    const deliveries = createRedisDeliveries({ client })
    t.teardown(() => client.disconnect())
    let ids = 0
    const isShared = async () => {
      const id = `msg_server_${ids++}`
      t.equal(await deliveries.begin(id, seconds), 'new')
      await deliveries.end(id, true)
      return (await client.get(`fastify-clerk-auth:webhook:${id}`)) === 'done'
    }
    deliveries.open?.(silentLogger)
    deliveries.open?.(silentLogger)
    await deliveries.close?.()
    t.equal(await isShared(), true, 'one of two has closed')
    await deliveries.close?.()
    t.equal(await isShared(), false)
    deliveries.open?.(silentLogger)
    t.equal(await isShared(), true, 'the next one is there')
    await deliveries.close?.()
  })

  t.test('while Redis is gone, each process remembers its own', async (t) => {
    const one = await createProcess(t)
    await server.kill()
    t.equal(await one.begin('msg_9', seconds), 'new')
    await one.end('msg_9', true)
    t.equal(await one.begin('msg_9', seconds), 'done')
    await server.start()
  })
})

t.test('with the clients of every family', { skip }, async (t) => {
  const server = await createRedisServer()
  await server.start()
  t.teardown(() => server.kill())
  const cluster = await createRedisCluster('{fastify-clerk-auth:webhook:}')
  t.teardown(() => cluster.close())
  const topologies = {
    'one server': (family: RedisFamily) => family.oneServer(server.port),
    'a cluster': (family: RedisFamily) => family.cluster(cluster.ports, new Map())
  }

  for (const [name, family] of Object.entries(REDIS_FAMILIES)) {
    for (const [topology, newClient] of Object.entries(topologies)) {
      t.test(`${name}, ${topology}: a delivery is handled by one process`, async (t) => {
        const [one, two] = [1, 2].map(() => createRedisDeliveries({ client: newClient(family) })) as [
          Deliveries,
          Deliveries
        ]
        t.teardown(() => Promise.all([one.close?.(), two.close?.()]))
        await Promise.all([untilConnected(one), untilConnected(two)])
        const id = `msg_of_family_${ids++}`
        t.equal(await one.begin(id, seconds), 'new')
        t.equal(await two.begin(id, seconds), 'busy')
        await one.end(id, false)
        t.equal(await two.begin(id, seconds), 'new')
        await two.end(id, true)
        t.equal(await one.begin(id, seconds), 'done')
      })
    }
  }
})

t.test('a client of node-redis that maps replies to buffers serves as well', { skip }, async (t) => {
  const server = await createRedisServer()
  await server.start()
  t.teardown(() => server.kill())
  const typeMapping = { [RESP_TYPES.BLOB_STRING]: Buffer, [RESP_TYPES.SIMPLE_STRING]: Buffer }
  for (const create of [createClient, createClient5] as (typeof createClient)[]) {
    await t.test(async (t) => {
      const client = create({ url: `redis://127.0.0.1:${server.port}`, commandOptions: { typeMapping } })
      const [one, two] = [1, 2].map(() => createRedisDeliveries({ client })) as [Deliveries, Deliveries]
      t.teardown(() => Promise.all([one.close?.(), two.close?.()]))
      await Promise.all([untilConnected(one), untilConnected(two)])
      const id = `msg_mapped_${ids++}`
      t.equal(await one.begin(id, seconds), 'new')
      await one.end(id, true)
      t.equal(await two.begin(id, seconds), 'done')
    })
  }
})

t.test(
  'a server that takes connections and does not answer delays a delivery by two seconds a call',
  { skip },
  async (t) => {
    const server = await createRedisServer()
    await server.start()
    t.teardown(() => server.kill())
    server.pause()
    const deliveries = createRedisDeliveries({
      client: new Redis({ port: server.port, host: '127.0.0.1', lazyConnect: true })
    })
    t.teardown(() => deliveries.close?.())
    for (let i = 0; i < 2; i++) {
      const beganMs = performance.now()
      t.equal(await deliveries.begin(`msg_${i}`, seconds), 'new')
      await deliveries.end(`msg_${i}`, true)
      t.ok(performance.now() - beganMs < 4_900, 'a new connection may take five')
    }
  }
)

t.test('what is no client is refused', async (t) => {
  t.throws(() => createRedisDeliveries({ client: {} as never }), { code: 'FST_CLERK_REVOCATION_REDIS_CLIENT' })
})

/** On a busy machine a connection takes longer than a delivery waits. */
async function untilConnected(deliveries: Deliveries): Promise<void> {
  let isAway = false
  const become = (away: boolean) => () => {
    isAway = away
  }
  deliveries.open?.({ ...silentLogger, warn: become(true), info: become(false) })
  do {
    const id = `probe_${ids++}`
    await deliveries.begin(id, seconds)
    await deliveries.end(id, true)
  } while (isAway)
}
