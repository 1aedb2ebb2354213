import { Redis } from 'ioredis'
import t from 'tap'
import { conformAtOnce } from '../../fixtures/conformance.js'
import { REDIS_FAMILIES } from '../../fixtures/redis-clients.js'
import { createRedisSentinelSet } from '../../fixtures/redis-sentinel.js'
import { redisProgram } from '../../fixtures/redis-server.js'
import { createRedisWorld } from '../../fixtures/redis-world.js'

const skip = redisProgram === null ? 'no redis-server or valkey-server is installed' : false

t.test('the Redis bus over Sentinel keeps the promises of a bus', { skip }, async (t) => {
  t.setTimeout(120_000)
  const set = await createRedisSentinelSet()
  const admin = new Redis({ port: set.serverPorts[0] ?? 0, host: '127.0.0.1' })
  t.teardown(async () => {
    admin.disconnect()
    await set.close()
  })
  const ports = [...set.sentinelPorts, ...set.serverPorts]
  for (const [name, family] of Object.entries(REDIS_FAMILIES)) {
    // Its Sentinel client cannot be duplicated.
    if (name === 'node-redis 5') continue
    const redis = { ports, client: family.sentinel.bind(family, set.sentinelPorts, set.name), admin: () => admin }
    await t.test(name, (t) => conformAtOnce(t, () => createRedisWorld(redis), name.startsWith('node') ? 2 : 4))
  }
})
