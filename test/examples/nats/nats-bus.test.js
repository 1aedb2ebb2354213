import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Kvm } from '@nats-io/kv'
import { connect } from '@nats-io/transport-node'
import Fastify from 'fastify'
import clerkAuth from 'fastify-clerk-auth'
import { createLocalClerk } from 'fastify-clerk-auth/local'
import { testRevocationBus } from 'fastify-clerk-auth/revocation'
import { createNatsBus } from './nats-bus.js'
import { createServerOfNats, createWay, isInstalled } from './nats-server.js'

const missing = isInstalled ? false : 'nats-server is not installed'

test('a session that is revoked at one server is refused by the other', { skip: missing }, async (t) => {
  const nats = await createServerOfNats()
  await nats.start()
  const clerk = await createLocalClerk()
  const [one, other] = await Promise.all(
    [1, 2].map(async () => {
      const app = Fastify()
      const bus = createNatsBus({ servers: `127.0.0.1:${nats.port}` })
      await app.register(clerkAuth, { ...clerk.pluginOptions(), revocation: { bus } })
      app.get('/me', { preHandler: app.requireAuth }, (request) => request.auth.userId)
      return app
    })
  )
  t.after(async () => {
    await Promise.all([one.close(), other.close(), clerk.close()])
    await nats.stop()
    nats.forget()
  })
  const me = { url: '/me', headers: clerk.bearer({ sessionId: 'sess_1' }) }
  assert.equal((await other.inject(me)).statusCode, 200)
  assert.equal(await one.clerk.revoke({ sessionId: 'sess_1' }), true)
  // The other server hears it within milliseconds; the time limit of the test is the limit.
  while ((await other.inject(me)).statusCode !== 401) await delay(5)
})

/** The doctor's report on `clerk.config.js`, with the server at this port. */
async function examine(clerk, port) {
  const { publishableKey, jwtKey } = clerk
  const doctor = spawn('npx', ['fastify-clerk-auth', 'doctor', '--config', 'clerk.config.js', '--json'], {
    // Keys at hand, and no Clerk that listens: the bus alone is asked.
    env: {
      ...process.env,
      CLERK_PUBLISHABLE_KEY: publishableKey,
      CLERK_JWT_KEY: jwtKey,
      NATS_SERVERS: `127.0.0.1:${port}`
    },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  let output = ''
  doctor.stdout.on('data', (chunk) => {
    output += chunk
  })
  const [exitCode] = await once(doctor, 'close')
  const { causes } = JSON.parse(output)
  return { exitCode, bus: causes.find(({ cause }) => cause === 'bus-away') }
}

test('the doctor says whether the bus is there, and why not', { skip: missing }, async (t) => {
  const nats = await createServerOfNats()
  const clerk = await createLocalClerk()
  t.after(async () => {
    await clerk.close()
    await nats.stop()
    nats.forget()
  })
  await nats.start()
  assert.deepEqual(await examine(clerk, nats.port), { exitCode: 0, bus: undefined })

  await nats.stop()
  const away = await examine(clerk, nats.port)
  assert.equal(away.exitCode, 1)
  assert.match(away.bus.message, /of kind nats; the cause: refused\. Nothing listens/)

  await nats.start(['--user', 'somebody', '--pass', 'else'])
  const locked = await examine(clerk, nats.port)
  assert.match(locked.bus.message, /of kind nats; the cause: authentication\./)
})

async function makeWorld() {
  const nats = await createServerOfNats()
  const ways = new Map()

  async function put(texts) {
    const connection = await connect({ servers: `127.0.0.1:${nats.port}` })
    const kv = await new Kvm(connection).create('clerk_revocations')
    for (const [index, text] of texts.entries()) await kv.put(`foreign.${index}`, text)
    await connection.close()
  }

  await nats.start()
  return {
    async bus() {
      const way = await createWay(nats.port)
      const bus = createNatsBus({ servers: `127.0.0.1:${way.port}`, beatInMs: 1_000 })
      ways.set(bus, way)
      return bus
    },
    stop: nats.stop,
    startAgain: nats.start,
    startEmpty() {
      nats.forget()
      return nats.start()
    },
    cutOff(bus) {
      ways.get(bus).cut()
      return ways.get(bus).mend
    },
    send: (rows) => put(rows.map((row) => JSON.stringify(row))),
    sendRaw: (text) => put([text]),
    async close() {
      for (const way of ways.values()) way.close()
      await nats.stop()
      nats.forget()
    }
  }
}

for (const { name, skip, run } of testRevocationBus(makeWorld)) test(name, { skip: missing || skip }, run)
