import { spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import t, { type Test } from 'tap'
import { root } from '../../docs/manual.js'
import { freePort } from '../../fixtures/ports.js'
import { createPostgresServer, ROLE_WITH_PASSWORD } from '../../fixtures/postgres-server.js'
import { createRedisServer, redisProgram } from '../../fixtures/redis-server.js'

// Servers as they are found on a bad day, each with the cause that the doctor names first.

t.setTimeout(200_000)

// Below the repository, where the clients are found.
const folder = mkdtempSync(join(root, '.build', 'doctor-bus-'))
t.teardown(() => rmSync(folder, { recursive: true }))
const buses = JSON.stringify(new URL('../../../src/revocation/index.js', import.meta.url).href)
const { publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' }
})
const PASSWORD = 'hunter2hunter2'

interface Outcome {
  readonly code: number | null
  readonly output: string
  readonly causes: readonly { readonly cause: string; readonly message: string; readonly cure: string }[]
}

let files = 0
/** The doctor with a bus that this expression makes, in a process of its own: its clients would keep this one alive. */
async function examine(imports: string, bus: string): Promise<Outcome> {
  const path = join(folder, `${++files}.mjs`)
  // With its key at hand the doctor asks nobody but the bus.
  writeFileSync(
    path,
    `${imports}
import { createPostgresBus, createRedisBus } from ${buses}
export default {
  jwtKey: ${JSON.stringify(publicKey)},
  issuer: 'https://clerk.example.com',
  authorizedParties: ['https://app.example.com'],
  revocation: { bus: ${bus} }
}`
  )
  const entry = fileURLToPath(new URL('../../../src/cli/index.js', import.meta.url))
  const child = spawn(process.execPath, [entry, 'doctor', '--config', path, '--json'], {
    env: { PATH: process.env.PATH }
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => (stdout += chunk))
  child.stderr.on('data', (chunk) => (stderr += chunk))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, output: stdout + stderr, causes: JSON.parse(stdout).causes }
}

async function names(t: Test, found: Promise<Outcome>, kind: string, cause: RegExp, cure = /./): Promise<void> {
  const { code, output, causes } = await found
  t.equal(causes[0]?.cause, 'bus-away')
  t.match(causes[0]?.message, new RegExp(`kind ${kind}; the cause: `))
  t.match(causes[0]?.message, cause)
  t.match(causes[0]?.cure, cure)
  t.equal(code, 1)
  t.notOk(output.includes(PASSWORD))
}

const ioredis = (port: number, more = '{}', name = 'ioredis') =>
  examine(
    `import { Redis } from '${name}'
const client = new Redis({ host: '127.0.0.1', port: ${port}, lazyConnect: true, ...${more} })
client.on('error', () => {})`,
    'createRedisBus({ client })'
  )
const nodeRedis = (port: number, more = '{}') =>
  examine(
    `import { createClient } from 'redis'
const client = createClient({ ...${more}, socket: { host: '127.0.0.1', port: ${port}, ...${more}.socket } })
client.on('error', () => {})`,
    'createRedisBus({ client })'
  )
const postgres = (connectionString: string, more = '') =>
  examine(
    `import pg from 'pg'
const pool = new pg.Pool({ connectionString: ${JSON.stringify(connectionString)} })
pool.on('error', () => {})`,
    `createPostgresBus({ pool, ${more} })`
  )

