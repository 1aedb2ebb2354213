/** Connections of a bus's own to one Redis, or to the node of a cluster that has its key. Usable until they are given up. */
export interface RedisSession {
  command(...args: readonly (string | number)[]): Promise<unknown>
  /** Called once. Opens a second connection: a subscribed one takes no other commands. */
  subscribe(channels: readonly string[], onMessage: (message: string) => void): Promise<void>
}

export interface RedisSessionSettings {
  /** Where a cluster has it, the session is. */
  readonly key: string
  /** Longest time for a TCP connection. */
  readonly connectTimeoutMs: number
  /** Ends the session, also while it is being opened. */
  readonly signal: AbortSignal
  /** Called once the session is opened and has lost a connection, until `signal` is aborted; may be called again. */
  readonly onLost: (error: unknown) => void
}

export type OpenRedisSession = (settings: RedisSessionSettings) => Promise<RedisSession>

/** The client of an application, reduced to what is done with it. Each family of clients has its own way to open sessions. */
export interface RedisAdapter {
  /** A session of it takes only keys of one slot. */
  readonly isCluster: boolean
  readonly open: OpenRedisSession
}

/** A single connection, as a family opens it. */
export interface RedisConnection {
  command(...args: readonly (string | number)[]): Promise<unknown>
  subscribe(channels: readonly string[], onMessage: (message: string) => void): Promise<unknown>
}

/** A session of two connections, the second of which is opened for listening. */
export async function createSession(connect: () => Promise<RedisConnection>): Promise<RedisSession> {
  const { command } = await connect()
  return {
    command,
    async subscribe(channels, onMessage) {
      const listener = await connect()
      await listener.subscribe(channels, onMessage)
    }
  }
}

/** Calls `end` when the session ends, at once if it has ended. */
export function onEnd(signal: AbortSignal, end: () => void): void {
  if (signal.aborted) end()
  else signal.addEventListener('abort', end, { once: true })
}
