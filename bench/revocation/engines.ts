import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createPostgresServer } from '../../test/fixtures/postgres-server.js'
import { createRedisCluster } from '../../test/fixtures/redis-cluster.js'
import { createRedisServer } from '../../test/fixtures/redis-server.js'
import { reachServer, type ServerProcess, startServerProcess } from '../../test/fixtures/server-processes.js'

type Variables = Readonly<Record<string, string>>

/** The thing between the processes, while it runs. */
export interface Engine {
  /** Starts server processes that share it. */
  startServers(count: number, env: Variables): Promise<readonly ServerProcess[]>
  /** Null where the processes cannot be without it. */
  readonly outage: { begin(): Promise<void>; end(): Promise<void> } | null
  close(): Promise<void>
}

/** From the folder of the fixtures. */
const SERVER = '../../bench/revocation/following-server.js'
const KEY = 'fastify-clerk-auth:revocations'

/** What the buses of the package go through, by the name in the table. Null: not installed. */
export const ENGINES: Readonly<Record<string, () => Promise<Engine | null>>> = {
  async 'Redis, one server'() {
    const server = await createRedisServer()
    await server.start()
    return {
      startServers: ofBus('redis', { CLERK_TEST_REDIS_PORT: String(server.port) }),
      outage: { begin: () => server.kill(), end: () => server.start() },
      close: () => server.kill()
    }
  },

  async 'Redis, a cluster'() {
    const cluster = await createRedisCluster(KEY)
    return {
      startServers: ofBus('redis-cluster', { CLERK_TEST_REDIS_PORT: String(cluster.ports[0]) }),
      outage: { begin: () => cluster.kill(), end: () => cluster.start() },
      close: () => cluster.close()
    }
  },

  async PostgreSQL() {
    const server = await createPostgresServer()
    if (server === null) return null
    return {
      startServers: ofBus('postgres', { CLERK_TEST_POSTGRES: server.connectionString }),
      outage: { begin: () => server.stop(), end: () => server.start() },
      close: () => server.remove()
    }
  },

  async 'node:cluster'() {
    return { startServers: startWorkers, outage: null, async close() {} }
  }
}

function ofBus(bus: string, own: Variables): Engine['startServers'] {
  const start = (env: Variables) => startServerProcess(SERVER, { ...env, ...own, CLERK_TEST_BUS: bus })
  return (count, env) => Promise.all(Array.from({ length: count }, () => start(env)))
}

const clusterPrimary = fileURLToPath(new URL('cluster-primary.js', import.meta.url))

/** Workers of one primary, which ends with the last of them. */
async function startWorkers(count: number, env: Variables): Promise<readonly ServerProcess[]> {
  const primary = fork(clusterPrimary, [String(count)], { env: { ...process.env, ...env, CLERK_TEST_BUS: 'cluster' } })
  const [ports] = (await once(primary, 'message')) as [readonly number[]]
  let open = ports.length
  return ports.map((port) =>
    reachServer(port, async () => {
      if (--open > 0) return
      const exited = once(primary, 'exit')
      primary.disconnect()
      await exited
    })
  )
}
