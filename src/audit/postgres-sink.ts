import { AuditPeerError, OptionTypeError } from '../core/errors.js'
import { boolean, methods, text, wholeNumber } from '../core/options/readers.js'
import { tableName } from '../core/options/sql-names.js'
import { type OptionTable, readOptions } from '../core/options/table.js'
import { auditTableSql, DEFAULT_AUDIT_TABLE, insertSql, newestOfOthersSql } from './postgres-schema.js'
import type { AuditSink } from './types.js'

/** The part of a `pg` pool or client that is used. */
export interface Queryable {
  query(query: { text: string; values?: unknown[]; query_timeout?: number }): Promise<{ rows: unknown[] }>
}

export interface PostgresSinkOptions {
  /** A `Pool` of `pg`, which the sink does not end. Exactly one of `pool` and `connectionString` is needed. */
  readonly pool?: Queryable | undefined
  /** The sink makes a pool with one connection for it, and ends it on close. */
  readonly connectionString?: string | undefined
  /** Lower-case name, with or without a schema. Default `clerk_audit`. */
  readonly table?: string | undefined
  /**
   * Creates table and indexes if they do not exist. Default true; give false where migrations do it
   * (`auditTableSql()`).
   */
  readonly createTable?: boolean | undefined
  /** Longest time for an insert, in ms, before it counts as failed and is retried. Default 10000, 1 to 600000. */
  readonly queryTimeoutInMs?: number | undefined
}

export const POSTGRES_SINK = {
  pool: methods<Queryable>(['query']),
  connectionString: text({ default: null }),
  table: tableName({ default: DEFAULT_AUDIT_TABLE }),
  createTable: boolean({ default: true }),
  queryTimeoutInMs: wholeNumber({ min: 1, max: 600_000, default: 10_000 })
} satisfies OptionTable<PostgresSinkOptions>

interface OwnPool extends Queryable {
  end(): Promise<void>
  on(event: 'error', listener: () => void): void
}

/**
 * Records in PostgreSQL through `pg` (optional peer), one insert per batch. If the connection breaks, a batch may have
 * been inserted or not; it is sent again, and the primary key, with `writer` and `seq` in it, keeps its records single.
 */
export function postgresSink(options: PostgresSinkOptions): AuditSink {
  const settings = readOptions(POSTGRES_SINK, options, { path: 'postgresSink' })
  const { table, connectionString, queryTimeoutInMs: timeoutMs } = settings
  const insert = insertSql(table)
  if ((settings.pool === null) === (connectionString === null)) {
    throw new OptionTypeError('postgresSink', 'given either pool or connectionString', 'both or neither')
  }
  let pool: Queryable | null = settings.pool
  let ownPool: OwnPool | null = null
  let isTableThere = !settings.createTable
  /** Time of the newest record of other writers; null: not known yet. */
  let newestMs: number | null = null

  async function run(text: string, values?: readonly unknown[]): Promise<unknown[]> {
    const query = { text, query_timeout: timeoutMs, ...(values === undefined ? {} : { values: [...values] }) }
    try {
      return (await (pool as Queryable).query(query)).rows
    } catch (error) {
      if (codeOf(error) === UNDEFINED_TABLE) isTableThere = !settings.createTable
      throw withCode(error)
    }
  }

  async function ensureTable(): Promise<void> {
    if (isTableThere) return
    try {
      await run(auditTableSql(table))
    } catch (error) {
      // To a role that may not create, a table that is there will do.
      const [found] = await run(`select to_regclass('${table}')::text as name`)
      if ((found as { readonly name: string | null }).name === null) throw error
    }
    isTableThere = true
  }

  async function insertRecords(records: Uint8Array): Promise<void> {
    await ensureTable()
    await run(insert, [toJsonArray(records)])
  }

  /**
   * Inserts the records that the database takes, and returns how many it refuses. The database refuses a batch as a
   * whole for one bad record: the batch is halved until that record is alone.
   */
  async function insertByHalves(records: Uint8Array): Promise<number> {
    try {
      await insertRecords(records)
      return 0
    } catch (error) {
      if (!isDataError(error)) throw error
      const half = endOfFirstHalf(records)
      if (half === records.length) return 1
      return (await insertByHalves(records.subarray(0, half))) + (await insertByHalves(records.subarray(half)))
    }
  }

  async function writeBytes(records: Uint8Array): Promise<void> {
    const refused = await insertByHalves(records)
    if (refused > 0) throw new RefusedRecords(refused)
  }

  return {
    name: 'postgres',
    // Does not connect: a server starts while its database is away, and records are kept until it is back.
    async open() {
      if (connectionString === null) return
      ownPool = await createPool(connectionString, timeoutMs)
      pool = ownPool
    },
    write: (lines) => writeBytes(Buffer.from(`${lines.join('\n')}\n`)),
    writeBytes,
    async lastLine() {
      await ensureTable()
      const rows = await run(`select record::text as line from ${table} order by time desc, seq desc limit 1`)
      return (rows[0] as { line: string } | undefined)?.line ?? null
    },
    async newestOfOthers(writer) {
      await ensureTable()
      const rows = (await run(newestOfOthersSql(table), [writer, newestMs])) as { line: string; ms: string }[]
      for (const { ms } of rows) newestMs = Math.max(newestMs ?? 0, Number(ms))
      return rows.map(({ line }) => line)
    },
    async close() {
      await ownPool?.end()
    }
  }
}

const LINE_BREAK = 10
const COMMA = 44
const OPENING_BRACKET = 91
const CLOSING_BRACKET = 93

/** Lines as one JSON array. JSON escapes line breaks in strings, so each line break byte ends a record. */
function toJsonArray(records: Uint8Array): Buffer {
  const array = Buffer.allocUnsafe(records.length + 1)
  array[0] = OPENING_BRACKET
  array.set(records, 1)
  for (let at = array.indexOf(LINE_BREAK); at !== -1; at = array.indexOf(LINE_BREAK, at + 1)) array[at] = COMMA
  array[records.length] = CLOSING_BRACKET
  return array
}

/** The end of a line near the middle; the length if there is only one line. */
function endOfFirstHalf(records: Uint8Array): number {
  const behind = records.indexOf(LINE_BREAK, records.length >> 1) + 1
  if (behind < records.length) return behind
  const before = records.lastIndexOf(LINE_BREAK, records.length - 2) + 1
  return before === 0 ? records.length : before
}

/** SQLSTATE of a table that is not there. */
const UNDEFINED_TABLE = '42P01'

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
}

/** The errors that `pg` makes of its timeouts have no code. */
function withCode(error: unknown): unknown {
  const isTimeout = error instanceof Error && codeOf(error) === '' && /timeout/i.test(error.message)
  return isTimeout ? Object.assign(error, { code: 'timeout' }) : error
}

/** Class 22 of SQLSTATE, data exception: the same record would be refused again. */
function isDataError(error: unknown): boolean {
  return codeOf(error).startsWith('22')
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
  // The pool replaces a broken idle connection. Without a listener the 'error' would end the process.
  pool.on('error', () => {})
  return pool
}
