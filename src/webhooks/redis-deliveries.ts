import { text, wholeNumber } from '../core/options/readers.js'
import { type OptionTable, option, readOptions } from '../core/options/table.js'
import { createRedisCaller } from '../revocation/redis-caller.js'
import { type RedisClient, readRedisClient } from '../revocation/redis-client.js'
import type { RedisAdapter } from '../revocation/redis-session.js'
import { createMemoryDeliveries, type Deliveries, RETENTION_SECONDS } from './deliveries.js'

export interface RedisDeliveriesOptions {
  /**
   * A client of `ioredis`, `iovalkey` or `redis` (node-redis), for one server, Sentinel or a cluster. One connection like it
   * is opened with the first delivery; this one is not used.
   */
  readonly client: RedisClient
  /**
   * Start of the keys in Redis. Default `fastify-clerk-auth:webhook:`. In a cluster it is put in braces unless it has some, so
   * that all keys are in one slot.
   */
  readonly keyPrefix?: string | undefined
  /** How long a process that dies while it handles an event keeps the others from that event. Default 120000, 10 to 3600000. */
  readonly busyInMs?: number | undefined
}

export const REDIS_DELIVERIES = {
  client: option<RedisClient, RedisAdapter>(readRedisClient),
  keyPrefix: text({ default: 'fastify-clerk-auth:webhook:' }),
  busyInMs: wholeNumber({ min: 10, max: 3_600_000, default: 120_000 })
} satisfies OptionTable<RedisDeliveriesOptions>

const COMMAND_TIMEOUT_MS = 2_000
/** The part of a key by which a cluster chooses the slot. */
const HASH_TAG = /\{[^}]+\}/

/**
 * Remembers deliveries for several processes: an attempt that reaches another process is recognised there too. While
 * Redis is away, each process remembers its own deliveries only. An event can then be handled once by each process, but
 * no delivery is refused for it.
 *
 * Throws `FST_CLERK_REVOCATION_REDIS_CLIENT` without a usable client, and the coded error of another bad option.
 */
export function createRedisDeliveries(options: RedisDeliveriesOptions): Deliveries {
  const { client, keyPrefix, busyInMs } = readOptions(REDIS_DELIVERIES, options, { path: 'createRedisDeliveries' })
  const prefix = client.isCluster && !HASH_TAG.test(keyPrefix) ? `{${keyPrefix}}` : keyPrefix
  const redis = createRedisCaller(client.open, prefix, COMMAND_TIMEOUT_MS)
  const own = createMemoryDeliveries(() => Date.now())

  /** Asks Redis, for all processes. The process that sets the key first handles the event. */
  async function claim(id: string): Promise<'new' | 'done' | 'busy'> {
    const key = prefix + id
    if ((await redis.command('SET', key, 'busy', 'NX', 'PX', busyInMs)) === 'OK') return 'new'
    return (await redis.command('GET', key)) === 'done' ? 'done' : 'busy'
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
      const key = prefix + id
      const told = succeeded
        ? redis.command('SET', key, 'done', 'PX', RETENTION_SECONDS * 1000)
        : redis.command('DEL', key)
      await told.catch(() => {})
    },

    close: () => redis.close()
  }
}
