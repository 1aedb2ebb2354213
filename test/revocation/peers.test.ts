import { setTimeout as delay } from 'node:timers/promises'
import Fastify from 'fastify'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import type { RevocationBus, RevocationPeer } from '../../src/core/revocation/bus.js'
import type { Revocation } from '../../src/core/revocation/revocation.js'
import clerkAuth from '../../src/index.js'
import { createLocalClerk } from '../../src/local/index.js'
import { createClusterBus } from '../../src/revocation/cluster-bus.js'
import { createMemoryBus } from '../../src/revocation/memory-bus.js'
import { createRedisBus } from '../../src/revocation/redis-bus.js'
import { createRedisServer, redisProgram } from '../fixtures/redis-server.js'

// One bus object in the options of several instances: each is a peer.

const skip = redisProgram === null ? 'no redis-server or valkey-server is installed' : false
const server = skip === false ? await createRedisServer() : null
await server?.start()
t.teardown(() => server?.kill())
let keys = 0

const buses: Readonly<Record<string, { skip: string | false; create: (t: Test) => RevocationBus }>> = {
  memory: { skip: false, create: () => createMemoryBus()() },
  cluster: { skip: false, create: () => createClusterBus() },
  redis: {
    skip,
    create(t) {
      const client = new Redis({ port: server?.port ?? 0, host: '127.0.0.1', maxRetriesPerRequest: 1 })
      client.on('error', () => {})
      const bus = createRedisBus({ client, key: `peers-${keys++}`, heartbeatInMs: 250 })
      t.teardown(async () => {
        await bus.close()
        client.disconnect()
      })
      return bus
    }
  }
}

interface TestPeer extends RevocationPeer {
  readonly heard: Revocation[]
}

/** A peer that holds the given revocations and records the ones it receives. */
function createPeer(...own: Revocation[]): TestPeer {
  const heard: Revocation[] = []
  return {
    heard,
    receive: (revocations) => void heard.push(...revocations),
    known: () => [...own, ...heard],
    retentionMs: () => 60_000
  }
}

function revocationOf(id: string): Revocation {
  return { kind: 'session', id, atMs: Date.now() }
}

for (const [name, { skip, create }] of Object.entries(buses)) {
  t.test(`one ${name} bus for many`, { skip }, async (t) => {
    t.test('each peer hears each message once, also one that opened twice', async (t) => {
      const bus = create(t)
      const peers = [createPeer(), createPeer(), createPeer()] as [TestPeer, TestPeer, TestPeer]
      for (const peer of peers) await bus.open(peer)
      await bus.open(peers[1])
      t.equal(bus.health().connected, true)
      const revocation = revocationOf('sess_1')
      t.equal(await bus.publish(revocation, peers[0]), true)
      await until(() => peers[1].heard.length > 0 && peers[2].heard.length > 0)
      await bus.publish(revocationOf('sess_2'), peers[2])
      await until(() => peers[1].heard.length > 1)
      t.match(peers[1].heard, [revocation, { id: 'sess_2' }])
      t.equal(peers[1].heard.length, 2)
      t.equal(peers[2].heard.filter((heard) => heard.kind === 'session' && heard.id === 'sess_1').length, 1)
      await bus.close()
    })

    t.test('a peer that leaves takes the bus from nobody', async (t) => {
      const bus = create(t)
      const [one, two, three] = [createPeer(), createPeer(), createPeer()]
      for (const peer of [one, two, three]) await bus.open(peer)
      await bus.close(one)
      t.equal(bus.health().connected, true)
      await bus.publish(revocationOf('sess_1'), two)
      await until(() => three.heard.length === 1)
      t.equal(one.heard.length, 0)
      await bus.close()
    })

    t.test('without peers it hears nothing and says so; opened again, it works', async (t) => {
      const bus = create(t)
      t.equal(bus.health().connected, false, 'never opened')
      const [one, two, three] = [createPeer(), createPeer(), createPeer()]
      await bus.open(one)
      await bus.close(one)
      t.equal(bus.health().connected, false, 'closed')
      t.type(bus.health().disconnectedSinceMs, 'number')
      t.equal(await bus.publish(revocationOf('sess_0'), one), false)
      await bus.open(two)
      await bus.open(three)
      t.equal(bus.health().connected, true, 'opened again')
      t.equal(await bus.publish(revocationOf('sess_1'), two), true)
      await until(() => three.heard.length === 1)
      t.match(three.heard, [{ id: 'sess_1' }])
      await bus.close()
      t.equal(bus.health().connected, false)
    })
  })
}

