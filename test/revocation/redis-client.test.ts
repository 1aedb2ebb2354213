import { Redis } from 'ioredis'
import { createClient, createClientPool } from 'redis'
import { createSentinel } from 'redis-client-5'
import t from 'tap'
import { createRedisBus } from '../../src/revocation/index.js'
import { REDIS_FAMILIES } from '../fixtures/redis-clients.js'

const none = new Map<number, number>()

t.test('clients of each family and topology are taken', async (t) => {
  for (const [name, family] of Object.entries(REDIS_FAMILIES)) {
    const clients = [family.oneServer(1), family.cluster([1], none)]
    if (name !== 'node-redis 5') clients.push(family.sentinel([1], 'name', none))
    for (const client of clients) t.equal(createRedisBus({ client }).health().kind, 'redis', name)
  }
})

t.test('anything else is refused with a word for it', async (t) => {
  const legacy = createClient().legacy()
  const versionThree = { duplicate() {}, internal_send_command() {}, sendCommand() {}, subscribe() {} }
  const versionFour = { duplicate() {}, sendCommand() {}, subscribe() {}, connect() {}, disconnect() {} }
  const given: readonly (readonly [value: unknown, word: string])[] = [
    [undefined, 'undefined'],
    [null, 'null'],
    ['redis://127.0.0.1', 'a string'],
    [new URL('redis://127.0.0.1'), 'a URL'],
    [{ host: '127.0.0.1' }, 'an object'],
    [Redis, 'a function'],
    [createClient().connect.bind({}), 'a function'],
    [Promise.resolve(createClient()), 'a promise: await it first'],
    [createClientPool(), 'a pool of node-redis'],
    [legacy, 'a client in legacy mode'],
    [versionThree, 'a client of node-redis 3'],
    [versionFour, 'a client of node-redis 4'],
    [
      createSentinel({ name: 'name', sentinelRootNodes: [{ host: '127.0.0.1', port: 1 }] }),
      'a Sentinel client of node-redis 5, which cannot be duplicated'
    ]
  ]
  for (const [client, word] of given) {
    t.throws(() => createRedisBus({ client: client as never }), {
      code: 'FST_CLERK_REVOCATION_REDIS_CLIENT',
      message: `createRedisBus.client must be a client of ioredis 5, iovalkey or redis (node-redis) 5, or of a later version, not ${word}`
    })
  }
})
