import t from 'tap'
import { conformAtOnce } from '../../fixtures/conformance.js'
import { REDIS_FAMILIES } from '../../fixtures/redis-clients.js'
import { createRedisCluster } from '../../fixtures/redis-cluster.js'
import { redisProgram } from '../../fixtures/redis-server.js'
import { createRedisWorld } from '../../fixtures/redis-world.js'

const skip = redisProgram === null ? 'no redis-server or valkey-server is installed' : false

t.test('the Redis bus over a cluster keeps the promises of a bus', { skip }, async (t) => {
  t.setTimeout(120_000)
  const cluster = await createRedisCluster('{revocations}')
  t.teardown(() => cluster.close())
  const admin = async () => (await cluster.owner()).admin
  for (const [name, family] of Object.entries(REDIS_FAMILIES)) {
    const redis = { ports: cluster.ports, client: family.cluster.bind(family, cluster.ports), admin }
    await t.test(name, (t) => conformAtOnce(t, () => createRedisWorld(redis), name.startsWith('node') ? 2 : 4))
  }
})
