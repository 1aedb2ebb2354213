import { createHash, randomUUID } from 'node:crypto'
import type { BusEngine, BusEngineListener, StoredRevocation } from './bus-engine.js'
import { postgresAwayCause } from './postgres-causes.js'
import { revocationStatements, revocationTableSql } from './postgres-schema.js'
import { openPostgresSession, type PostgresPool, type PostgresSession } from './postgres-session.js'
import { openTable } from './postgres-table.js'

const PAGE_ENTRIES = 1_000
/** A notification holds less than 8000 bytes. */
const MAX_MESSAGE_BYTES = 7_999
/** Longest name in PostgreSQL, in bytes. */
const MAX_NAME_BYTES = 63

export interface PostgresEngineSettings {
  readonly pool: PostgresPool
  readonly table: string
  readonly createTable: boolean
  readonly timeoutMs: number
}

interface Connected {
  readonly session: PostgresSession
  readonly channel: string
  /** Its own, so that a heartbeat is a message of this process alone. */
  readonly heartbeatChannel: string
  readonly listener: BusEngineListener
  hasHeard: boolean
}

/** A table for processes that start or come back later, and `NOTIFY` for those that listen, over one connection. */
export function createPostgresEngine(settings: PostgresEngineSettings): BusEngine {
  const { pool, table, timeoutMs } = settings
  const createSql = settings.createTable ? revocationTableSql(table) : null
  const statements = revocationStatements(table)
  let connected: Connected | null = null
  let attempt = new AbortController()

  function current(): Connected {
    if (connected === null) throw new Error('The connection was closed')
    return connected
  }

  async function open(signal: AbortSignal, listener: BusEngineListener): Promise<Connected> {
    const heartbeatChannel = `clerk_heartbeat_${randomUUID()}`
    const session = await openPostgresSession(pool, {
      timeoutMs,
      signal,
      onNotification(channel, payload) {
        if (signal.aborted) return
        if (channel === heartbeatChannel && connected !== null) connected.hasHeard = true
        listener.onMessage(payload)
      },
      onLost(error) {
        // While it is being opened, the step that fails rejects.
        if (!signal.aborted && connected !== null) listener.onLost(error)
      }
    })
    const channel = channelOf(await openTable(session.query, { table, createSql }))
    for (const name of [channel, heartbeatChannel]) await session.query(`listen "${name.replaceAll('"', '""')}"`)
    return { session, channel, heartbeatChannel, listener, hasHeard: false }
  }

  async function notifyOnce(channel: string, message: string): Promise<void> {
    const once = new AbortController()
    const ignore = () => {}
    const signal = AbortSignal.any([once.signal, attempt.signal])
    try {
      const session = await openPostgresSession(pool, { timeoutMs, signal, onNotification: ignore, onLost: ignore })
      await session.query('select pg_notify($1, $2)', [channel, message])
    } finally {
      once.abort()
    }
  }

  return {
    maxMessageBytes: MAX_MESSAGE_BYTES,

    async connect(listener) {
      attempt.abort()
      attempt = new AbortController()
      const { signal } = attempt
      const aborted = new Promise<never>((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('The connection was closed')))
      })
      connected = await Promise.race([open(signal, listener), aborted])
    },

    async *load() {
      let after = ''
      for (;;) {
        const rows = await current().session.query(statements.page, [after, PAGE_ENTRIES])
        const page = rows as { readonly id: string; readonly target: string; readonly at_ms: number }[]
        yield page.map(({ target, at_ms }): StoredRevocation => ({ target, atMs: Number(at_ms) }))
        if (page.length < PAGE_ENTRIES) return
        after = page.at(-1)?.id ?? after
      }
    },

    async share(revocations, messages) {
      const targets = revocations.map(({ target }) => target)
      const ids = targets.map((target) => hash(target))
      const moments = revocations.map(({ atMs }) => atMs)
      const { session, channel } = current()
      await session.query(statements.share, [ids, targets, moments, channel, messages])
    },

    /**
     * The first message after connecting comes from another connection, as revocations do: behind a pooler in transaction
     * mode, a session that notifies itself may hear it, and hears nothing of others. After that it is enough that the
     * session listens, as it ends with its connection. The server wakes every listener of the database for every
     * notification: heartbeats of a fleet would add up to its square.
     */
    async beat(message) {
      const { session, channel, heartbeatChannel, listener, hasHeard } = current()
      const [probed] = (await session.query(statements.probe, [channel])) as { readonly listening: boolean }[]
      if (!hasHeard) await notifyOnce(heartbeatChannel, message)
      else if (probed?.listening === true) listener.onMessage(message)
    },

    async holds({ target, atMs }) {
      return (await current().session.query(statements.holds, [hash(target), atMs])).length > 0
    },

    async trim(beforeMs) {
      await current().session.query(statements.trim, [beforeMs])
    },

    disconnect() {
      connected = null
      attempt.abort()
    },

    causeOf: postgresAwayCause
  }
}

/** The same for every process that uses the table, whatever name it has for it. */
function channelOf(table: string): string {
  if (Buffer.byteLength(table) <= MAX_NAME_BYTES) return table
  return `clerk_${hash(table)}`
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
