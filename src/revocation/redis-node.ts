import {
  createSession,
  type OpenRedisSession,
  onEnd,
  type RedisConnection,
  type RedisSessionSettings
} from './redis-session.js'

/** The part of a client of `redis` (node-redis) that is used, for one server. */
export interface NodeRedis {
  readonly options?: { readonly socket?: object }
  duplicate(override: object): NodeRedis
  connect(): Promise<unknown>
  sendCommand(args: readonly string[]): Promise<unknown>
  subscribe(channels: string[], listener: (message: string) => void): Promise<unknown>
  on(event: string, listener: (...args: never[]) => void): unknown
  destroy(): void
}

/** The same, for a cluster. */
export interface NodeRedisCluster {
  readonly slots: readonly ({ readonly master: object } | undefined)[]
  duplicate(override: object): NodeRedisCluster
  connect(): Promise<unknown>
  sendCommand(firstKey: string | undefined, isReadonly: boolean, args: readonly string[]): Promise<unknown>
  nodeClient(node: object): NodeRedis | Promise<NodeRedis>
  on(event: string, listener: (...args: never[]) => void): unknown
  destroy(): void
}

/** The same, for Sentinel. */
export interface NodeRedisSentinel {
  duplicate(override: object): NodeRedisSentinel
  connect(): Promise<unknown>
  sendCommand(isReadonly: boolean, args: readonly string[]): Promise<unknown>
  subscribe(channels: string[], listener: (message: string) => void): Promise<unknown>
  on(event: string, listener: (...args: never[]) => void): unknown
  destroy(): Promise<void>
}

/** A client may map the texts of replies to buffers, which equal no text. */
const PLAIN = { commandOptions: {} }

export function openNodeRedis(client: NodeRedis): OpenRedisSession {
  return (settings) => createSession(() => connect(client, settings))
}

/** As with ioredis, the connections go to the node that has the key. */
export function openNodeRedisCluster(client: NodeRedisCluster): OpenRedisSession {
  return async (settings) => {
    const node = await nodeOf(client, settings)
    return createSession(() => connect(node, settings))
  }
}

/**
 * The Sentinel client of node-redis gives no connection to the primary out of its hands, so it does the work itself. It
 * moves to a new primary without a word to its user: each of its events that can mean that ends the session.
 */
export function openNodeRedisSentinel(client: NodeRedisSentinel): OpenRedisSession {
  return async ({ signal, onLost }) => {
    const sentinel = client.duplicate({ ...PLAIN, passthroughClientErrorEvents: true, maxCommandRediscovers: 0 })
    let isOpen = false
    let lastError: unknown
    const lose = (error: unknown): void => {
      if (isOpen && !signal.aborted) onLost(error)
    }
    sentinel.on('error', (error: never) => {
      lastError = error
      lose(error)
    })
    sentinel.on('topology-change', (event: never) => {
      if ((event as { readonly type?: unknown }).type === 'MASTER_CHANGE') lose(new Error('MOVED to another primary'))
    })
    onEnd(signal, () => void sentinel.destroy().catch(() => {}))
    await sentinel.connect().catch((error: unknown) => Promise.reject(lastError ?? error))
    isOpen = true
    return {
      command: (...args) => sentinel.sendCommand(false, args.map(String)),
      async subscribe(channels, onMessage) {
        await sentinel.subscribe([...channels], onMessage)
      }
    }
  }
}

async function connect(pattern: NodeRedis, settings: RedisSessionSettings): Promise<RedisConnection> {
  const { connectTimeoutMs: connectTimeout, signal, onLost } = settings
  signal.throwIfAborted()
  const connection = pattern.duplicate({
    ...PLAIN,
    socket: { ...pattern.options?.socket, connectTimeout, reconnectStrategy: false },
    disableOfflineQueue: true
  })
  let isOpen = false
  // Without a listener an 'error' would end the process.
  connection.on('error', (error: never) => {
    if (isOpen && !signal.aborted) onLost(error)
  })
  onEnd(signal, () => destroy(connection))
  await connection.connect()
  isOpen = true
  return {
    command: (...args) => connection.sendCommand(args.map(String)),
    subscribe: (channels, onMessage) => connection.subscribe([...channels], onMessage)
  }
}

async function nodeOf(client: NodeRedisCluster, { key, signal }: RedisSessionSettings): Promise<NodeRedis> {
  const cluster = client.duplicate({ ...PLAIN, minimizeConnections: true })
  let lastError: unknown
  cluster.on('error', (error: never) => {
    lastError = error
  })
  onEnd(signal, () => destroy(cluster))
  try {
    await cluster.connect()
    const slot = Number(await cluster.sendCommand(undefined, true, ['CLUSTER', 'KEYSLOT', key]))
    const node = cluster.slots[slot]?.master
    if (node === undefined) throw new Error('CLUSTERDOWN no node has the slot')
    return (await cluster.nodeClient(node)).duplicate({})
  } catch (error) {
    throw lastError ?? error
  } finally {
    destroy(cluster)
  }
}

/** A client that is closed already throws. */
function destroy(client: { destroy(): void }): void {
  try {
    client.destroy()
  } catch {}
}
