// One server process of an application: forked with its settings in the environment.
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import { Cluster, Redis } from 'ioredis'
import pg from 'pg'
import clerkAuth from '../../src/index.js'
import { createClusterBus, createPostgresBus, createRedisBus, type RevocationBus } from '../../src/revocation/index.js'
import webhooks from '../../src/webhooks/index.js'

const {
  CLERK_TEST_BUS = 'redis',
  CLERK_TEST_REDIS_PORT,
  CLERK_TEST_POSTGRES,
  CLERK_TEST_HEARTBEAT_MS = '500'
} = process.env

const heartbeatInMs = Number(CLERK_TEST_HEARTBEAT_MS)
const address = { port: Number(CLERK_TEST_REDIS_PORT), host: '127.0.0.1' }

const buses: Readonly<Record<string, () => RevocationBus>> = {
  redis: () => createRedisBus({ client: new Redis({ ...address, lazyConnect: true }), heartbeatInMs }),
  'redis-cluster': () => createRedisBus({ client: new Cluster([address], { lazyConnect: true }), heartbeatInMs }),
  postgres: () => createPostgresBus({ pool: new pg.Pool({ connectionString: CLERK_TEST_POSTGRES }), heartbeatInMs }),
  cluster: () => createClusterBus()
}
const bus = buses[CLERK_TEST_BUS]?.()

const fastify = Fastify()
// Keys and secrets come from CLERK_* variables, as in a deployment.
await fastify.register(clerkAuth, { revocation: { bus } })
await fastify.register(webhooks)
fastify.get('/me', { preHandler: fastify.requireAuth }, (request) => ({ userId: request.auth.userId }))
fastify.get('/health', { config: { clerk: false } }, () => fastify.clerk.health())
// Exclusive: workers of a cluster would share a port.
await fastify.listen({ port: 0, host: '127.0.0.1', exclusive: true })

process.on('disconnect', () => process.exit())
process.send?.({ port: (fastify.server.address() as AddressInfo).port })