t.test(
  'Redis',
  { skip: redisProgram === null ? 'no redis-server or valkey-server is installed' : false },
  async (t) => {
    const server = await createRedisServer({ requirepass: PASSWORD })
    await server.start()
    t.teardown(() => server.kill())
    const wrong = `{ password: '${PASSWORD}-wrong' }`
    const right = `{ password: '${PASSWORD}' }`

    await t.test('it is there', async (t) => {
      for (const found of [await ioredis(server.port, right), await nodeRedis(server.port, right)]) {
        t.notOk(
          found.causes.some(({ cause }) => cause === 'bus-away'),
          found.output
        )
        t.equal(found.code, 0)
      }
    })
    await t.test('nobody listens', async (t) => {
      await names(t, ioredis(await freePort()), 'redis', /refused/, /port/)
      await names(t, nodeRedis(await freePort()), 'redis', /refused/, /port/)
    })
    await t.test('the name is not known', async (t) => {
      await names(t, ioredis(server.port, `{ host: 'redis.invalid' }`), 'redis', /unreachable|timeout/)
    })
    await t.test('the password is wrong, or missing', async (t) => {
      await names(t, ioredis(server.port, wrong), 'redis', /authentication/, /credentials/)
      await names(t, nodeRedis(server.port, wrong), 'redis', /authentication/, /credentials/)
      await names(t, ioredis(server.port), 'redis', /authentication/, /credentials/)
    })
    await t.test('TLS is spoken to a port without', async (t) => {
      await names(t, ioredis(server.port, `{ ...${right}, tls: { rejectUnauthorized: false } }`), 'redis', TLS, /TLS/)
      await names(t, nodeRedis(server.port, `{ ...${right}, socket: { tls: true } }`), 'redis', TLS, /TLS/)
    })
    await t.test('the server is a replica', async (t) => {
      const replica = await createRedisServer({ replicaof: `127.0.0.1 ${server.port}`, masterauth: PASSWORD })
      await replica.start()
      t.teardown(() => replica.kill())
      await names(t, ioredis(replica.port), 'redis', /read-only|unready/, /primary|Wait/)
    })
  }
)

t.test("a bus of the application's own", async (t) => {
  const bus = (members: string) =>
    examine('', `{ open: async () => {}, publish: async () => false, close: async () => {}, ${members} }`)
  const away = (more: string) => `health: () => ({ kind: 'nats', connected: false, disconnectedSinceMs: 0, ${more} })`

  await t.test('it is there', async (t) => {
    const { code, causes } = await bus("health: () => ({ kind: 'nats', connected: true, disconnectedSinceMs: null })")
    t.equal(code, 0)
    t.notMatch(causes, [{ cause: 'bus-away' }])
  })
  await t.test('it says why it is away', async (t) => {
    await names(t, bus(away("cause: 'refused'")), 'nats', /refused/, /port/)
  })
  await t.test('it does not say why', async (t) => {
    const { code, causes } = await bus(away(''))
    t.equal(code, 1)
    t.match(causes[0], { cause: 'bus-away', message: /names no cause/, cure: /health\(\)/ })
  })
  await t.test('it breaks its promises', async (t) => {
    for (const broken of [
      "open: () => { throw Object.assign(new Error('hunter2hunter2'), { code: 'E_OWN' }) }",
      "open: () => Promise.reject(Object.assign(new Error('hunter2hunter2'), { code: 'E_OWN' })), close() {}",
      "health: () => { throw Object.assign(new Error('hunter2hunter2'), { code: 'E_OWN' }) }"
    ]) {
      const { code, output, causes } = await bus(`${away('')}, ${broken}`)
      t.equal(code, 1, broken)
      t.match(causes[0], { cause: 'bus-away', message: /threw E_OWN/ }, broken)
      t.notOk(output.includes(PASSWORD), broken)
    }
  })
  await t.test('it never opens', async (t) => {
    const { code, causes } = await bus(`${away('')}, open: () => new Promise(() => {})`)
    t.equal(code, 1)
    t.match(causes[0], { cause: 'bus-away' })
  })
})

/** A Redis that gets a TLS greeting reads it as a command that is not whole, and waits. */
const TLS = /the cause: (connecting|closed|timeout)/

t.test('PostgreSQL', async (t) => {
  const server = await createPostgresServer()
  if (server === null) return t.comment('PostgreSQL is not installed')
  t.teardown(() => server.remove())
  const pool = new pg.Pool({ connectionString: server.connectionString })
  await pool.query(`CREATE ROLE ${ROLE_WITH_PASSWORD} LOGIN PASSWORD 'secret'`)
  await pool.end()

  await t.test('the password is wrong', async (t) => {
    const url = server.connectionString.replace('audit@', `${ROLE_WITH_PASSWORD}:${PASSWORD}@`)
    await names(t, postgres(url), 'postgres', /authentication/, /credentials/)
  })
  await t.test('the table is missing', async (t) => {
    await names(t, postgres(server.connectionString, 'createTable: false'), 'postgres', /unusable/, /table/)
  })
  await t.test('nobody listens', async (t) => {
    await server.stop()
    await names(t, postgres(server.connectionString), 'postgres', /refused/, /port/)
  })
})
