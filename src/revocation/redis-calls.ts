import { setDeadline, setUnrefTimer } from '../core/timers.js'
import { NO_ANSWER } from './redis-causes.js'
import type { OpenRedisSession, RedisSession } from './redis-session.js'

/**
 * Much has to happen in it: a name is resolved, Sentinels or the nodes of a cluster are asked, clients are made, all at the
 * busy start of a process. To begin again costs more than to wait.
 */
const MIN_CONNECT_TIMEOUT_MS = 5_000

/** An open session, each call to which has a bound in time. */
export interface RedisCalls {
  command(...args: readonly (string | number)[]): Promise<unknown>
  subscribe(channels: readonly string[], onMessage: (message: string) => void): Promise<void>
}

/**
 * Opens a session that ends with `signal`. Clients have timeouts of their own, not all of them for everything: a process
 * that is stopped still takes connections, for instance.
 */
export async function openRedisCalls(
  open: OpenRedisSession,
  settings: {
    readonly key: string
    readonly timeoutMs: number
    readonly signal: AbortSignal
    readonly onLost: (error: unknown) => void
  }
): Promise<RedisCalls> {
  const { key, timeoutMs, signal, onLost } = settings
  const connectTimeoutMs = Math.max(timeoutMs, MIN_CONNECT_TIMEOUT_MS)
  const session: RedisSession = await within(open({ key, connectTimeoutMs, signal, onLost }), connectTimeoutMs)
  return {
    command: (...args) => within(session.command(...args), timeoutMs),
    subscribe: (channels, onMessage) => within(session.subscribe(channels, onMessage), connectTimeoutMs)
  }

  function within<T>(answer: Promise<T>, ms: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const cancel = setDeadline(() => reject(new Error(NO_ANSWER)), ms, setUnrefTimer)
      const end = () => reject(signal.reason)
      signal.addEventListener('abort', end, { once: true })
      answer.then(resolve, reject).finally(() => {
        cancel()
        signal.removeEventListener('abort', end)
      })
    })
  }
}
