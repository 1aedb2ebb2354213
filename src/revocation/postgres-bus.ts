import type { Logger } from '../core/logger.js'
import { boolean } from '../core/options/readers.js'
import { tableName } from '../core/options/sql-names.js'
import { type OptionTable, option, readOptions } from '../core/options/table.js'
import type { RevocationBus } from '../core/revocation/bus.js'
import { createLinkedBus, LINKED_BUS } from './linked-bus.js'
import { createPostgresEngine } from './postgres-engine.js'
import { DEFAULT_REVOCATION_TABLE } from './postgres-schema.js'
import { type PostgresPool, readPostgresPool } from './postgres-session.js'

export interface PostgresBusOptions {
  /**
   * A `Pool` of `pg`. The bus opens one connection of its own with the pool's settings, and takes none from the pool. It
   * has to reach PostgreSQL itself or a pooler in session mode: in transaction mode, `LISTEN` hears nothing, and the bus
   * stays away with the cause `silent`.
   */
  readonly pool: PostgresPool
  /**
   * Lower-case name, with or without a schema. Clerk instances that share a database need one table each. Default
   * `clerk_revocations`.
   */
  readonly table?: string | undefined
  /** Creates the table if it does not exist. Default true; give false where migrations do it (`revocationTableSql()`). */
  readonly createTable?: boolean | undefined
  /**
   * Shortest time that a revocation stays in the table. Default 90000000 (25 hours), 1000 to 2592000000 (30 days). Security: with
   * less than machine tokens live, a process that accepts none removes what other processes need when they start.
   */
  readonly retentionInMs?: number | undefined
  /** How long a starting server waits for PostgreSQL before it starts without. Default 2000, 0 to 600000. */
  readonly openTimeoutInMs?: number | undefined
  /** Interval at which the bus checks that it hears; also the timeout of statements. Default 5000, 10 to 600000. */
  readonly heartbeatInMs?: number | undefined
  /** Default: the plugin's. */
  readonly logger?: Logger | undefined
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: (() => number) | undefined
}

export const POSTGRES_BUS = {
  pool: option<PostgresPool, PostgresPool>(readPostgresPool),
  table: tableName({ default: DEFAULT_REVOCATION_TABLE }),
  createTable: boolean({ default: true }),
  ...LINKED_BUS
} satisfies OptionTable<PostgresBusOptions>

/**
 * A bus over PostgreSQL, by `pg` 8.11 or later: `LISTEN` and `NOTIFY` for running processes, and a table for processes
 * that start later.
 *
 * Throws `FST_CLERK_REVOCATION_POSTGRES_POOL` for a `pool` that is not a `Pool` of `pg`, and the coded error of another
 * bad option.
 */
export function createPostgresBus(options: PostgresBusOptions): RevocationBus {
  const settings = readOptions(POSTGRES_BUS, options, { path: 'createPostgresBus' })
  const { pool, table, createTable, heartbeatInMs } = settings
  const createEngine = () => createPostgresEngine({ pool, table, createTable, timeoutMs: heartbeatInMs })
  return createLinkedBus(createEngine, { kind: 'postgres', ...settings })
}
