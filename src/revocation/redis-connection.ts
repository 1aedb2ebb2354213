import { RedisClientError } from '../core/errors.js'
import type { Given } from '../core/options/given.js'

/** A client of `ioredis` or `iovalkey` for one server or Sentinel, made by the application. */
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

/** The option `client`. A client of Redis Cluster is refused: its `duplicate()` takes other arguments. */
export function readRedisClient({ value }: Given): RedisClient {
  const client = value as (RedisClient & { readonly isCluster?: boolean }) | null | undefined
  if (typeof client?.duplicate !== 'function' || client.isCluster === true) throw new RedisClientError()
  return client
}

/**
 * Opens a connection of the bus's own, to the server of the application's client. Only its behaviour while Redis is
 * away differs: commands fail at once instead of waiting in memory, because the bus sends everything again itself, and
 * the connection is retried without end, whatever the application set for its own.
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
  // Every failure also fails a command or closes the connection. Without a listener an 'error' would end the process.
  connection.on('error', () => {})
  return connection
}

/**
 * 50 ms, doubling to one second, less a random part of up to half, so that the processes of a fleet do not reconnect at
 * once.
 */
function retryDelayMs(attempt: number): number {
  const delayMs = Math.min(1_000, 50 * 2 ** Math.min(attempt - 1, 5))
  return Math.ceil(delayMs * (1 - Math.random() / 2))
}
