import { EventEmitter } from 'node:events'
import pg from 'pg'
import t from 'tap'
import { createChain } from '../../src/audit/chain.js'
import { createJournal, type Journal } from '../../src/audit/journal.js'
import { auditTableSql } from '../../src/audit/postgres-schema.js'
import { postgresSink } from '../../src/audit/postgres-sink.js'
import { verifyChain } from '../../src/audit/verify.js'
import { type Logger, silentLogger } from '../../src/core/logger.js'
import { addRecord } from '../fixtures/audit-record.js'
import { createPostgresServer } from '../fixtures/postgres-server.js'

const server = await createPostgresServer()
if (server === null) {
  // A test that is skipped names itself in the summary; a file that is skipped is only counted.
  t.pass('PostgreSQL', { skip: 'PostgreSQL is not installed' })
  t.end()
  process.exit()
}
const { connectionString } = server
// Timers of the journal do not keep a process alive; the server does, in real life.
const alive = setInterval(() => {}, 1_000)
t.teardown(() => {
  clearInterval(alive)
  return server.remove()
})

interface Setup {
  readonly table: string
  readonly whenFull?: 'wait' | 'drop'
  readonly maxQueued?: number
  readonly closeTimeoutInMs?: number
  readonly queryTimeoutInMs?: number
  readonly now?: () => number
}

let writers = 0

const logged = new EventEmitter()
const logger: Logger = { ...silentLogger, error: (_fields, message) => void logged.emit(message) }

async function openJournal(setup: Setup): Promise<Journal> {
  const { table, queryTimeoutInMs } = setup
  const sink = postgresSink({
    connectionString,
    table,
    ...(queryTimeoutInMs === undefined ? {} : { queryTimeoutInMs })
  })
  await sink.open()
  return createJournal({
    sink,
    writer: `writer_${writers++}`,
    chain: createChain(null, null),
    flushIntervalInMs: 5,
    batchSize: 50,
    maxQueued: setup.maxQueued ?? 1_000,
    whenFull: setup.whenFull ?? 'wait',
    maxWaitInMs: 50,
    closeTimeoutInMs: setup.closeTimeoutInMs ?? 10_000,
    now: setup.now ?? Date.now,
    logger
  })
}

function fields(number: number, more: Record<string, unknown> = {}): string {
  const record = {
    requestId: `req-${number}`,
    decision: number % 10 === 0 ? 'refused' : 'allowed',
    reason: null,
    method: 'POST',
    route: '/things/:id',
    status: number % 10 === 0 ? 403 : 200,
    durationMs: 1.5,
    aborted: false,
    userId: `user_${number % 50}`,
    orgId: `org_${number % 5}`,
    actorId: number % 25 === 0 ? 'user_admin' : null,
    token: { type: 'session_token', id: null },
    device: {
      sessionId: `sess_${number % 100}`,
      address: `198.51.100.${number % 200}`,
      userAgent: 'agent',
      kind: 'desktop'
    },
    action: 'thing.change',
    target: `thing_${number}`,
    details: null,
    ...more
  }
  return JSON.stringify(record).slice(1, -1)
}

async function query<T>(text: string, values: unknown[] = []): Promise<T[]> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  try {
    return (await client.query(text, values)).rows as T[]
  } finally {
    await client.end()
  }
}

async function count(table: string): Promise<{ rows: number; targets: number }> {
  const rows = await query<{ rows: string; targets: string }>(
    `select count(*) as rows, count(distinct target) as targets from ${table} where target is not null`
  )
  return { rows: Number(rows[0]?.rows), targets: Number(rows[0]?.targets) }
}

/** The rows in the order that the manual gives. */
function exported(table: string) {
  return query<{ line: string; writer: string }>(
    `select writer, record::text as line from ${table} order by max(time) over (partition by writer order by seq), seq`
  )
}

function verify(rows: readonly { readonly line: string }[]) {
  return verifyChain([{ name: 'export', lines: rows.map(({ line }) => line) }])
}

