import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { Redis as Valkey } from 'iovalkey'
import t, { type Test } from 'tap'
import { silentLogger } from '../../src/core/logger.js'
import { createRevocations } from '../../src/core/revocation/revocations.js'
import type { Revocations } from '../../src/core/revocation/types.js'
import { createRedisBus, type RedisBusOptions } from '../../src/revocation/redis-bus.js'
import type { RedisClient } from '../../src/revocation/redis-client.js'
import { createRedisServer, redisProgram } from '../fixtures/redis-server.js'

const skip = redisProgram === null ? 'no redis-server or valkey-server is installed' : false

const clients = {
  ioredis: (port: number) => new Redis({ port, host: '127.0.0.1', maxRetriesPerRequest: 1 }),
  // The tests use the types of ioredis for both. This assignment shows that the bus also accepts the types of iovalkey.
  iovalkey: (port: number) => new Valkey({ port, host: '127.0.0.1' }) satisfies RedisClient as unknown as Redis
}

for (const [name, newClient] of Object.entries(clients)) {
  t.test(`over ${name}`, { skip }, async (t) => {
    const server = await createRedisServer()
    await server.start()
    t.teardown(() => server.kill())
    let keys = 0

    /** Processes of one application: each has its own client, as if it were alone. */
    async function createProcesses(
      t: Pick<Test, 'teardown'>,
      count: number,
      options: Partial<RedisBusOptions> = {},
      key = `revocations-${keys++}`
    ): Promise<Revocations[]> {
      const processes = Array.from({ length: count }, () => {
        const client = newClient(server.port)
        client.on('error', () => {})
        const bus = createRedisBus({ client, key, heartbeatInMs: 250, ...options })
        const revocations = createRevocations({ now: Date.now, clockSkewMs: 5_000, logger: silentLogger, bus })
        t.teardown(async () => {
          await revocations.close()
          client.disconnect()
        })
        return revocations
      })
      await Promise.all(processes.map(({ ready }) => ready))
      return processes
    }

    t.test('a revocation reaches every other process', async (t) => {
      const [one, two, three] = (await createProcesses(t, 3)) as [Revocations, Revocations, Revocations]
      t.strictSame(one.health().bus, { kind: 'redis', connected: true, disconnectedSinceMs: null, cause: null })
      t.equal(await one.revoke({ sessionId: 'sess_1' }), true)
      await until(() => two.size === 1 && three.size === 1)
      t.equal(two.covers(tokenOf('sess_1')), true)
      t.equal(three.covers(tokenOf('sess_2')), false)
    })

    t.test('a process that starts later knows what was revoked before', async (t) => {
      const key = `revocations-${keys++}`
      const [one] = (await createProcesses(t, 1, {}, key)) as [Revocations]
      const told = Array.from({ length: 3_000 }, (_, i) => one.revoke({ sessionId: `sess_${i}` }))
      t.ok((await Promise.all(told)).every((isTold) => isTold))
      const [late] = (await createProcesses(t, 1, {}, key)) as [Revocations]
      t.equal(late.size, 3_000)
    })

    t.test(
      'with Redis gone, revocations count locally; back and empty, it gets all of them from both sides',
      async (t) => {
        const [one, two] = (await createProcesses(t, 2)) as [Revocations, Revocations]
        await one.revoke({ userId: 'before' })
        await until(() => two.size === 1)
        await server.kill()
        await until(() => !one.health().bus!.connected && !two.health().bus!.connected)
        t.type(one.health().bus!.disconnectedSinceMs, 'number')
        t.equal(await one.revoke({ sessionId: 'sess_1' }), false)
        t.equal(await two.revoke({ organizationId: 'org_1', userId: 'user_1' }), false)
        t.equal(one.covers(tokenOf('sess_1')), true)
        t.equal(two.covers(tokenOf('sess_1')), false)
        await server.start()
        await until(
          () => one.health().bus!.connected && two.health().bus!.connected && one.size === 3 && two.size === 3
        )
        t.equal(two.covers(tokenOf('sess_1')), true)
        t.equal(await one.revoke({ sessionId: 'sess_2' }), true)
        await until(() => two.size === 4)
      }
    )

    t.test('many revocations made while Redis is gone all arrive', async (t) => {
      const [one, two] = (await createProcesses(t, 2)) as [Revocations, Revocations]
      await server.kill()
      await until(() => !one.health().bus!.connected)
      for (let i = 0; i < 5_000; i++) void one.revoke({ sessionId: `sess_${i}` })
      await server.start()
      await until(() => two.size === 5_000)
      t.equal(two.size, 5_000)
    })

    t.test(
      'a Redis that keeps connections open and answers nothing counts as away, and is caught up with',
      async (t) => {
        const [one, two] = (await createProcesses(t, 2)) as [Revocations, Revocations]
        server.pause()
        t.teardown(() => server.resume())
        await until(() => !one.health().bus!.connected && !two.health().bus!.connected)
        t.equal(await one.revoke({ sessionId: 'sess_1' }), false)
        server.resume()
        await until(() => two.size === 1)
        t.equal(two.covers(tokenOf('sess_1')), true)
      }
    )

    t.test('a start without Redis does not wait longer than told, and joins when it is there', async (t) => {
      await server.kill()
      const began = Date.now()
      const [one] = (await createProcesses(t, 1, { openTimeoutInMs: 100 })) as [Revocations]
      t.ok(Date.now() - began < 1_000)
      t.equal(one.health().bus!.connected, false)
      await one.revoke({ sessionId: 'sess_1' })
      t.equal(one.covers(tokenOf('sess_1')), true)
      await server.start()
      await until(() => one.health().bus!.connected)
    })

    t.test('what is not a revocation on the channel or in the set is ignored', async (t) => {
      const key = `revocations-${keys++}`
      const client = newClient(server.port)
      t.teardown(() => client.disconnect())
      await client.call('ZADD', [key, Date.now(), 'junk', Date.now(), '{"a":1}', Date.now(), '["sess_0",null,null]'])
      const [one, two] = (await createProcesses(t, 2, {}, key)) as [Revocations, Revocations]
      t.equal(one.size, 1)
      for (const message of ['', 'junk', '{}', '[1,null]', '[["a"]]', '[[null,null,"o",1]]']) {
        await client.publish(key, message)
      }
      await two.revoke({ sessionId: 'sess_1' })
      await until(() => one.size === 2)
      t.equal(one.health().bus!.connected, true)
    })

    t.test('members with endless scores, more than a page, keep nobody away', async (t) => {
      const key = `revocations-${keys++}`
      const admin = newClient(server.port)
      t.teardown(() => admin.disconnect())
      for (let i = 0; i < 600; i++) await admin.zadd(key, i % 2 === 0 ? 'inf' : '-inf', `member_${i}`)
      await admin.zadd(key, ...Array.from({ length: 600 }, (_, i) => ['inf', `more_${i}`]).flat())
      await admin.zadd(key, Date.now(), '["sess_1",null,null]')
      const [late] = (await createProcesses(t, 1, {}, key)) as [Revocations]
      t.equal(late.health().bus?.connected, true)
      t.equal(late.size, 1)
    })

    t.test('a set that cannot be used is tried again until it can', async (t) => {
      const key = `revocations-${keys++}`
      const client = newClient(server.port)
      t.teardown(() => client.disconnect())
      await client.set(key, 'in the way')
      const [one] = (await createProcesses(t, 1, { openTimeoutInMs: 50 }, key)) as [Revocations]
      t.equal(one.health().bus!.connected, false)
      await one.revoke({ sessionId: 'sess_1' })
      await client.del(key)
      await until(() => one.health().bus!.connected)
      t.equal(await client.zcard(key), 1)
    })

    t.test('a set that is removed while the connections stay has every revocation again', async (t) => {
      const key = `revocations-${keys++}`
      const [one, two] = (await createProcesses(t, 2, {}, key)) as [Revocations, Revocations]
      await one.revoke({ sessionId: 'sess_1' })
      await one.revoke({ userId: 'user_1' })
      await until(() => two.size === 2)
      const admin = newClient(server.port)
      t.teardown(() => admin.disconnect())
      await admin.flushall()
      await two.revoke({ sessionId: 'sess_2' })
      while ((await admin.zcard(key)) < 3) await delay(5)
      const [late] = (await createProcesses(t, 1, {}, key)) as [Revocations]
      t.equal(late.size, 3)
    })

    t.test('the set is bounded in time: old members go, and the key itself runs out', async (t) => {
      const key = `revocations-${keys++}`
      const client = newClient(server.port)
      t.teardown(() => client.disconnect())
      await client.zadd(key, Date.now() - 7_200_000, '["old",null,null]')
      const [one] = (await createProcesses(t, 1, { retentionInMs: 3_600_000 }, key)) as [Revocations]
      await one.revoke({ sessionId: 'sess_1' })
      t.strictSame(await client.call('ZRANGE', key, '0', '-1'), ['["sess_1",null,null]'])
      const ttlMs = await client.pttl(key)
      t.ok(ttlMs > 3_500_000 && ttlMs <= 3_600_000)
    })

    t.test('a process of sessions alone leaves what others need for machine tokens', async (t) => {
      const key = `revocations-${keys++}`
      const client = newClient(server.port)
      t.teardown(() => client.disconnect())
      await client.zadd(key, Date.now() - 86_000_000, '[2,"client","client_1"]')
      const [one] = (await createProcesses(t, 1, {}, key)) as [Revocations]
      await one.revoke({ sessionId: 'sess_1' })
      t.strictSame(await client.call('ZRANGE', key, '0', '-1'), ['[2,"client","client_1"]', '["sess_1",null,null]'])
      t.ok((await client.pttl(key)) > 86_405_000, 'a day, and the clock skew')
    })
  })
}

t.test('what is no client is refused', async (t) => {
  for (const client of [undefined, null, {}, 'redis://', { isCluster: true, duplicate() {} }]) {
    const create = () => createRedisBus({ client: client as unknown as RedisClient })
    t.throws(create, { code: 'FST_CLERK_REVOCATION_REDIS_CLIENT' })
  }
})

function tokenOf(sessionId: string) {
  const auth = { sessionId, userId: 'someone', orgId: undefined, actor: undefined }
  return { issuedAt: Math.floor(Date.now() / 1000) - 5, clearedEpoch: 0, auth }
}

/** Waits for what another process or server does; the test's own timeout is the limit. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await delay(5)
}
