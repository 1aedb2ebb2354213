import { randomUUID } from 'node:crypto'
import pg from 'pg'
import t from 'tap'
import { parseRevocation } from '../../../src/core/revocation/wire-format.js'
import { createPostgresBus, type RevocationBus, type RevocationBusWorld } from '../../../src/revocation/index.js'
import { toStored } from '../../../src/revocation/wire.js'
import { conform } from '../../fixtures/conformance.js'
import { type CuttableProxy, createCuttableProxy } from '../../fixtures/cuttable-proxy.js'
import { createPostgresServer } from '../../fixtures/postgres-server.js'

const server = await createPostgresServer()
const skip = server === null ? 'PostgreSQL is not installed' : false
t.teardown(() => server?.remove())

let worlds = 0

/** Processes reach the server through a way of their own each, so that it can change its memory while they cannot. */
async function createWorld(): Promise<RevocationBusWorld> {
  const table = `revocations_${worlds++}`
  const ways = new Map<RevocationBus, { readonly proxy: CuttableProxy; readonly pool: pg.Pool }>()
  let isStopped = false

  async function query(text: string, values: unknown[] = []): Promise<void> {
    const client = new pg.Client({ connectionString: server?.connectionString })
    await client.connect()
    await client.query(text, values)
    await client.end()
  }

  async function start(prepare?: string): Promise<void> {
    await server?.start()
    if (prepare !== undefined) await query(prepare)
    isStopped = false
    for (const { proxy } of ways.values()) proxy.mend()
  }

  return {
    async bus({ now }) {
      const proxy = await createCuttableProxy(server?.port ?? 0)
      if (isStopped) proxy.cut()
      const pool = new pg.Pool({ host: '127.0.0.1', port: proxy.port, user: 'audit', database: 'postgres' })
      const bus = createPostgresBus({ pool, table, heartbeatInMs: 1_000, now })
      ways.set(bus, { proxy, pool })
      return bus
    },
    async stop() {
      isStopped = true
      for (const { proxy } of ways.values()) proxy.cut()
      await server?.stop()
    },
    startAgain: () => start(),
    startEmpty: () => start(`drop table ${table}`),
    cutOff(bus) {
      const proxy = ways.get(bus)?.proxy
      proxy?.cut()
      return () => proxy?.mend()
    },
    async send(rows) {
      for (const row of rows) {
        const revocation = parseRevocation(row)
        const { target, atMs } =
          revocation === null ? { target: JSON.stringify(row), atMs: Date.now() } : toStored(revocation)
        await query(`insert into ${table} values ($1, $2, $3)`, [randomUUID(), target, atMs])
      }
      // A notification has room for less than 8000 bytes, whoever sends it.
      const text = JSON.stringify(rows.filter((row) => JSON.stringify(row).length < 4_000))
      await query('select pg_notify($1, $2)', [`public.${table}`, text])
    },
    async sendRaw(text) {
      await query(`insert into ${table} values ($1, $2, $3)`, [randomUUID(), text, Date.now()])
      await query('select pg_notify($1, $2)', [`public.${table}`, text])
    },
    async close() {
      for (const { proxy, pool } of ways.values()) {
        await pool.end()
        await proxy.close()
      }
      if (isStopped) await server?.start()
    }
  }
}

t.test('the PostgreSQL bus', { skip }, (t) => conform(t, createWorld))
