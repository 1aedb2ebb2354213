import { RedisClientError } from '../core/errors.js'

/** A client of `ioredis` or `iovalkey` (one server or Sentinel), made by the application. */
export interface RedisClient {
  duplicate(override?: object): object
}

/** The part of a client that the bus uses. */
export interface RedisConnection {
  readonly status: string
  call(command: string, ...args: (string | number)[]): Promise<unknown>
  subscribe(channel: string): Promise<unknown>
  on(event: string, listener: (...args: never[]) => void): unknown
  disconnect(reconnect?: boolean): void
}

export function assertRedisClient(client: unknown): asserts client is RedisClient {
  const given = client as (RedisClient & { readonly isCluster?: boolean }) | null | undefined
  // A client of Redis Cluster duplicates by other arguments.
  if (typeof given?.duplicate !== 'function' || given.isCluster === true) throw new RedisClientError()
}

/**
 * A connection of the bus's own, to where the application's client goes. It differs in what is to happen when Redis
 * is away: commands fail at once instead of waiting in memory (the bus knows what it has to tell again), and the
 * connection is tried again for ever, whatever the application chose for its own.
 */
export function openConnection(client: RedisClient, commandTimeoutMs: number): RedisConnection {
  const connection = client.duplicate({
    lazyConnect: false,
    enableOfflineQueue: false,
    enableReadyCheck: true,
    maxRetriesPerRequest: 0,
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    connectTimeout: commandTimeoutMs,
    commandTimeout: commandTimeoutMs,
    retryStrategy: retryDelayMs
  }) as RedisConnection
  // Every failure shows as a command that fails or a connection that closes; unheard, it would end the process.
  connection.on('error', () => {})
  return connection
}

/** 50 ms, doubling to one second, less up to half of it at random so that a fleet does not come back in step. */
function retryDelayMs(attempt: number): number {
  const delayMs = Math.min(1_000, 50 * 2 ** Math.min(attempt - 1, 5))
  return Math.ceil(delayMs * (1 - Math.random() / 2))
}
