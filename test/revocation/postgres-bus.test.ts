import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import t, { type Test } from 'tap'
import type { Logger } from '../../src/core/logger.js'
import { createRevocations } from '../../src/core/revocation/revocations.js'
import type { Revocations } from '../../src/core/revocation/types.js'
import { createPostgresBus, type PostgresPool, revocationTableSql } from '../../src/revocation/index.js'
import type { PostgresBusOptions } from '../../src/revocation/postgres-bus.js'
import { openPostgresSession } from '../../src/revocation/postgres-session.js'
import { pgbouncerProgram, startPgBouncer } from '../fixtures/pgbouncer.js'
import { createPostgresServer, ROLE_WITH_PASSWORD } from '../fixtures/postgres-server.js'

// What every bus has to do is tried in conformance/postgres.test.ts. Here: what PostgreSQL does to it.

const server = await createPostgresServer()
const skip = server === null ? 'PostgreSQL is not installed' : false
t.teardown(() => server?.remove())

const AWAY = 'revocation bus is away: revocations count in this process until it is back'
const BACK = 'revocation bus is connected'

let tables = 0

/** The lines that the bus has logged, with their causes. */
interface Log extends Logger {
  readonly lines: string[]
}

function createLog(): Log {
  const lines: string[] = []
  const add = (fields: object, message: string) => {
    const { cause } = fields as { cause?: string }
    lines.push(cause === undefined ? message : `${message} (${cause})`)
  }
  return { lines, debug() {}, info: add, warn: add, error: add }
}

interface Process {
  readonly revocations: Revocations
  readonly log: Log
  readonly pool: pg.Pool
  readonly health: () => { readonly connected: boolean; readonly cause: unknown }
}

function createPool(t: Pick<Test, 'teardown'>, config: pg.PoolConfig = {}): pg.Pool {
  const pool = new pg.Pool({ connectionString: server?.connectionString, ...config })
  pool.on('error', () => {})
  t.teardown(() => pool.end())
  return pool
}

/** A process of the application whose bus is connected, or away for that cause. */
async function startProcess(
  t: Pick<Test, 'teardown'>,
  options: Partial<PostgresBusOptions> & { readonly config?: pg.PoolConfig; readonly awayFor?: string } = {}
): Promise<Process> {
  const { config, awayFor = null, ...rest } = options
  const log = createLog()
  const pool = createPool(t, config)
  const bus = createPostgresBus({ pool, heartbeatInMs: 500, openTimeoutInMs: 30_000, ...rest })
  const revocations = createRevocations({ now: Date.now, clockSkewMs: 5_000, logger: log, bus })
  t.teardown(() => revocations.close())
  const health = () => {
    const { connected, cause } = revocations.health().bus ?? {}
    return { connected: connected === true, cause }
  }
  await until(() => health().connected === (awayFor === null) && health().cause === awayFor)
  return { revocations, log, pool, health }
}

async function query(text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: server?.connectionString })
  await client.connect()
  try {
    return (await client.query(text, values)).rows
  } finally {
    await client.end()
  }
}

const newTable = () => `revocations_${tables++}`
const connected = { connected: true, cause: null }
const away = (cause: string) => ({ connected: false, cause })

