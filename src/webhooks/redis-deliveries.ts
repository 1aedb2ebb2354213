import { assertRedisClient, openConnection, type RedisClient } from '../revocation/redis-connection.js'
import { createMemoryDeliveries, type Deliveries, RETENTION_SECONDS } from './deliveries.js'

export interface RedisDeliveriesOptions {
  /** A client of `ioredis` or `iovalkey`. One connection of its own is opened; this one is left alone. */
  readonly client: RedisClient
  /** Default `fastify-clerk-auth:webhook:`. */
  readonly keyPrefix?: string
  /** How long a process that dies while handling an event keeps others from it, in ms, default 120,000. */
  readonly busyMs?: number
}

const COMMAND_TIMEOUT_MS = 2_000

/**
 * Remembers deliveries for several processes, so that an attempt that reaches another one is known there too. While
 * Redis is away each process remembers its own: an event can then be handled once by each, but none is turned down.
 *
 * Throws `FST_CLERK_REVOCATION_REDIS_CLIENT` for what is no client.
 */
export function createRedisDeliveries(options: RedisDeliveriesOptions): Deliveries {
  assertRedisClient(options.client)
  const { keyPrefix = 'fastify-clerk-auth:webhook:', busyMs = 120_000 } = options
  const connection = openConnection(options.client, COMMAND_TIMEOUT_MS)
  const own = createMemoryDeliveries(Date.now)

  /** What the others know. The first to set the key has the event. */
  async function claim(id: string): Promise<'new' | 'done' | 'busy'> {
    const key = keyPrefix + id
    if ((await connection.call('SET', key, 'busy', 'NX', 'PX', busyMs)) === 'OK') return 'new'
    return (await connection.call('GET', key)) === 'done' ? 'done' : 'busy'
  }

  return {
    async begin(id, timestamp) {
      const known = await own.begin(id, timestamp)
      if (known !== 'new') return known
      const state = await claim(id).catch(() => 'new' as const)
      if (state !== 'new') await own.end(id, state === 'done')
      return state
    },

    async end(id, succeeded) {
      await own.end(id, succeeded)
      const key = keyPrefix + id
      const told = succeeded
        ? connection.call('SET', key, 'done', 'PX', RETENTION_SECONDS * 1000)
        : connection.call('DEL', key)
      await told.catch(() => {})
    },

    close: () => connection.disconnect()
  }
}
