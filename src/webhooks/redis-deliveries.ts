import { text, wholeNumber } from '../core/options/readers.js'
import { type OptionTable, option, readOptions } from '../core/options/table.js'
import { openConnection, type RedisClient, readRedisClient } from '../revocation/redis-connection.js'
import { createMemoryDeliveries, type Deliveries, RETENTION_SECONDS } from './deliveries.js'

export interface RedisDeliveriesOptions {
  /** A client of `ioredis` or `iovalkey`, for one server or Sentinel. One connection of its own is opened; this one is not used. */
  readonly client: RedisClient
  /** Start of the keys in Redis. Default `fastify-clerk-auth:webhook:`. */
  readonly keyPrefix?: string | undefined
  /** How long a process that dies while it handles an event keeps the others from that event. Default 120000, 10 to 3600000. */
  readonly busyInMs?: number | undefined
}

export const REDIS_DELIVERIES = {
  client: option<RedisClient, RedisClient>(readRedisClient),
  keyPrefix: text({ default: 'fastify-clerk-auth:webhook:' }),
  busyInMs: wholeNumber({ min: 10, max: 3_600_000, default: 120_000 })
} satisfies OptionTable<RedisDeliveriesOptions>

const COMMAND_TIMEOUT_MS = 2_000

/**
 * Remembers deliveries for several processes: an attempt that reaches another process is recognised there too. While
 * Redis is away, each process remembers its own deliveries only. An event can then be handled once by each process, but
 * no delivery is refused for it.
 *
 * Throws `FST_CLERK_REVOCATION_REDIS_CLIENT` without a usable client, and the coded error of another bad option.
 */
export function createRedisDeliveries(options: RedisDeliveriesOptions): Deliveries {
  const { client, keyPrefix, busyInMs } = readOptions(REDIS_DELIVERIES, options, { path: 'createRedisDeliveries' })
  const connection = openConnection(client, COMMAND_TIMEOUT_MS)
  const own = createMemoryDeliveries(() => Date.now())

  /** Asks Redis, for all processes. The process that sets the key first handles the event. */
  async function claim(id: string): Promise<'new' | 'done' | 'busy'> {
    const key = keyPrefix + id
    if ((await connection.call('SET', key, 'busy', 'NX', 'PX', busyInMs)) === 'OK') return 'new'
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
