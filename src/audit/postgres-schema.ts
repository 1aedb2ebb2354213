import { assertTableName, indexName } from '../core/options/sql-names.js'

export const DEFAULT_AUDIT_TABLE = 'clerk_audit'

/** Columns in the order of the insert: name, type, and the SQL that reads the value from a record. */
const COLUMNS = [
  ['time', 'timestamptz not null', "to_timestamp((r->>'time')::double precision / 1000)"],
  ['writer', 'text not null', "r->>'writer'"],
  ['seq', 'bigint not null', "(r->>'seq')::bigint"],
  ['request_id', 'text', "r->>'requestId'"],
  ['decision', 'text', "r->>'decision'"],
  ['reason', 'text', "r->>'reason'"],
  ['method', 'text', "r->>'method'"],
  ['route', 'text', "r->>'route'"],
  ['status', 'smallint', "(r->>'status')::smallint"],
  ['duration_ms', 'real', "(r->>'durationMs')::real"],
  ['user_id', 'text', "r->>'userId'"],
  ['org_id', 'text', "r->>'orgId'"],
  ['actor_id', 'text', "r->>'actorId'"],
  ['token_type', 'text', "r#>>'{token,type}'"],
  ['token_id', 'text', "r#>>'{token,id}'"],
  ['session_id', 'text', "r#>>'{device,sessionId}'"],
  ['address', 'text', "r#>>'{device,address}'"],
  ['user_agent', 'text', "r#>>'{device,userAgent}'"],
  ['browser', 'text', "r#>>'{device,browser,name}'"],
  ['os', 'text', "r#>>'{device,os,name}'"],
  ['kind', 'text', "r#>>'{device,kind}'"],
  ['action', 'text', "r->>'action'"],
  ['target', 'text', "r->>'target'"],
  // `json`, not `jsonb`, keeps the text byte by byte: the hashes of a chain can be checked after an export.
  ['record', 'json not null', 'r']
] as const

/** An index for each question that people ask of the log. */
const INDEXES: readonly { readonly name: string; readonly question: string; readonly on: string }[] = [
  { name: 'user', question: 'What did this user do?', on: '(user_id, time desc) where user_id is not null' },
  {
    name: 'device',
    question: 'From which devices did this user come, and what came from this device?',
    on: '(user_id, session_id, time desc) where session_id is not null'
  },
  {
    name: 'session',
    question: 'What came from this session?',
    on: '(session_id, time desc) where session_id is not null'
  },
  { name: 'actor', question: 'Who acted as whom?', on: '(actor_id, time desc) where actor_id is not null' },
  {
    name: 'impersonated',
    question: 'Who acted as this user?',
    on: '(user_id, actor_id, time desc) where actor_id is not null'
  },
  { name: 'target', question: 'Who did what to this thing?', on: '(target, time desc) where target is not null' },
  { name: 'action', question: 'Who did this, ever?', on: '(action, time desc) where action is not null' },
  { name: 'org', question: 'What happened in this organization?', on: '(org_id, time desc) where org_id is not null' },
  { name: 'address', question: 'What came from this address?', on: '(address, time desc) where address is not null' },
  { name: 'refused', question: 'What was refused lately?', on: "(time desc) where decision = 'refused'" }
]

/**
 * SQL for the table of `postgresSink()` and its indexes, for migrations. The primary key begins with the time: it
 * serves reading newest first and deleting old records, and the table can be partitioned by `time`.
 */
export function auditTableSql(table = DEFAULT_AUDIT_TABLE): string {
  const name = assertTableName('postgresSink.table', table, DEFAULT_AUDIT_TABLE)
  return [
    `create table if not exists ${name} (`,
    ...COLUMNS.map(([column, type]) => `  ${column} ${type},`),
    '  primary key (time, writer, seq)',
    ');',
    ...INDEXES.flatMap((index) => [
      `-- ${index.question}`,
      `create index if not exists ${indexName(name, index.name)} on ${name} ${index.on};`
    ])
  ].join('\n')
}

/** Takes one parameter, a JSON array of records. Records that are in the table already are left as they are. */
export function insertSql(table: string): string {
  const columns = COLUMNS.map(([column]) => column).join(', ')
  const values = COLUMNS.map(([, , value]) => value).join(', ')
  return `insert into ${table} (${columns}) select ${values} from json_array_elements($1::json) as e(r) on conflict do nothing`
}

/**
 * Takes a writer's name, and the time of the newest record known in ms or null. Selects the newest record of each other writer
 * from ten seconds before it on: clocks of writers differ, and inserts take time. A record of the future, by a clock that is
 * ahead, hides no other. Because of the lower bound the primary key answers it.
 */
export function newestOfOthersSql(table: string): string {
  const newest = `coalesce(to_timestamp($2::double precision / 1000), (select max(time) from ${table}))`
  const since = `least(${newest}, now()) - interval '10 seconds'`
  return (
    `with newest as (select writer, max(seq) as seq from ${table} where time >= ${since} and writer <> $1 group by writer) ` +
    `select t.record::text as line, extract(epoch from t.time) * 1000 as ms from newest ` +
    `join ${table} t on t.writer = newest.writer and t.seq = newest.seq and t.time >= ${since}`
  )
}