/** Resolves when a journal says that its sink takes nothing. */
function untilFailing(): Promise<void> {
  return new Promise((resolve) =>
    logged.once('The audit sink does not take records; they are kept and tried again', resolve)
  )
}

t.test('records are rows, with the fields people ask for in columns and the whole of it beside', async (t) => {
  const journal = await openJournal({ table: 'rows_test' })
  for (let number = 0; number < 120; number++) addRecord(journal, fields(number))
  await journal.close()
  t.same(await count('rows_test'), { rows: 120, targets: 120 })
  const [row] = await query<Record<string, unknown>>("select * from rows_test where target = 'thing_25'")
  t.ok(row)
  t.match(row, {
    request_id: 'req-25',
    decision: 'allowed',
    method: 'POST',
    route: '/things/:id',
    status: 200,
    duration_ms: 1.5,
    user_id: 'user_25',
    org_id: 'org_0',
    actor_id: 'user_admin',
    token_type: 'session_token',
    session_id: 'sess_25',
    address: '198.51.100.25',
    action: 'thing.change',
    record: { requestId: 'req-25', device: { kind: 'desktop' } }
  })
  t.ok(Math.abs(Date.now() - Number(row?.time)) < 60_000)
  t.same(journal.health().written, 121, 'with the close record')
})

t.test('an export of the rows is checked like a file', async (t) => {
  const rows = await query<{ line: string }>('select record::text as line from rows_test order by writer, seq')
  const lines = rows.map((row) => row.line)
  const report = await verifyChain([{ name: 'export', lines }])
  t.equal(report.isIntact, true, JSON.stringify(report.broken))
  t.equal(report.records, 121)
})

t.test('of several processes that write to one table none can be taken out of an export', async (t) => {
  const [one, other] = [await openJournal({ table: 'shared_test' }), await openJournal({ table: 'shared_test' })]
  addRecord(one, fields(1))
  await one.flush()
  addRecord(other, fields(2))
  await other.close()
  addRecord(one, fields(3))
  await one.close()
  const rows = await exported('shared_test')
  t.match(await verify(rows), { isIntact: true, notices: [] })
  const taken = rows.find(({ line }) => line.includes('"requestId":"req-2"'))?.writer
  t.match((await verify(rows.filter(({ writer }) => writer !== taken))).broken?.problem, /which is missing/)
})

t.test('a process whose clock is ahead hides no other, and one whose clock is set back is intact', async (t) => {
  let aheadMs = 3_600_000
  const ahead = await openJournal({ table: 'clocks_test', now: () => Date.now() + aheadMs })
  const [one, other] = [await openJournal({ table: 'clocks_test' }), await openJournal({ table: 'clocks_test' })]
  for (const journal of [ahead, one, other]) {
    addRecord(journal, fields(1))
    await journal.flush()
  }
  aheadMs = 0
  addRecord(ahead, fields(2))
  for (const journal of [one, other, ahead]) await journal.close()
  const rows = await exported('clocks_test')
  t.match(await verify(rows), { isIntact: true, notices: [] })
  for (const { writer } of rows)
    t.match((await verify(rows.filter((row) => row.writer !== writer))).broken?.problem, /which is missing/)
})

