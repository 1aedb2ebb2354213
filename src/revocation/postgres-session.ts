import { Socket } from 'node:net'
import { PostgresPoolError } from '../core/errors.js'
import { describeType, type Given } from '../core/options/given.js'
import { setUnrefTimer } from '../core/timers.js'
import { runUndoneAgain } from './postgres-retry.js'

/** A `Pool` of `pg`, made by the application. */
export interface PostgresPool {
  readonly options: object
  connect(): Promise<unknown>
  query(query: { text: string; values: unknown[]; query_timeout: number }): Promise<unknown>
}

/** The part of a client of `pg` that is used. */
interface Client {
  connect(): Promise<unknown>
  query(query: { readonly text: string; readonly values: readonly unknown[] }): Promise<{ readonly rows: unknown[] }>
  on(event: 'error' | 'end', listener: (error?: unknown) => void): unknown
  on(event: 'notification', listener: (message: { channel: string; payload?: string }) => void): unknown
  end(): Promise<void>
}

interface PoolWithClient extends PostgresPool {
  readonly Client: new (config: object) => Client
}

type MakeStream = (config: unknown) => Socket

/** One connection to the database of a pool, beside those of the pool. */
export interface PostgresSession {
  /** Statements run one after the other. */
  query(text: string, values?: readonly unknown[]): Promise<unknown[]>
}

export interface PostgresSessionSettings {
  /** Longest time for a statement. */
  readonly timeoutMs: number
  /** Ends the session, also while it is being opened. */
  readonly signal: AbortSignal
  readonly onNotification: (channel: string, payload: string) => void
  /** The connection closed, or was ended by `signal`. */
  readonly onLost: (error: unknown) => void
}

/** Authentication, and a name that has to be resolved, take longer than a statement: a short heartbeat is no time for it. */
const MIN_CONNECT_TIMEOUT_MS = 5_000
/** How long the server may take to close a connection that is given up. */
const CLOSE_MS = 500

/** The option `pool`. */
export function readPostgresPool({ value }: Given): PostgresPool {
  const pool = value as Partial<PoolWithClient> | null | undefined
  const isPool =
    typeof pool === 'object' &&
    typeof pool?.connect === 'function' &&
    typeof pool.query === 'function' &&
    typeof pool.options === 'object' &&
    typeof pool.Client === 'function'
  if (!isPool) throw new PostgresPoolError(describe(value))
  return pool as PostgresPool
}

function describe(value: unknown): string {
  if (typeof value !== 'object' || value === null) return describeType(value)
  if ('connectionParameters' in value) return 'a Client'
  if (typeof (value as { then?: unknown }).then === 'function') return 'a promise'
  return 'query' in value ? 'an object that is something else' : describeType(value)
}

/**
 * Opens a connection with the settings of the pool. The pool itself gives none: one that is kept for ever would leave
 * nothing of a pool of one, and a pool that is in use would keep revocations waiting.
 */
export async function openPostgresSession(
  pool: PostgresPool,
  settings: PostgresSessionSettings
): Promise<PostgresSession> {
  const { Client } = pool as PoolWithClient
  const { timeoutMs, signal, onNotification, onLost } = settings
  // The event of a signal that is aborted already comes no more: nothing would end the connection.
  signal.throwIfAborted()
  let socket: Socket | null = null
  let last: Promise<unknown> = Promise.resolve()

  // Of all properties: `pg` hides the password and the key of a pool from enumeration.
  const config = Object.defineProperties({}, Object.getOwnPropertyDescriptors(pool.options))
  const { stream: makeStream } = config as { readonly stream?: MakeStream }
  for (const [name, value] of Object.entries({
    connectionTimeoutMillis: Math.max(timeoutMs, MIN_CONNECT_TIMEOUT_MS),
    query_timeout: timeoutMs,
    application_name: 'fastify-clerk-auth revocations',
    keepAlive: true,
    // An application that reads numbers as texts, or in binary, does so on its own connections.
    types: undefined,
    binary: false,
    stream: (given: unknown) => {
      socket = typeof makeStream === 'function' ? makeStream(given) : new Socket()
      return socket
    }
  })) {
    Object.defineProperty(config, name, { value, enumerable: true })
  }
  const client = new Client(config)
  client.on('error', (error) => onLost(error))
  client.on('end', () => onLost(new Error('The connection was closed')))
  client.on('notification', ({ channel, payload }) => onNotification(channel, payload ?? ''))

  function end(): void {
    client.end().catch(() => {})
    // A server that hangs does not answer the farewell.
    setUnrefTimer(() => socket?.destroy(), CLOSE_MS)
  }

  signal.addEventListener('abort', end, { once: true })
  try {
    await client.connect()
  } catch (error) {
    end()
    throw error
  }
  return {
    async query(text, values = []) {
      const result = last.then(() => runUndoneAgain(() => client.query({ text, values })))
      last = result.catch(() => {})
      return (await result).rows
    }
  }
}
