import assert from 'node:assert/strict'
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