t.test('each question people ask is answered from an index', async (t) => {
  await query('create table questions as select * from rows_test limit 0')
  await query('drop table questions')
  await query(auditTableSql('questions'))
  await query(`insert into questions (time, writer, seq, user_id, org_id, actor_id, session_id, address, decision, action, target, record)
    select now() - n * interval '1 second', 'w', n, 'user_' || n % 5000, 'org_' || n % 500,
      case when n % 1000 = 0 then 'user_admin_' || n % 7 end, 'sess_' || n % 10000, '198.51.' || n % 200 || '.' || n % 250,
      case when n % 500 = 0 then 'refused' else 'allowed' end, 'action_' || n % 900, 'thing_' || n, '{}'
    from generate_series(1, 50000) as n`)
  await query('analyze questions')
  const questions: [string, string][] = [
    ['questions_user', "select * from questions where user_id = 'user_7' order by time desc limit 50"],
    [
      'questions_device',
      "select session_id, max(time) from questions where user_id = 'user_7' and session_id is not null group by session_id"
    ],
    ['questions_session', "select * from questions where session_id = 'sess_7' order by time desc limit 50"],
    ['questions_actor', "select * from questions where actor_id = 'user_admin_0' order by time desc limit 5"],
    [
      'questions_impersonated',
      "select * from questions where user_id = 'user_0' and actor_id is not null order by actor_id limit 5"
    ],
    ['questions_target', "select * from questions where target = 'thing_7' order by time desc"],
    ['questions_action', "select * from questions where action = 'action_7' order by time desc limit 10"],
    ['questions_org', "select * from questions where org_id = 'org_7' order by time desc limit 10"],
    ['questions_address', "select * from questions where address = '198.51.7.7' order by time desc limit 10"],
    ['questions_refused', "select * from questions where decision = 'refused' order by time desc limit 20"],
    ['questions_pkey', 'select * from questions order by time desc limit 50'],
    ['questions_pkey', "delete from questions where time < now() - interval '49900 seconds'"]
  ]
  for (const [index, question] of questions) {
    const plan = (await query<Record<string, string>>(`explain ${question}`)).map((row) => row['QUERY PLAN']).join('\n')
    t.match(plan, new RegExp(`(Index|Bitmap).* ${index}\\b`), question)
  }
})

t.test('a table has each of its indexes, however long its name is', async (t) => {
  const schema = 's'.repeat(40)
  await query(`create schema ${schema}`)
  const tables = ['a'.repeat(50), 'a'.repeat(58), 'a'.repeat(61), `${'a'.repeat(62)}b`, 'a'.repeat(63)]
  for (const table of [...tables, `${schema}.${'t'.repeat(29)}`, `${schema}.${'t'.repeat(30)}`]) {
    await query(auditTableSql(table))
    await query(auditTableSql(table))
    const rows = await query<{ name: string }>(
      'select indexrelid::regclass::text as name from pg_index where indrelid = $1::regclass',
      [table]
    )
    t.equal(rows.length, 11, table)
  }
  t.match(auditTableSql('a'.repeat(50)), `${'a'.repeat(50)}_impersonated on`, 'a name that fits stays as it is')
})

t.test('a database that is stopped is waited for: nothing is missing and nothing is there twice', async (t) => {
  const journal = await openJournal({ table: 'stopped_test' })
  let number = 0
  const addSome = (amount: number) => {
    for (let added = 0; added < amount; added++) addRecord(journal, fields(number++))
  }
  addSome(100)
  await journal.flush()
  // The server stops while batches are under way: the client cannot know whether they were inserted.
  addSome(400)
  const failing = untilFailing()
  const stopped = server.stop()
  addSome(100)
  await stopped
  addSome(100)
  await failing
  t.equal(journal.health().ok, false)
  t.ok(journal.health().queued >= 200)
  t.type(journal.health().lastError, 'string')
  await server.start()
  await journal.flush()
  t.equal(journal.health().ok, true)
  t.same(await count('stopped_test'), { rows: number, targets: number })
  await journal.close()
})

t.test('a database that hangs counts as gone, and is written to when it is back', async (t) => {
  const journal = await openJournal({ table: 'hanging_test', queryTimeoutInMs: 200 })
  addRecord(journal, fields(1))
  await journal.flush()
  const failing = untilFailing()
  server.freeze()
  addRecord(journal, fields(2))
  await failing
  t.match(journal.health(), { ok: false, lastError: 'timeout' })
  server.thaw()
  await journal.flush()
  t.same(
    await count('hanging_test'),
    { rows: 2, targets: 2 },
    'an insert that timed out and was made all the same is there once'
  )
  await journal.close()
})

t.test('a table that is dropped is made again, and its records wait for it', async (t) => {
  const journal = await openJournal({ table: 'dropped_test' })
  addRecord(journal, fields(1))
  await journal.flush()
  await query('drop table dropped_test')
  addRecord(journal, fields(2))
  await journal.flush()
  t.same(await count('dropped_test'), { rows: 1, targets: 1 })
  t.match(journal.health(), { ok: true, lost: 0, lastError: null })
  await journal.close()
})

