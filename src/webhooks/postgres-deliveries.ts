import { randomUUID } from 'node:crypto'
import { boolean, wholeNumber } from '../core/options/readers.js'
import { assertTableName, tableName } from '../core/options/sql-names.js'
import { type OptionTable, option, readOptions } from '../core/options/table.js'
import { postgresAwayCause } from '../revocation/postgres-causes.js'
import { runUndoneAgain } from '../revocation/postgres-retry.js'
import { type PostgresPool, readPostgresPool } from '../revocation/postgres-session.js'
import { openTable } from '../revocation/postgres-table.js'
import { type Deliveries, RETENTION_SECONDS } from './deliveries.js'
import { createSharedDeliveries, STORE_TIMEOUT_MS } from './shared-deliveries.js'

export interface PostgresDeliveriesOptions {
  /** A `Pool` of `pg`. Its connections are used for one short statement at a time. */
  readonly pool: PostgresPool
  /** Lower-case name, with or without a schema. Default `clerk_webhook_deliveries`. */
  readonly table?: string | undefined
  /** Creates the table if it does not exist. Default true; give false where migrations do it (`deliveryTableSql()`). */
  readonly createTable?: boolean | undefined
  /** How long a process that dies while it handles an event keeps the others from that event. Default 120000, 10 to 3600000. */
  readonly busyInMs?: number | undefined
}

const DEFAULT_TABLE = 'clerk_webhook_deliveries'

export const POSTGRES_DELIVERIES = {
  pool: option<PostgresPool, PostgresPool>(readPostgresPool),
  table: tableName({ default: DEFAULT_TABLE }),
  createTable: boolean({ default: true }),
  busyInMs: wholeNumber({ min: 10, max: 3_600_000, default: 120_000 })
} satisfies OptionTable<PostgresDeliveriesOptions>

const TRIM_INTERVAL_MS = 60_000

/**
 * SQL for the table of `createPostgresDeliveries()`, for migrations. It can be run again. The role of the pool needs
 * `select`, `insert`, `update` and `delete` on the table.
 */
export function deliveryTableSql(table = DEFAULT_TABLE): string {
  const name = assertTableName('deliveryTableSql.table', table, DEFAULT_TABLE)
  return [
    `create table if not exists ${name} (`,
    '  id text collate "C" primary key,',
    '  -- The process that handles the event, or has.',
    '  owner uuid not null,',
    '  is_done boolean not null,',
    '  -- From then on the row counts for nothing.',
    '  until timestamptz not null',
    ');'
  ].join('\n')
}

/**
 * Remembers deliveries for several processes in a table: an attempt that reaches another process is recognised there too.
 * Moments are of the database's clock. While it is away, each process remembers its own deliveries only. An event can then
 * be handled once by each process, but no delivery is refused for it.
 *
 * Throws `FST_CLERK_REVOCATION_POSTGRES_POOL` for a `pool` that is not a `Pool` of `pg`, and the coded error of another
 * bad option.
 */
export function createPostgresDeliveries(options: PostgresDeliveriesOptions): Deliveries {
  const { pool, table, createTable, busyInMs } = readOptions(POSTGRES_DELIVERIES, options, {
    path: 'createPostgresDeliveries'
  })
  const owner = randomUUID()
  let isTableThere = false
  let trimmedMs = -Infinity

  // A row that is written by another process while this statement runs is in neither part: then it is busy.
  const claimSql =
    `with claimed as (insert into ${table} (id, owner, is_done, until) ` +
    "values ($1, $2, false, now() + $3 * interval '1 millisecond') on conflict (id) do update " +
    `set owner = excluded.owner, is_done = false, until = excluded.until where ${table}.until < now() returning id) ` +
    "select 'new' as state from claimed union all " +
    `select case when is_done then 'done' else 'busy' end from ${table} where id = $1 and not exists (select from claimed)`
  const finishSql =
    `insert into ${table} (id, owner, is_done, until) values ($1, $2, true, now() + $3 * interval '1 second') ` +
    'on conflict (id) do update set is_done = true, until = excluded.until'
  const releaseSql = `delete from ${table} where id = $1 and owner = $2 and not is_done`

  async function run(text: string, values: readonly unknown[] = []): Promise<readonly unknown[]> {
    const { rows } = (await pool.query({ text, values: [...values], query_timeout: STORE_TIMEOUT_MS })) as {
      rows: unknown[]
    }
    return rows
  }

  async function query(text: string, values: readonly unknown[]): Promise<readonly unknown[]> {
    if (!isTableThere) await openTable(run, { table, createSql: createTable ? deliveryTableSql(table) : null })
    isTableThere = true
    try {
      return await runUndoneAgain(() => run(text, values))
    } catch (error) {
      isTableThere = false
      throw error
    }
  }

  function trim(): void {
    const nowMs = performance.now()
    if (nowMs - trimmedMs < TRIM_INTERVAL_MS) return
    trimmedMs = nowMs
    run(`delete from ${table} where until < now()`).catch(() => {})
  }

  return createSharedDeliveries({
    async claim(id) {
      const [row] = (await query(claimSql, [id, owner, busyInMs])) as { readonly state: 'new' | 'done' | 'busy' }[]
      trim()
      return row?.state ?? 'busy'
    },
    finish: (id) => query(finishSql, [id, owner, RETENTION_SECONDS]),
    release: (id) => query(releaseSql, [id, owner]),
    awayCause: postgresAwayCause
  })
}
