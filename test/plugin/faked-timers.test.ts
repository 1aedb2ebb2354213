import { mock } from 'node:test'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import clerkAuth, { requireAuth } from '../../src/index.js'
import { createLocalClerk } from '../../src/local/index.js'
import { signingKey } from '../fixtures/app.js'

// Test runners fake everything that tells the time: `vi.useFakeTimers()` of vitest and `jest.useFakeTimers()` put functions of
// their own in place of the global ones, and nothing happens until the test lets time pass.

const realImmediate = setImmediate
const nextTurn = () => new Promise((resolve) => realImmediate(resolve))
const STEP_MS = 250
/** The longest wait of a request for Clerk: `apiTimeoutInMs`. */
const LIMIT_MS = 5_000

/** As `vi.useFakeTimers()`. */
function fakeTimers(t: Test): void {
  mock.timers.enable({ apis: ['Date', 'setTimeout', 'setInterval', 'setImmediate'], now: Date.now() })
  t.teardown(() => mock.timers.reset())
  const startMs = performance.now()
  t.intercept(performance, 'now', { value: () => startMs })
}

/** As `vi.advanceTimersByTimeAsync`, until the answer is there. */
async function whileTimePasses<T>(answer: Promise<T>): Promise<T> {
  let isSettled = false
  const settle = () => {
    isSettled = true
  }
  answer.then(settle, settle)
  for (let passedMs = 0; passedMs <= LIMIT_MS; passedMs += STEP_MS) {
    // Real turns, in which promises come to their ends.
    for (let turns = 0; turns < 200 && !isSettled; turns++) await nextTurn()
    if (isSettled) return answer
    mock.timers.tick(STEP_MS)
  }
  throw new Error(`no answer after ${LIMIT_MS} ms`)
}

async function createServer(t: Test) {
  const clerk = await createLocalClerk({ signingKey, instanceType: 'production' })
  const app = Fastify()
  // With real timers: `close` may wait for them.
  t.teardown(async () => {
    mock.timers.reset()
    await app.close()
  })
  await app.register(clerkAuth, clerk.pluginOptions({ acceptsToken: 'any' as const }))
  app.get('/me', { onRequest: requireAuth }, () => 'in')
  const ask = (token: string) => app.inject({ url: '/me', headers: { authorization: `Bearer ${token}` } })
  return { clerk, app, ask }
}

function forged(token: string): string {
  const [header, payload = '', signature] = token.split('.')
  const claims = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), sub: 'user_evil' }
  return `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`
}

for (const fakedFirst of [true, false]) {
  t.test(`timers that are faked ${fakedFirst ? 'before' : 'after'} the server is made`, async (t) => {
    if (fakedFirst) fakeTimers(t)
    const { clerk, app, ask } = await createServer(t)
    await app.ready()
    if (!fakedFirst) fakeTimers(t)

    // Answered while time stands still.
    const token = clerk.signSessionToken()
    t.equal((await ask(token)).statusCode, 200, 'seen for the first time')
    t.equal((await ask(token)).statusCode, 200, 'seen before')
    const burst = await Promise.all(Array.from({ length: 40 }, () => ask(clerk.signSessionToken())))
    t.strictSame([...new Set(burst.map(({ statusCode }) => statusCode))], [200], 'many at once')
    t.equal((await ask(clerk.machineTokens.createApiKey({ subject: 'user_1' }))).statusCode, 200, 'an API key')
    t.equal((await ask('ak_nobody')).statusCode, 401, 'an API key that Clerk does not know')

    // Answered when it passes.
    const statusOf = async (later: string) => (await whileTimePasses(ask(later))).statusCode
    t.equal(await statusOf(forged(token)), 401, 'a forged token')
    await clerk.rotateKeys()
    t.equal(await statusOf(clerk.signSessionToken()), 200, 'a token by a new key')
    clerk.faults.next({ kind: 'hang', on: 'jwks', times: Number.POSITIVE_INFINITY })
    await clerk.rotateKeys()
    t.equal(await statusOf(clerk.signSessionToken()), 503, 'a token by a key that cannot be had')

    mock.timers.tick(120_000)
    t.equal(await statusOf(token), 401, 'time is what the test makes it')
  })
}
