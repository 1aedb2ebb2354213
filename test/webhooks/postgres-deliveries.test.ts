import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import t, { type Test } from 'tap'
import type { PostgresPool } from '../../src/revocation/index.js'
import { createPostgresDeliveries, type Deliveries, deliveryTableSql } from '../../src/webhooks/index.js'
import type { PostgresDeliveriesOptions } from '../../src/webhooks/postgres-deliveries.js'
import { createPostgresServer } from '../fixtures/postgres-server.js'

const server = await createPostgresServer()
const skip = server === null ? 'PostgreSQL is not installed' : false
t.teardown(() => server?.remove())
const seconds = Math.floor(Date.now() / 1000)
let tables = 0

t.test('deliveries remembered in PostgreSQL', { skip }, async (t) => {
  function createPool(t: Test, config: pg.PoolConfig = {}): pg.Pool {
    const pool = new pg.Pool({ connectionString: server?.connectionString, max: 2, ...config })
    pool.on('error', () => {})
    t.teardown(() => pool.end())
    return pool
  }

  function createProcess(t: Test, options: Partial<PostgresDeliveriesOptions>): Deliveries {
    return createPostgresDeliveries({ pool: createPool(t), ...options })
  }

  function createTwo(t: Test): readonly [Deliveries, Deliveries, table: string] {
    const table = `deliveries_${tables++}`
    return [createProcess(t, { table }), createProcess(t, { table }), table]
  }

  t.test('what one process handled, or is handling, another leaves alone', async (t) => {
    const [one, two] = createTwo(t)
    t.equal(await one.begin('msg_1', seconds), 'new')
    t.equal(await two.begin('msg_1', seconds), 'busy')
    await one.end('msg_1', true)
    t.equal(await two.begin('msg_1', seconds), 'done')
    t.equal(await one.begin('msg_1', seconds), 'done')
  })

  t.test('of many that ask at once, one is told that it is new', async (t) => {
    const table = `deliveries_${tables++}`
    const processes = Array.from({ length: 6 }, () => createProcess(t, { table }))
    for (let round = 0; round < 20; round++) {
      const states = await Promise.all(processes.map((process) => process.begin(`msg_${round}`, seconds)))
      t.strictSame(states.sort(), ['busy', 'busy', 'busy', 'busy', 'busy', 'new'])
    }
  })

  t.test('whatever the isolation of transactions, one is told that it is new', async (t) => {
    for (const isolation of ['repeatable read', 'serializable']) {
      const table = `deliveries_${tables++}`
      const options = `-c default_transaction_isolation=${isolation.replace(' ', '\\ ')}`
      const processes = Array.from({ length: 4 }, () => createProcess(t, { table, pool: createPool(t, { options }) }))
      for (let round = 0; round < 50; round++) {
        const states = await Promise.all(processes.map((process) => process.begin(`msg_${round}`, seconds)))
        t.strictSame(states.sort(), ['busy', 'busy', 'busy', 'new'], isolation)
      }
    }
  })

  t.test('what failed at one process is new to another', async (t) => {
    const [one, two] = createTwo(t)
    t.equal(await one.begin('msg_2', seconds), 'new')
    await one.end('msg_2', false)
    t.equal(await two.begin('msg_2', seconds), 'new')
    t.equal(await one.begin('msg_2', seconds), 'busy')
  })

  t.test('a process that died while handling keeps the event for a bounded time', async (t) => {
    const [one, two, table] = createTwo(t)
    const slow = createProcess(t, { table, busyInMs: 1_000 })
    t.equal(await slow.begin('msg_3', seconds), 'new')
    t.equal(await one.begin('msg_3', seconds), 'busy')
    while ((await two.begin('msg_3', seconds)) === 'busy') await delay(10)
    t.equal(await one.begin('msg_3', seconds), 'busy', 'now the second has it')
    await slow.end('msg_3', false)
    t.equal(await one.begin('msg_3', seconds), 'busy', 'a failure of the first takes it from nobody')
    await two.end('msg_3', true)
    t.equal(await one.begin('msg_3', seconds), 'done')
  })

  t.test('rows that count for nothing any more are removed', async (t) => {
    const [one, , table] = createTwo(t)
    const pool = createPool(t)
    await pool.query(deliveryTableSql(table))
    await pool.query(deliveryTableSql(table))
    await pool.query(
      `insert into ${table} select 'old_' || n, gen_random_uuid(), true, now() - interval '1 second' from generate_series(1, 9) as n`
    )
    await one.begin('msg_4', seconds)
    const ids = async () => (await pool.query(`select id from ${table}`)).rows.map(({ id }) => id)
    while ((await ids()).length > 1) await delay(10)
    t.strictSame(await ids(), ['msg_4'])
  })

  t.test('while the database is gone, hangs, or has no connection free, each process remembers its own', async (t) => {
    const [one, two, table] = createTwo(t)
    t.equal(await one.begin('msg_5', seconds), 'new')
    await one.end('msg_5', true)
    await server?.stop()
    t.equal(await one.begin('msg_6', seconds), 'new')
    await one.end('msg_6', true)
    t.equal(await one.begin('msg_6', seconds), 'done')
    await server?.start()
    t.equal(await two.begin('msg_5', seconds), 'done')

    const pool = createPool(t, { max: 1 })
    const busy = createProcess(t, { table, pool })
    const client = await pool.connect()
    t.equal(await busy.begin('msg_7', seconds), 'new', 'in time, with the only connection in use')
    client.release()
  })

  t.test('a table that is missing, with createTable: false, is used when it is there', async (t) => {
    const table = `deliveries_${tables++}`
    const [one, two] = [1, 2].map(() => createProcess(t, { table, createTable: false })) as [Deliveries, Deliveries]
    t.equal(await one.begin('msg_8', seconds), 'new')
    await createPool(t).query(deliveryTableSql(table))
    await one.end('msg_8', true)
    t.equal(await two.begin('msg_8', seconds), 'done')
  })

  t.test('ids are values, whatever is in them', async (t) => {
    const [one, two] = createTwo(t)
    for (const id of ["'; drop table deliveries_0; --", '$1', "\\'", '{"a":[]}']) {
      t.equal(await one.begin(id, seconds), 'new')
      t.equal(await two.begin(id, seconds), 'busy')
    }
  })
})

t.test('what is no pool, or no name of a table, is refused', async (t) => {
  for (const pool of [undefined, {}, new pg.Client(), 'postgres://localhost']) {
    const create = () => createPostgresDeliveries({ pool: pool as unknown as PostgresPool })
    t.throws(create, { code: 'FST_CLERK_REVOCATION_POSTGRES_POOL' })
  }
  const pool = new pg.Pool()
  t.throws(() => createPostgresDeliveries({ pool, table: 'a b' }), { code: 'FST_CLERK_OPTION_VALUE' })
  t.throws(() => deliveryTableSql('a b'), { code: 'FST_CLERK_OPTION_VALUE' })
  await pool.end()
})
