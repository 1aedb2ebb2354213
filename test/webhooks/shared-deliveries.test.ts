import { once } from 'node:events'
import { createServer } from 'node:net'
import Fastify from 'fastify'
import { Redis } from 'ioredis'
import pg from 'pg'
import t from 'tap'
import { helpAt } from '../../src/core/help-page.js'
import { createLocalClerk } from '../../src/local/index.js'
import webhooks, { createPostgresDeliveries, createRedisDeliveries, type Deliveries } from '../../src/webhooks/index.js'
import { createSharedDeliveries } from '../../src/webhooks/shared-deliveries.js'

// What is told of a store that processes share.

const clerk = await createLocalClerk()

interface Line {
  readonly level: 'warn' | 'info'
  readonly cause?: unknown
}

/** Records what is told about the store, at the levels that are shown by default. */
function createLog() {
  const lines: Line[] = []
  const at = (level: Line['level']) => (fields: object) => void lines.push({ level, ...fields })
  return { lines, logger: { warn: at('warn'), info: at('info'), error() {}, debug() {} } }
}

t.test('a store that goes away, or is back, is told once, and not after the end', async (t) => {
  let isThere = true
  const ask = async <Answer>(answer: Answer): Promise<Answer> => {
    if (!isThere) throw new Error('gone')
    return answer
  }
  const deliveries = createSharedDeliveries({
    claim: () => ask('new'),
    finish: () => ask(null),
    release: () => ask(null),
    awayCause: (error) => (error instanceof Error && error.message === 'gone' ? 'refused' : 'unknown')
  })
  const { lines, logger } = createLog()
  deliveries.open?.(logger)
  let ids = 0
  async function handle(succeeded: boolean): Promise<void> {
    const id = `msg_${ids++}`
    t.equal(await deliveries.begin(id, 0), 'new')
    await deliveries.end(id, succeeded)
  }

  await handle(true)
  t.strictSame(lines, [])
  isThere = false
  await handle(true)
  await handle(false)
  t.strictSame(lines, [{ level: 'warn', cause: 'refused', help: helpAt('bus: refused') }])
  isThere = true
  await handle(true)
  await handle(false)
  t.strictSame(lines.slice(1), [{ level: 'info' }])
  isThere = false
  await handle(true)
  t.strictSame(lines.slice(2), [{ level: 'warn', cause: 'refused', help: helpAt('bus: refused') }])
  isThere = true
  deliveries.close?.()
  await handle(true)
  t.equal(lines.length, 3)
})

t.test("the server's log has the cause", async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')

  const client = new Redis({ port, host: '127.0.0.1', lazyConnect: true })
  const pool = new pg.Pool({ host: '127.0.0.1', port })
  const stores: Readonly<Record<string, Deliveries>> = {
    redis: createRedisDeliveries({ client }),
    postgres: createPostgresDeliveries({ pool })
  }
  for (const [name, deliveries] of Object.entries(stores)) {
    const causes: unknown[] = []
    const write = (line: string) => {
      const { level, cause } = JSON.parse(line)
      if (level === 40) causes.push(cause)
    }
    const fastify = Fastify({ logger: { stream: { write } } })
    await fastify.register(webhooks, { signingSecret: clerk.webhookSecret, revoke: false, deliveries })
    const delivery = clerk.signWebhook({ type: 'user.created', data: { id: 'user_1' } })
    const { statusCode } = await fastify.inject({ method: 'POST', url: '/webhooks/clerk', ...delivery })
    t.equal(statusCode, 204, name)
    t.strictSame(causes, ['refused'], name)
    await fastify.close()
  }
  await pool.end()
})
