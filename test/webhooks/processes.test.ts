import { randomBytes } from 'node:crypto'
import t, { type Test } from 'tap'
import { createLocalClerk } from '../../src/local/index.js'
import { createPostgresServer } from '../fixtures/postgres-server.js'
import { createRedisServer, redisProgram } from '../fixtures/redis-server.js'
import { type ServerProcess, startServerProcess } from '../fixtures/server-processes.js'

// Two server processes behind one address: a delivery, its repetitions and its copies reach whichever they reach.

const secret = `whsec_${randomBytes(24).toString('base64')}`
const clerk = await createLocalClerk()
t.teardown(() => clerk.close())

interface Engine {
  readonly env: Readonly<Record<string, string>>
  remove(): Promise<void>
}

async function startRedis(): Promise<Engine | null> {
  if (redisProgram === null) return null
  const server = await createRedisServer()
  await server.start()
  return { env: { CLERK_TEST_REDIS_PORT: String(server.port) }, remove: () => server.kill() }
}

async function startPostgres(): Promise<Engine | null> {
  const server = await createPostgresServer()
  return server && { env: { CLERK_TEST_POSTGRES: server.connectionString }, remove: () => server.remove() }
}

for (const [name, startEngine] of Object.entries({ Redis: startRedis, PostgreSQL: startPostgres })) {
  const engine = await startEngine()
  t.teardown(() => engine?.remove())

  t.test(`over ${name}`, { skip: engine === null ? `${name} is not installed` : false }, async (t) => {
    async function startTwo(t: Test, handlingMs = 0): Promise<[ServerProcess, ServerProcess]> {
      const env = {
        ...engine?.env,
        CLERK_WEBHOOK_SIGNING_SECRET: secret,
        CLERK_TEST_HANDLING_MS: String(handlingMs)
      }
      const start = () => startServerProcess('webhook-server.js', env)
      const servers = await Promise.all([start(), start()])
      t.teardown(() => Promise.all(servers.map((server) => server.close())))
      return servers
    }

    const handledAt = async (server: ServerProcess) => JSON.parse((await server.get('/handled')).body)

    function sign(id: string) {
      const { headers, body } = clerk.signWebhook({ type: 'session.revoked', data: { id } }, { secret })
      return { send: async (to: ServerProcess) => (await to.post('/webhooks/clerk', headers, body)).status }
    }

    t.test('a captured delivery that is sent again to the other process is answered and not handled', async (t) => {
      const [one, two] = await startTwo(t)
      const { send } = sign('sess_1')
      t.equal(await send(one), 204)
      for (const server of [two, one, two]) t.equal(await send(server), 204)
      t.equal((await handledAt(one)).length, 1)
      t.equal((await handledAt(two)).length, 0)
    })

    t.test(
      'of attempts that reach both processes at once, one is handled and none of the others meanwhile',
      async (t) => {
        const [one, two] = await startTwo(t, 300)
        const { send } = sign('sess_2')
        const statuses = await Promise.all([send(one), send(two), send(one), send(two)])
        t.strictSame(statuses.sort(), [204, 409, 409, 409])
        t.equal((await handledAt(one)).length + (await handledAt(two)).length, 1)
        t.equal(await send(one), 204)
        t.equal(await send(two), 204)
        t.equal((await handledAt(one)).length + (await handledAt(two)).length, 1)
      }
    )

    t.test('an event that failed at one process is handled by the other', async (t) => {
      const [one, two] = await startTwo(t)
      const { send } = sign('fails_once')
      t.equal(await send(one), 500)
      // At the other process it is the first too, and fails there as well.
      t.equal(await send(two), 500)
      t.equal(await send(two), 204)
      t.equal(await send(one), 204)
      t.equal((await handledAt(one)).length, 1)
      t.equal((await handledAt(two)).length, 2)
    })
  })
}
