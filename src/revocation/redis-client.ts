import { RedisClientError } from '../core/errors.js'
import { describeType, type Given } from '../core/options/given.js'
import { type IoRedis, type IoRedisCluster, openIoRedis, openIoRedisCluster } from './redis-ioredis.js'
import {
  type NodeRedis,
  type NodeRedisCluster,
  type NodeRedisSentinel,
  openNodeRedis,
  openNodeRedisCluster,
  openNodeRedisSentinel
} from './redis-node.js'
import type { RedisAdapter } from './redis-session.js'

/**
 * A client that the application has made: of `ioredis` 5 or 6, `iovalkey`, or `redis` (node-redis) 5 or 6; for one server,
 * Sentinel or a cluster. It serves as a pattern for connections of the bus's own: it need not be connected, may be
 * subscribed, and is not used itself.
 */
export interface RedisClient {
  duplicate(...overrides: never[]): object
}

/** The option `client`. */
export function readRedisClient({ name, value }: Given): RedisAdapter {
  const client = (typeof value === 'object' && value !== null ? value : {}) as Readonly<Record<string, unknown>>
  const has = (...methods: readonly string[]) => methods.every((method) => typeof client[method] === 'function')
  if (has('duplicate', 'call', 'connect', 'disconnect')) {
    if (has('nodes')) return { isCluster: true, open: openIoRedisCluster(value as IoRedisCluster) }
    if (typeof client.status === 'string') return { isCluster: false, open: openIoRedis(value as IoRedis) }
  }
  if (has('duplicate', 'sendCommand', 'subscribe', 'connect', 'destroy')) {
    if (has('nodeClient')) return { isCluster: true, open: openNodeRedisCluster(value as NodeRedisCluster) }
    if (has('getMasterNode')) return { isCluster: false, open: openNodeRedisSentinel(value as NodeRedisSentinel) }
    return { isCluster: false, open: openNodeRedis(value as NodeRedis) }
  }
  throw new RedisClientError(name, describeGiven(value, has))
}

/** Names the things that are taken for a client. */
function describeGiven(value: unknown, has: (...methods: readonly string[]) => boolean): string {
  if (has('then')) return 'a promise: await it first'
  if (value instanceof URL) return 'a URL'
  if (has('sendCommand', 'execute')) return 'a pool of node-redis'
  if (has('internal_send_command')) return 'a client of node-redis 3'
  if (has('sendCommand', 'getMasterNode')) return 'a Sentinel client of node-redis 5, which cannot be duplicated'
  if (has('duplicate', 'sendCommand')) return 'a client of node-redis 4'
  if (has('sendCommand')) return 'a client in legacy mode'
  return describeType(value)
}
