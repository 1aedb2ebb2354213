import { AuditPeerError, OptionTypeError } from '../core/errors.js'
import { assertTableName, auditTableSql, insertSql, newestOfOthersSql } from './postgres-schema.js'
import type { AuditSink } from './types.js'

/** What is used of a `pg` pool or client. */
export interface Queryable {
  query(query: { text: string; values?: unknown[]; query_timeout?: number }): Promise<{ rows: unknown[] }>
}

export interface PostgresSinkOptions {
  /** A `Pool` of `pg`; stays the application's. One of `pool` and `connectionString` is needed. */
  readonly pool?: Queryable | undefined
  /** The sink makes a pool with one connection, and ends it on close. */
  readonly connectionString?: string | undefined
  /** Default `clerk_audit`. */
  readonly table?: string | undefined
  /** Create table and indexes when they are not there. Default true; false where migrations do it (`auditTableSql()`). */
  readonly createTable?: boolean | undefined
  /** How long an insert may take, in ms, before it counts as failed and is tried again. Default 10000. */
  readonly queryTimeoutInMs?: number | undefined
}

/** How far clocks of writers, and inserts that take their time, may put a record behind the newest. */
const LOOK_BACK_MS = 10_000

interface OwnPool extends Queryable {
  end(): Promise<void>
  on(event: 'error', listener: () => void): void
}

/**
 * Records in PostgreSQL through `pg` (optional peer): one insert per batch. `writer` and `seq` are part of the primary
 * key, so a batch whose fate is unknown, because the connection broke, is sent again without being there twice.
 */
export function postgresSink(options: PostgresSinkOptions): AuditSink {
  const table = assertTableName(options.table ?? 'clerk_audit')
  const timeoutMs = options.queryTimeoutInMs ?? 10_000
  const insert = insertSql(table)
  if ((options.pool === undefined) === (options.connectionString === undefined)) {
    throw new OptionTypeError('postgresSink', 'given either pool or connectionString', 'both or neither')
  }
  let pool: Queryable | null = options.pool ?? null
  let ownPool: OwnPool | null = null
  let isTableThere = options.createTable === false
  /** Time of the newest record of another writer; null: not known yet. */
  let newestMs: number | null = null

  async function run(text: string, values?: unknown[]): Promise<unknown[]> {
    const query = { text, query_timeout: timeoutMs, ...(values === undefined ? {} : { values }) }
    return (await (pool as Queryable).query(query)).rows
  }

  async function ensureTable(): Promise<void> {
    if (isTableThere) return
    await run(auditTableSql(table))
    isTableThere = true
  }

  async function insertLines(lines: readonly string[]): Promise<void> {
    await ensureTable()
    await run(insert, [`[${lines.join(',')}]`])
  }

  // A record the database cannot take must not keep its neighbours out: halves, until it is alone.
  async function insertByHalves(lines: readonly string[]): Promise<number> {
    try {
      await insertLines(lines)
      return 0
    } catch (error) {
      if (!isDataError(error)) throw error
      if (lines.length === 1) return 1
      const middle = lines.length >> 1
      return (await insertByHalves(lines.slice(0, middle))) + (await insertByHalves(lines.slice(middle)))
    }
  }

  return {
    name: 'postgres',
    // A database that is away when the server starts is no reason not to start: records are kept, as when it goes later.
    async open() {
      if (options.connectionString === undefined) return
      ownPool = await createPool(options.connectionString, timeoutMs)
      pool = ownPool
    },
    async write(lines) {
      const refused = await insertByHalves(lines)
      if (refused > 0) throw new RefusedRecords(refused)
    },
    async lastLine() {
      await ensureTable()
      const rows = await run(`select record::text as line from ${table} order by time desc, seq desc limit 1`)
      return (rows[0] as { line: string } | undefined)?.line ?? null
    },
    async newestOfOthers(writer) {
      await ensureTable()
      const sinceMs = newestMs === null ? null : newestMs - LOOK_BACK_MS
      const rows = (await run(newestOfOthersSql(table), [writer, sinceMs])) as { line: string; ms: string }[]
      for (const { ms } of rows) newestMs = Math.max(newestMs ?? 0, Number(ms))
      return rows.map(({ line }) => line)
    },
    async close() {
      await ownPool?.end()
    }
  }
}

/** Class 22 of SQLSTATE (data exception): the same record will be refused again. */
function isDataError(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && String(error.code).startsWith('22')
}

class RefusedRecords extends Error {
  readonly code = 'AUDIT_RECORDS_REFUSED'
  readonly retryable = false
  readonly lostCount: number

  constructor(lostCount: number) {
    super('The database refused records for what is in them')
    this.lostCount = lostCount
  }
}

async function createPool(connectionString: string, timeoutMs: number): Promise<OwnPool> {
  let pg: { Pool: new (config: Record<string, unknown>) => OwnPool }
  try {
    pg = (await import('pg')).default as unknown as typeof pg
  } catch (cause) {
    throw new AuditPeerError('postgresSink', 'pg', { cause })
  }
  const pool = new pg.Pool({
    connectionString,
    max: 1,
    connectionTimeoutMillis: Math.min(timeoutMs, 5_000),
    application_name: 'fastify-clerk-auth audit',
    allowExitOnIdle: true
  })
  // A broken idle connection is replaced; without a listener it would end the process.
  pool.on('error', () => {})
  return pool
}
