import {
  createSession,
  type OpenRedisSession,
  onEnd,
  type RedisConnection,
  type RedisSessionSettings
} from './redis-session.js'

/** The part of a client of `ioredis` or `iovalkey` that is used, for one server or Sentinel. */
export interface IoRedis {
  readonly options: { readonly host?: string; readonly port?: number }
  duplicate(override: object): IoRedis
  connect(): Promise<unknown>
  call(command: string, ...args: (string | number)[]): Promise<unknown>
  subscribe(...channels: string[]): Promise<unknown>
  on(event: string, listener: (...args: never[]) => void): unknown
  disconnect(): void
}

/** The same, for a cluster. */
export interface IoRedisCluster {
  readonly options: { readonly redisOptions?: object }
  /** For each slot `host:port` of its nodes, the primary first. */
  readonly slots: readonly (readonly string[] | undefined)[]
  duplicate(startupNodes: readonly never[], override: object): IoRedisCluster
  connect(): Promise<unknown>
  call(command: string, ...args: (string | number)[]): Promise<unknown>
  nodes(role: 'master'): readonly IoRedis[]
  on(event: string, listener: (...args: never[]) => void): unknown
  disconnect(): void
}

/** The link of a bus retries by itself, and a command that waits in memory would be answered too late. */
const PLAIN = {
  lazyConnect: true,
  retryStrategy: null,
  sentinelRetryStrategy: null,
  reconnectOnError: null,
  enableOfflineQueue: false,
  enableReadyCheck: true,
  maxRetriesPerRequest: 0,
  autoResubscribe: false,
  autoResendUnfulfilledCommands: false,
  monitor: false,
  // The option `key` of a bus is the whole name.
  keyPrefix: ''
}

export function openIoRedis(client: IoRedis): OpenRedisSession {
  return (settings) => createSession(() => connect(client, settings))
}

/**
 * The connections go to the node that has the key. When it loses the key or is lost, so is the session: the processes that
 * listen at the others would not notice that the store has been replaced by that of a replica.
 */
export function openIoRedisCluster(client: IoRedisCluster): OpenRedisSession {
  return async (settings) => {
    const node = await nodeOf(client, settings)
    return createSession(() => connect(node, settings))
  }
}

async function connect(pattern: IoRedis, settings: RedisSessionSettings): Promise<RedisConnection> {
  const { connectTimeoutMs: connectTimeout, signal, onLost } = settings
  signal.throwIfAborted()
  const connection = pattern.duplicate({ ...PLAIN, connectTimeout })
  const lastError = followErrors(connection)
  onEnd(signal, () => connection.disconnect())
  // Of a refused password `connect` says only that the connection was closed.
  await connection.connect().catch((error: unknown) => Promise.reject(lastError() ?? error))
  connection.on('close', () => {
    if (!signal.aborted) onLost(lastError() ?? new Error('The connection was closed'))
  })
  return {
    command: async (command, ...args) => connection.call(String(command), ...args),
    subscribe(channels, onMessage) {
      connection.on('message', (_channel: never, message: never) => onMessage(String(message)))
      return connection.subscribe(...channels)
    }
  }
}

/** The connection to a node is made as the cluster client would make it: with its address mapping, TLS and password. */
async function nodeOf(client: IoRedisCluster, settings: RedisSessionSettings): Promise<IoRedis> {
  const { key, connectTimeoutMs: connectTimeout, signal } = settings
  const cluster = client.duplicate([], {
    lazyConnect: true,
    clusterRetryStrategy: null,
    // It waits for a cluster that is down instead of failing. The node itself tells.
    enableReadyCheck: false,
    scaleReads: 'master',
    slotsRefreshTimeout: connectTimeout,
    redisOptions: { ...client.options.redisOptions, connectTimeout }
  })
  const lastError = followErrors(cluster)
  onEnd(signal, () => cluster.disconnect())
  try {
    await cluster.connect()
    const slot = Number(await cluster.call('CLUSTER', 'KEYSLOT', key))
    const address = cluster.slots[slot]?.[0]
    const node = cluster.nodes('master').find(({ options }) => `${options.host}:${options.port}` === address)
    if (node === undefined) throw new Error('CLUSTERDOWN no node has the slot')
    return node
  } catch (error) {
    throw lastError() ?? error
  } finally {
    cluster.disconnect()
  }
}

/** Without a listener an 'error' would end the process. */
function followErrors(client: Pick<IoRedis, 'on'>): () => unknown {
  let last: unknown
  client.on('error', (error: never) => {
    last = error
  })
  return () => last
}
