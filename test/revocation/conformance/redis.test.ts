import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import t from 'tap'
import { parseRevocation } from '../../../src/core/revocation/wire-format.js'
import { createRedisBus, type RevocationBus, type RevocationBusWorld } from '../../../src/revocation/index.js'
import { toStored } from '../../../src/revocation/wire.js'
import { conform } from '../../fixtures/conformance.js'
import { type CuttableProxy, createCuttableProxy } from '../../fixtures/cuttable-proxy.js'
import { createRedisServer, redisProgram } from '../../fixtures/redis-server.js'

const skip = redisProgram === null ? 'no redis-server or valkey-server is installed' : false
const KEY = 'revocations'

async function createWorld(): Promise<RevocationBusWorld> {
  // It keeps every command on disk before it answers, so that a crash loses nothing.
  const dir = mkdtempSync(join(tmpdir(), 'conformance-redis-'))
  const server = await createRedisServer({ dir, appendonly: 'yes', appendfsync: 'always' })
  await server.start()
  const proxies = new Map<RevocationBus, CuttableProxy>()
  const clients: Redis[] = []

  function newClient(port: number): Redis {
    const client = new Redis({ port, host: '127.0.0.1' })
    client.on('error', () => {})
    clients.push(client)
    return client
  }

  return {
    async bus({ now }) {
      const proxy = await createCuttableProxy(server.port)
      const bus = createRedisBus({ client: newClient(proxy.port), key: KEY, heartbeatInMs: 250, now })
      proxies.set(bus, proxy)
      return bus
    },
    stop: () => server.kill(),
    startAgain: () => server.start(),
    async startEmpty() {
      rmSync(join(dir, 'appendonlydir'), { recursive: true, force: true })
      await server.start()
    },
    cutOff(bus) {
      const proxy = proxies.get(bus)
      proxy?.cut()
      return () => proxy?.mend()
    },
    async send(rows) {
      const client = newClient(server.port)
      for (const row of rows) {
        const revocation = parseRevocation(row)
        const { target, atMs } =
          revocation === null ? { target: JSON.stringify(row), atMs: Date.now() } : toStored(revocation)
        await client.zadd(KEY, atMs, target)
      }
      await client.publish(KEY, JSON.stringify(rows))
    },
    async sendRaw(text) {
      const client = newClient(server.port)
      await client.zadd(KEY, Date.now(), text)
      await client.publish(KEY, text)
    },
    async close() {
      for (const client of clients) client.disconnect()
      await Promise.all([...proxies.values()].map((proxy) => proxy.close()))
      await server.kill()
      rmSync(dir, { recursive: true, force: true })
    }
  }
}

t.test('the Redis bus, over ioredis and one server', { skip }, (t) => conform(t, createWorld))