t.test('a role that may not create a table writes to the one that is there', async (t) => {
  await query(auditTableSql('given_test'))
  await query('create role auditor login; grant select, insert on given_test to auditor')
  const sink = postgresSink({ connectionString: connectionString.replace('audit@', 'auditor@'), table: 'given_test' })
  await sink.open()
  await sink.write([`{"time":1700000000123,"writer":"w","seq":0,${fields(0)}}`])
  t.equal((await count('given_test')).rows, 1)
  await sink.close()
})

t.test(
  'with the database gone and the queue full, requests wait for room and are turned away, and no record is lost',
  async (t) => {
    const journal = await openJournal({ table: 'full_test', maxQueued: 100 })
    await server.stop()
    for (let number = 0; number < 100; number++) addRecord(journal, fields(number))
    t.equal(journal.hasRoom(true), false)
    t.equal(journal.hasRoom(false), true, 'reads go on')
    t.equal(await new Promise((resolve) => journal.waitForRoom(true, resolve)), false)
    t.equal(journal.health().turnedAway, 1)
    await server.start()
    await journal.flush()
    t.equal(journal.hasRoom(true), true)
    t.same(await count('full_test'), { rows: 100, targets: 100 })
    await journal.close()
  }
)

t.test('dropping is counted, and the hole is in the log', async (t) => {
  const journal = await openJournal({ table: 'drop_test', maxQueued: 100, whenFull: 'drop' })
  await server.stop()
  for (let number = 0; number < 150; number++) addRecord(journal, fields(number))
  t.match(journal.health(), { ok: false, dropped: 50, queued: 100 })
  await server.start()
  await journal.flush()
  addRecord(journal, fields(500))
  await journal.close()
  t.equal((await count('drop_test')).rows, 101)
  const gaps = await query<{ record: unknown }>("select record from drop_test where record->>'msg' = 'audit-gap'")
  t.match(gaps, [{ record: { dropped: 50, level: 40 } }])
})

t.test('a close without the database ends in time and says what is lost', async (t) => {
  const journal = await openJournal({ table: 'close_test', closeTimeoutInMs: 300 })
  await server.stop()
  addRecord(journal, fields(1))
  addRecord(journal, fields(2))
  const startedMs = Date.now()
  await journal.close()
  t.ok(Date.now() - startedMs < 6_000)
  t.match(journal.health(), { lost: 3, written: 0 })
  await server.start()
})

t.test('a record the database cannot take does not keep its neighbours out', async (t) => {
  const journal = await openJournal({ table: 'refused_test' })
  for (let number = 0; number < 20; number++) addRecord(journal, fields(number, number === 7 ? { status: 'none' } : {}))
  await journal.flush()
  t.equal((await count('refused_test')).rows, 19)
  t.match(journal.health(), { lost: 1, written: 19, ok: true })
  await journal.close()
})

t.test('the sink of a pool that is the application’s leaves the pool open', async (t) => {
  const pool = new pg.Pool({ connectionString })
  const sink = postgresSink({ pool, table: 'pool_test' })
  await sink.open()
  await sink.write([`{"time":1700000000123,"writer":"w","seq":0,${fields(0)}}`])
  t.match(await sink.lastLine?.(), /"seq":0/)
  await sink.close()
  t.match((await pool.query('select time from pool_test')).rows, [{ time: new Date(1_700_000_000_123) }])
  await pool.end()
})

t.test('names that are more than a name are no tables', async (t) => {
  const names = ['audit; drop table users', 'Audit', 'a.b.c', '', '1a', 'a"b', 7]
  for (const table of names) {
    t.throws(() => postgresSink({ connectionString, table: table as string }), { code: 'FST_CLERK_OPTION_VALUE' })
  }
  t.throws(() => postgresSink({}), { code: 'FST_CLERK_OPTION_TYPE' })
  t.match(auditTableSql('audit.requests'), /audit_requests_user on audit\.requests/)
})
