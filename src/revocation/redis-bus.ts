import type { Logger } from '../core/logger.js'
import { text } from '../core/options/readers.js'
import { type OptionTable, option, readOptions } from '../core/options/table.js'
import type { RevocationBus } from '../core/revocation/bus.js'
import { createLinkedBus, LINKED_BUS } from './linked-bus.js'
import { type RedisClient, readRedisClient } from './redis-client.js'
import { createRedisEngine } from './redis-engine.js'
import type { RedisAdapter } from './redis-session.js'

export interface RedisBusOptions {
  /**
   * Of `ioredis`, `iovalkey` or `redis` (node-redis), for one server, Sentinel or a cluster of Redis 6.2 or later, or of
   * Valkey. The bus opens connections of its own like it and does not use this one.
   */
  readonly client: RedisClient
  /**
   * Name of the sorted set and the channel. Clerk instances that share a Redis need one each. Default
   * `fastify-clerk-auth:revocations`.
   */
  readonly key?: string | undefined
  /**
   * Shortest time that a revocation stays in Redis. Default 90000000 (25 hours), 1000 to 2592000000 (30 days). Security: with
   * less than machine tokens live, a process that accepts none removes what other processes need when they start.
   */
  readonly retentionInMs?: number | undefined
  /** How long a starting server waits for Redis before it starts without. Default 2000, 0 to 600000. */
  readonly openTimeoutInMs?: number | undefined
  /** Interval of the messages that the bus sends to itself through Redis; also the timeout of commands. Default 5000, 10 to 600000. */
  readonly heartbeatInMs?: number | undefined
  /** Default: the logger of the server. */
  readonly logger?: Logger | undefined
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: (() => number) | undefined
}

export const REDIS_BUS = {
  client: option<RedisClient, RedisAdapter>(readRedisClient),
  key: text({ default: 'fastify-clerk-auth:revocations' }),
  ...LINKED_BUS
} satisfies OptionTable<RedisBusOptions>

/**
 * A bus over Redis or Valkey: a channel for running processes, and a sorted set (member: the target, score: the moment)
 * for processes that start later.
 *
 * Throws `FST_CLERK_REVOCATION_REDIS_CLIENT` for a `client` of another kind, and the coded error of another bad option.
 */
export function createRedisBus(options: RedisBusOptions): RevocationBus {
  const settings = readOptions(REDIS_BUS, options, { path: 'createRedisBus' })
  const { client, key, heartbeatInMs } = settings
  return createLinkedBus(() => createRedisEngine(client.open, key, heartbeatInMs), { ...settings, kind: 'redis' })
}