t.test('with the database', { skip }, async (t) => {
  t.test('a process has one connection of its own, and leaves the pool alone', async (t) => {
    const table = newTable()
    const { revocations, pool, health } = await startProcess(t, { table, config: { max: 1 } })
    t.match(health(), connected)
    t.equal(pool.totalCount, 0)
    const client = await pool.connect()
    t.equal(await revocations.revoke({ sessionId: 'sess_1' }), true, 'while the only client of the pool is in use')
    client.release()
    const named =
      "select count(*)::int as count from pg_stat_activity where application_name = 'fastify-clerk-auth revocations'"
    t.strictSame(await query(named), [{ count: 1 }])
    await revocations.close()
    await untilAsync(async () => (await query(named))[0]?.count === 0)
  })

  t.test('settings of the pool count for the connection, the hidden ones too', async (t) => {
    await query(`create role ${ROLE_WITH_PASSWORD} login password 'secret'`)
    await query(`grant create on schema public to ${ROLE_WITH_PASSWORD}`)
    const { port } = server as { port: number }
    const config = {
      connectionString: undefined,
      host: '127.0.0.1',
      port,
      database: 'postgres',
      user: ROLE_WITH_PASSWORD
    }
    const byText = await startProcess(t, { table: newTable(), config: { ...config, password: 'secret' } })
    t.match(byText.health(), connected)
    const byFunction = await startProcess(t, {
      table: newTable(),
      config: { ...config, password: async () => 'secret' }
    })
    t.match(byFunction.health(), connected)
  })

  t.test('a wrong password, no password: away, with one warning', async (t) => {
    for (const password of ['wrong', undefined]) {
      const { port } = server as { port: number }
      const config = { host: '127.0.0.1', port, database: 'postgres', user: ROLE_WITH_PASSWORD, password }
      const { revocations, log, health } = await startProcess(t, {
        table: newTable(),
        config: { connectionString: undefined, ...config },
        awayFor: 'authentication'
      })
      t.match(health(), away('authentication'))
      t.equal(await revocations.revoke({ sessionId: 'sess_1' }), false)
      await delay(300)
      t.strictSame(log.lines, [`${AWAY} (authentication)`])
    }
  })

  t.test('a table that is missing, with createTable: false, is waited for', async (t) => {
    const table = newTable()
    const { revocations, log, health } = await startProcess(t, { table, createTable: false, awayFor: 'unusable' })
    await revocations.revoke({ sessionId: 'sess_1' })
    await query(revocationTableSql(table))
    await query(revocationTableSql(table))
    await until(() => health().connected)
    t.strictSame(log.lines, [`${AWAY} (unusable)`, BACK])
    t.equal((await query(`select * from ${table}`)).length, 1)
  })

  t.test('a table with the longest name has its index', async (t) => {
    const table = 'r'.repeat(63)
    await query(revocationTableSql(table))
    t.equal((await query(`select * from pg_index where indrelid = '${table}'::regclass`)).length, 2)
  })

  t.test('a role that may not write is away; with the privileges that the manual names, it is back', async (t) => {
    const table = newTable()
    await query(revocationTableSql(table))
    await query(`create role reader login`)
    await query(`grant select on ${table} to reader`)
    const { port } = server as { port: number }
    const config = { connectionString: `postgres://reader@127.0.0.1:${port}/postgres` }
    const { log, health } = await startProcess(t, { table, config, awayFor: 'permission' })
    await query(`grant insert, update, delete on ${table} to reader`)
    await until(() => health().connected)
    t.strictSame(log.lines, [`${AWAY} (permission)`, BACK])
    await query(`revoke delete on ${table} from reader`)
    await until(() => !health().connected)
    t.match(health(), away('permission'), 'a privilege that is taken away is noticed by the heartbeat')
  })

  t.test(
    'a connection that an administrator ends is replaced; one line when it goes and one when it is back',
    async (t) => {
      const table = newTable()
      const one = await startProcess(t, { table })
      const two = await startProcess(t, { table })
      for (const process of [one, two]) t.match(process.health(), connected)
      const lines = one.log.lines.length
      await query(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'fastify-clerk-auth revocations'"
      )
      await until(() => one.log.lines.length === lines + 2)
      t.strictSame(one.log.lines.slice(lines), [`${AWAY} (closed)`, BACK])
      await until(() => two.health().connected)
      await one.revocations.revoke({ sessionId: 'sess_1' })
      await until(() => two.revocations.size === 1)
    }
  )

  t.test('a table that is locked, a server that hangs: away in time, and back', async (t) => {
    const table = newTable()
    const { revocations, health } = await startProcess(t, { table })
    const locker = new pg.Client({ connectionString: server?.connectionString })
    await locker.connect()
    await locker.query('begin')
    await locker.query(`lock table ${table} in access exclusive mode`)
    await until(() => !health().connected)
    t.match(health(), away('timeout'))
    await locker.query('rollback')
    await locker.end()
    await until(() => health().connected)
    server?.freeze()
    await until(() => !health().connected)
    t.match(health(), away('timeout'))
    t.equal(await revocations.revoke({ sessionId: 'sess_1' }), false)
    server?.thaw()
    await until(() => health().connected)
    await untilAsync(async () => (await query(`select * from ${table}`)).length === 1)
  })

  t.test('a statement that the server cancels is a timeout', async (t) => {
    const table = newTable()
    await query('create role hasty login')
    await query(revocationTableSql(table))
    await query(`grant all on ${table} to hasty`)
    await query("alter role hasty set lock_timeout = '20ms'")
    const { port } = server as { port: number }
    const { health } = await startProcess(t, {
      table,
      config: { connectionString: `postgres://hasty@127.0.0.1:${port}/postgres?statement_timeout=50` }
    })
    t.match(health(), connected)
    const locker = new pg.Client({ connectionString: server?.connectionString })
    await locker.connect()
    await locker.query('begin')
    await locker.query(`lock table ${table} in access exclusive mode`)
    await until(() => !health().connected)
    t.match(health(), away('unready'), 'lock_timeout comes first')
    await locker.query('rollback')
    await locker.end()
    await until(() => health().connected)
  })

  t.test('a standby is read-only, and usable once it is promoted', async (t) => {
    const table = newTable()
    const elsewhere = await startProcess(t, { table })
    await elsewhere.revocations.revoke({ sessionId: 'sess_1' })
    const standby = await (server as NonNullable<typeof server>).standby()
    t.teardown(() => standby.remove())
    const { revocations, health } = await startProcess(t, {
      table,
      config: { connectionString: standby.connectionString },
      awayFor: 'read-only'
    })
    standby.promote()
    await until(() => health().connected)
    t.equal(revocations.size, 1, 'it has what the other server had')
    t.equal(await revocations.revoke({ sessionId: 'sess_2' }), true)
  })

  t.test('nobody listens at the address, or it is unknown', async (t) => {
    const nobody = { connectionString: 'postgres://audit@127.0.0.1:1/postgres' }
    t.match((await startProcess(t, { config: nobody, awayFor: 'refused' })).health(), away('refused'))
    const nowhere = { connectionString: 'postgres://audit@nowhere.invalid/postgres' }
    t.match((await startProcess(t, { config: nowhere, awayFor: 'unreachable' })).health(), away('unreachable'))
  })

  t.test('there is no such database', async (t) => {
    const { port } = server as { port: number }
    const config = { connectionString: `postgres://audit@127.0.0.1:${port}/nothing` }
    t.match((await startProcess(t, { config, awayFor: 'unusable' })).health(), away('unusable'))
  })

  const noPooler = pgbouncerProgram === null ? 'PgBouncer is not installed' : false
  t.test(
    'behind a pooler: in session mode it works, in transaction mode it says that it hears nothing',
    { skip: noPooler },
    async (t) => {
      const table = newTable()
      for (const mode of ['session', 'transaction'] as const) {
        const pooler = await startPgBouncer(server?.port ?? 0, mode)
        t.teardown(() => pooler.close())
        const config = { connectionString: `postgres://audit@127.0.0.1:${pooler.port}/postgres` }
        const awayFor = mode === 'transaction' ? { awayFor: 'silent' } : {}
        const { log, health } = await startProcess(t, { table, config, ...awayFor })
        if (mode === 'session') t.match(health(), connected)
        else {
          t.equal(log.lines.filter((line) => line.startsWith(AWAY)).length, 1)
          t.notOk(log.lines.includes(BACK))
        }
      }
    }
  )

  t.test('a table that is emptied while the connections stay has every revocation again', async (t) => {
    const table = newTable()
    const { revocations, log } = await startProcess(t, { table })
    await revocations.revoke({ sessionId: 'sess_1' })
    await query(`truncate ${table}`)
    await revocations.revoke({ sessionId: 'sess_2' })
    await untilAsync(async () => (await query(`select * from ${table}`)).length === 2)
    t.strictSame(log.lines, [BACK], 'nothing was away')
  })

  t.test('processes that revoke the same at once, with serializable transactions: none is away', async (t) => {
    const table = newTable()
    const config = { options: '-c default_transaction_isolation=serializable' }
    const processes = [await startProcess(t, { table, config }), await startProcess(t, { table, config })]
    for (let round = 0; round < 100; round++) {
      const told = processes.map(({ revocations }) => revocations.revoke({ userId: 'user_1' }))
      t.strictSame(await Promise.all(told), [true, true])
    }
    for (const { log } of processes) t.strictSame(log.lines, [BACK])
  })

  t.test('a session that was given up before it is opened opens no connection', async (t) => {
    const ignore = () => {}
    const settings = { timeoutMs: 500, onNotification: ignore, onLost: ignore }
    await t.rejects(
      openPostgresSession(createPool(t), { ...settings, signal: AbortSignal.abort(new Error('closed')) }),
      {
        message: 'closed'
      }
    )
  })

  t.test('old rows are removed, by the longest retention that a process has', async (t) => {
    const table = newTable()
    await query(revocationTableSql(table))
    const ageMs = { old: 7_200_000, young: 1_800_000 }
    for (const [id, age] of Object.entries(ageMs)) {
      await query(`insert into ${table} values ($1, $2, $3)`, [id, `["${id}",null,null]`, Date.now() - age])
    }
    await startProcess(t, { table, retentionInMs: 3_600_000 })
    t.strictSame(
      (await query(`select id from ${table}`)).map(({ id }) => id),
      ['young']
    )
  })

  t.test('a process of sessions alone leaves what others need for machine tokens', async (t) => {
    const table = newTable()
    await query(revocationTableSql(table))
    await query(`insert into ${table} values ('id', '[2,"client","client_1"]', $1)`, [Date.now() - 86_000_000])
    await startProcess(t, { table })
    t.equal((await query(`select id from ${table}`)).length, 1)
  })

  t.test('identifiers are values, whatever is in them', async (t) => {
    const table = newTable()
    const one = await startProcess(t, { table })
    const two = await startProcess(t, { table })
    const ids = [
      `'; drop table ${table}; --`,
      '$1',
      "E'\\047",
      '"',
      `{"a":"${'\\'.repeat(50)}"}`,
      '\u0000',
      '🔑',
      'NULL',
      '{}'
    ]
    for (const sessionId of ids) t.equal(await one.revocations.revoke({ sessionId }), true, sessionId)
    await until(() => two.revocations.size === ids.length)
    const late = await startProcess(t, { table })
    t.equal(late.revocations.size, ids.length, 'a process that is connected has them all')
  })

  t.test('a database of another encoding takes every identifier', async (t) => {
    await query("create database latin encoding 'LATIN1' lc_collate 'C' lc_ctype 'C' template template0")
    const { port } = server as { port: number }
    const config = { connectionString: `postgres://audit@127.0.0.1:${port}/latin` }
    const one = await startProcess(t, { config })
    const two = await startProcess(t, { config })
    const ids = ['🔑', 'é', 'Ω'.repeat(256)]
    for (const sessionId of ids) t.equal(await one.revocations.revoke({ sessionId }), true, sessionId)
    await until(() => two.revocations.size === ids.length)
    const late = await startProcess(t, { config })
    t.equal(late.revocations.size, ids.length)
  })

  t.test('tables are separate, and a name with its schema is the same table', async (t) => {
    await query('create schema other')
    const name = `r_${'x'.repeat(59)}`
    const here = await startProcess(t, { table: name })
    const same = await startProcess(t, { table: `public.${name}` })
    const other = await startProcess(t, { table: `other.${name}` })
    t.equal(await here.revocations.revoke({ sessionId: 'sess_1' }), true)
    await until(() => same.revocations.size === 1)
    t.equal(await other.revocations.revoke({ sessionId: 'sess_2' }), true)
    t.equal(other.revocations.size, 1)
    t.equal(here.revocations.size, 1)
  })

  t.test('heartbeats notify nobody once a process has heard itself', async (t) => {
    const table = newTable()
    const listener = new pg.Client({ connectionString: server?.connectionString })
    await listener.connect()
    t.teardown(() => listener.end())
    const heard: string[] = []
    listener.on('notification', ({ payload }) => heard.push(payload ?? ''))
    await listener.query(`listen "public.${table}"`)
    const { health } = await startProcess(t, { table, heartbeatInMs: 200 })
    const begun =
      "select query_start from pg_stat_activity where application_name = 'fastify-clerk-auth revocations' and state = 'idle' order by pid desc limit 1"
    const starts = new Set<string>()
    await untilAsync(async () => starts.add(String((await query(begun))[0]?.query_start)).size > 3)
    t.match(health(), connected)
    t.strictSame(heard, [])
  })
})

