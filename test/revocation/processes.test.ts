import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { createLocalClerk } from '../../src/local/index.js'
import { createRedisServer, redisProgram } from '../fixtures/redis-server.js'
import { type ServerProcess, startServerProcess } from '../fixtures/server-processes.js'

// Four server processes, one Redis, and webhooks that reach one of the processes. How fast the others follow is
// measured by `npm run bench -- revocation`; here the machine may be busy, and it matters that they follow at all.

const skip = redisProgram === null ? 'no redis-server or valkey-server is installed' : false
const PROCESSES = 4
const ROUNDS = 15

t.test('a session revoked at one of four processes is refused by all', { skip, timeout: 120_000 }, async (t) => {
  const clerk = await createLocalClerk()
  const redis = await createRedisServer()
  await redis.start()
  const webhookSecret = `whsec_${randomBytes(24).toString('base64')}`
  const env = {
    CLERK_TEST_REDIS_PORT: String(redis.port),
    CLERK_PUBLISHABLE_KEY: clerk.publishableKey,
    CLERK_SECRET_KEY: clerk.secretKey,
    CLERK_JWT_KEY: clerk.jwtKey,
    CLERK_WEBHOOK_SIGNING_SECRET: webhookSecret
  }
  const start = () => startServerProcess('revocation-server.js', env)
  const servers = await Promise.all(Array.from({ length: PROCESSES }, start))
  t.teardown(async () => {
    await Promise.all(servers.map((server) => server.close()))
    await redis.kill()
    await clerk.close()
  })
  const [first, ...others] = servers as [ServerProcess, ...ServerProcess[]]
  let sessions = 0

  function signIn() {
    const sessionId = `sess_${sessions++}`
    return { sessionId, bearer: clerk.bearer({ sessionId }) }
  }

  async function revoke(server: ServerProcess, sessionId: string): Promise<void> {
    const event = { type: 'session.revoked', data: { id: sessionId } }
    const { headers, body } = clerk.signWebhook(event, { secret: webhookSecret })
    const { status } = await server.post('/webhooks/clerk', headers, body)
    if (status !== 204) throw new Error(`webhook: ${status}`)
  }

  /** Asks until the server refuses the token; the test's own timeout is the limit. */
  async function untilRefused(server: ServerProcess, bearer: Record<string, string>): Promise<void> {
    while ((await server.get('/me', bearer)).status !== 401) {}
  }

  async function isConnected(server: ServerProcess): Promise<boolean> {
    return JSON.parse((await server.get('/health')).body).revocation.bus.connected
  }

  async function rounds(t: { equal(found: unknown, wanted: unknown): boolean }): Promise<void> {
    for (let round = 0; round < ROUNDS; round++) {
      const { sessionId, bearer } = signIn()
      // Some of the other processes have the token in memory, and some have never seen it.
      for (const server of others.slice(round % PROCESSES)) {
        if ((await server.get('/me', bearer)).status !== 200) throw new Error('a good token is refused')
      }
      await revoke(first, sessionId)
      if ((await first.get('/me', bearer)).status !== 401) throw new Error('the process told goes on')
      await Promise.all(others.map((server) => untilRefused(server, bearer)))
      // The refusal lasts.
      for (const server of servers) t.equal((await server.get('/me', bearer)).status, 401)
    }
  }

  await t.test('each of the others follows', rounds)

  await t.test('while Redis is dead, authentication goes on and the process told refuses', async (t) => {
    await redis.kill()
    for (const server of servers) while (await isConnected(server)) await delay(10)
    const { sessionId, bearer } = signIn()
    for (const server of servers) t.equal((await server.get('/me', bearer)).status, 200)
    await revoke(first, sessionId)
    t.equal((await first.get('/me', bearer)).status, 401)
    for (const server of others) t.equal((await server.get('/me', bearer)).status, 200)

    await redis.start()
    for (const server of servers) while (!(await isConnected(server))) await delay(10)
    await Promise.all(others.map((server) => untilRefused(server, bearer)))
    for (const server of servers) t.equal((await server.get('/me', bearer)).status, 401)
  })

  await t.test('each of the others follows again', rounds)

  await t.test('a process that starts now refuses what was revoked before', async (t) => {
    const { sessionId, bearer } = signIn()
    await revoke(first, sessionId)
    const late = await start()
    t.teardown(() => late.close())
    t.equal((await late.get('/me', bearer)).status, 401)
  })
})
