import { randomUUID } from 'node:crypto'
import { text, wholeNumber } from '../core/options/readers.js'
import { type OptionTable, option, readOptions } from '../core/options/table.js'
import { createRedisCaller } from '../revocation/redis-caller.js'
import { redisAwayCause } from '../revocation/redis-causes.js'
import { type RedisClient, readRedisClient } from '../revocation/redis-client.js'
import type { RedisAdapter } from '../revocation/redis-session.js'
import { type Deliveries, RETENTION_SECONDS } from './deliveries.js'
import { createSharedDeliveries, STORE_TIMEOUT_MS } from './shared-deliveries.js'

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

/** The part of a key by which a cluster chooses the slot. */
const HASH_TAG = /\{[^}]+\}/

/** A claim that has run out may be another process's by now, or `done`. One step: between two, it could become so. */
const RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) else return 0 end"

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
  const redis = createRedisCaller(client.open, prefix, STORE_TIMEOUT_MS)
  /** Earlier versions write `busy` alone, and take whatever is not `done` for it. */
  const claimed = `busy:${randomUUID()}`
  return createSharedDeliveries({
    /** The process that sets the key first handles the event. */
    async claim(id) {
      const key = prefix + id
      if ((await redis.command('SET', key, claimed, 'NX', 'PX', busyInMs)) === 'OK') return 'new'
      return (await redis.command('GET', key)) === 'done' ? 'done' : 'busy'
    },
    finish: (id) => redis.command('SET', prefix + id, 'done', 'PX', RETENTION_SECONDS * 1000),
    release: (id) => redis.command('EVAL', RELEASE, 1, prefix + id, claimed),
    awayCause: redisAwayCause,
    open: () => redis.open(),
    close: () => redis.close()
  })
}