t.test('what is no pool of pg is refused, with what it is', async (t) => {
  const refused: [unknown, RegExp][] = [
    [undefined, /not undefined/],
    [null, /not null/],
    ['postgres://localhost/db', /not a string/],
    [new pg.Client(), /not a Client/],
    [Promise.resolve(), /not a promise/],
    [Object.assign(() => {}, { options: {}, unsafe() {} }), /not a function/],
    [{ query() {}, connect() {}, end() {} }, /not an object that is something else/],
    [{}, /not an object/]
  ]
  for (const [pool, message] of refused) {
    const create = () => createPostgresBus({ pool: pool as PostgresPool })
    t.throws(create, { code: 'FST_CLERK_REVOCATION_POSTGRES_POOL', message })
  }
  const pool = new pg.Pool()
  for (const table of ['revocations; drop table users', 'Revocations', 'a.b.c', '', '1a', 'a"b', 7]) {
    t.throws(() => createPostgresBus({ pool, table: table as string }), { code: 'FST_CLERK_OPTION_VALUE' })
    t.throws(() => revocationTableSql(table as string), { code: 'FST_CLERK_OPTION_VALUE' })
  }
  await pool.end()
})

/** Waits for what a server or another process does; the test's own timeout is the limit. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await delay(5)
}

async function untilAsync(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await delay(20)
}
