import { createHook } from 'node:async_hooks'
import { setFlagsFromString } from 'node:v8'
import type { FastifyReply, FastifyRequest } from 'fastify'
import t from 'tap'
import { createInstance } from '../../src/core/instance.js'
import { silentLogger } from '../../src/core/logger.js'
import { readInstanceOptions } from '../../src/core/options/instance-settings.js'
import { createLocalClerk } from '../../src/local/index.js'
import { decisionOf, SIGNED_IN } from '../../src/plugin/decision.js'
import { createOnRequest } from '../../src/plugin/on-request.js'
import { createDefaultPolicy } from '../../src/plugin/route-policy.js'
import { kAuth } from '../../src/plugin/symbols.js'
import { signingKey } from '../fixtures/app.js'

// Checks the shape of the hot path, not its time, which depends on the machine.

setFlagsFromString('--allow-natives-syntax')
const haveSameMap = new Function('a', 'b', 'return %HaveSameMap(a, b)') as (a: object, b: object) => boolean
setFlagsFromString('--no-allow-natives-syntax')

const clerk = await createLocalClerk({ frontendApi: 'clerk.example.com', instanceType: 'production', signingKey })
const instance = createInstance(readInstanceOptions(clerk.pluginOptions(), { env: {}, logger: silentLogger }))
const hook = createOnRequest(instance, {
  isInUse: false,
  defaults: createDefaultPolicy(instance.settings)
} as Parameters<typeof createOnRequest>[1])

/** Calls the hook without a server, with the members of a request that it reads. */
function run(headers: Record<string, string>): { auth: object | undefined; decision: unknown; isDone: boolean } {
  const request = { raw: { method: 'GET', url: '/', headers } }
  let isDone = false
  hook.call(undefined as never, request as unknown as FastifyRequest, {} as FastifyReply, () => {
    isDone = true
  })
  return { auth: (request as unknown as { [kAuth]?: object })[kAuth], decision: decisionOf(request), isDone }
}

const tokens = {
  v2: clerk.signSessionToken({ userId: 'user_1', version: 2 }),
  'v2 with organization': clerk.signSessionToken({ userId: 'user_2', version: 2, org: { id: 'org_1', role: 'admin' } }),
  v1: clerk.signSessionToken({ userId: 'user_3', version: 1 }),
  'v1 with organization': clerk.signSessionToken({ userId: 'user_4', version: 1, org: { id: 'org_1', role: 'admin' } }),
  impersonated: clerk.signSessionToken({ userId: 'user_5', actor: { sub: 'user_9' } }),
  'custom claims': clerk.signSessionToken({ userId: 'user_6', claims: { plan: 'gold', nested: { deep: [1] } } })
}
for (const token of Object.values(tokens)) t.equal((await instance.verifyToken(token)).ok, true)

const carriers: Readonly<Record<string, (token: string) => Record<string, string>>> = {
  header: (token) => ({ authorization: `Bearer ${token}` }),
  cookie: (token) => ({ cookie: clerk.cookies(token), 'sec-fetch-dest': 'empty' })
}

for (const [carrier, headersOf] of Object.entries(carriers)) {
  t.test(`a hit by ${carrier} ends before the hook returns, and makes no promise`, async (t) => {
    const kinds: string[] = []
    let isWatching = false
    const watcher = createHook({
      init(_id, type) {
        if (isWatching) kinds.push(type)
      }
    }).enable()
    for (const [name, token] of Object.entries(tokens)) {
      const headers = headersOf(token)
      isWatching = true
      const { isDone, auth } = run(headers)
      isWatching = false
      t.equal(isDone, true, name)
      t.match(auth, { isAuthenticated: true }, name)
    }
    isWatching = true
    Promise.resolve()
    isWatching = false
    watcher.disable()
    t.same(kinds, ['PROMISE'], 'only the promise that shows that promises are seen')
  })
}

t.test('every hit has one decision, which no request can change', async (t) => {
  for (const [name, token] of Object.entries(tokens)) {
    for (const headersOf of Object.values(carriers)) t.equal(run(headersOf(token)).decision, SIGNED_IN, name)
  }
  t.ok(Object.isFrozen(SIGNED_IN))
})

t.test('auth objects of all kinds of tokens have one hidden class', async (t) => {
  const [first, ...others] = Object.values(tokens).map(
    (token) => run({ authorization: `Bearer ${token}` }).auth as object
  )
  for (const [i, other] of others.entries()) {
    t.ok(haveSameMap(first as object, other), Object.keys(tokens)[i + 1] ?? '')
  }
  t.notOk(haveSameMap(first as object, {}), 'the comparison can tell')
})

t.test('a first-seen token does not end before the hook returns when many come at once', async (t) => {
  const fresh = Array.from({ length: 20 }, (_, i) => clerk.signSessionToken({ userId: `user_new_${i}` }))
  const before = instance.counters.pooledVerifications
  const done = await Promise.all(fresh.map((token) => instance.verifyToken(token)))
  t.ok(done.every((result) => result.ok))
  t.ok(instance.counters.pooledVerifications - before >= 19, 'the burst went to the thread pool')
})

t.teardown(() => instance.close())
