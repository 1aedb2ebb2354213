import { openRedisCalls, type RedisCalls } from './redis-calls.js'
import type { OpenRedisSession } from './redis-session.js'

const RETRY_MS = 1_000

/** Calls to Redis without a channel, over one connection. */
export interface RedisCaller {
  /** Rejects while Redis is away: at once, unless it is time to try a new connection. */
  command(...args: readonly (string | number)[]): Promise<unknown>
  /** Until it is opened again: a handler that ends after the server would hold the process with a new connection. */
  close(): void
  open(): void
}

/** Connects with the first call. In a cluster all keys must be in the slot of `key`. */
export function createRedisCaller(open: OpenRedisSession, key: string, timeoutMs: number): RedisCaller {
  let session = new AbortController()
  let opening: Promise<RedisCalls> | null = null
  let failedAtMs = -Infinity
  let isClosed = false

  function lose(error: unknown): void {
    failedAtMs = performance.now()
    opening = null
    session.abort(error)
  }

  function connect(): Promise<RedisCalls> {
    if (isClosed || performance.now() - failedAtMs < RETRY_MS) throw new Error('Redis is away')
    session = new AbortController()
    return openRedisCalls(open, { key, timeoutMs, signal: session.signal, onLost: lose })
  }

  return {
    async command(...args) {
      opening ??= connect()
      const current = session
      try {
        return await (await opening).command(...args)
      } catch (error) {
        // Whatever it was (a timeout, a key that has moved), a new connection finds out.
        if (current === session && !current.signal.aborted) lose(error)
        throw error
      }
    },

    close() {
      isClosed = true
      lose(new Error('closed'))
    },

    open() {
      if (isClosed) failedAtMs = -Infinity
      isClosed = false
    }
  }
}