t.test('Redis', { skip }, async (t) => {
  function createBus(t: Test, key: string): RevocationBus {
    const client = new Redis({ port: server?.port ?? 0, host: '127.0.0.1', maxRetriesPerRequest: 1 })
    client.on('error', () => {})
    const bus = createRedisBus({ client, key, heartbeatInMs: 250, openTimeoutInMs: 5_000 })
    t.teardown(async () => {
      await bus.close()
      client.disconnect()
    })
    return bus
  }

  t.test('a peer that joins an open bus, or one that was closed, knows what was revoked elsewhere', async (t) => {
    const key = `peers-${keys++}`
    const here = createBus(t, key)
    const elsewhere = createBus(t, key)
    const [first, second, third, other] = [createPeer(), createPeer(), createPeer(), createPeer()]
    await here.open(first)
    await elsewhere.open(other)
    await elsewhere.publish(revocationOf('sess_1'), other)
    await until(() => first.heard.length === 1)
    await here.open(second)
    t.match(second.heard, [{ id: 'sess_1' }])
    t.equal(first.heard.length, 1, 'and nobody hears it again')
    await here.close()
    await elsewhere.publish(revocationOf('sess_2'), other)
    await here.open(third)
    t.strictSame(third.heard.map((heard) => 'id' in heard && heard.id).sort(), ['sess_1', 'sess_2'])
    await elsewhere.publish(revocationOf('sess_3'), other)
    await until(() => third.heard.length === 3)
  })

  t.test('two tenants with one bus: a revocation made in another process reaches both', async (t) => {
    const key = `peers-${keys++}`
    const tenants = [
      await createLocalClerk({ frontendApi: 'clerk.a.test' }),
      await createLocalClerk({ frontendApi: 'clerk.b.test' })
    ]
    const bus = createBus(t, key)
    const app = Fastify()
    t.teardown(() => app.close())
    const options = tenants.map((tenant) => ({ ...tenant.pluginOptions(), revocation: { bus } }))
    await app.register(clerkAuth, {
      // With one place, each tenant pushes the other out.
      maxInstances: 1,
      resolver: (request) => options[Number(request.headers['x-tenant'])] as object
    })
    app.get('/me', { preHandler: app.requireAuth }, (request) => app.clerk.instanceOf(request).health().revocation.bus)
    const other = createPeer()
    const elsewhere = createBus(t, key)
    await elsewhere.open(other)
    for (const [index, tenant] of tenants.entries()) {
      const ask = () =>
        app.inject({
          url: '/me',
          headers: { 'x-tenant': String(index), ...tenant.bearer({ sessionId: `s_${index}` }) }
        })
      t.match(await ask(), { statusCode: 200 })
    }
    for (const [index, tenant] of tenants.entries()) {
      const headers = { 'x-tenant': String(index), ...tenant.bearer({ sessionId: `s_${index}` }) }
      let status = 200
      await elsewhere.publish(revocationOf(`s_${index}`), other)
      while (status === 200) {
        // Gives the sockets a turn of the event loop, which an injected request does not.
        await delay(5)
        status = (await app.inject({ url: '/me', headers })).statusCode
      }
      t.equal(status, 401, `tenant ${index}`)
    }
    t.equal(bus.health().connected, true)
  })

  t.test('while Redis is away, peers of one process still tell each other', async (t) => {
    const own = await createRedisServer()
    await own.start()
    t.teardown(() => own.kill())
    const client = new Redis({ port: own.port, host: '127.0.0.1', maxRetriesPerRequest: 1 })
    client.on('error', () => {})
    const bus = createRedisBus({ client, key: 'peers', heartbeatInMs: 50 })
    t.teardown(async () => {
      await bus.close()
      client.disconnect()
    })
    const [one, two] = [createPeer(), createPeer()]
    await bus.open(one)
    await bus.open(two)
    await own.kill()
    await until(() => !bus.health().connected)
    t.equal(await bus.publish(revocationOf('sess_1'), one), false)
    t.match(two.heard, [{ id: 'sess_1' }])
  })
})

/** Waits for the effect of a bus. The timeout of the test is the limit. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await delay(5)
}
