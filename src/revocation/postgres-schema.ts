import { assertTableName, indexName } from '../core/options/sql-names.js'

export const DEFAULT_REVOCATION_TABLE = 'clerk_revocations'

/**
 * SQL for the table of `createPostgresBus()`, for migrations. It can be run again. The role of the bus needs `select`,
 * `insert`, `update` and `delete` on the table.
 */
export function revocationTableSql(table = DEFAULT_REVOCATION_TABLE): string {
  const name = assertTableName('revocationTableSql.table', table, DEFAULT_REVOCATION_TABLE)
  return [
    `create table if not exists ${name} (`,
    '  -- SHA-256 of the target, which can be longer than an index takes.',
    '  id text collate "C" primary key,',
    '  -- Whose tokens are refused, as JSON.',
    '  target text not null,',
    '  -- Milliseconds since the epoch: tokens issued until then are refused.',
    '  at_ms double precision not null',
    ');',
    `create index if not exists ${indexName(name, 'at_ms')} on ${name} (at_ms);`
  ].join('\n')
}

/** The statements of the bus; `table` has been checked. */
export interface RevocationStatements {
  /** Parameters: the id after which the page begins, and its length. */
  readonly page: string
  /** Parameters: ids, targets, moments, channel, messages. A later moment that is in the table stays. */
  readonly share: string
  /** Parameters: the channel. Fails where revocations could not be stored. Says whether this session listens. */
  readonly probe: string
  /** Parameters: an id, a moment. One row if the table has that moment or a later one. */
  readonly holds: string
  /** Parameter: a moment. */
  readonly trim: string
}

export function revocationStatements(table: string): RevocationStatements {
  const upsert = `on conflict (id) do update set at_ms = excluded.at_ms where ${table}.at_ms < excluded.at_ms`
  return {
    page: `select id, target, at_ms from ${table} where id > $1 order by id limit $2`,
    // In the order of ids, so that two processes that store the same ones do not wait for each other. Notifications
    // are sent when the statement's transaction ends, when others can see the rows.
    share:
      `with stored as (insert into ${table} (id, target, at_ms) select id, min(target), max(at_ms) ` +
      'from unnest($1::text[], $2::text[], $3::double precision[]) as given (id, target, at_ms) ' +
      `group by id order by id ${upsert}) ` +
      'select pg_notify($4, message) from unnest($5::text[]) as messages (message)',
    // Without rows, so that nothing is written; with all privileges checked, and refused by a server that is read-only.
    probe:
      `with stored as (insert into ${table} (id, target, at_ms) select '', '', 0 where false ${upsert}), ` +
      `gone as (delete from ${table} where false) ` +
      'select $1 in (select pg_listening_channels()) as listening',
    holds: `select from ${table} where id = $1 and at_ms >= $2`,
    trim: `delete from ${table} where at_ms < $1`
  }
}
